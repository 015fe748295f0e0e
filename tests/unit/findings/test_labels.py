"""Display names: every id that findings use has one, in every language, and no two segments share one."""

from __future__ import annotations

import pytest

from analysis.clustering import NAME_RULES, RFM_SEGMENTS
from analysis.clustering.names import QUALIFIERS
from analysis.findings.labels import LABELS, labels
from analysis.findings.segment_actions import ACTIONS, OTHERWISE
from analysis.report.language import is_english, languages, translate


@pytest.fixture(params=languages())
def names(request: pytest.FixtureRequest) -> dict[str, str]:
    return labels(lambda text: translate(text, request.param))


def test_segments_of_one_division_are_told_apart_by_name(names: dict[str, str]) -> None:
    bases = [rule for rule, _ in NAME_RULES] + ["high_age", "low_age", "high_income", "low_income"]
    ends = [end for pair in QUALIFIERS.values() for end in pair] + ["lower_age", "higher_age", "1", "2", "30"]
    terms = [*bases, *[f"{base}_{end}" for base in bases for end in ends]]
    assert len({names[term] for term in terms}) == len(terms)
    assert len({names[term] for term in RFM_SEGMENTS.values()}) == len(set(RFM_SEGMENTS.values()))


def test_a_name_made_from_a_column_holds_the_columns_name(names: dict[str, str]) -> None:
    for level in ("high", "low"):
        assert (
            names["age"].lower() in names[f"{level}_age"] and names["age"].lower() in names[f"browsers_{level}er_age"]
        )
    assert not [name for name in names.values() if "{" in name or not name.strip()]


def test_english_names() -> None:
    assert LABELS["occasional_buyers_more_orders"] == "Occasional buyers, more orders"
    assert LABELS["high_age"] == "Customers with high age"


@pytest.mark.parametrize("language", [tag for tag in languages() if not is_english(tag)])
def test_what_to_do_is_said_in_every_language(language: str) -> None:
    for text in (*ACTIONS.values(), OTHERWISE):
        assert translate(text, language) != text
