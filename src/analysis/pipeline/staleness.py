"""Whether a stage is stale, asked as DVC asks, but with each file looked at once for all stages that name it.

DVC looks at a file again for every stage that depends on it, and locks it each time against other commands of DVC. Here
the answer is only ever "as `dvc.lock` says" or "ask DVC": a stage that seems stale goes through all of DVC's own steps.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

__all__ = ["Staleness", "read_parameters_once"]

#: Files of parameters as they were last read, with what told their state then.
_parameters: dict[str, tuple[tuple[int, int, int], Any]] = {}


class Staleness:
    """What has been looked at since the last stage that wrote something."""

    def __init__(self) -> None:
        self._as_recorded: set[tuple[str, str | None, str | None]] = set()

    def forget(self) -> None:
        """Look at every file anew: a stage wrote some, and whoever edits the code had time to."""
        self._as_recorded.clear()

    def stale(self, stage: Any) -> bool:
        """Whether one of DVC's stages may be stale; False only where DVC itself would find nothing to do.

        A file that another command of DVC is writing meanwhile differs from what `dvc.lock` says.
        """
        if stage.frozen or stage.is_callback or stage.always_changed:
            return bool(stage.changed())
        # outputs later: what they depend on is expected to change
        return (
            bool(stage.changed_stage())
            or any(self._differs(item) for item in stage.deps)
            or any(self._differs(item) for item in stage.outs)
        )

    def _differs(self, item: Any) -> bool:
        from dvc.dependency.param import ParamsDependency

        if isinstance(item, ParamsDependency):
            return _parameters_differ(item)
        seen = (item.fs_path, item.hash_info.name, item.hash_info.value)
        if item.IS_DEPENDENCY and seen in self._as_recorded:
            return False
        if item.status():
            return True
        self._as_recorded.add(seen)
        return False


def _parameters_differ(item: Any) -> bool:
    """Whether sections of a file of parameters may differ from those in `dvc.lock`; True for parts of sections."""
    recorded, path = item.hash_info.value, Path(item.fs_path)
    if not item.params or not isinstance(recorded, dict) or not path.is_file():
        return True
    found = _read(str(path), item.repo.fs)
    return any(name not in recorded or name not in found or recorded[name] != found[name] for name in item.params)


def read_parameters_once() -> None:
    """Have DVC read a file of parameters again only when it has changed, not for each stage and each question."""
    from dvc.dependency import param

    if not hasattr(param.load_path, "read"):
        read = param.load_path

        def loaded(path: str, fs: Any, **options: Any) -> Any:
            return copy.deepcopy(_read(path, fs, **options))

        loaded.read = read  # type: ignore[attr-defined]
        param.load_path = loaded


def _read(path: str, fs: Any, **options: Any) -> Any:
    """The content of a file of parameters, which is not to be changed."""
    from dvc.dependency import param

    state = Path(path).stat()
    stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
    if path not in _parameters or _parameters[path][0] != stamp:
        read: Any = getattr(param.load_path, "read", param.load_path)
        _parameters[path] = (stamp, read(path, fs, **options))
    return _parameters[path][1]
