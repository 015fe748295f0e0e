"""`python -m analysis`."""

import sys

from analysis.pipeline.runner.pinned import restart_pinned

if __name__ == "__main__":
    restart_pinned()
    from analysis.pipeline.cli import main  # later: what was imported before a restart would be imported twice

    sys.exit(main())
