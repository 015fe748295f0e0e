"""Published versions from git and the DVC cache: `reports/versions` is a view of them, and can be made again.

Every commit that changed `dvc.lock` describes a build of each profile by the hashes of its outs. Where the DVC cache
still holds them, the version comes back with the same id, byte for byte, since an id is a hash of the pages. Its record
is computed from the commit's own files; the moment of publication is that of the commit.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from analysis.errors import AnalysisError
from analysis.pipeline.project import Build
from analysis.pipeline.publish import keep, refresh_index
from analysis.pipeline.record import Made
from analysis.report.versions import Store

__all__ = ["Rebuilt", "rebuild"]

#: What of a commit's tree a version's record is computed from.
_TREE = ("src", "params", "dvc.yaml", "dvc.lock", "requirements.lock")


@dataclass(frozen=True)
class Rebuilt:
    """What became of one committed build of one profile.

    Attributes
    ----------
    commit, profile : str
    version : str or None
        Its id; None where the cache no longer holds the build.
    outcome : {"rebuilt", "present", "lost"}
    """

    commit: str
    profile: str
    version: str | None
    outcome: str


def rebuild(*, root: Path) -> list[Rebuilt]:
    """Bring back every version of a committed build that `reports/versions` lacks, and refresh the index.

    Parameters
    ----------
    root : Path
        The project's root, a git repository.

    Returns
    -------
    list of Rebuilt
        Oldest commit first; builds that repeat an earlier one are left out.

    Raises
    ------
    AnalysisError
        If the project is not the top of a git repository.
    """
    store, results, seen = Store(root / "reports"), [], set()
    for commit, moment in _commits(root):
        for profile, digest in _builds(_git(root, "show", f"{commit}:dvc.lock")):
            if (profile, digest) in seen:
                continue
            seen.add((profile, digest))
            results.append(_one(store, commit, moment, profile, root=root))
    if any(item.outcome == "rebuilt" for item in results):
        store.sort_history()
    refresh_index(root=root)
    return results


def _one(store: Store, commit: str, moment: str, profile: str, *, root: Path) -> Rebuilt:
    """One committed build: its tree and its outs side by side in a folder that goes when it is kept."""
    with tempfile.TemporaryDirectory(prefix="analysis-history-") as folder:
        place = Path(folder)
        archive = subprocess.run(
            ["git", "archive", commit, *_present(root, commit)], cwd=root, check=True, capture_output=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(place, filter="data")
        if not _fetch(commit, profile, root=root, place=place):
            return Rebuilt(commit, profile, None, "lost")
        made = Made(profile, place, commit=commit)
        version, added = keep(made, store, at=moment)
        return Rebuilt(commit, profile, version.id, "rebuilt" if added else "present")


def _fetch(commit: str, profile: str, *, root: Path, place: Path) -> bool:
    """Copy what a version is made of from the cache; False where the cache lacks any of it."""
    from dvc.api import DVCFileSystem
    from dvc_data.index import DataIndexDirError

    system = DVCFileSystem(str(root), rev=commit)
    build = Build(Path(), profile)
    wanted = [build.pages, build.features / "facts.json", build.folder / "blocks", build.folder / "facts"]
    try:
        for path in (*wanted, Path("build/notebooks")):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            system.get(path.as_posix(), str(place / path), recursive=True)
    except (OSError, DataIndexDirError):  # a file, or the list of a folder, is gone
        return False
    return True


def _builds(lock: str) -> Iterator[tuple[str, str]]:
    """Profile and hash of the pages of every build that a `dvc.lock` describes."""
    stages: dict[str, Any] = (YAML(typ="safe").load(lock) or {}).get("stages", {})
    for name, stage in sorted(stages.items()):
        if name.startswith("pages@") and stage.get("outs"):
            yield name.removeprefix("pages@"), str(stage["outs"][0]["md5"])


def _commits(root: Path) -> list[tuple[str, str]]:
    """Commits that changed `dvc.lock`, oldest first, with their moments in UTC."""
    try:
        top = _git(root, "rev-parse", "--show-toplevel").strip()
    except (OSError, subprocess.CalledProcessError):
        top = ""
    if not top or Path(top).resolve() != root.resolve():
        raise AnalysisError(
            f"{root} is not the top of a git repository, so there is no history to make versions from. "
            "Versions published so far are in reports/versions"
        )
    lines = _git(root, "log", "--reverse", "--format=%H %cI", "--", "dvc.lock").splitlines()
    return [(commit, _in_utc(when)) for commit, when in (line.split(" ", 1) for line in lines)]


def _in_utc(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat(timespec="seconds")


def _present(root: Path, commit: str) -> list[str]:
    there = set(_git(root, "ls-tree", "--name-only", commit).splitlines())
    return [name for name in _TREE if name in there]


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout
