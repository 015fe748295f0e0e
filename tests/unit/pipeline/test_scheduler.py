"""Stages beside each other: the same files and the same `dvc.lock` as DVC leaves, whatever is done at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.pipeline.scheduler import run_stages

#: `left` and `right` each wait until the other has begun: they end only if they run at the same time.
MEET = "touch began-{me}; for i in $(seq 99); do test -e began-{other} && break; sleep 0.2; done; test -e began-{other}"
PIPELINE = f"""stages:
  first:
    cmd: echo 1 > first.txt
    outs: [first.txt]
  left:
    cmd: {MEET.format(me="left", other="right")} && cp first.txt left.txt
    deps: [first.txt]
    outs: [left.txt]
  right:
    cmd: {MEET.format(me="right", other="left")} && cp first.txt right.txt
    deps: [first.txt]
    outs: [right.txt]
  last:
    cmd: cat left.txt right.txt > last.txt
    deps: [left.txt, right.txt]
    outs: [last.txt]
"""
#: Without the meeting, so that one at a time can do it.
PLAIN = PIPELINE.replace(MEET.format(me="left", other="right"), "sleep 0.3").replace(
    MEET.format(me="right", other="left"), "true"
)


def project(folder: Path, pipeline: str) -> Path:
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (folder / "dvc.yaml").write_text(pipeline)
    return folder


def run(root: Path, jobs: int) -> dict[str, str]:
    runs, _ = run_stages(["last"], root=root, jobs=jobs, seconds={})
    return {item.stage: item.result for item in runs}


def test_stages_that_do_not_need_each_other_run_at_the_same_time(tmp_path: Path) -> None:
    root = project(tmp_path / "project", PIPELINE)
    assert set(run(root, 2).values()) == {"ran"}
    assert (root / "last.txt").read_text() == "1\n1\n"
    assert set(run(root, 2).values()) == {"unchanged"}
    (root / "left.txt").unlink()
    assert run(root, 2) == {
        "first": "unchanged", "left": "restored from cache", "right": "unchanged", "last": "unchanged",
    }  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_lock_is_the_one_that_dvc_writes(tmp_path: Path, jobs: int) -> None:
    ours, theirs = project(tmp_path / "ours", PLAIN), project(tmp_path / "theirs", PLAIN)
    assert set(run(ours, jobs).values()) == {"ran"}
    subprocess.run([sys.executable, "-m", "dvc", "repro", "-q", "last"], cwd=theirs, check=True)
    assert (ours / "dvc.lock").read_bytes() == (theirs / "dvc.lock").read_bytes()
    assert "didn't change" in subprocess.run(
        [sys.executable, "-m", "dvc", "repro"], cwd=ours, check=True, capture_output=True, text=True
    ).stdout  # fmt: skip


def test_a_failure_keeps_what_others_made_and_says_what_was_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path / "project", PLAIN.replace("sleep 0.3 &&", "echo so it is >&2 && exit 3 &&"))
    runs, well = run_stages(["last"], root=root, jobs=2, seconds={})
    assert not well
    assert {item.stage: item.result for item in runs} == {"first": "ran", "left": "failed", "right": "ran"}
    said = capsys.readouterr()
    assert "so it is" in said.err and "failed to reproduce 'left'" in said.err and "exited with 3" in said.err
    assert "not run, since they need left: last" in said.err
    (root / "dvc.yaml").write_text(PLAIN)
    assert run(root, 2) == {"first": "unchanged", "left": "ran", "right": "unchanged", "last": "ran"}


def test_whole_lines_alone_are_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = "for i in $(seq 20); do printf a; sleep 0.01; printf 'b\\n'; done"
    root = project(tmp_path / "project", PLAIN.replace("sleep 0.3", talk).replace("true &&", f"{talk} &&"))
    assert set(run(root, 2).values()) == {"ran"}
    lines = capsys.readouterr().out.splitlines()
    assert sum(line == "  left: ab" for line in lines) == sum(line == "  right: ab" for line in lines) == 20


#: What a shell runs in the background ignores interrupts: the tests may, and whoever they start inherits it.
INTERRUPTED = """
import signal
from pathlib import Path
from analysis.pipeline.scheduler import run_stages
signal.signal(signal.SIGINT, signal.default_int_handler)
run_stages(["last"], root=Path.cwd(), jobs=2, seconds={})
"""


def test_an_interrupt_ends_what_runs(tmp_path: Path) -> None:
    pipeline = PIPELINE.replace("; test -e began-left &&", "; sleep 60 &&")
    assert pipeline != PIPELINE
    root = project(tmp_path / "project", pipeline)
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], cwd=root, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if (root / "began-right").exists() and (root / "left.txt").exists():
            break
        time.sleep(0.1)
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=30)[1]
    for pid in children.split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
    (root / "dvc.yaml").write_text(PIPELINE)
    assert run(root, 2)["last"] == "ran"
