"""What a benchmark is made of: a piece of work, the subjects that do it, and what is hoped for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["OWN", "Goal", "Job", "Work"]

#: The subject that is this project; the others are its peers.
OWN = "analysis"

#: Does the work. What it returns is called when the clock has stopped and says what came of it, as a value that JSON
#: knows: all subjects must say the same.
Job = Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Goal:
    """What is hoped for beside one peer; what is None is not asked for.

    Attributes
    ----------
    speed : float, optional
        Smallest ratio of the peer's CPU seconds to ours.
    memory_share, memory_floor_mb : float
        Largest share of the peer's memory, and the megabytes that are always allowed.
    together : float, optional
        Smallest geometric mean of that ratio over all works of the module beside this peer.
    """

    speed: float | None = None
    memory_share: float | None = None
    memory_floor_mb: float = 0.0
    together: float | None = None

    def __str__(self) -> str:
        parts = [f"at least {self.speed:g} times its speed"] if self.speed is not None else []
        if self.memory_share is not None:
            floor = f", or {self.memory_floor_mb:g} MB" if self.memory_floor_mb else ""
            parts.append(f"at most {self.memory_share:g} of its memory{floor}")
        return "; ".join(parts)

    def met(self, ratio: float, own_mb: float, peer_mb: float) -> bool | None:
        """Whether both parts are met; None where nothing is asked for."""
        if self.speed is None and self.memory_share is None:
            return None
        fast = self.speed is None or ratio >= self.speed
        room = float("inf") if self.memory_share is None else max(self.memory_share * peer_mb, self.memory_floor_mb)
        return fast and own_mb <= room


@dataclass(frozen=True)
class Work:
    """One job that several subjects do.

    Attributes
    ----------
    name : str
        What is done, on what: unique.
    prepare : callable
        Writes the data to the path that it is given, in a process of its own, so that reading it back costs little
        memory. AnalysisError where the data is not there: the work is then skipped with a word.
    subjects : mapping of str to callable
        Whoever does the work, this project (`OWN`) among them. Each imports what it needs, reads the data from the
        path and returns the job; only the job is timed. ModuleNotFoundError where a peer is not installed: it is then
        skipped with a word.
    goals : mapping of str to Goal
        By peer.
    """

    name: str
    prepare: Callable[[Path], None]
    subjects: Mapping[str, Callable[[Path], Job]]
    goals: Mapping[str, Goal] = field(default_factory=dict)
