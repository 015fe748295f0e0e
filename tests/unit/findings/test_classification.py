"""What is said of classification: every branch of the words, on studies whose answer is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import classification
from analysis.errors import ClaimError
from analysis.findings import classification as findings
from analysis.findings.labels import LABELS, labels
from analysis.report.blocks import Blocks, Figure, KeyFigure, Note, Sentence, Table, blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.language import translate
from analysis.report.messages import message_text, said
from analysis.report.page import fragment
from analysis.report.wording import Message

STYLE = Style(currency="GBP", names=LABELS)
HORIZON = 91
CUTOFFS = tuple(date(2024, 1, 1) + timedelta(days=HORIZON * place) for place in range(3))
AS_OF = CUTOFFS[-1] + timedelta(days=HORIZON)
SETTINGS = {"models": ["logistic", "tree"], "as_of": AS_OF, "horizon_days": HORIZON, "replicates": 100,
            "random_state": 1, "repeats": 2}  # fmt: skip
COLUMNS = ["recency_days", "frequency", "country", "age"]


def people(*, n: int = 400, cutoffs: tuple[date, ...] = CUTOFFS, signal: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Customers at several cut-offs; those with many orders buy again, whatever their last order's date."""
    rng = np.random.default_rng(seed)
    tables = []
    for cutoff in cutoffs:
        frequency = rng.poisson(4, n) + 1
        chance = 1 / (1 + np.exp(-signal * (frequency - 5)))
        orders = (rng.random(n) < chance) * (1 + rng.poisson(1, n))
        tables.append(
            pd.DataFrame(
                {
                    "customer_key": np.arange(n), "cutoff": cutoff, "recency_days": rng.integers(1, 200, n),
                    "frequency": frequency, "country": rng.choice(["UK", "France"], n, p=[0.7, 0.3]),
                    "age": np.where(rng.random(n) < 0.2, np.nan, rng.integers(18, 80, n)),
                    "previous_orders": rng.poisson(1, n), "target_orders": orders,
                    "target_amount": orders * rng.gamma(4, 10, n),
                }
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def study(frame: pd.DataFrame | None = None, **options: object) -> classification.Study:
    frame = people() if frame is None else frame
    return classification.study(frame, **{"columns": COLUMNS, **SETTINGS, **options})  # type: ignore[arg-type]


def page(answer: findings.Answer) -> Blocks:
    parts = (
        findings.question, findings.tested, findings.comparison, findings.earlier, findings.calibrated, findings.curves,
        findings.ranking, findings.paying, findings.tree, findings.leaning, findings.acting,
    )  # fmt: skip
    return blocks(findings.terms(), [part(answer) for part in parts])


def words(found: Blocks, id: str) -> str:
    block = next(block for block in found if block.id == id)
    assert isinstance(block, Sentence | Note)
    return message_text(block.message, STYLE).replace("\xa0", " ")


def wording(found: Blocks) -> str:
    """All words of a page, with every number in them."""
    parts = [part for block in found for part in vars(block).values() if isinstance(part, Message)]
    return " ".join(message_text(part, STYLE) for part in parts).replace("\xa0", " ")


def ids(found: Blocks) -> set[str]:
    return {block.id for block in found}


@pytest.fixture(scope="module")
def told() -> classification.Study:
    now = people(cutoffs=(AS_OF,), seed=5)
    return study(now=now, economics=classification.Economics(1.0, 40.0, 0.1, wins="others"))


@pytest.fixture(scope="module")
def found(told: classification.Study) -> Blocks:
    return page(findings.Answer(told, findings.BUY))


@pytest.fixture(scope="module")
def chanceless() -> classification.Study:
    return study(people(signal=0.0))


def test_the_page_is_whole_and_travels_as_json(found: Blocks) -> None:
    assert len(ids(found)) == len(found)
    assert all(from_dict(block.to_dict()).to_dict() == block.to_dict() for block in found)
    leads = [block.id for block in found if isinstance(block, Sentence) and block.role == "lead"]
    assert leads == ["buy_share", "buy_verdict", "buy_reached"]
    figures = {block.id for block in found if isinstance(block, KeyFigure)}
    assert figures == {
        "buy_prevalence", "buy_average_precision", "buy_roc_auc", "buy_brier", "buy_error_against_baseline",
        "buy_over_recency", "buy_profit",
    }  # fmt: skip
    assert {block.chart for block in found if isinstance(block, Figure)} == {
        "spans", "interval", "calibration", "curve", "bar", "line", "decision_tree",
    }  # fmt: skip
    assert fragment(found)


def test_no_word_of_cause_no_number_that_is_none_and_no_brace(found: Blocks) -> None:
    for block in found:
        for part in vars(block).values():
            if isinstance(part, Message):
                text = message_text(part, STYLE)
                assert not re.search(r"\b(cause[ds]?|drive[ns]?|nan|None)\b|[{}\[\]]", text), text
        if isinstance(block, Figure | Table):
            assert not any(set("{}[]") & set(said(column.label, STYLE)) for column in block.columns.values())


def test_terms_have_labels(found: Blocks) -> None:
    for block in found:
        if isinstance(block, Table | Figure):
            for name, column in block.columns.items():
                if column.kind == "term":
                    bases = {str(cell).partition(" ")[0] for cell in block.data[name].dropna() if cell}
                    assert bases <= set(LABELS), bases - set(LABELS)


def test_no_row_is_a_customer(found: Blocks) -> None:
    for block in found:
        if isinstance(block, Table | Figure):
            assert "customer_key" not in block.data.columns
            assert len(block.data) < 150, block.id


def test_a_planted_column_makes_a_model_better_than_every_guess(found: Blocks, told: classification.Study) -> None:
    assert told.verdict is not None and told.verdict.beats
    assert "foretells better than any simple guess who will buy again: Brier score" in words(found, "buy_verdict")
    assert words(found, "buy_leaning").startswith(
        f"Forecasts of the {LABELS['model_' + told.chosen]} lean on orders most"
    )
    assert "higher chance to buy again, all else alike: orders" in words(found, "buy_way_up")
    assert re.search(r"hold \d\d % \(95 % interval .*\) of all buyers; the same number", words(found, "buy_reached"))


def test_the_figures_are_those_of_the_study(found: Blocks, told: classification.Study) -> None:
    values = {block.id: block.value for block in found if isinstance(block, KeyFigure)}
    assert told.comparison is not None and told.profit is not None and told.verdict is not None
    brier = told.comparison.value(told.chosen, "brier")
    assert (values["buy_brier"].value, values["buy_brier"].low) == (brier["estimate"], brier["low"])
    baseline = told.comparison.best_baseline("brier")
    assert values["buy_error_against_baseline"].value == pytest.approx(
        brier["estimate"] / told.comparison.value(baseline, "brier")["estimate"] - 1
    )
    assert values["buy_profit"].value == pytest.approx(told.profit.rules["profit"].iloc[0] * told.n_test)
    assert values["buy_prevalence"].value == told.periods["share"].iloc[-1]


def test_without_signal_no_model_is_called_better(chanceless: classification.Study) -> None:
    found = page(findings.Answer(chanceless, findings.BUY))
    assert words(found, "buy_verdict").startswith(("No model clearly foretells better", "No model foretells better"))
    assert "not clearly more than" in words(found, "buy_reached")
    assert "clearly worsens the forecasts" in words(found, "buy_leaning") or "matter" in words(found, "buy_leaning")


def verdict_of(told: classification.Study, **change: object) -> str:
    assert told.verdict is not None
    changed = replace(told, verdict=replace(told.verdict, **change))  # type: ignore[arg-type]
    return words(findings.comparison(findings.Answer(changed, findings.BUY)), "buy_verdict")


def test_every_verdict_has_its_own_words(told: classification.Study) -> None:
    worse = verdict_of(told, difference=0.02, low=0.01, high=0.03, better=-0.1, beats=False, beaters=())
    assert "does worse" in worse and worse.endswith("Use the simple guess.")
    chance = verdict_of(told, difference=0.0, low=-0.01, high=0.01, beats=False, beaters=())
    assert "could be chance" in chance
    other = verdict_of(told, difference=0.0, low=-0.01, high=0.01, beats=False, beaters=("tree",))
    assert "In the test period decision tree did better" in other


def test_a_false_claim_stops_the_build(found: Blocks) -> None:
    lead = next(block for block in found if block.id == "buy_verdict").to_dict()
    lead["message"]["arguments"]["gap"] |= {"low": -0.01, "high": 0.01}
    with pytest.raises(ClaimError):
        from_dict(lead)


def calibrated(told: classification.Study, **change: object) -> Blocks:
    assert told.calibration is not None
    changed = replace(told.calibration, **change)  # type: ignore[arg-type]
    return findings.calibrated(findings.Answer(replace(told, calibrations={told.chosen: changed}), findings.BUY))


def test_probabilities_are_taken_at_their_word_only_where_they_hold(told: classification.Study) -> None:
    good = calibrated(told, error=0.01, error_by_chance=0.03)
    assert "can be taken at their word" in words(good, "buy_calibrated")
    low = calibrated(told, error=0.1, error_by_chance=0.03, intercept_low=0.2, intercept_high=0.6,
                     mean_predicted=0.4, observed=0.5)  # fmt: skip
    assert "too low: on average 40 % were foretold to buy again, and 50 % did" in words(low, "buy_calibrated")
    uneven = calibrated(told, error=0.1, error_by_chance=0.03, intercept_low=-0.1, intercept_high=0.1)
    assert "right on average but not for each group" in words(uneven, "buy_calibrated")
    for ends, phrase in (((0.6, 0.8), "too extreme"), ((1.2, 1.6), "too cautious"), ((0.9, 1.2), "as they should be")):
        found = calibrated(told, slope=sum(ends) / 2, slope_low=ends[0], slope_high=ends[1])
        assert phrase in words(found, "buy_calibration_slope")


def paid(told: classification.Study, *, pays: bool, low: float, high: float, threshold: float = 0.3) -> Blocks:
    assert told.profit is not None
    rules = told.profit.rules.copy()
    rules.loc[0, ["threshold", "difference", "difference_low", "difference_high"]] = [
        threshold,
        (low + high) / 2,
        low,
        high,
    ]
    changed = replace(told.profit, rules=rules, pays=pays, threshold=threshold)
    return findings.paying(findings.Answer(replace(told, profit=changed), findings.BUY))


def test_the_threshold_is_said_to_pay_only_where_it_does(told: classification.Study) -> None:
    assert "more than contacting" in words(paid(told, pays=True, low=0.1, high=0.3), "buy_paying")
    assert "not clearly more than" in words(paid(told, pays=False, low=-0.1, high=0.3), "buy_paying")
    assert "less than contacting" in words(paid(told, pays=False, low=-0.3, high=-0.1), "buy_paying")
    nobody = paid(told, pays=False, low=0.0, high=0.0, threshold=1.5)
    assert "nobody would have been contacted" in words(nobody, "buy_paying")


def test_contacts_go_to_those_who_would_stay_away_and_cost_what_they_cost(
    found: Blocks, told: classification.Study
) -> None:
    assert told.profit is not None and told.predictions is not None
    chance, label = told.predictions[told.chosen], told.predictions["label"]
    contacted = chance <= 1 - told.profit.threshold
    away = (label[contacted] == 0).sum()
    figure = next(block for block in found if block.id == "buy_profit")
    assert isinstance(figure, KeyFigure)
    assert figure.value.value == pytest.approx(away * 40.0 * 0.1 - contacted.sum() * 1.0)
    paying = next(block for block in found if block.id == "buy_paying")
    assert isinstance(paying, Sentence)
    assert paying.message.arguments["limit"].value == pytest.approx(1 - told.profit.threshold)
    assert "whose chance to buy again is at most" in words(found, "buy_paying")


def test_costs_are_called_examples(found: Blocks, told: classification.Study) -> None:
    costs = words(found, "buy_costs")
    assert "£1.00 for a contact, £40 for each customer kept, and 10 % of those who would stay away" in costs
    assert "examples, not measurements: replace cost, margin" in costs and "times the margin" in costs
    given = findings.paying(findings.Answer(told, findings.BUY), given=True)
    assert "the value is a parameter" in words(given, "buy_costs")


def test_without_money_profit_cannot_be_said(chanceless: classification.Study) -> None:
    found = findings.paying(findings.Answer(chanceless, findings.BUY, currency=False))
    assert ids(found) == {"buy_no_profit"} and "no money" in words(found, "buy_no_profit")


def test_the_tree_drawn_is_the_tree_learnt(found: Blocks, told: classification.Study) -> None:
    assert told.tree is not None
    chart = next(block for block in found if block.id == "buy_tree_chart")
    rules = next(block for block in found if block.id == "buy_tree_rules")
    assert isinstance(chart, Figure) and isinstance(rules, Table)
    ends = chart.data[chart.data["leaf"].notna()]
    assert len(chart.data) == len(told.tree.nodes) and len(ends) == len(told.tree.rules)
    names = [[said(group, STYLE) for group in groups] for groups in (ends["leaf"], rules.data["group"])]
    assert len(set(names[0])) == len(ends) and set(names[0]) == set(names[1])
    assert ends["n"].sum() == told.n_test == chart.data["n"].iloc[0]
    first = chart.data.iloc[0]
    yes = chart.data[(chart.data["parent"] == first["node"]) & (chart.data["branch"] == "yes")]
    assert first["feature"] == "frequency" and len(yes) == 1
    below = people()[lambda part: part["cutoff"] == CUTOFFS[-1]]["frequency"] <= first["threshold"]
    assert yes["n"].iloc[0] == below.sum(), "yes means: at most the threshold"


def test_questions_about_values_and_gaps_answer_yes_where_they_hold() -> None:
    frame = people(signal=0.0)
    rng = np.random.default_rng(3)
    likely = np.where(frame["country"] == "France", 0.9, np.where(frame["age"].isna(), 0.6, 0.1))
    frame["target_orders"] = (rng.random(len(frame)) < likely).astype(int)
    told = study(frame, models=["tree"])
    chart = next(block for block in findings.tree(findings.Answer(told, findings.BUY)) if block.id == "buy_tree_chart")
    assert isinstance(chart, Figure)
    asked = chart.data.set_index("node")
    for node, row in asked[asked["feature"].isin(["country = France", "country = UK", "age unknown"])].iterrows():
        parts = asked[asked["parent"] == node].set_index("branch")["value"].astype(float)
        assert (parts["yes"] > parts["no"]) == (row["feature"] != "country = UK"), row["feature"]
    assert {"country = France", "country = UK"} & set(asked["feature"].dropna())
    assert fragment(blocks(chart))


def test_rules_read_as_people_speak(told: classification.Study) -> None:
    condition = classification.Condition
    rules = {
        "customers with orders above 2 and at most 6, with share of lines returned at most 12 %. Of 40 such": [
            condition("frequency", "range", 2.5, 6.5), condition("returns_rate", "range", high=0.125),
        ],
        "customers with spend in the previous period above £114, with age unknown, with country not 法国. Of": [
            condition("previous_amount", "range", low=114.2), condition("age", "unknown"),
            condition("country", "is_not", level="法国"),
        ],
    }  # fmt: skip
    assert told.tree is not None
    for expected, conditions in rules.items():
        first = told.tree.rules.iloc[:1].assign(conditions=[tuple(conditions)], n_test=40)
        found = findings.tree(findings.Answer(replace(told, tree=replace(told.tree, rules=first)), findings.BUY))
        assert expected in words(found, f"buy_tree_{first['node'].iloc[0]}")


def test_small_groups_of_the_tree_are_not_put_in_words(told: classification.Study) -> None:
    assert told.tree is not None
    small = replace(told.tree, rules=told.tree.rules.assign(n_test=19))
    found = findings.tree(findings.Answer(replace(told, tree=small), findings.BUY))
    assert not [block for block in found if re.fullmatch(r"buy_tree_\d+", block.id)]
    chart = next(block for block in found if block.id == "buy_tree_chart")
    assert isinstance(chart, Figure) and "its groups are small" in message_text(chart.title, STYLE)


def test_what_to_do_names_three_groups_and_adds_up(found: Blocks, told: classification.Study) -> None:
    assert told.scores is not None
    groups = [block for block in found if block.id in {"buy_do_likely", "buy_do_open", "buy_do_unlikely"}]
    assert all(isinstance(block, Sentence) and block.role == "action" for block in groups)
    assert [block.id for block in groups] == ["buy_do_likely", "buy_do_open", "buy_do_unlikely"]
    assert sum(block.message.arguments["n"].value for block in groups) == len(told.scores)  # type: ignore[union-attr]
    table = next(block for block in found if block.id == "buy_today")
    assert isinstance(table, Table) and table.group_size == "n" and table.data["n"].sum() == len(told.scores)
    assert table.data["expected"].sum() == pytest.approx(told.scores["probability"].sum())
    assert "Pages name nobody" in words(found, "buy_list")


def test_customers_of_today_without_the_columns_are_not_scored() -> None:
    told = study(now=people(cutoffs=(AS_OF,)).drop(columns=["frequency", "age"]), models=["logistic"])
    found = findings.acting(findings.Answer(told, findings.BUY))
    assert (
        words(found, "buy_no_scores") == "Today’s customers cannot be scored, because their table lacks orders and age."
    )
    alone = findings.acting(findings.Answer(replace(told, remarks=()), findings.BUY))
    assert "no customer to be scored" in words(alone, "buy_no_scores")


def test_the_second_question_is_told_in_short_with_its_amount() -> None:
    told = study(target="target_amount", above=50.0, now=people(cutoffs=(AS_OF,)), models=["logistic"])
    found = page(findings.Answer(told, findings.spend(50.0), brief=True))
    assert "spent more than £50 in the 91 days" in words(found, "spend_share")
    assert not [block for block in found if isinstance(block, Sentence) and block.role == "lead"]
    assert [block.id for block in found if isinstance(block, KeyFigure)] == [
        "spend_prevalence",
        "spend_average_precision",
    ]
    tenths = next(block for block in found if block.id == "spend_tenths")
    assert isinstance(tenths, Figure)
    assert re.match(r"\d+ of 10 groups by score spent more than £50 more often", message_text(tenths.title, STYLE))


# what cannot be answered is said, and nothing else stands on the page

OBSTACLES = {
    "one class": (lambda f: f.assign(target_orders=1), "all did the same: 100 % bought again"),
    "nobody": (lambda f: f.assign(target_orders=0), "all did the same: 0 % bought again"),
    "no rows": (lambda f: f.head(0), "No cut-off leaves a whole period of 91 days before and after it"),
    "two customers": (lambda f: f[f["customer_key"] < 2], "too few"),
    "empty columns": (lambda f: f.assign(**dict.fromkeys(COLUMNS)), "nothing is foretold"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_cannot_be_foretold_is_said(name: str) -> None:
    spoil, statement = OBSTACLES[name]
    found = page(findings.Answer(study(spoil(people(n=60))), findings.BUY))
    assert statement in words(found, "buy_obstacle")
    assert not any(isinstance(block, Figure | Table | KeyFigure) for block in found)
    assert not re.search(r"\b(nan|None|inf)\b", wording(found))


def test_without_amounts_the_second_question_is_not_asked() -> None:
    found = page(findings.Answer(None, findings.spend(0.0), brief=True))
    assert "cannot be asked" in words(found, "spend_obstacle")
    assert not any(isinstance(block, Figure | Table | KeyFigure) for block in found)


def test_a_single_cutoff_is_judged_on_other_customers_and_said_so() -> None:
    told = study(people(cutoffs=CUTOFFS[-1:]))
    assert told.kind == "other_customers"
    found = page(findings.Answer(told, findings.BUY, absent=["income"]))
    assert "Whether what they learnt holds later cannot be said" in words(found, "buy_tested")
    assert words(found, "buy_tested").startswith("There is one cut-off alone")
    poor = classification.Remark("single_cutoff", other="too_few_events")
    young = findings.tested(findings.Answer(replace(told, remarks=(poor,)), findings.BUY))
    assert words(young, "buy_tested").startswith("Earlier cut-offs hold too few customers to learn from: models learn")
    assert "buy_earlier" not in ids(found) and fragment(found)
    assert words(found, "buy_absent") == "Asked for, but not in this data: income."


def test_columns_that_say_nothing_are_named_with_the_reason() -> None:
    frame = people().assign(income=np.nan, gender="F", city=lambda f: [f"c{row}" for row in range(len(f))])
    told = study(frame, columns=[*COLUMNS, "income", "gender", "city"], models=["logistic"])
    found = findings.question(findings.Answer(told, findings.BUY))
    assert words(found, "buy_all_missing").endswith("income.") and words(found, "buy_constant").endswith("gender.")
    assert words(found, "buy_too_many_levels").endswith("city.")
    assert "age" in words(found, "buy_indicator")


def test_a_sample_is_named_with_its_size() -> None:
    told = study(models=["logistic"], most_rows=300)
    found = findings.tested(findings.Answer(told, findings.BUY))
    assert re.search(
        r"to judge by, so customers were drawn: \d+ of 400 rows are used", words(found, "buy_sampled_test")
    )
    assert told.n_test <= 300


@pytest.mark.parametrize(
    ("code", "id", "statement"),
    [
        ("undated", "buy_undated", "when it became known cannot be seen: age."),
        ("ahead", "buy_ahead", "deserves a look: age."),
        ("not_converged", "buy_not_converged", "Did not settle"),
        ("no_baseline", "buy_no_baseline", "Guesses that this data does not allow"),
        ("purged", "buy_purged", "reaches into the test period: 1."),
        ("target_missing", "buy_target_missing", "the outcome is not known: 7 rows"),
    ],
)
def test_what_calls_for_caution_is_said(told: classification.Study, code: str, id: str, statement: str) -> None:
    column = {"not_converged": "network", "no_baseline": "recency"}.get(code, "age")
    remark = classification.Remark(code, column, 7.0)
    found = findings.tested(findings.Answer(replace(told, remarks=(remark,)), findings.BUY))
    assert statement in words(found, id)


def test_odds_that_cannot_be_had_are_said(told: classification.Study) -> None:
    assert told.odds is not None
    remark = classification.Remark("no_odds_ratios", other="separated")
    found = findings.leaning(findings.Answer(replace(told, odds=told.odds.head(0), remarks=(remark,)), findings.BUY))
    assert "a column separates the two" in words(found, "buy_no_odds") and "buy_odds_chart" not in ids(found)


# the same in Chinese


def told_otherwise(told: classification.Study, chanceless: classification.Study) -> Iterator[Blocks]:
    """What is said where the answers are others."""
    verdict, calibration, profit, tree = told.verdict, told.calibration, told.profit, told.tree
    assert verdict is not None and calibration is not None and profit is not None and tree is not None
    for change in (
        {"difference": 0.02, "low": 0.01, "high": 0.03, "better": -0.1, "beats": False, "beaters": ()},
        {"difference": 0.0, "low": -0.01, "high": 0.01, "beats": False, "beaters": ()},
        {"difference": 0.0, "low": -0.01, "high": 0.01, "beats": False, "beaters": ("tree",)},
    ):
        other = replace(told, verdict=replace(verdict, **change))  # type: ignore[arg-type]
        yield findings.comparison(findings.Answer(other, findings.BUY))
    mended = replace(told, remarks=(classification.Remark("recalibrated", told.chosen, other="isotonic"),))
    for ends, slope in (((0.2, 0.6), (0.6, 0.8)), ((-0.6, -0.2), (1.2, 1.6)), ((-0.1, 0.1), (0.9, 1.2))):
        changed = replace(calibration, error=0.1, error_by_chance=0.03, mean_predicted=0.45 - sum(ends) / 10,
                          observed=0.45 + sum(ends) / 10, intercept_low=ends[0], intercept_high=ends[1],
                          slope_low=slope[0], slope_high=slope[1])  # fmt: skip
        for whose in (mended, chanceless):
            other = replace(whose, calibrations={whose.chosen: changed})
            yield findings.calibrated(findings.Answer(other, findings.RESPOND))
    yield paid(told, pays=True, low=0.1, high=0.3)
    yield paid(told, pays=False, low=-0.1, high=0.3)
    yield paid(told, pays=False, low=-0.3, high=-0.1)
    yield paid(told, pays=False, low=0.0, high=0.0, threshold=1.5)
    yield findings.paying(findings.Answer(told, findings.BUY), given=True)
    yield findings.paying(findings.Answer(chanceless, findings.BUY, currency=False))
    condition = classification.Condition
    kinds = [
        condition("frequency", "range", 2.5, 6.5), condition("returns_rate", "range", high=0.125),
        condition("previous_amount", "range", low=114.2), condition("age", "unknown"), condition("income", "known"),
        condition("country", "is_not", level="法国"), condition("city", "is", level="Köln"),
    ]  # fmt: skip
    rules = tree.rules.iloc[:2].assign(conditions=[tuple(kinds), ()], n_test=40)
    yield findings.tree(findings.Answer(replace(told, tree=replace(tree, rules=rules)), findings.BUY))
    one = replace(tree, nodes=tree.nodes.iloc[:1])
    yield findings.tree(findings.Answer(replace(told, tree=one), findings.BUY))
    assert told.odds is not None
    for reason in ("separated", "few"):
        other = replace(told, odds=told.odds.head(0), remarks=(classification.Remark("no_odds_ratios", other=reason),))
        yield findings.leaning(findings.Answer(other, findings.BUY))
    nobody = replace(told, scores=None, remarks=(classification.Remark("scores_lack", other="frequency, age"),))
    yield findings.acting(findings.Answer(nobody, findings.BUY))
    yield findings.acting(findings.Answer(replace(nobody, remarks=()), findings.BUY))


REMARKS = ("not_usable", "all_missing", "constant", "too_many_levels", "log", "indicator", "pooled", "infinite", "days",
           "undated", "ahead", "purged", "shared_customers", "target_missing", "origin_skipped")  # fmt: skip


def remarked(told: classification.Study) -> Iterator[Blocks]:
    """What is said of columns, rows and periods where there is cause."""
    remarks = [classification.Remark(code, "age", 7.0, "7") for code in REMARKS]
    remarks += [classification.Remark("sampled", part, 7.0, "9") for part in ("train", "test")]
    remarks += [classification.Remark("not_converged", "network"), classification.Remark("no_baseline", "recency")]
    answer = findings.Answer(replace(told, remarks=tuple(remarks)), findings.BUY, absent=["income"])
    yield blocks(findings.question(answer), findings.tested(answer), findings.earlier(answer))
    for other in ("too_few_events", ""):
        alone = replace(told, kind="other_customers", remarks=(classification.Remark("single_cutoff", other=other),))
        yield findings.tested(findings.Answer(alone, findings.BUY))
    for question in (findings.spend(0.0), findings.RESPOND):
        yield findings.question(findings.Answer(None, question, brief=True))
    for code in ("no_rows", "one_class", "too_few_events", "no_columns", "too_few_customers"):
        obstacle = classification.Remark(code, value=1.0, other="train")
        yield findings.question(findings.Answer(replace(told, obstacle=obstacle), findings.BUY))


def test_every_word_has_its_chinese(
    found: Blocks, told: classification.Study, chanceless: classification.Study
) -> None:
    pages = [found, page(findings.Answer(chanceless, findings.BUY))]
    pages += [page(findings.Answer(told, asked, brief=True)) for asked in (findings.spend(50.0), findings.RESPOND)]
    for said_in_words in (*pages, *told_otherwise(told, chanceless), *remarked(told)):
        assert left_in_english(said_in_words) == [], ids(said_in_words)


def test_the_chinese_is_one_sentence_from_the_same_figures(told: classification.Study) -> None:
    assert told.tree is not None
    condition = classification.Condition
    conditions = (condition("frequency", "range", 2.5, 6.5), condition("age", "unknown"))
    rules = told.tree.rules.iloc[:1].assign(conditions=[conditions], n_test=40, share_test=0.75)
    tree = replace(told, tree=replace(told.tree, rules=rules))
    told_once = next(
        block for block in findings.tree(findings.Answer(tree, findings.spend(50.0))) if block.type == "sentence"
    )
    assert isinstance(told_once, Sentence)
    style = Style(currency="GBP", language="zh-Hans", names=labels(lambda text: translate(text, "zh-Hans")))
    written = message_text(told_once.message, style)
    assert re.fullmatch(
        r"第\d+组：订单数高于2且不超过6，年龄未知。这类客户有40位，其中75%（95%区间.*）消费超过50英镑。", written
    ), written
