"""Independent pieces of work on several cores, with the same result for any number of them.

How many cores one process may use says the environment variable `ANALYSIS_WORKERS`; without it, all that the process is
allowed. Every piece has its own seed or its own draws, made before it is handed out, and results come back in the order
of the pieces, so that sums over them are made in one order: the number of workers changes the time alone.

`each` uses processes, for work that spends its time in Python or in libraries that hold its lock. On Linux they are
forked: they share the data at hand without a copy, know every function and start within hundredths of a second; else
joblib starts them. `in_order` uses threads, for work that spends its time in NumPy on large arrays.
"""

from __future__ import annotations

import contextvars
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

from analysis.errors import AnalysisError

__all__ = ["WORKERS", "each", "in_order", "workers"]

T = TypeVar("T")
R = TypeVar("R")

#: The environment variable that says how many cores a process may use.
WORKERS = "ANALYSIS_WORKERS"
#: Seconds of work that are left after the first piece from which on other processes pay.
WORTH_PROCESSES = 0.25
#: Times that a process asks for pieces: often enough that all end together, not so often that asking takes long.
HANDED = 8

#: What a forked process works on: set there before its first piece.
_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def workers() -> int:
    """How many cores this process may use, at least 1.

    Raises
    ------
    AnalysisError
        If `ANALYSIS_WORKERS` is no whole number of 1 or more.
    """
    asked = os.environ.get(WORKERS, "").strip()
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or int(asked) < 1:
        raise AnalysisError(f"{WORKERS} must be a whole number of 1 or more; got {asked!r}")
    return int(asked)


def each(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The function of each item, in the order of the items, worked out in several processes where that pays.

    The first item is always worked out here, and the others as well where they would take no longer than it takes to
    start. What the function changes outside of itself is lost; an error in it is raised here.

    Parameters
    ----------
    function : callable
        Its result must be picklable.
    items : iterable

    Examples
    --------
    >>> each(lambda number: number**2, [1, 2, 3])
    [1, 4, 9]
    """
    todo = list(items)
    count = min(workers(), len(todo) - 1)
    if count < 2 or multiprocessing.current_process().daemon:
        return [function(item) for item in todo]
    start = time.perf_counter()
    done = [function(todo[0])]
    rest = todo[1:]
    if (time.perf_counter() - start) * len(rest) < WORTH_PROCESSES:
        return done + [function(item) for item in rest]
    return done + (_forked(function, rest, count) if _forks() else _started(function, rest, count))


def in_order(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The function of each item, in the order of the items, worked out in threads while the next items are made.

    Not more items are held at once than there are workers, and one.

    Examples
    --------
    >>> list(in_order(lambda number: number**2, [1, 2, 3]))
    [1, 4, 9]
    """
    count = workers()
    if count < 2:
        yield from map(function, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(count) as pool:
        for item in items:
            # the context holds, among others, what NumPy does about divisions by zero
            waiting.append(pool.submit(contextvars.copy_context().run, function, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _forks() -> bool:
    return sys.platform == "linux"


def _forked(function: Callable[[T], R], items: list[T], count: int) -> list[R]:
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(count, mp_context=fork, initializer=_begin, initargs=(function, items)) as pool:
        return list(pool.map(_piece, range(len(items)), chunksize=max(1, len(items) // (HANDED * count))))


def _begin(function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    global _work
    _work = function, items
    os.environ[WORKERS] = "1"


def _piece(place: int) -> Any:
    assert _work is not None  # `_begin` has run
    function, items = _work
    return function(items[place])


def _started(function: Callable[[T], R], items: list[T], count: int) -> list[R]:
    from joblib import Parallel, delayed

    return list(Parallel(n_jobs=count)(delayed(_alone)(function, item) for item in items))


def _alone(function: Callable[[T], R], item: T) -> R:
    from threadpoolctl import threadpool_limits

    os.environ[WORKERS] = "1"
    with threadpool_limits(limits=1):  # sums in one order, as the forked processes inherit it
        return function(item)
