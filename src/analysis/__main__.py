"""`python -m analysis`."""

import sys

from analysis.pipeline.cli import STAGES, main
from analysis.pipeline.runner.pinned import restart_pinned

if __name__ == "__main__":
    restart_pinned([*STAGES, "reports"])
    sys.exit(main())
