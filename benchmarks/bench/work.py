"""What a benchmark is made of: a piece of work, the subjects that do it, and what is hoped for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["OWN", "Clock", "Goal", "Growth", "Job", "Limit", "Work"]

#: The subject that is this project; the others are its peers.
OWN = "analysis"

#: Which seconds are compared: the processor's, in which other load hardly counts, or the clock's on the wall.
Clock = Literal["cpu_seconds", "seconds"]

#: Does the work. What it returns is called when the clock has stopped and says what came of it, as a value that JSON
#: knows: all subjects must say the same.
Job = Callable[[], Callable[[], object]]


@dataclass(frozen=True)
class Goal:
    """What is hoped for beside one peer; what is None is not asked for.

    Attributes
    ----------
    speed : float, optional
        Smallest ratio of the peer's seconds to ours.
    memory_share, memory_floor_mb : float
        Largest share of the peer's memory, and the megabytes that are always allowed.
    together : float, optional
        Smallest geometric mean of that ratio over all works of the module beside this peer.
    clock : {"cpu_seconds", "seconds"}
        Which seconds the ratio is made of.
    """

    speed: float | None = None
    memory_share: float | None = None
    memory_floor_mb: float = 0.0
    together: float | None = None
    clock: Clock = "cpu_seconds"

    def __str__(self) -> str:
        by = "" if self.clock == "cpu_seconds" else " by the clock"
        parts = [f"at least {self.speed:.3g} times its speed{by}"] if self.speed is not None else []
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
class Limit:
    """What our own figures must keep to, whatever peers do; what is None is not asked for.

    Attributes
    ----------
    seconds, cpu_seconds, peak_mb : float, optional
        Largest median of the figure of that name in the record.
    """

    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None

    def __str__(self) -> str:
        units = {"seconds": "s by the clock", "cpu_seconds": "CPU s", "peak_mb": "MB"}
        asked = ((getattr(self, name), unit) for name, unit in units.items())
        return "; ".join(f"at most {value:.4g} {unit}" for value, unit in asked if value is not None)

    def met(self, figures: Mapping[str, float]) -> bool:
        """Whether all that is asked for is kept; `figures` by the names of the attributes."""
        asked = {name: value for name, value in vars(self).items() if value is not None}
        return all(figures[name] <= value for name, value in asked.items())


@dataclass(frozen=True)
class Growth:
    """How much more CPU our subject may take than for a smaller work of the same module.

    Attributes
    ----------
    beyond : str
        Name of the smaller work.
    most : float
        Largest ratio of our CPU seconds here to those there.
    """

    beyond: str
    most: float

    def __str__(self) -> str:
        return f"at most {self.most:g} times the CPU of the smaller"


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
    limit : Limit, optional
        What our own figures must keep to.
    growth : Growth, optional
        What our own figures may grow by.
    whole : bool
        Memory of the process as a whole, imports and data included, rather than what the job adds to it: for jobs
        that must fit into a given machine, or that run in processes of their own.
    runs : int, optional
        How often it is run where that is not what the command asks for: for jobs of many minutes.
    """

    name: str
    prepare: Callable[[Path], None]
    subjects: Mapping[str, Callable[[Path], Job]]
    goals: Mapping[str, Goal] = field(default_factory=dict)
    limit: Limit | None = None
    growth: Growth | None = None
    whole: bool = False
    runs: int | None = None
