"""How a key figure moved since another version, in a sign and in words: for pages, the index and comparisons."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.report.formatting import Style, format_number
from analysis.report.values import Value

__all__ = ["Change", "ChangeWords", "describe"]


@dataclass(frozen=True)
class Change:
    """A key figure's value in the version that a page is compared with.

    Parameters
    ----------
    previous : Value or None
        The earlier value; None where that version did not have the figure.
    against : str
        What the comparison is, as a reader knows it, such as "version of 31 October 2026".
    reason : str, optional
        Why the two are not comparable (another definition, for example); then no difference is shown.
    """

    previous: Value | None
    against: str
    reason: str | None = None


@dataclass(frozen=True)
class ChangeWords:
    """A change ready to show: an arrow, words, and whether it is for the better ("better", "worse", "")."""

    sign: str
    words: str
    tone: str


def describe(current: Value, change: Change, *, direction: str | None, style: Style) -> ChangeWords:
    """The change of a key figure in words.

    Parameters
    ----------
    current : Value
        The figure now.
    change : Change
        What it was.
    direction : str or None
        `"up"` if more is better, `"down"` if less is, None if neither.
    style : Style

    Examples
    --------
    >>> from analysis.report.values import percent
    >>> words = describe(percent(0.5), Change(percent(0.46), "the version before"), direction="up", style=Style())
    >>> words.sign, words.words.replace("\\xa0", " "), words.tone
    ('▲', 'up 4.0 percentage points from 46 %, better (the version before)', 'better')
    """
    if change.reason:
        return ChangeWords("≠", f"not comparable with {change.against}: {change.reason}", "")
    before = change.previous
    if before is None or before.value is None:
        return ChangeWords("✱", f"new: not in {change.against}", "")
    if current.value is None:
        return ChangeWords("–", f"no longer available; was {format_number(before, style)} ({change.against})", "")
    if not isinstance(current.value, int | float) or isinstance(current.value, bool):
        return _describe_text(current, before, change.against, style)
    written, was = format_number(current, style), format_number(before, style)
    if current.value == before.value:
        return ChangeWords("=", f"unchanged ({change.against})", "")
    rose = current.value > before.value
    tone = "" if direction is None else "better" if rose == (direction == "up") else "worse"
    verdict = f", {tone}" if tone else ""
    step = "slightly " if written == was else f"{_step(current, before, style)} "
    return ChangeWords(
        "▲" if rose else "▼", f"{'up' if rose else 'down'} {step}from {was}{verdict} ({change.against})", tone
    )


def _describe_text(current: Value, before: Value, against: str, style: Style) -> ChangeWords:
    if current.value == before.value:
        return ChangeWords("=", f"unchanged ({against})", "")
    return ChangeWords("≠", f"was {format_number(before, style)} ({against})", "")


def _step(current: Value, before: Value, style: Style) -> str:
    """The size of the step: a share moves by percentage points, everything else by its own unit."""
    kind = "points" if current.kind == "percent" else current.kind
    size = abs(float(current.value) - float(before.value))
    digits = current.digits if kind == current.kind else None
    step = format_number(Value(kind, size, digits=digits), style)
    if kind == "p_value":
        return f"by {size:.2g}"
    if kind in {"money", "count"} and float(before.value) > 0:
        share = size / abs(float(before.value))
        return f"{step} ({format_number(Value('percent', share), style)})"
    return step
