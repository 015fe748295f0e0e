"""What is said about segments: every branch is true of its numbers, named, and free of customers' rows."""

from __future__ import annotations

import dataclasses
import json
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import clustering
from analysis.errors import ClaimError
from analysis.findings import clustering as findings
from analysis.findings.clustering.actions import ACTIONS
from analysis.findings.labels import LABELS
from analysis.report.blocks import Block, Blocks, Figure, Note, Sentence, Table, blocks

COLUMNS = ["recency_days", "frequency", "monetary", "tenure_days"]
FAST = {"references": 19, "gap_references": 3, "replicates": 3, "k_max": 5}


def planted(rows: int = 300, *, apart: float = 1.0, later: bool = True) -> pd.DataFrame:
    random = np.random.default_rng(5)
    kind = random.choice(3, size=rows, p=[0.2, 0.3, 0.5])
    log_means = np.array([[2.3, 3.0, 8.0, 6.6], [2.6, 1.1, 5.0, 3.0], [5.9, 0.7, 3.8, 6.5]])[kind]
    values = np.exp(apart * log_means + random.normal(0, 0.25, size=(rows, 4)))
    frame = pd.DataFrame(values, columns=COLUMNS).assign(customer_key=np.arange(rows), age=random.normal(40, 9, rows))
    amount = np.array([90.0, 30.0, 3.0])[kind] * random.lognormal(0, 0.3, rows)
    frame["target_amount"] = amount if later else random.permutation(amount)
    return frame


def page(
    frame: pd.DataFrame,
    *,
    columns: list[str] | None = None,
    k: int | None = None,
    frozen: clustering.FrozenSegmentation | None = None,
) -> Blocks:
    """All blocks of the notebook, on one frame."""
    order = "monetary" if "monetary" in frame else None
    anew = found = clustering.segment(frame, columns=columns or COLUMNS, order_by=order, k=k, **FAST)
    drift = fit = None
    if frozen is not None:
        found = clustering.segment_frozen(frame, frozen, **FAST)
        drift = clustering.drift(frozen, frame)
        fit = clustering.still_fits(drift, agreement=clustering.shared_agreement(found, anew))
    grouped = found.partition.k > 1 and not found.choice.table.empty
    steady = clustering.stability(found.prepared, found.partition, replicates=10) if grouped else None
    beside = (
        clustering.reference_stability(found.prepared, k=found.partition.k, draws=2, replicates=2) if grouped else None
    )
    verdict = clustering.judge(found.prepared, found.partition, found.choice, steady, beside=beside)
    value = clustering.segment_value(found.prepared.frame, found.partition.labels, segments=found.partition.k)
    people = found.prepared.frame
    scored = clustering.score_rfm(people, monetary=order, **(frozen.rfm_options if frozen else {}))
    rfm_value = clustering.segment_value(people, scored.table["segment"])
    period = clustering.later_period(found.prepared, found.partition, before=order or "frequency", replicates=200)
    trees = [clustering.hierarchical(found.prepared, k=found.partition.k)] if grouped else []
    mixtures = [clustering.gaussian_mixture(found.prepared, k=found.partition.k)] if grouped else []
    dense = clustering.dbscan(found.prepared) if grouped else None
    distances = clustering.k_distance(found.prepared)[0] if grouped else None
    extra = [name for name in ("age",) if name in people]
    return blocks(
        findings.basis(found.prepared),
        findings.number_of_groups(found.choice),
        findings.reality(verdict, steady, found.names),
        findings.segments(found, value, beyond=0.5),
        findings.profiles(found, clustering.profile(found.prepared, found.partition, extra=extra)),
        findings.staying(frozen, drift, fit, anew),
        findings.rfm(scored, rfm_value, found, given=list(frozen.rfm_options["cuts"]) if frozen else []),
        findings.later(found, period, cutoff="2011-09-11", horizon_days=90, blind=(found, period), frozen=frozen),
        findings.actions(found, value, verdict),
        findings.algorithms(found.partition, trees + mixtures),
        findings.tree(trees[0] if trees else None),
        findings.density(dense, distances),
        findings.limits(),
        findings.glossary(),
    )


@cache
def kept() -> clustering.FrozenSegmentation:
    """The planted segments, frozen."""
    found = clustering.segment(planted(), columns=COLUMNS, order_by="monetary", **FAST)
    rfm = clustering.score_rfm(found.prepared.frame)
    made = {"profile": "test", "as_of": "2011-12-10", "data": "0"}
    return clustering.freeze(found.prepared, found.partition, found.names, rfm=rfm, made_from=made)


def cloud() -> pd.DataFrame:
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.gamma(2.0, size=(300, 4)), columns=COLUMNS).assign(customer_key=range(300), age=40.0)
    return frame.assign(target_amount=random.gamma(1.0, size=300))


PAGES = {
    "clear": lambda: page(planted()),
    "unlasting": lambda: page(planted(later=False)),
    "cloud": lambda: page(cloud()),
    "given": lambda: page(planted(), k=5),
    "few": lambda: page(planted(12)),
    "no_money": lambda: page(planted().drop(columns="monetary"), columns=["recency_days", "frequency", "tenure_days"]),
    "frozen": lambda: page(planted(), frozen=kept()),
    "frozen_moved": lambda: page(planted().assign(monetary=lambda f: 20 * f["monetary"]), frozen=kept()),
    "frozen_emptied": lambda: page(planted().query("monetary < 200"), frozen=kept()),
    "frozen_few": lambda: page(planted(9), frozen=kept()),
    "frozen_other_columns": lambda: page(planted(), frozen=kept(), columns=["recency_days", "monetary", "age"]),
    "one_customer": lambda: page(planted(1)),
    "two_customers": lambda: page(planted(2)),
    "all_alike": lambda: page(planted().assign(**dict.fromkeys(COLUMNS, 3.0))),
    "two_kinds_of_customers": lambda: page(planted().assign(**dict.fromkeys(COLUMNS, lambda f: f.index % 2 + 1.0))),
    "infinite": lambda: page(planted().assign(age=np.inf), columns=[*COLUMNS, "age"]),
    "huge": lambda: page(planted().assign(age=lambda f: f["age"] * -1e12), columns=[*COLUMNS, "age"]),
    "one_column": lambda: page(planted(), columns=["age"]),
    "unusable": lambda: page(planted().assign(town="Leeds", same=1.0), columns=["town", "same"]),
    "gaps": lambda: page(
        planted().assign(satisfaction=lambda f: f["age"].mask(f.index < 20)), columns=[*COLUMNS, "satisfaction"]
    ),
}


@pytest.fixture(scope="module", params=sorted(PAGES))
def said(request: pytest.FixtureRequest) -> tuple[str, Blocks]:
    return request.param, PAGES[request.param]()


def by_id(found: Blocks, id: str) -> Block:
    (block,) = [block for block in found if block.id == id]
    return block


def test_blocks_can_be_stored_and_their_claims_hold_again(said: tuple[str, Blocks]) -> None:
    for block in said[1]:
        stored = json.loads(json.dumps(block.to_dict(), allow_nan=False))
        assert type(block).from_dict(stored).to_dict() == stored


def test_ids_are_unique_and_leads_are_few(said: tuple[str, Blocks]) -> None:
    ids = [block.id for block in said[1]]
    assert len(set(ids)) == len(ids)
    assert sum(isinstance(block, Sentence) and block.role == "lead" for block in said[1]) <= 3


def test_every_sentence_claims_something_and_nothing_is_causal(said: tuple[str, Blocks]) -> None:
    for block in said[1]:
        if isinstance(block, Sentence):
            assert block.message.claim, block.id
            assert not re.search(r"\b(drives?|causes?|because of)\b", block.message.template), block.id


def test_terms_have_names(said: tuple[str, Blocks]) -> None:
    terms: set[str] = set()
    for block in said[1]:
        message = getattr(block, "message", None)
        if message is not None:
            for value in message.arguments.values():
                terms |= {value.value} if value.kind == "term" else set()
                terms |= set(value.value) if value.kind == "listing" else set()
        if isinstance(block, Figure | Table):
            for name, column in block.columns.items():
                terms |= set(block.data[name]) if column.kind == "term" else set()
    known = {term for term in terms if not term.startswith(("high_", "low_"))}
    assert known - set(LABELS) <= {"town", "same"}


def test_nothing_is_left_in_english(said: tuple[str, Blocks]) -> None:
    assert left_in_english(said[1]) == []


def test_no_table_has_a_row_per_customer(said: tuple[str, Blocks]) -> None:
    for block in said[1]:
        if isinstance(block, Table):
            assert len(block.data) <= 60 and "customer_key" not in block.data


def test_plain_answers() -> None:
    clear = PAGES["clear"]()
    assert "clear segments" in by_id(clear, "verdict").message.template
    assert "no convincing clusters" in by_id(PAGES["cloud"](), "verdict").message.template
    assert "cannot be judged" in by_id(PAGES["few"](), "not_judged").message.template
    assert "each pair beyond chance" in by_id(clear, "later_order").message.template
    assert len([block for block in clear if isinstance(block, Sentence) and block.role == "action"]) == 3


def test_frozen_segments_say_whether_they_fit() -> None:
    same, moved = PAGES["frozen"](), PAGES["frozen_moved"]()
    assert "still fit" in by_id(same, "still_fits").message.template
    assert "no longer fit" in by_id(moved, "still_fits").message.template
    assert by_id(same, "segments_table").data["segment"].tolist() == list(kept().terms)
    assert by_id(PAGES["frozen_few"](), "too_few").message.template.endswith("the frozen segments are used.")
    assert {"not_frozen"} & {block.id for block in PAGES["clear"]()}
    assert "frozen_columns" in {block.id for block in PAGES["frozen_other_columns"]()}


def test_a_wrong_branch_stops_the_build() -> None:
    frame = cloud()
    found = clustering.segment(frame, columns=COLUMNS, order_by="monetary", **FAST)
    steady = clustering.stability(found.prepared, found.partition, replicates=10)
    verdict = clustering.judge(found.prepared, found.partition, found.choice, steady)
    with pytest.raises(ClaimError):
        findings.reality(dataclasses.replace(verdict, level="clear"), steady, found.names)


def test_every_naming_rule_has_words() -> None:
    for rule, _ in clustering.NAME_RULES:
        assert f"named_for_{rule}" in LABELS and rule in LABELS
        assert rule in ACTIONS or rule == "typical_customers"
    assert set(clustering.RFM_SEGMENTS.values()) <= set(LABELS)


def test_results_for_the_summary() -> None:
    found = clustering.segment(planted(), columns=COLUMNS, order_by="monetary", **FAST)
    value = clustering.segment_value(found.prepared.frame, found.partition.labels)
    period = clustering.later_period(found.prepared, found.partition, replicates=200)
    table = findings.segment_results(found, value, past=found, period=period)
    assert table["segment"].tolist() == list(found.terms) and table["label"].iloc[0] == "Loyal high spenders"
    np.testing.assert_allclose(table["later_amount"], period.table["later"])
    assert findings.segment_results(found, value)["later_amount"].isna().all()


def test_a_later_period_in_which_nobody_bought_is_said() -> None:
    found = {block.id: block for block in page(planted().assign(target_amount=0.0))}
    assert isinstance(found["later_explained"], Note) and found["later_explained"].role == "limit"
    assert "all customers brought the same" in found["later_explained"].message.template


def test_no_bound_of_a_score_is_the_value_of_one_customer() -> None:
    frame = planted()
    table = by_id(page(frame), "rfm_thresholds").data  # type: ignore[attr-defined]
    for measure, rows in table.groupby("measure"):
        assert rows["low"].isna().sum() == 1 == rows["high"].isna().sum()
        assert rows["low"].min() > frame[measure].min() and rows["high"].max() < frame[measure].max()
