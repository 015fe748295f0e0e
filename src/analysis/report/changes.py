"""How a key figure moved since another version, in a sign and in words: for pages, the index and comparisons."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.report.formatting import Style, format_number
from analysis.report.messages import said
from analysis.report.values import Value
from analysis.report.wording import Words, msgid

__all__ = ["Change", "ChangeWords", "describe"]


@dataclass(frozen=True)
class Change:
    """A key figure's value in the version that a page is compared with.

    Parameters
    ----------
    previous : Value or None
        The earlier value; None where that version did not have the figure.
    against : str or Message
        What the comparison is, as a reader knows it, such as "version of 31 October 2026".
    reason : str or Message, optional
        Why the two are not comparable (another definition, for example); then no difference is shown.
    """

    previous: Value | None
    against: Words
    reason: Words | None = None


@dataclass(frozen=True)
class ChangeWords:
    """A change ready to show: an arrow, words, and whether it is for the better ("better", "worse", "")."""

    sign: str
    words: str
    tone: str


def describe(
    current: Value, change: Change, *, direction: str | None, style: Style, beside: bool = False
) -> ChangeWords:
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
    beside : bool
        Whether the earlier value and what it belongs to stand beside these words, which then leave both out.

    Examples
    --------
    >>> from analysis.report.values import percent
    >>> words = describe(percent(0.5), Change(percent(0.46), "the version before"), direction="up", style=Style())
    >>> words.sign, words.words.replace("\\xa0", " "), words.tone
    ('▲', 'up 4.0 percentage points from 46 %, better (the version before)', 'better')
    """
    against = said(change.against, style)
    if change.reason:
        why = style.say("not comparable with {against}: {reason}", against=against, reason=said(change.reason, style))
        return ChangeWords("≠", why, "")
    before = change.previous
    if before is None or before.value is None:
        return ChangeWords("✱", style.say("new: not in {against}", against=against), "")
    was = format_number(before, style)
    if current.value is None:
        return ChangeWords("–", style.say("no longer available; was {was} ({against})", was=was, against=against), "")
    if current.value == before.value:
        return ChangeWords("=", style.say("unchanged ({against})", against=against), "")
    if not isinstance(current.value, int | float) or isinstance(current.value, bool):
        return ChangeWords("≠", style.say("was {was} ({against})", was=was, against=against), "")
    rose = current.value > before.value
    tone = "" if direction is None else "better" if rose == (direction == "up") else "worse"
    slightly = format_number(current, style) == was
    step = "" if slightly else _step(current, before, style)
    moves = _BESIDE if beside else _MOVES
    words = style.say(moves[rose, slightly, tone], step=step, was=was, against=against)
    return ChangeWords("▲" if rose else "▼", words, tone)


#: By whether the figure rose, whether too little to be seen in its digits, and whether that is good.
_MOVES = msgid(
    {
        (True, False, ""): "up {step} from {was} ({against})",
        (True, False, "better"): "up {step} from {was}, better ({against})",
        (True, False, "worse"): "up {step} from {was}, worse ({against})",
        (True, True, ""): "up slightly from {was} ({against})",
        (True, True, "better"): "up slightly from {was}, better ({against})",
        (True, True, "worse"): "up slightly from {was}, worse ({against})",
        (False, False, ""): "down {step} from {was} ({against})",
        (False, False, "better"): "down {step} from {was}, better ({against})",
        (False, False, "worse"): "down {step} from {was}, worse ({against})",
        (False, True, ""): "down slightly from {was} ({against})",
        (False, True, "better"): "down slightly from {was}, better ({against})",
        (False, True, "worse"): "down slightly from {was}, worse ({against})",
    }
)


#: The same where the earlier value stands beside the words.
_BESIDE = msgid(
    {
        (True, False, ""): "up {step}",
        (True, False, "better"): "up {step}, better",
        (True, False, "worse"): "up {step}, worse",
        (True, True, ""): "up slightly",
        (True, True, "better"): "up slightly, better",
        (True, True, "worse"): "up slightly, worse",
        (False, False, ""): "down {step}",
        (False, False, "better"): "down {step}, better",
        (False, False, "worse"): "down {step}, worse",
        (False, True, ""): "down slightly",
        (False, True, "better"): "down slightly, better",
        (False, True, "worse"): "down slightly, worse",
    }
)
#: Counts from here on move by a share of what they were; smaller ones by so many.
_MANY = 100


def _step(current: Value, before: Value, style: Style) -> str:
    """The size of the step: amounts and large counts move by a share, shares by points, all else by its own unit."""
    kind = "points" if current.kind == "percent" else current.kind
    was = float(before.value)
    size = abs(float(current.value) - was)
    if (kind == "money" and was > 0) or (kind == "count" and was >= _MANY):
        return format_number(Value("percent", size / was), style)
    if kind == "p_value":
        return style.say("by {size}", size=f"{size:.2g}")
    return format_number(Value(kind, size, digits=current.digits if kind == current.kind else None), style)
