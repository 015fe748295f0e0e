"""Processes for stages: forked from one that has imported what stages use, or, until that one is ready, started anew.

A stage's imports cost it more than a second. Each stage still has a process of its own, so that nothing that a notebook
does reaches another.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.forkserver
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

__all__ = ["Output", "Workers"]

#: What to do with a line, and whether it came from the error stream.
Output = Callable[[str, bool], None]

#: Imported once, by the process that the others are forked from.
_PRELOADED = "analysis.pipeline.preloaded"
#: How long the last lines of a stage that has ended are waited for, in seconds.
_GRACE = 5.0


class Workers:
    """Starts stages and ends them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ready = threading.Event()
        self._starting = threading.Lock()
        self._warming: threading.Thread | None = None
        self._running: set[Any] = set()
        self._stopped = False

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], output: Output) -> int:
        """Run `python -m analysis <arguments>` to its end; its exit code, negative where a signal ended it."""
        self._begin_to_warm()
        if not self._ready.is_set():
            command = [sys.executable, "-m", "analysis", *arguments]
            return self.command(command, {**os.environ, **environment}, output)
        context = multiprocessing.get_context("forkserver")
        (said, say), (complained, complain) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        process = context.Process(target=_stage, args=(tuple(arguments), dict(environment), say, complain))
        process.start()
        say.close()
        complain.close()
        return self._followed(process, _text(said), _text(complained), output)

    def command(self, command: Sequence[str] | str, environment: Mapping[str, str], output: Output) -> int:
        """Run any command, as a list or as a line for the shell, in the project's root."""
        process = subprocess.Popen(
            command, shell=isinstance(command, str), cwd=self._root, env=dict(environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
            start_new_session=True,
        )  # fmt: skip
        return self._followed(process, process.stdout, process.stderr, output)

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        self._stopped = True
        for process in list(self._running):
            _end(process)

    def close(self) -> None:
        """End the process that stages are forked from, once none runs any more."""
        if self._ready.is_set():  # one that is not ready ends by itself, but nobody need wait for that
            # nothing public ends it before this process does, and until it has ended nobody knows what stages took
            multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]

    def _begin_to_warm(self) -> None:
        """Have another process import what stages need, without waiting for it."""
        with self._starting:
            if self._warming is None and "forkserver" in multiprocessing.get_all_start_methods():
                self._warming = threading.Thread(target=self._warm, daemon=True)
                self._warming.start()

    def _warm(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_PRELOADED])
        process = context.Process(target=_nothing)
        process.start()
        process.join()
        if process.exitcode == 0:
            self._ready.set()

    def _followed(self, process: Any, said: IO[str] | None, complained: IO[str] | None, output: Output) -> int:
        """Pass on what a process says until it ends."""
        self._running.add(process)
        try:
            readers = [
                threading.Thread(target=_pass_on, args=(stream, error, output), daemon=True)
                for stream, error in ((said, False), (complained, True))
            ]
            for reader in readers:
                reader.start()
            if self._stopped:
                _end(process)
            code = _ended(process)
            for reader in readers:
                reader.join(_GRACE)  # what a stage left running may hold the pipe open
            return code
        finally:
            self._running.discard(process)


def _text(pipe: Any) -> IO[str]:
    return os.fdopen(os.dup(pipe.fileno()), encoding="utf-8", errors="replace")


def _end(process: Any) -> None:
    """End a stage and what it started: each leads a group of processes of its own, or is about to."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    process.terminate()


def _ended(process: Any) -> int:
    if isinstance(process, subprocess.Popen):
        return process.wait()
    process.join()
    return int(process.exitcode)


def _pass_on(stream: IO[str], error: bool, output: Output) -> None:
    with stream:
        for line in stream:
            output(line.rstrip("\n"), error)


def _nothing() -> None:
    """What the first forked process does: once it has ended, others can be forked without a wait."""


def _stage(arguments: Sequence[str], environment: Mapping[str, str], say: Any, complain: Any) -> None:
    """In a forked process: a stage's command, with the streams that the parent reads."""
    from analysis.pipeline.cli import main

    os.setsid()
    for name, pipe, number in (("stdout", say, 1), ("stderr", complain, 2)):
        getattr(sys, name).flush()
        os.dup2(pipe.fileno(), number)
        setattr(sys, name, os.fdopen(number, "w", 1, encoding="utf-8", closefd=False))
        pipe.close()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(main(arguments))


def _end_with_parent() -> None:
    """A stage whose scheduler was killed would write beside the next one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
