"""What is said about rules: every case is worded, every claim holds, nothing internal shows."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import rules
from analysis.findings import rules as findings
from analysis.findings.rules import later
from analysis.report.blocks import Blocks, Sentence, blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.values import percent
from analysis.report.wording import Message


def purchases(
    *, n: int = 1500, season: bool = True, together: float = 0.08, customers: int = 150, seed: int = 4
) -> pd.DataFrame:
    """Baskets over a year in which tea goes with cups, and until September a towel with a hat."""
    generator = np.random.default_rng(seed)
    day = pd.Timestamp("2025-01-01") + pd.to_timedelta(generator.integers(0, 365, n), unit="D")
    early = (day < pd.Timestamp("2025-09-01")) & season
    pair, summer = generator.random(n) < together, (generator.random(n) < 0.08) & early
    held = {item: generator.random(n) < 0.04 for item in ("tea", "cup", "towel", "hat")}
    held |= {f"other{k}": generator.random(n) < 0.2 for k in range(8)}
    held = {name: value | (pair if name in {"tea", "cup"} else summer if name in {"towel", "hat"} else False)
            for name, value in held.items()}  # fmt: skip
    rows = pd.concat(
        pd.DataFrame({"basket_key": np.flatnonzero(value), "product_id": name}) for name, value in held.items()
    ).reset_index(drop=True)
    rows["day"] = day[rows["basket_key"]]
    rows["customer_key"] = generator.integers(0, customers, n)[rows["basket_key"]]
    rows["product"] = rows["product_id"].map(lambda id: f"<b>{id}</b>").str.upper()
    rows["category"] = rows["product_id"].map({"tea": "drinks", "cup": "china", "towel": "beach", "hat": "beach"})
    rows["category"] = rows["category"].fillna("rest")
    rows["amount"] = 4.0
    return rows


def page(rows: pd.DataFrame, **options) -> tuple[Blocks, rules.Study]:
    """All blocks of the page for one table of purchases."""
    data = rules.baskets(rows, label="product", max_size=options.pop("max_size", 50))
    settings = {"min_support": 0.035, "min_confidence": 0.3, "min_improvement": 0.05, "permutations": 99} | options
    result = rules.study(data, **settings)
    mining, later = rules.split(data, later_share=0.25)
    again = rules.frequent_itemsets(mining, min_support=settings["min_support"], max_length=4, algorithm="apriori")
    said = blocks(
        findings.overview(data, mining, later),
        findings.found(result.itemsets, [again], compared=True),
        findings.mined(result.mined, result.kept, rank_by="lift"),
        findings.example(result.kept),
        findings.held_up(result.checked),
        findings.not_held_up(result.checked),
        findings.by_customer(result.checked),
        findings.actions(result.checked),
        findings.network(result.checked),
        findings.worth(result.checked),
        findings.limits(),
        findings.glossary(),
    )
    return said, result


def ids(said: Blocks) -> set[str]:
    return {block.id for block in said}


def said_in(cell: Message, language: str = "en") -> str:
    """A cell in words."""
    return message_text(cell, Style(language=language))


def check(said: Blocks) -> None:
    """What must hold for any page: ids unique, JSON without internals, claims true again, few leads, all in Chinese."""
    assert len(ids(said)) == len(said)
    for block in said:
        data = block.to_dict()
        text = json.dumps(data, allow_nan=False)
        assert "frozenset" not in text
        assert "NaN" not in text
        assert from_dict(json.loads(text)).to_dict() == data
    assert sum(isinstance(block, Sentence) and block.role == "lead" for block in said) <= 3
    assert left_in_english(said) == []


def test_a_full_page_says_what_was_planted():
    said, result = page(purchases())
    check(said)
    block = {item.id: item for item in said}
    share = block["held_up"].value.value
    assert share == result.checked.n_held_up / len(result.checked.rules)
    failed = block["not_held_up"].data
    pairs = {frozenset(pair) for pair in zip(failed["antecedent"], failed["consequent"], strict=True)}
    assert frozenset({"<B>TOWEL</B>", "<B>HAT</B>"}) in pairs
    assert frozenset({"<B>TEA</B>", "<B>CUP</B>"}) not in pairs
    action = block["action_1"].message.arguments
    assert {action["antecedent"].value, action["consequent"].value} == {"<B>TEA</B>", "<B>CUP</B>"}
    assert action["antecedent"].kind == "text"
    assert "action_2" not in block
    assert {"baskets", "itemsets", "rules_retained", "strongest_lift", "extra_revenue"} <= ids(said)
    assert result.checked.n_held_up == 2


def test_key_figures_are_those_of_the_result():
    said, result = page(purchases())
    figures = {block.id: block for block in said if block.type == "key_figure"}
    assert 4 <= len(figures) <= 8
    assert figures["baskets"].value.value == result.baskets.n
    assert figures["rules_retained"].value.value == len(result.kept)
    best = result.checked.table.query("held_up").sort_values("lift", ascending=False).iloc[0]
    assert figures["strongest_lift"].value.value == pytest.approx(best["later_lift"])
    assert figures["strongest_lift"].value.low == pytest.approx(best["later_lift_low"])


def test_short_lists_show_one_rule_for_each_combination():
    said, _ = page(purchases(), min_confidence=0.1, min_lift=0)
    chart = next(block for block in said if block.type == "figure" and block.id == "confidence_later")
    assert chart.data["category"].is_unique
    pairs = [frozenset(name.split(" → ")) for name in chart.data["category"]]
    assert len(pairs) == len(set(pairs))
    assert chart.data["customers"].min() > 0
    assert chart.group_size == "customers"


def test_giant_baskets_are_reported():
    giant = pd.DataFrame({"basket_key": 99999, "product_id": [f"x{k}" for k in range(300)], "amount": 1.0})
    giant = giant.assign(product="x", category="rest", customer_key=1, day=pd.Timestamp("2025-03-03"))
    said, _ = page(pd.concat([purchases(), giant]))
    check(said)
    sentence = next(block for block in said if block.id == "set_aside")
    assert sentence.message.arguments["aside"].value == 1
    assert sentence.message.arguments["largest"].value == 300


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"min_support": 0.9}, {"no_itemsets", "no_rules", "nothing_to_judge", "no_action"}),
        ({"min_confidence": 0.99}, {"no_rules", "nothing_to_judge", "no_action"}),
        ({"min_improvement": 0.98}, {"no_rules", "nothing_to_judge", "no_action"}),
    ],
)
def test_nothing_found_is_said_plainly(options, expected):
    said, _ = page(purchases(), **options)
    check(said)
    assert expected <= ids(said)


def test_no_rule_that_holds_is_said_plainly():
    said, _ = page(purchases(together=0.0))
    check(said)
    lead = next(block for block in said if block.id == "verdict")
    assert lead.message.claim == "held == 0"
    assert "no_action" in ids(said)
    assert not any(block.id.startswith("action_") for block in said)


@pytest.mark.parametrize("dropped", [["customer_key"], ["amount"], ["customer_key", "amount"]])
def test_without_customers_or_money(dropped):
    said, _ = page(purchases().drop(columns=dropped))
    check(said)
    assert ("no_customers" in ids(said)) == ("customer_key" in dropped)
    assert ("no_money" in ids(said)) == ("amount" in dropped)
    assert "action_1" in ids(said)


@pytest.mark.parametrize("rows", [0, 1])
def test_no_basket_or_one(rows):
    keep = purchases().query("basket_key < @rows") if rows else purchases().iloc[:0]
    said, _ = page(keep)
    check(said)
    assert "no_action" in ids(said)
    assert ("no_baskets" in ids(said)) == (rows == 0)


def test_one_day_leaves_nothing_to_judge_by():
    said, _ = page(purchases().assign(day=pd.Timestamp("2025-01-01")))
    check(said)
    assert {"no_later_period", "no_later_baskets", "no_action"} <= ids(said)


def test_a_rule_without_exception_has_no_conviction():
    rows = purchases()
    rows = rows[~rows["product_id"].isin(["tea", "cup"])]
    pair = purchases()[["basket_key", "day", "customer_key"]].drop_duplicates().iloc[::9]
    both = [pair.assign(product_id=id, product=id, category="rest", amount=1.0) for id in ("tea", "cup")]
    said, result = page(pd.concat([rows, *both]))
    check(said)
    assert result.kept.figures["conviction"].isna().any()
    assert "example_conviction" in ids(said)


def by_level(rows: pd.DataFrame, **options) -> Blocks:
    """What is said of categories."""
    data, tree = rules.baskets(rows), rules.hierarchy(rows)
    settings = {"min_support": 0.02, "min_confidence": 0.3, "permutations": 99} | options
    levels = [rules.study(rules.roll_up(data, tree, level=k), **settings) for k in range(1, tree.depth + 1)]
    mixed = rules.study(rules.generalise(data, tree), min_interest=1.1, **settings) if tree.depth else None
    return findings.categories(tree, levels, mixed)


def test_categories():
    said = by_level(purchases())
    check(said)
    tables = {block.id: block for block in said if block.type == "table"}
    assert set(tables) == {"category_rules_1", "mixed_rules"}
    named = {id: [said_in(cell) for cell in table.data["rule"]] for id, table in tables.items()}
    assert any("drinks" in name for name in named["category_rules_1"])
    assert any("(category)" in name for name in named["mixed_rules"])
    table = tables["mixed_rules"].data
    assert named["mixed_rules"] == (table["antecedent"] + " → " + table["consequent"]).tolist()
    tree = next(block for block in said if block.id == "category_tree")
    assert (tree.message.arguments["known"].value, tree.message.arguments["products"].value) == (12, 12)


def test_two_levels_of_categories_and_products_without_one():
    rows = purchases()
    rows["category"] = rows["category"].map(lambda name: None if name == "rest" else f"goods > {name}")
    said = by_level(rows, min_confidence=0.1)
    check(said)
    assert {"category_verdict_2", "category_rules_2"} <= ids(said)
    arguments = next(block for block in said if block.id == "category_tree").message.arguments
    assert (arguments["known"].value, arguments["products"].value, arguments["depth"].value) == (4, 12, 2)


@pytest.mark.parametrize("rows", [purchases().assign(category=None), purchases().iloc[:0]])
def test_without_categories(rows):
    assert ids(by_level(rows)) == {"no_categories"}


def test_no_rule_between_categories():
    said = by_level(purchases(), min_support=0.9)
    check(said)
    assert {"no_category_rules_1", "no_mixed_rules"} <= ids(said)


def test_categories_are_called_so_in_the_language_of_the_page():
    table = next(block for block in by_level(purchases()) if block.id == "mixed_rules").data
    chinese = [said_in(cell, "zh-Hans") for cell in table["rule"]]
    assert any("（品类）" in name for name in chinese)
    assert not any("(category)" in name for name in chinese)


def test_several_consequents_stand_apart():
    said, _ = page(purchases(), max_consequent=2, min_confidence=0.05, min_lift=0, min_improvement=0, min_support=0.004)
    check(said)
    tables = {block.id: block for block in said if block.type == "table"}
    assert not tables["best_rules"].data["consequent"].str.contains("+", regex=False).any()
    assert tables["wider_rules"].data["consequent"].str.contains("+", regex=False).all()


@pytest.mark.parametrize(
    ("held", "low", "words"),
    [
        (7, 0.19, "how much would again is uncertain: 7 of 8 rules"),
        (7, 0.51, "is stable: 7 of 8 rules"),
        (5, 0.51, "Most of what is bought together is stable: 5 of 8"),
        (5, 0.3, "how much would again is uncertain: 5 of 8 rules"),
        (3, 0.1, "only 3 of 8 rules"),
        (0, 0.0, "None of the 8 rules"),
    ],
)
def test_rules_are_stable_only_if_half_would_hold_up_at_the_least(held: int, low: float, words: str) -> None:
    checked = SimpleNamespace(rules=range(8), n_held_up=held)
    lead = later._lead(checked, percent(held / 8, low, 0.99))  # type: ignore[arg-type]
    assert words in message_text(lead.message, Style())
    assert left_in_english([lead]) == []
