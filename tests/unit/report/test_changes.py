"""Changes of key figures: sign, words and judgement agree with the numbers."""

from __future__ import annotations

import pytest

from analysis.report.changes import Change, describe
from analysis.report.formatting import Style
from analysis.report.values import Value, count, days, money, percent, text

STYLE = Style(currency="GBP")


def words(
    current: Value, previous: Value | None, direction: str | None = None, reason: str | None = None
) -> tuple[str, ...]:
    change = describe(current, Change(previous, "version A", reason), direction=direction, style=STYLE)
    return change.sign, change.words.replace("\xa0", " "), change.tone


@pytest.mark.parametrize(
    ("current", "previous", "direction", "expected"),
    [
        (percent(0.5), percent(0.46), "up", ("▲", "up 4.0 percentage points from 46 %, better (version A)", "better")),
        (days(52), days(47), "down", ("▲", "up 5 days from 47 days, worse (version A)", "worse")),
        (count(90), count(100), None, ("▼", "down 10 % from 100 (version A)", "")),
        (count(4), count(3), None, ("▲", "up 1 from 3 (version A)", "")),
        (money(1320), money(1200), "up", ("▲", "up 10 % from £1,200, better (version A)", "better")),
        (money(5), money(5), "up", ("=", "unchanged (version A)", "")),
        (percent(0.50001), percent(0.50002), None, ("▼", "down slightly from 50 % (version A)", "")),
        (text("a"), text("b"), None, ("≠", "was b (version A)", "")),
    ],
)
def test_a_change_in_words(
    current: Value, previous: Value, direction: str | None, expected: tuple[str, str, str]
) -> None:
    assert words(current, previous, direction) == expected


def test_what_cannot_be_compared_is_not() -> None:
    assert words(count(5), None)[1] == "new: not in version A"
    assert words(count(5), count(4), reason="another definition")[1] == (
        "not comparable with version A: another definition"
    )
    assert words(Value("count", None), count(4))[1] == "no longer available; was 4 (version A)"


@pytest.mark.parametrize(
    ("current", "previous", "direction", "expected"),
    [
        (money(1320), money(1200), "up", "up 10 %, better"),
        (percent(0.46), percent(0.5), "up", "down 4.0 percentage points, worse"),
        (percent(0.50001), percent(0.50002), None, "down slightly"),
    ],
)
def test_beside_the_earlier_value_only_the_step_is_said(
    current: Value, previous: Value, direction: str | None, expected: str
) -> None:
    change = describe(current, Change(previous, "version A"), direction=direction, style=STYLE, beside=True)
    assert change.words.replace("\xa0", " ") == expected
