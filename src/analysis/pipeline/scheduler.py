"""`dvc repro` for several stages at a time: DVC decides what is stale and keeps the results, this decides when.

DVC itself goes through its stages one by one. Here each stage goes through the very steps that it takes there (is it
changed, are its results in the cache, remove outputs, run, save), but one step of DVC at a time, and only commands
run beside each other. The graph is DVC's own.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.parallel import WORKERS, workers
from analysis.pipeline.staleness import Staleness, read_parameters_once
from analysis.pipeline.workers import Workers

__all__ = ["StageRun", "run_stages"]

_OURS = re.compile(r'^PATH="\$PWD/\.venv/bin:\$PATH" python -m analysis (?P<arguments>[^;&|<>$`\n]+)$')


@dataclass
class StageRun:
    """What became of one stage."""

    stage: str
    result: str
    seconds: float = 0.0
    reason: str = ""
    started: float = field(default=0.0, repr=False)


def run_stages(
    targets: Sequence[str], *, root: Path, jobs: int, seconds: Mapping[str, float]
) -> tuple[list[StageRun], bool]:
    """Bring stages and all that they need up to date.

    Parameters
    ----------
    targets : sequence of str
        Stages as DVC addresses them, such as `publish@demo`.
    root : Path
        The project's root.
    jobs : int
        How many commands run at a time.
    seconds : mapping of str to float
        How long stages took before; those at the head of the longest way go first.

    Returns
    -------
    list of StageRun
        In DVC's order, without stages that were skipped because one that they need failed.
    bool
        Whether all went well.
    """
    with contextlib.chdir(root), _opened(root) as repo:  # DVC names stages as seen from the working folder
        return _Schedule(repo, targets, root=root, jobs=jobs, seconds=seconds).run()


@contextmanager
def _opened(root: Path) -> Iterator[Any]:
    from dvc.repo import Repo

    read_parameters_once()
    logging.getLogger("dvc").setLevel(logging.WARNING)  # what it does is said here
    with Repo(str(root), _wait_for_lock=True) as repo, repo.scm_context(quiet=True):
        yield repo


class _Schedule:
    """One run over a graph of stages."""

    def __init__(
        self, repo: Any, targets: Sequence[str], *, root: Path, jobs: int, seconds: Mapping[str, float]
    ) -> None:
        from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

        self._repo, self._root, self._jobs = repo, root, jobs
        self._workers = Workers(root)
        self._staleness = Staleness()
        # held by whoever works in DVC, which knows no threads
        self._baton = threading.Lock()
        self._print = threading.Lock()
        with self._in_dvc():
            graph = get_active_graph(repo.index.graph)
            known = {stage.addressing: stage for stage in graph}
            asked = [known[name] for name in targets if name in known]
            # for a name that is in no graph DVC has words
            self._plan = plan_repro(graph, asked if len(asked) == len(targets) else collect_stages(repo, targets))
            self._needs = {stage: set(graph.successors(stage)) & set(self._plan) for stage in self._plan}
        self._ways = self._longest_ways(seconds)
        self._runs: dict[Any, StageRun] = {}
        self._before = self._entries()
        self._commands = 0
        self._interrupted = False

    def run(self) -> tuple[list[StageRun], bool]:
        from dvc.stage import run as dvc_run

        dvc_command = dvc_run.cmd_run
        dvc_run.cmd_run = self._command
        try:
            with ThreadPoolExecutor(self._jobs) as pool:
                try:
                    self._loop(pool)
                except BaseException:
                    self._interrupted = True
                    self._workers.stop()
                    raise
        finally:
            dvc_run.cmd_run = dvc_command
            self._workers.close()
        runs = [self._runs[stage] for stage in self._plan if stage in self._runs]
        return runs, all(run.result != "failed" for run in runs)

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        waiting = list(self._plan)
        done: set[Any] = set()
        working: dict[Future[bool], Any] = {}
        while waiting or working:
            ready = [stage for stage in waiting if self._needs[stage] <= done]
            if self._jobs > 1:
                ready.sort(key=self._ways.__getitem__, reverse=True)
            for stage in ready[: self._jobs - len(working)]:
                waiting.remove(stage)
                working[pool.submit(self._reproduce, stage)] = stage
            if not working:
                break  # what is left needs a stage that failed
            for future in wait(working, return_when=FIRST_COMPLETED).done:
                stage = working.pop(future)
                if future.result():
                    done.add(stage)
                else:
                    waiting = self._without_dependents(waiting, stage)

    def _without_dependents(self, waiting: list[Any], failed: Any) -> list[Any]:
        lost = {failed}
        for stage in self._plan:
            if self._needs[stage] & lost:
                lost.add(stage)
        if skipped := [stage.addressing for stage in waiting if stage in lost]:
            self._say(f"WARNING: not run, since they need {failed.addressing}: {', '.join(skipped)}", error=True)
        return [stage for stage in waiting if stage not in lost]

    def _longest_ways(self, seconds: Mapping[str, float]) -> dict[Any, float]:
        """From each stage to the end of the graph; a stage that nobody timed counts a second."""
        users: dict[Any, list[Any]] = {stage: [] for stage in self._plan}
        for stage, needs in self._needs.items():
            for needed in needs:
                users[needed].append(stage)
        ways: dict[Any, float] = {}
        for stage in reversed(self._plan):
            ways[stage] = seconds.get(stage.addressing, 1.0) + max((ways[user] for user in users[stage]), default=0.0)
        return ways

    def _reproduce(self, stage: Any) -> bool:
        """Take one stage through DVC's steps; whether it is up to date now."""
        run = self._runs[stage] = StageRun(stage.addressing, "restored from cache", started=time.perf_counter())
        try:
            with self._in_dvc():
                if not self._staleness.stale(stage) or stage.reproduce() is None:
                    run.result = "unchanged"
                    self._say(f"Stage '{run.stage}' didn't change, skipping")
                else:
                    self._staleness.forget()
                    stage.dump(update_pipeline=False)
                    self._order_lock()  # a copy that is kept of it meanwhile is in order, too
            if run.result == "restored from cache":
                self._say(f"Stage '{run.stage}' is cached: its results were put back without a run")
        except Exception as error:
            run.result = "failed"
            if not self._interrupted:
                self._say(f"ERROR: failed to reproduce '{run.stage}': {error}", error=True)
        finally:
            run.seconds = time.perf_counter() - run.started
        return run.result != "failed"

    def _command(self, stage: Any, dry: bool = False, run_env: Mapping[str, str] | None = None) -> None:
        """Stands where DVC runs a stage's command: meanwhile others may work in DVC."""
        from dvc.stage.run import prepare_kwargs

        self._runs[stage].result = "ran"
        self._staleness.forget()
        self._commands += 1
        environment = prepare_kwargs(stage, run_env=run_env)["env"]
        environment[WORKERS] = str(max(workers() // self._commands, 1))
        self._baton.release()
        try:
            self._say(f"Running stage '{stage.addressing}':")
            for command in stage.cmd if isinstance(stage.cmd, list) else stage.cmd.splitlines():
                self._run_command(stage, command, environment)
        finally:
            self._baton.acquire()
            self._commands -= 1

    def _run_command(self, stage: Any, command: str, environment: Mapping[str, str]) -> None:
        """Pass on whole lines as they come, and what a stage complains of in one piece, since it may be long."""
        from dvc.stage.exceptions import StageCmdFailedError

        complaints: list[str] = []

        def said(line: str, error: bool) -> None:
            if error:
                complaints.append(line)
            else:
                self._say(line if self._jobs == 1 else f"  {stage.addressing}: {line.strip()}")

        own = _OURS.match(command)
        if own is not None:
            code = self._workers.run(shlex.split(own["arguments"]), environment, said)
        else:
            code = self._workers.command(command, environment, said)
        if complaints and not self._interrupted:
            self._say("\n".join(complaints), error=True)
        if code:
            raise StageCmdFailedError(command, code)

    @contextmanager
    def _in_dvc(self) -> Iterator[None]:
        """DVC's lock on the project and ours among threads; `_command` lets go of both while it runs."""
        with self._baton:
            self._repo.lock.lock()
            self._repo._lock_depth = 1
            try:
                yield
            finally:
                self._repo.lock.unlock()

    def _entries(self) -> list[str]:
        path = self._root / "dvc.lock"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return re.findall(r"^  (\S+):$", text, re.MULTILINE)

    def _order_lock(self) -> None:
        """New entries of `dvc.lock` in the order in which DVC would have written them: no noise in git."""
        order = list(self._before)
        last: dict[str, str] = {}
        for name in (stage.addressing for stage in self._plan):
            profile = name.partition("@")[2]
            if name not in order:
                order.insert(order.index(last[profile]) + 1 if profile in last else len(order), name)
            last[profile] = name
        found = self._entries()
        wanted = sorted(found, key=order.index) if set(found) <= set(order) else found
        if wanted == found:
            return
        path = self._root / "dvc.lock"
        head, *parts = re.split(r"^(?=  \S+:$)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        entries = dict(zip(found, parts, strict=True))
        temporary = path.with_name(".dvc.lock.ordered")
        temporary.write_text(head + "".join(entries[name] for name in wanted), encoding="utf-8")
        temporary.replace(path)

    def _say(self, line: str, *, error: bool = False) -> None:
        with self._print:
            print(line, file=sys.stderr if error else sys.stdout, flush=True)
