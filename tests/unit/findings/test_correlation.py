"""The words of the correlations: they follow the confirmation half, and nothing is claimed where nothing held."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import correlation
from analysis.findings import correlation as findings
from analysis.findings.labels import LABELS
from analysis.report.blocks import Blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.translation import translated

STYLE = Style(names=LABELS)


def frame(strength: float, n: int = 600) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    x, e, other = generator.normal(size=(3, n))
    y = strength * x + np.sqrt(1 - strength**2) * e
    return pd.DataFrame({"customer_key": range(n), "monetary": np.exp(x), "satisfaction": y, "age": other})


COLUMNS = ["monetary", "satisfaction", "age"]


def by_id(found: Blocks) -> dict:
    """The blocks as they come back from JSON; whatever they say, nothing of it stays English on a Chinese page."""
    names = [block.id for block in found]
    assert len(names) == len(set(names))
    assert left_in_english(found) == []
    return {block.id: from_dict(json.loads(json.dumps(block.to_dict()))) for block in found}


@pytest.mark.parametrize(
    ("strength", "size", "direction"), [(0.8, "strong", "more"), (-0.45, "moderate", "less"), (0.27, "weak", "more")]
)
def test_the_lead_follows_the_confirmation_half(strength, size, direction):
    result = correlation.confirm(frame(strength, 2000), COLUMNS, random_state=1)
    found = by_id(findings.confirmed(result))
    words = found["strongest_lead"].message
    assert f"the link is {size}" in message_text(words, STYLE)
    assert f"tend to have {direction} of the other" in words.template
    assert words.arguments["estimate"].value == pytest.approx(result.table["estimate"][0])
    assert found["confirmed_share"].value.value == 1.0


def test_nothing_found_is_said_and_not_dressed_up():
    found = by_id(findings.confirmed(correlation.confirm(frame(0.0), COLUMNS, random_state=2)))
    assert found["no_pair"].role == "warning"
    assert not any(block.type == "key_figure" for block in found.values())


def test_a_pair_that_did_not_hold_up_is_no_lead():
    result = correlation.confirm(frame(0.8), COLUMNS, random_state=1)
    lost = correlation.Confirmation(
        result.table.assign(confirmed=False), result.discovery_customers, result.confirmation_customers,
        result.searched, result.method, result.alpha,
    )  # fmt: skip
    found = by_id(findings.confirmed(lost))
    assert "nothing here is reliable" in found["strongest_lead"].message.template
    assert "strongest_pair" not in found


def test_all_pairs_with_definitional_ones_marked():
    data = frame(0.6).assign(same=1.0, town="Leeds", total=lambda table: table["monetary"] * 2)
    names = [*COLUMNS, "same", "town", "total"]
    result = correlation.correlate(
        data, names, methods=["spearman", "pearson", "kendall"], definitional=[["monetary", "total"]]
    )
    found = by_id([*findings.matrix(result, method="spearman"), *findings.all_pairs(result)])
    assert found["definitional"].role == "limit"
    assert found["matrix"].title.arguments["all"].value == 5
    written = translated(found["pairs"], STYLE).data["pair"]
    assert written[written.str.endswith("*")].tolist() == ["Total spend × total\N{NO-BREAK SPACE}*"]
    assert len(found["matrix"].data) == 16
    assert len(found["pairs"].data) == len(found["pairs_p"].data) == 6
    assert list(found["pairs_p"].columns) == ["pair", "spearman", "p", "p_bh", "p_by", "p_holm"]
    assert found["pairs_p"].caption.arguments["family"].value == 6
    assert found["pairs"].columns["kendall"].low == "kendall_low"
    assert {"columns_constant_0", "columns_text_1"} <= set(found) or {"columns_constant_1", "columns_text_0"} <= set(
        found
    )


def test_two_rows_give_a_warning_and_no_figure():
    result = correlation.correlate(pd.DataFrame({"x": [1.0, 2.0], "y": [2.0, 1.0]}))
    found = by_id([*findings.matrix(result, method="spearman"), *findings.all_pairs(result)])
    assert {block.type for block in found.values()} == {"note"}


def test_partial_words_tell_explained_from_lasting():
    generator = np.random.default_rng(5)
    z, a, b = generator.normal(size=(3, 800))
    data = pd.DataFrame({"z": z, "x": z + a / 2, "y": z + b / 2})
    data["w"] = data["x"] + generator.normal(size=800) / 2
    data["v"] = data["z"] + (a + 3 * generator.normal(size=800)) / 4
    pairs = pd.DataFrame({"first": ["x", "x", "x"], "second": ["v", "w", "y"]})
    found = by_id(findings.partials(correlation.partial_pairs(data, pairs, controls=["z"], method="spearman")))
    texts = {
        key: block.message.template
        for key, block in found.items()
        if key.startswith("partial_") and block.type == "sentence"
    }
    assert "no link between" in texts["partial_2"]
    table = found["partial_pairs"].data
    assert table["semi_estimate"].notna().all()
    assert (table["p_holm"] >= table["p"]).all()
    assert any("Most of what" in text for text in texts.values())
    assert any("still go together" in text for text in texts.values())
    fixed = correlation.partial(data.assign(y=2 * z), "x", "y", controls=["z"])
    assert by_id(findings.partials([fixed]))["no_partial_0"].role == "warning"


def test_shapes_name_the_direction_of_the_medians():
    data = frame(0.9)
    shapes = [correlation.pair_shape(data, "monetary", "satisfaction"), correlation.pair_shape(data, "age", "monetary")]
    found = by_id(findings.shapes(shapes))
    assert "the median of {second} rises" in found["shape_1"].title.template
    assert found["shape_1"].options["log"] == ["x"]
    assert found["shape_1"].group_size == "count"
    hidden = by_id(findings.shapes(shapes[1:], hidden=True))["hidden_shape_1"]
    assert "without a trend" in hidden.title.template


def test_hidden_dependence_needs_both_halves():
    generator = np.random.default_rng(8)
    x = generator.normal(size=800)
    bowl = pd.DataFrame({"x": x, "y": x**2 + generator.normal(size=800) / 4})
    noise = pd.DataFrame(generator.normal(size=(400, 2)), columns=["x", "y"])
    first, second = (correlation.dependence(part, ["x", "y"], random_state=1) for part in (bowl[:400], bowl[400:]))
    other = correlation.dependence(noise, ["x", "y"], random_state=1)
    assert "hidden_0" in by_id(findings.hidden(first, second))
    assert "hidden_0" not in by_id(findings.hidden(first, other))
    assert "none of" in by_id(findings.hidden(other, first))["hidden_summary"].message.template
    few = correlation.dependence(noise.head(5), ["x", "y"], random_state=1)
    assert by_id(findings.hidden(few, few))["hidden_missing"].role == "warning"
