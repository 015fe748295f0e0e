"""A copy of the project that a test may build and spoil."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

__all__ = ["Project", "outputs", "ran"]


@dataclass
class Project:
    """A copy of the project that a test may build and spoil."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    umask: int = 0o022

    def copied(self, folder: Path) -> Project:
        """A copy to change, built or not as this one is."""
        return Project(Path(shutil.copytree(self.root, folder, symlinks=True)), self.environment, self.umask)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command in the copy, with this Python first on the path."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root / "src"),
            "DVC_NO_ANALYTICS": "1",
            **self.environment,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        result = subprocess.run(
            arguments, cwd=self.root, env=environment, capture_output=True, text=True, umask=self.umask, check=False
        )
        assert not check or result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
        return result

    def repro(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`dvc repro` in the copy."""
        return self.run(sys.executable, "-m", "dvc", "repro", *arguments, check=check)

    def analysis(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`python -m analysis` in the copy."""
        return self.run(sys.executable, "-m", "analysis", *arguments, check=check)

    def commit(self, words: str) -> None:
        """Commit everything, in a copy that is a git repository."""
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", words)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace one piece of text in a file, which must hold it."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def own_profile(self, name: str, lines: list[str], columns: dict[str, str], *, encoding: str = "utf-8") -> None:
        """A profile for one file of purchases, `data/raw/<name>.csv`, with the demo's parameters for the methods."""
        (self.root / "data" / "raw").mkdir(parents=True, exist_ok=True)
        (self.root / "data" / "raw" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding=encoding)
        text = (self.root / "params" / "demo.yaml").read_text(encoding="utf-8")
        head, methods = text[: text.index("synthetic:")], text[text.index("cleaning:") :]
        named = ", ".join(f"{ours}: {theirs}" for ours, theirs in columns.items())
        source = (
            f"sources:\n  transactions:\n    - files: [data/raw/{name}.csv]\n      encoding: {encoding}\n"
            f"      columns: {{{named}}}\n"
        )
        (self.root / "params" / f"{name}.yaml").write_text(head + source + methods, encoding="utf-8")


def ran(said: str) -> list[str]:
    """The stages that a `dvc repro` executed, from what it said."""
    return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]


def outputs(project: Project) -> dict[str, str]:
    """SHA-256 of everything that a build made, but for links to inputs and the kept copy of `dvc.lock`."""
    folder = project.root / "build"
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "inputs" not in path.relative_to(folder).parts and path.name != "dvc.lock"
    }
