"""What is said of recommendations: every branch of the words, on studies whose answer is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import recommendation
from analysis.errors import AnalysisError, ClaimError
from analysis.findings import recommendation as findings
from analysis.findings.labels import LABELS
from analysis.findings.recommendation.options import LIKENESSES, WEIGHTS, options_in_words
from analysis.recommendation import Newcomers, RatingStudy, Remark, Verdict
from analysis.recommendation.similarity import Similarity, Weighting
from analysis.report.blocks import Blocks, Figure, Note, Sentence
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.messages import said as said_in_style
from analysis.report.wording import Message
from analysis.shares import customers_per_group

STYLE = Style(names=LABELS)


def purchases(seed: int = 2, customers: int = 120, products: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = customers * 12
    frame = pd.DataFrame({
        "customer_key": rng.integers(0, customers, size), "product_id": rng.integers(0, products, size),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, size), unit="D"),
    })  # fmt: skip
    return frame.assign(product_id="P" + frame["product_id"].astype(str))


@pytest.fixture(scope="module")
def study() -> recommendation.Study:
    lines = purchases()
    split: dict[str, Any] = {
        "cutoff": "2024-08-28",
        "horizon_days": 60,
        "k": 5,
        "purchases": lines,
        "offered_days": 200,
    }
    options = {"similarities": ["cosine"], "shrinkages": [0.0], "neighbours": [10]}
    return recommendation.study(
        recommendation.pairs(lines, before="2024-08-28"), recommendation.pairs(lines, since="2024-08-28"),
        grid=recommendation.grid(["item_neighbours"], **options), replicates=100, random_state=1, **split,
    )  # fmt: skip


def said(found: Blocks) -> str:
    texts = [
        message_text(part, STYLE)
        for block in found
        for part in (vars(block).values() if not isinstance(block, Sentence | Note) else [block.message])
        if isinstance(part, Message)
    ]
    return " ".join(texts).replace("\N{NO-BREAK SPACE}", " ")


def verdict(outcome: str, low: float, high: float) -> Verdict:
    middle = (low + high) / 2
    return Verdict("new", "item_neighbours", "popularity", "hit_rate", outcome, middle, low, high)  # type: ignore[arg-type]


OUTCOMES = {
    "better": (verdict("better", 0.02, 0.08), "Choosing for each customer is better beyond chance", "item_neighbours"),
    "same": (verdict("same", -0.02, 0.03), "could be chance, so the offers below are best sellers", "popularity"),
    "worse": (
        verdict("worse", -0.09, -0.02),
        "fewer of these customers, beyond chance (−5.5 percentage points, 95 % interval",
        "popularity",
    ),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_verdict_has_its_words_and_its_offers(study: recommendation.Study, outcome: str) -> None:
    decided, words, offered = OUTCOMES[outcome]
    assert decided.offered == offered
    found = findings.comparison(study, decided, horizon_days=60, level=0.95)
    assert words in said(found)
    assert sum(isinstance(block, Sentence) and block.role == "lead" for block in found) == 2


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_verdict_that_its_numbers_do_not_bear_out_stops_the_build(study: recommendation.Study, outcome: str) -> None:
    wrong = {"better": (-0.1, 0.1), "same": (0.1, 0.2), "worse": (-0.1, 0.1)}[outcome]
    with pytest.raises(ClaimError):
        findings.comparison(study, verdict(outcome, *wrong), horizon_days=60, level=0.95)


def test_without_a_model_everybody_is_offered_one_list(study: recommendation.Study) -> None:
    alone = Verdict("new", "", "popularity", "hit_rate", "no_model", float("nan"), float("nan"), float("nan"))
    text = said(findings.comparison(study, alone, horizon_days=60, level=0.95))
    assert "everybody is offered best sellers" in text and "nan" not in text
    assert alone.offered == "popularity"


def test_the_verdict_holds_the_best_model_of_the_earlier_split_against_the_hardest_list(
    study: recommendation.Study,
) -> None:
    found = recommendation.decide(study)
    assert found is not None and found.model == "item_neighbours" and found.baseline == study.baseline["new"]
    values = study.evaluations["new"].values
    gap = values[found.model][:, 0] - values[found.baseline][:, 0]
    assert found.difference == pytest.approx(gap.mean())
    assert found.low <= found.difference <= found.high
    assert (found.outcome == "same") == (found.low <= 0 <= found.high), "products drawn at random have no better method"
    nothing = replace(study, methods=None)
    assert recommendation.decide(nothing) is None
    plain = replace(study, methods=study.methods[study.methods["kind"] == "baseline"])  # type: ignore[index]
    without = recommendation.decide(plain)
    assert without is not None and without.outcome == "no_model" and without.offered == found.baseline


OBSTACLES = ("no_history", "too_few_customers", "too_few_products", "nothing_offered", "no_later", "none_evaluated")


@pytest.mark.parametrize("code", OBSTACLES)
def test_every_obstacle_is_the_lead(study: recommendation.Study, code: str) -> None:
    blocked = recommendation.Study(study.cutoff, 5, obstacle=Remark(code, 1))
    found = findings.tested(blocked, horizon_days=60, offered_days=90, level=0.95)
    (lead,) = [block for block in found if isinstance(block, Sentence) and block.role == "lead"]
    assert len(message_text(lead.message, STYLE)) > 60
    assert not any(isinstance(block, Figure) for block in found)
    assert "nothing to compare" in said(findings.comparison(blocked, None, horizon_days=60, level=0.95))


def test_what_was_tested_adds_up(study: recommendation.Study) -> None:
    found = {block.id: block for block in findings.tested(study, horizon_days=60, offered_days=200, level=0.95)}
    table = found["tested_customers"].data["customers"].tolist()  # type: ignore[attr-defined]
    known, back, new, again, unknown, away, _ = table
    assert known == back + away and back == new + again and unknown <= new


def groups(low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame({
        "wanted": "new", "division": "orders", "group": ["orders_1", "orders_2"], "method": "item_neighbours",
        "measure": "hit_rate", "customers": [40, 50], "estimate": [0.4, 0.5], "low": [0.3, 0.4], "high": [0.5, 0.6],
        "difference": [low, (low + high) / 2], "difference_low": [low, low], "difference_high": [high, high],
    })  # fmt: skip


def test_groups_ahead_behind_and_neither() -> None:
    decided = OUTCOMES["same"][0]
    ahead, neither, behind = (
        said(findings.by_group(groups(*bounds), decided, level=0.95))
        for bounds in ((0.01, 0.2), (-0.1, 0.1), (-0.2, -0.01))
    )
    assert "clearly ahead in 2 of 2 groups" in ahead
    assert "clearly ahead in none of 2 groups" in neither and "clearly better for" not in neither
    assert "One list for all was clearly better for: one order and two orders" in behind
    assert "nothing to divide" in said(findings.by_group(None, None, level=0.95))


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((0.01, 0.2), "foretells it better"), ((-0.1, 0.1), "does no better"), ((-0.2, -0.01), "does worse")],
)
def test_lists_that_may_repeat(study: recommendation.Study, bounds: tuple[float, float], words: str) -> None:
    outcome = "better" if bounds[0] > 0 else "worse" if bounds[1] < 0 else "same"
    table = study.differences.copy()  # type: ignore[union-attr]
    here = (table["wanted"] == "any") & (table["method"] == "item_neighbours")
    table.loc[here, ["difference", "low", "high"]] = (sum(bounds) / 2, *bounds)
    decided = replace(verdict(outcome, *bounds), wanted="any", baseline="buys_again")
    text = said(findings.repeats(replace(study, differences=table), decided, level=0.95))
    assert words in text and "what the customer bought most" in text
    assert "cannot be compared" in said(findings.repeats(study, None, level=0.95))


def by_segment() -> pd.DataFrame:
    rows = pd.DataFrame({
        "customer_key": [1, 1, 2, 2, 3, 3, 4, 4], "rank": [1, 2] * 4, "product_id": list("abacadab"),
        "product": ["Tea", "Jam", "Tea", "Mug", "Tea", "Hat", "Tea", "Jam"], "reason": "history",
        "because": ["b", None, "b", "c", "a", None, "a", None], "method": "item_neighbours",
    })  # fmt: skip
    segments = pd.DataFrame({"customer_key": [1, 2, 3, 4], "segment": ["browsers", "browsers", "small", "small"]})
    return recommendation.offers_by_segment(rows, segments, order=["small", "browsers"], most=2, fewest=1)


def test_offers_by_segment_by_hand() -> None:
    table = by_segment()
    assert table["segment"].tolist() == ["small", "small", "browsers", "browsers"]
    assert table["product"].tolist() == ["Tea", "Jam", "Tea", "Jam"]
    assert table["offered"].tolist() == [2, 1, 2, 1] and table["share"].tolist() == [1.0, 0.5, 1.0, 0.5]
    assert table["share_all"].tolist() == [1.0, 0.5, 1.0, 0.5]
    assert table["because"].tolist()[::2] == ["a", "b"]
    # Hats are on half the lists of the small segment and on a quarter of all, mugs likewise of the browsers.
    assert table["own_product"].tolist() == ["Hat", "Hat", "Mug", "Mug"]
    assert table["own_share_all"].tolist() == [0.25] * 4


def test_actions_name_products_and_a_trial_that_is_large_enough(study: recommendation.Study) -> None:
    settings: dict[str, Any] = {"horizon_days": 60, "power": 0.8, "level": 0.95}
    found = findings.actions(by_segment(), study, OUTCOMES["better"][0], effect=0.05, **settings)
    text = said(found)
    assert (
        "put Tea and Jam before them; what they are offered more than others is Hat, 50 % of them against 25 %" in text
    )
    users = study.users[study.users["wanted"] == "new"].set_index("code")["customers"]  # type: ignore[index]
    base = users["bought_new"] / users["known"]
    trial = next(block for block in found if block.id == "trial_sells")
    assert isinstance(trial, Sentence)
    effect = trial.message.arguments["effect"].value
    assert trial.message.arguments["needed"].value == customers_per_group(base, base + effect)
    shown = trial.message.arguments["shown"].value
    assert shown is not None and customers_per_group(base, base + shown) <= users["known"] // 2
    assert (customers_per_group(base, base + shown - 0.002) or 0) > users["known"] // 2
    assert "There is nothing to offer" in said(
        findings.actions(by_segment().head(0), study, None, effect=0.05, **settings)
    )


def test_newcomers_and_products_by_age() -> None:
    ages = pd.DataFrame({"age": ["never_sold", "new", "on_offer", "not_sold_lately"], "products": [1, 2, 3, 4]})
    bought, offered = ages.assign(pairs=[1, 1, 8, 0], share=[0.1, 0.1, 0.8, 0.0]), ages.assign(pairs=0, share=0.0)
    settings: dict[str, Any] = {"buyers": 90, "few": 2, "new_days": 30, "offered_days": 60, "k": 5}
    some = Newcomers(20, 5, 0.25, 0.1, 0.45, 0.95)
    text = said(findings.beginnings(some, bought, offered, **settings))
    assert "20 of 90 buyers of the later period were new" in text and "made up 10.0 %" in text
    assert "4 products were not bought by a known customer in the last 60 days" in text
    none = Newcomers(0, 0, float("nan"), float("nan"), float("nan"), 0.95)
    old = ages.assign(pairs=[0, 0, 8, 0], share=[0.0, 0.0, 1.0, 0.0], products=[0, 0, 7, 0])
    text = said(findings.beginnings(none, old, old, **settings))
    assert "Everybody who bought in the later period was known before" in text
    assert "had been on sale for more than 30 days" in text and "none counts as no longer sold" in text
    broken = offered.assign(pairs=[0, 0, 0, 3])
    with pytest.raises(ClaimError):
        findings.beginnings(some, bought, broken, **settings)


def price(low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame({
        "measure": ["hit_rate", "new_product_hit"], "with_new": [0.4, 0.1], "with_low": [0.3, 0.05],
        "with_high": [0.5, 0.2], "difference": [(low + high) / 2, np.nan], "difference_low": [low, np.nan],
        "difference_high": [high, np.nan],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((0.01, 0.03), "More customers"), ((-0.02, 0.01), "does not clearly change"), ((-0.05, -0.02), "Fewer customers")],
)
def test_a_place_for_new_products_and_its_price(bounds: tuple[float, float], words: str) -> None:
    text = said(findings.exploring(price(*bounds), k=5, new_days=30, kept=False, level=0.95))
    assert words in text and "10.0 %" in text and "keep no such place" in text
    assert not findings.exploring(None, k=5, new_days=30, kept=False, level=0.95)


def ratings_of(low: float, high: float) -> RatingStudy:
    errors = pd.DataFrame({
        "method": ["mean", "biases"] * 2, "kind": ["baseline", "model"] * 2, "options": "",
        "measure": ["rmse", "rmse", "mae", "mae"], "estimate": [1.0, 0.9, 0.8, 0.7], "low": 0.5, "high": 1.2, "n": 50,
    })  # fmt: skip
    apart = pd.DataFrame({
        "method": "biases", "baseline": "mean", "measure": ["rmse", "mae"], "difference": (low + high) / 2,
        "low": low, "high": high,
    })  # fmt: skip
    counts = {"train": 200, "test": 50, "customers": 40, "products": 9, "known_customers": 30, "known_products": 50}
    return RatingStudy(None, (), "time", counts, None, errors, apart, "biases", "mean")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((-0.2, -0.1), "by more than chance"), ((-0.1, 0.1), "not clearly less"), ((0.1, 0.2), "which needs no model")],
)
def test_ratings_better_no_better_and_worse_than_a_mean(bounds: tuple[float, float], words: str) -> None:
    feedback = pd.DataFrame({"customer_key": [1], "rating": [4.0], "product_id": ["a"]})
    assert words in said(findings.ratings(feedback, ratings_of(*bounds), level=0.95))


def test_ratings_that_say_nothing_about_products() -> None:
    shop = pd.DataFrame({"customer_key": [1, 1, 2], "rating": [4.0, 5.0, 3.0]})
    assert "The 3 ratings of 2 customers are of the shop" in said(findings.ratings(shop, None, level=0.95))
    assert "holds no ratings" in said(findings.ratings(None, None, level=0.95))
    assert "holds no ratings" in said(findings.ratings(shop.assign(rating=np.nan), None, level=0.95))
    for code, words in (("too_few_ratings", "That is too few"), ("constant_ratings", "tell no products apart")):
        text = said(findings.ratings(shop, RatingStudy(Remark(code, 3)), level=0.95))
        assert words in text and "3" in text
    plain = replace(ratings_of(-0.1, 0.1), chosen="mean")
    assert "No method did better than the mean of all ratings" in said(findings.ratings(shop, plain, level=0.95))


def test_the_grid_is_every_combination_and_refuses_what_it_does_not_know() -> None:
    found = recommendation.grid(
        ["item_neighbours", "user_neighbours", "factors", "rules"], similarities=["cosine", "adjusted_cosine"],
        shrinkages=[0.0, 5.0], neighbours=[3, 9], factors=[4], regularisations=[1.0, 2.0],
    )  # fmt: skip
    number = pd.Series([each.method for each in found]).value_counts().to_dict()
    # Products: cosine with two weightings and adjusted cosine; customers: cosine alone; factors: two weightings.
    assert number == {"item_neighbours": 3 * 2 * 2, "user_neighbours": 2 * 2 * 2, "factors": 2 * 2}
    assert len({(each.method, each.text) for each in found}) == len(found)
    with pytest.raises(AnalysisError, match="similarity must be one of cosine, jaccard, adjusted_cosine; got pearson"):
        recommendation.grid(similarities=["pearson"])


def test_every_method_and_reason_has_a_name() -> None:
    assert {f"list_{name}" for name in recommendation.KINDS} <= set(LABELS)
    assert {f"reason_{name}" for name in recommendation.REASONS} <= set(LABELS)
    assert {f"rating_{name}" for name in recommendation.RATING_METHODS} <= set(LABELS)


def test_no_word_of_cause_and_no_term_twice() -> None:
    terms = findings.glossary()
    assert len({block.id for block in terms}) == len(terms)
    for block in (*terms, *findings.limits()):
        assert not re.search(r"\b(causes?|drives?)\b", message_text(block.message, STYLE))  # type: ignore[attr-defined]


# In Chinese


def test_every_word_of_the_tests_of_methods_is_translated(study: recommendation.Study) -> None:
    settings: dict[str, Any] = {"horizon_days": 60, "level": 0.95}
    short = replace(study, remarks=(Remark("no_earlier_split", 0),))
    grown = replace(study, counts=study.counts | {"offered": study.counts["products"] - 3})
    for one in (study, short, grown):
        assert left_in_english(findings.tested(one, offered_days=200, **settings)) == []
    for code in (
        "no_history",
        "too_few_customers",
        "too_few_products",
        "nothing_offered",
        "no_later",
        "none_evaluated",
    ):
        blocked = recommendation.Study(study.cutoff, 5, obstacle=Remark(code, 1))
        assert left_in_english(findings.tested(blocked, offered_days=90, **settings)) == []
    alone = Verdict("new", "", "popularity", "hit_rate", "no_model", float("nan"), float("nan"), float("nan"))
    table = study.differences.copy()  # type: ignore[union-attr]
    for outcome, bounds in (("better", (0.01, 0.2)), ("same", (-0.1, 0.1)), ("worse", (-0.2, -0.01))):
        table[["difference", "low", "high"]] = (sum(bounds) / 2, *bounds)
        changed = replace(study, differences=table.copy())
        for decided in (*(one for one, _, _ in OUTCOMES.values()), alone, None):
            assert left_in_english(findings.comparison(changed, decided, **settings)) == []
            divided = groups(*bounds).assign(method="popularity" if decided is alone else "item_neighbours")
            assert left_in_english(findings.by_group(divided, decided, level=0.95)) == []
        for again in (verdict(outcome, *bounds), alone, None):
            judged = again and replace(again, wanted="any", baseline="buys_again")
            assert left_in_english(findings.repeats(changed, judged, level=0.95)) == []


def test_every_word_about_offers_is_translated(study: recommendation.Study) -> None:
    data = ("Tea", "Jam", "Hat", "Mug")
    decided = OUTCOMES["better"][0]
    table = by_segment().assign(reason="best", because_product="Jam")
    lines = pd.DataFrame({
        "customer_key": [1, 2], "rank": 1, "product_id": "a", "product": "Tea", "reason": "history", "because": "b",
        "score": 1.0, "method": ["item_neighbours", "popularity"],
    })  # fmt: skip
    offered: dict[str, Any] = {"method": "item_neighbours", "customers": 2, "on_sale": 9}
    for some in (lines, lines.head(1), lines.head(0)):
        made = recommendation.Tally()
        assert len(list(made.counted([some]))) == 1
        found = findings.next_best(made, table.assign(reason="popular"), **offered)
        assert left_in_english(found, data=data) == []
    plain = by_segment().assign(own_share=np.nan)
    for effect in (0.02, 0.05, 0.4):
        for rows in (by_segment(), plain, plain.drop_duplicates("segment"), plain.head(0)):
            for judged in (decided, None):
                found = findings.actions(rows, study, judged, horizon_days=60, effect=effect, power=0.8, level=0.95)
                assert left_in_english(found, data=data) == []


def test_every_word_about_ratings_new_products_and_terms_is_translated() -> None:
    feedback = pd.DataFrame({"customer_key": [1], "rating": [4.0], "product_id": ["a"]})
    remarks = tuple(Remark(code, 1) for code in ("repeated", "one_rating_each", "too_many"))
    studies = [
        *(ratings_of(*bounds) for bounds in ((-0.2, -0.1), (-0.1, 0.1), (0.1, 0.2))),
        replace(ratings_of(-0.1, 0.1), chosen="mean", remarks=remarks, split="random"),
        *(RatingStudy(Remark(code, 3)) for code in ("no_ratings", "too_few_ratings", "constant_ratings")),
        None,
    ]
    for one in studies:
        assert left_in_english(findings.ratings(feedback, one, level=0.95)) == []
    assert left_in_english(findings.ratings(None, None, level=0.95)) == []
    ages = pd.DataFrame({"age": ["never_sold", "new", "on_offer", "not_sold_lately"], "products": [1, 2, 3, 4]})
    some, none = Newcomers(20, 5, 0.25, 0.1, 0.45, 0.95), Newcomers(0, 0, np.nan, np.nan, np.nan, 0.95)
    bought, offered = ages.assign(pairs=[1, 1, 8, 0], share=[0.1, 0.1, 0.8, 0.0]), ages.assign(pairs=0, share=0.0)
    old = ages.assign(pairs=[0, 0, 8, 0], share=[0.0, 0.0, 1.0, 0.0], products=[0, 0, 7, 0])
    settings: dict[str, Any] = {"buyers": 90, "few": 2, "new_days": 30, "offered_days": 60, "k": 5}
    assert left_in_english(findings.beginnings(some, bought, offered, **settings)) == []
    assert left_in_english(findings.beginnings(none, old, old, **settings)) == []
    for bounds in ((0.01, 0.03), (-0.02, 0.01), (-0.05, -0.02)):
        for kept in (True, False):
            found = findings.exploring(price(*bounds), k=5, new_days=30, kept=kept, level=0.95)
            assert left_in_english(found) == []
    assert left_in_english([*findings.glossary(), *findings.limits()]) == []


def test_options_of_every_method_are_said_in_plain_words() -> None:
    def words(language: str, method: str, options: str) -> str:
        return said_in_style(options_in_words(method, options), Style(language=language))

    near = "similarity {}, weighting {}, shrinkage {}, neighbours 20"
    assert words("en", "item_neighbours", near.format("cosine", "bm25", 0.0)) == (
        "The 20 nearest products by cosine; what few buy counts more (BM25)"
    )
    for each in recommendation.grid(shrinkages=[0.0, 2.5]):
        for language in ("en", "zh-Hans"):
            text = words(language, each.method, each.text)
            assert "_" not in text and ("2.5" in text) == ("shrinkage 2.5" in each.text), text
    assert re.search("[a-z]{4}", words("zh-Hans", "rules", "")) is None
    assert set(LIKENESSES) == set(get_args(Similarity)) - {"residual"} and set(WEIGHTS) == set(get_args(Weighting))
