"""Values, claims and blocks: what travels from a notebook to a page."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ClaimError
from analysis.report.blocks import MIME_TYPE, Blocks, Column, Figure, KeyFigure, Table, blocks, from_dict, sentence
from analysis.report.claims import holds
from analysis.report.values import Value, count, day, listing, money, number, percent, plain, text
from analysis.report.wording import Message, message


def table(**changes: object) -> Table:
    data = pd.DataFrame({"name": ["a"], "share": [1 / 3], "low": [0.1], "high": [np.nan], "n": [7]})
    columns = {"share": Column("Share", "percent", low="low", high="high"), "name": Column("Name")}
    return Table("groups", message("Groups"), data, columns, **changes)  # type: ignore[arg-type]


def test_a_block_survives_json_whatever_sorts_its_keys() -> None:
    block = table(group_size="n", order="share")
    back = from_dict(json.loads(json.dumps(block.to_dict(), sort_keys=True)))
    assert isinstance(back, Table)
    assert list(back.columns) == ["share", "name"], "the order of columns is kept"
    assert back.to_dict() == block.to_dict()
    assert back.data["share"].tolist() == [0.3333333333] and back.data["high"].isna().all()


def test_plain_json_types() -> None:
    assert (
        plain(pd.NA) is None
        and plain(np.int64(3)) == 3
        and plain(np.float64("nan")) is None
        and plain(float("inf")) is None
    )
    assert plain(pd.Timestamp("2025-12-20")) == "2025-12-20" and plain(date(2025, 12, 20)) == "2025-12-20"
    assert plain(pd.Timestamp("2025-12-20 10:00")) == "2025-12-20 10:00:00" and plain(pd.NaT) is None
    assert plain(True) is True and plain(1 / 3) == 0.3333333333 and plain(("a", 1)) == ["a", 1]


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ("share > 0.5", True),
        ("share.low > 0.5", False),
        ("0.4 < share.low < share < share.high", True),
        ("share > 2 * other or not other > 1", True),
        ("missing > 0", False),
        ("missing < 0", False),
        ("word == 'tea'", True),
        ("share - other > 0 and share / other == 2", True),
    ],
)
def test_claims(claim: str, true: bool) -> None:
    arguments = {
        "share": percent(0.6, 0.45, 0.75),
        "other": percent(0.3),
        "missing": Value("number", None),
        "word": text("tea"),
    }
    assert holds(claim, arguments) is true


@pytest.mark.parametrize("claim", ["__import__('os')", "share.value > 0", "nothing > 1", "share >", "[1][0] == 1"])
def test_a_claim_may_hold_no_more_than_comparisons(claim: str) -> None:
    with pytest.raises(ClaimError):
        holds(claim, {"share": percent(0.6)})


def test_a_false_claim_stops_where_it_is_made_and_where_it_is_read() -> None:
    with pytest.raises(ClaimError, match=r"'share > 0\.5'"):
        sentence("top", "The top bring {share}.", claim="share > 0.5", share=percent(0.4))
    said = sentence("top", "The top bring {share}.", claim="share > 0.5", share=percent(0.6)).to_dict()
    said["message"]["arguments"]["share"]["value"] = 0.4
    with pytest.raises(ClaimError):
        from_dict(said)


def test_a_number_typed_into_a_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match="holds a digit"):
        message("The top 10 % bring most.")
    with pytest.raises(ValueError, match="lacks the arguments"):
        message("The top {group} bring most.")
    with pytest.raises(TypeError, match="must be a Value"):
        Message("{n} customers", {"n": 5})  # type: ignore[dict-item]


def test_faulty_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="columns that its data lacks"):
        Table("t", message("T"), pd.DataFrame({"a": [1]}), {"b": Column("B")})
    with pytest.raises(ValueError, match="lower-case"):
        KeyFigure("Top share", "Top", count(1), "m")
    with pytest.raises(ValueError, match="kind must be one of"):
        Column("A", "pounds")
    with pytest.raises(ValueError, match="needs a description and data"):
        Figure("f", "bar", message("T"), message("S"), " ", pd.DataFrame({"a": [1]}), {"a": Column("A")})


def test_blocks_flatten_and_leave_out_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_BARE_BLOCKS", "1")
    figure = KeyFigure("n", "Customers", count(5), "m", n=5)
    found = blocks(figure, None, [None, [figure]])
    assert isinstance(found, Blocks) and len(found) == 2
    bundle = found._repr_mimebundle_()
    assert [block["id"] for block in bundle[MIME_TYPE]["blocks"]] == ["n", "n"] and "text/html" not in bundle


def test_values_round_trip() -> None:
    for value in (
        money(12.5, 10, 15),
        number(None),
        day(date(2025, 1, 2)),
        listing(["a", "b"]),
        percent(0.5, digits=1),
    ):
        again = Value.from_dict(json.loads(json.dumps(value.to_dict())))
        assert again.to_dict() == value.to_dict()
