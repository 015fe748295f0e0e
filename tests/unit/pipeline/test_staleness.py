"""What is stale: the same stages as DVC finds, whatever has changed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.scheduler import run_stages
from analysis.pipeline.staleness import Staleness, read_parameters_once

PIPELINE = """stages:
  read:
    cmd: cat code/a.txt shared.txt > read.txt
    deps: [code, shared.txt]
    params: [settings.yaml: [reading]]
    outs: [read.txt]
  count:
    cmd: cat read.txt shared.txt > count.txt
    deps: [read.txt, shared.txt]
    params: [settings.yaml: [counting.by, reading]]
    outs: [count.txt]
  whole:
    cmd: cat code/b.txt shared.txt > whole.txt
    deps: [code/b.txt, shared.txt]
    params: [settings.yaml: []]
    outs:
      - whole.txt:
          cache: false
  note:
    cmd: cp shared.txt noted.txt
    outs: [noted.txt]
  frozen:
    cmd: cp shared.txt frozen.txt
    frozen: true
    deps: [shared.txt]
    outs: [frozen.txt]
"""
SETTINGS = """reading: {first: 1, second: [a, b]}
counting: {by: week, never: used}
unused: 3
"""
STAGES = ["read", "count", "whole", "note", "frozen"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("staleness") / "project"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (root / "code").mkdir()
    for name, content in {"code/a.txt": "a", "code/b.txt": "b", "shared.txt": "s", "settings.yaml": SETTINGS}.items():
        (root / name).write_text(content)
    (root / "dvc.yaml").write_text(PIPELINE.replace("    frozen: true\n", ""))
    runs, well = run_stages(STAGES, root=root, jobs=1, seconds={})
    assert well and len(runs) == len(STAGES)
    (root / "dvc.yaml").write_text(PIPELINE)
    return root


def _setting(old: str, new: str) -> Callable[[Path], object]:
    return lambda root: (root / "settings.yaml").write_text(SETTINGS.replace(old, new))


def _command(old: str, new: str) -> Callable[[Path], object]:
    return lambda root: (root / "dvc.yaml").write_text(PIPELINE.replace(old, new))


CHANGES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "nothing": (lambda root: None, set()),
    "a file touched": (lambda root: (root / "shared.txt").touch(), set()),
    "a file of many": (lambda root: (root / "shared.txt").write_text("t"), {"read", "count", "whole"}),
    "a file of a folder": (lambda root: (root / "code" / "a.txt").write_text("aa"), {"read"}),
    "one more in a folder": (lambda root: (root / "code" / "c.txt").write_text("c"), {"read"}),
    "a file gone": (lambda root: (root / "code" / "b.txt").unlink(), {"read", "whole"}),
    "an output changed": (lambda root: (root / "read.txt").write_text("other"), {"read", "count"}),
    "an output gone": (lambda root: (root / "whole.txt").unlink(), {"whole"}),
    "the cache gone": (lambda root: shutil.rmtree(root / ".dvc" / "cache"), {"read", "count", "note", "frozen"}),
    "a section": (_setting("first: 1", "first: 2"), {"read", "count", "whole"}),
    "its list": (_setting("[a, b]", "[b, a]"), {"read", "count", "whole"}),
    "a part of a section": (_setting("week", "month"), {"count", "whole"}),
    "another part": (_setting("never: used", "never: at all"), {"whole"}),
    "an unused section": (_setting("unused: 3", "unused: 4"), {"whole"}),
    "a section gone": (_setting("reading", "writing"), {"read", "count", "whole"}),
    "all settings gone": (lambda root: (root / "settings.yaml").unlink(), {"read", "count", "whole"}),
    "a command": (_command("cat read.txt", "cat -n read.txt"), {"count"}),
    "one more dependency": (_command("[code/b.txt, ", "[code/a.txt, code/b.txt, "), {"whole"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_stages_are_stale_as_dvc_finds(built: Path, tmp_path: Path, change: str) -> None:
    from dvc.repo import Repo

    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True)
    alter, expected = CHANGES[change]
    alter(root)
    with contextlib.chdir(root), Repo(str(root)) as repo, repo.lock:
        stages = {stage.name: stage for stage in repo.index.stages}
        theirs = {name for name, stage in stages.items() if stage.changed()}
        read_parameters_once()
        looks = Staleness()
        ours = {name for name, stage in stages.items() if looks.stale(stage)}
    assert theirs == expected
    # parts of sections and whole files are left to DVC
    assert expected <= ours <= expected | {"count", "whole"}
    if change in ("nothing", "a file touched"):
        runs, _ = run_stages(STAGES, root=root, jobs=1, seconds={})
        assert {run.result for run in runs} == {"unchanged"}


def test_what_was_looked_at_is_looked_at_again_after_forgetting(built: Path, tmp_path: Path) -> None:
    from dvc.repo import Repo

    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True)
    with contextlib.chdir(root), Repo(str(root)) as repo, repo.lock:
        (read,) = (stage for stage in repo.index.stages if stage.name == "read")
        looks = Staleness()
        assert not looks.stale(read)
        (root / "shared.txt").write_text("edited meanwhile")
        assert not looks.stale(read)
        looks.forget()
        assert looks.stale(read)
