"""Links to source files that are gone, which DVC could not read."""

from __future__ import annotations

from pathlib import Path

from analysis.pipeline.project import Build

__all__ = ["ADDRESSES", "drop_dead_links"]

#: Beside a table's links: what was noted of its files that have an address.
ADDRESSES = "addresses.json"


def drop_dead_links(name: str, *, root: Path) -> list[str]:
    """Remove a profile's links to source files that are gone; returns their names.

    The profile's `inputs` stage then runs again, on the files that are left or with a message about those that are not.
    """
    build = Build(root, name)
    links = [*sorted(build.inputs.glob("*/*")), *build.frozen.glob("*")]
    dead = [link for link in links if link.is_symlink() and not link.exists()]
    for link in dead:
        link.unlink()
    return [link.name if link.parent == build.frozen else link.name.partition("_")[2] for link in dead]
