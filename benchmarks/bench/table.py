"""The newest figures as a table in Markdown, and the place in the README where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.bench.work import OWN

__all__ = ["BEGIN", "END", "README", "in_readme", "markdown"]

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN = "<!-- speed: written by make bench -->"
END = "<!-- /speed -->"
HEAD = ("Work", "Seconds", "CPU s", "MB", "Times a peer's speed", "Goal")


def markdown(records: Iterable[Mapping[str, Any]]) -> str:
    """One row a work of ours: its own figures, how many times as fast as each peer, and whether its goals are met."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        if record["subject"] == OWN:
            rows.setdefault(record["work"], []).append(record)
    lines = [_row(HEAD), _row(("---", "---:", "---:", "---:", "---", "---"))]
    return "\n".join(lines + [_row(_cells(work, found)) for work, found in rows.items()]) + "\n"


def in_readme(text: str, table: str) -> str:
    """Return the README's text with the table in its place.

    Raises
    ------
    ValueError
        If the two marks between which it stands are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no place for the table: {BEGIN} … {END}")
    return f"{before}{begin}\n\n{table}\n{end}{after}"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(work: str, records: list[Mapping[str, Any]]) -> tuple[str, ...]:
    own = records[0]
    beside = [
        f"{record['peer']} {_number(record['ratio'])}".strip() for record in records if record["ratio"] is not None
    ]
    judged = [record["met"] for record in records if record["met"] is not None]
    missed = [record["goal"] for record in records if record["met"] is False]
    goal = "missed: " + "; ".join(missed) if missed else "met" if judged else ""
    figures = (_number(own[name]) for name in ("seconds", "cpu_seconds", "peak_mb"))
    return (work, *figures, ", ".join(beside), goal)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
