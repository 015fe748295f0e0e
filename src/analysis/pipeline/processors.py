"""How many processors there are, and how many of them one stage may use."""

from __future__ import annotations

import os

__all__ = ["SHARE", "cores", "stage_workers"]

#: Set for each stage by whoever runs several at a time.
SHARE = "ANALYSIS_WORKERS"


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stage_workers() -> int:
    """Processes that the stage which asks may use: its share where several stages run, or else all processors."""
    share = os.environ.get(SHARE, "")
    return max(int(share), 1) if share.isdigit() else cores()
