"""What is said of lifetime value: every branch of the words, on customers whose answer is known, and on odd data."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import lifetime
from analysis.errors import ClaimError
from analysis.findings import lifetime as findings
from analysis.findings.labels import LABELS
from analysis.findings.lifetime.words import age_labels
from analysis.report.blocks import Blocks, Figure, KeyFigure, Note, Sentence, Table, blocks, from_dict
from analysis.report.charts import draw
from analysis.report.formatting import Style
from analysis.report.messages import message_text
from analysis.report.messages import said as in_words
from analysis.report.translation import translated
from analysis.report.wording import Message

CUTOFF, AS_OF = date(2024, 9, 1), date(2024, 12, 1)
STYLE = Style(names=LABELS, currency="GBP")
AGES = (300, 500, 600)


def shop(seed: int = 1, n: int = 700, *, spread: float = 0.0, season: float = 1.0) -> pd.DataFrame:
    """Orders of customers at rates of their own, who may leave after a purchase, March 2023 to November 2024.

    `spread` lets those who buy often spend more at a time; from September on purchases are `season` times as frequent.
    """
    rng = np.random.default_rng(seed)
    start, end = pd.Timestamp("2023-03-01"), (pd.Timestamp(AS_OF) - pd.Timestamp("2023-03-01")).days
    rates, typical, joined = rng.gamma(1.2, 1 / 90, n), rng.gamma(4, 10, n), rng.integers(0, 500, n)
    typical = typical * (rates / rates.mean()) ** spread
    rows = []
    for customer in range(n):
        day = float(joined[customer])
        while day < end:
            bought = start + pd.Timedelta(days=int(day))
            rows.append((customer + 1, bought, round(rng.gamma(5, typical[customer] / 5) + 0.01, 2)))
            if day > joined[customer] and rng.random() < 0.1:
                break
            rate = rates[customer] * (season if bought.month >= 9 else 1.0)
            day += rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer_key", "day", "amount"])


class Page:
    """All that the notebook says of one data set."""

    def __init__(self, orders: pd.DataFrame, *, horizon_days: int = 182, models: tuple[str, ...] = ("bg_nbd",),
                 margin: float = 1.0, discount_rate: float = 0.1, **rules: object) -> None:  # fmt: skip
        fitting = {"models": models, "fewest_again": 30, "random_state": 1}
        self.known = lifetime.histories(orders, as_of=AS_OF, **rules)  # type: ignore[arg-type]
        self.fitted = lifetime.fit_models(self.known, **fitting)  # type: ignore[arg-type]
        quick = {**fitting, "replicates": 100, "draws": 100, "rules": rules, "age_days": AGES}
        self.held = lifetime.holdout(orders, cutoff=CUTOFF, as_of=AS_OF, **quick)  # type: ignore[arg-type]
        quick |= {"known_then": False}
        self.longer = lifetime.holdout(orders, cutoff="2024-06-01", as_of=AS_OF, **quick)  # type: ignore[arg-type]
        chosen = lifetime.agreed(self.fitted, self.held.models)
        self.value = None if chosen is None else lifetime.valuation(
            self.known, self.fitted, horizon_days=horizon_days, model=chosen, margin=margin, draws=100,
            labels=lifetime.groupings(self.known, age_days=AGES, segments=segments(self.known)),
            discount_rate=discount_rate, random_state=1,
        )  # fmt: skip
        self.blocks = blocks(
            findings.cannot_fit(self.known, self.fitted, needed=30),
            findings.worth(self.value, self.known, checks=[self.longer, self.held]),
            findings.who(self.value, age_days=AGES), findings.actions(self.value),
            findings.check(self.held, longer=self.longer), findings.long_check(self.longer, horizon_days=horizon_days),
            findings.followed(self.held, age_days=AGES), findings.basis(self.known),
            findings.models(self.known, self.fitted, chosen=chosen), findings.spend(self.known, self.fitted),
            findings.limits(), findings.glossary(),
        )  # fmt: skip


def segments(known: lifetime.CustomerHistories) -> pd.DataFrame:
    keys = known.table["customer_key"]
    return pd.DataFrame({"customer_key": keys, "segment": np.where(keys % 3 == 0, "browsers", "loyal_high_spenders")})


def words(found: Blocks, id: str) -> str:
    block = next(block for block in found if block.id == id)
    assert isinstance(block, Sentence | Note), id
    return message_text(block.message, STYLE).replace("\xa0", " ")


def said(found: Blocks) -> str:
    parts = [part for block in found for part in vars(block).values() if isinstance(part, Message)]
    return " ".join(message_text(part, STYLE) for part in parts).replace("\xa0", " ")


def ids(found: Blocks) -> set[str]:
    return {block.id for block in found}


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(shop(), models=("bg_nbd", "mbg_nbd", "pareto_nbd"))


def test_the_page_is_whole_and_travels_as_json(page: Page) -> None:
    found = page.blocks
    assert len(ids(found)) == len(found)
    assert all(from_dict(block.to_dict()).to_dict() == block.to_dict() for block in found)
    assert sum(isinstance(block, Sentence) and block.role == "lead" for block in found) == 3
    assert {block.id for block in found if isinstance(block, KeyFigure)} == {
        "value", "purchases", "gone", "top_share_1", "top_share_2", "error_purchases", "off_purchases", "error_amount",
        "off_amount", "long_off_amount",
    }  # fmt: skip
    assert {block.id for block in found if isinstance(block, Figure)} == {
        "deciles", "errors_purchases", "errors_amount", "tracking", "cumulated", "frequency", "ages", "chances",
        "rates", "value_by_frequency",
    }  # fmt: skip
    assert {"totals", "decile_table", "states", "by_segment", "by_age", "ledger", "estimates"} <= ids(found)


def test_every_chart_can_be_drawn(page: Page) -> None:
    for block in page.blocks:
        if isinstance(block, Figure):
            assert draw(translated(block, STYLE), STYLE).startswith("<svg")


def test_nothing_stays_english_on_a_chinese_page(page: Page) -> None:
    assert left_in_english(page.blocks) == []


def test_no_word_of_cause_and_no_number_that_is_none(page: Page) -> None:
    assert not re.search(r"\b(cause|drive[sn]? by|nan|None|inf)\b", said(page.blocks))


def test_terms_have_labels(page: Page) -> None:
    for block in page.blocks:
        if isinstance(block, Table | Figure):
            for name, column in block.columns.items():
                if column.kind == "term":
                    assert set(block.data[name]) <= set(LABELS), set(block.data[name]) - set(LABELS)


def test_the_page_shows_groups_and_no_customers(page: Page) -> None:
    n = len(page.known)
    for block in page.blocks:
        if isinstance(block, Table | Figure):
            assert len(block.data) < n / 2 and "customer_key" not in block.data


def test_the_numbers_of_the_lead_are_those_of_the_result(page: Page) -> None:
    assert page.value is not None
    lead = next(block for block in page.blocks if block.id == "lead_worth")
    assert isinstance(lead, Sentence)
    row = page.value.total("value")
    assert lead.message.arguments["value"].value == row["estimate"]
    assert (lead.message.arguments["value"].low, lead.message.arguments["value"].high) == (row["low"], row["high"])
    gone = next(block for block in page.blocks if block.id == "gone")
    assert isinstance(gone, KeyFigure) and gone.value.value == (page.value.customers["state"] == "gone").mean()


def test_a_false_claim_stops_the_build(page: Page) -> None:
    total = next(block for block in page.blocks if block.id == "total_purchases").to_dict()
    total["message"]["arguments"]["actual"]["value"] = 10 * total["message"]["arguments"]["forecast"]["high"]
    assert total["message"]["arguments"]["held"]["value"] == "the interval held what came"
    with pytest.raises(ClaimError):
        from_dict(total)
    lead = next(block for block in page.blocks if block.id == "lead_concentrated").to_dict()
    lead["message"]["arguments"]["gone"]["value"] = 1.5
    with pytest.raises(ClaimError):
        from_dict(lead)


def test_customers_of_the_model_are_forecast_well(page: Page) -> None:
    assert "the interval held what came" in words(page.blocks, "total_purchases")
    assert "less than the best guess" in words(page.blocks, "verdict_purchases") or "could be chance" in words(
        page.blocks, "verdict_purchases"
    )
    assert "No sign that those who buy often spend more" in words(page.blocks, "independence")
    assert "interval_did_not_hold" not in ids(page.blocks)
    assert "is used: among models whose search settled" in words(page.blocks, "choice")


def test_a_high_season_after_the_cut_off_is_called_too_few() -> None:
    page = Page(shop(season=3.0))
    found = page.blocks
    assert re.search(r"too few; the interval did not hold what came", words(found, "total_purchases"))
    warned = words(findings.worth(page.value, page.known, checks=[page.held]), "interval_did_not_hold")
    assert "too low" in warned and "would come" in warned
    assert "they know no season" in words(found, "season")
    assert "that is what a season looks like" in words(found, "season")
    assert left_in_english([*found, *findings.worth(page.value, page.known, checks=[page.held])]) == []
    lead = [block for block in found if isinstance(block, Sentence) and block.role == "lead"]
    assert lead[-1].id == "long_amount"  # how wrong such a total was stands in the summary


def test_spend_that_goes_with_frequency_is_called_so() -> None:
    page = Page(shop(spread=0.8))
    assert page.fitted.by_class
    assert "goes with how often they buy" in words(page.blocks, "independence")
    assert "customers who buy as often" in words(page.blocks, "independence")
    assert left_in_english(page.blocks) == []


def test_margin_and_no_discount_are_said() -> None:
    found = Page(shop(n=300), margin=0.4, discount_rate=0.0).blocks
    lead = words(found, "lead_worth")
    assert "of margin in" in lead and lead.endswith("purchases, not discounted.")
    assert left_in_english(found) == []


def test_a_simple_guess_that_wins_is_called_the_winner(page: Page) -> None:
    """The best guess is made to say what came."""
    held = page.held
    told = held.forecasts["purchases"].assign(last_period=held.actual["purchases"] + 0.01)
    errors = lifetime.forecast_errors(
        held.actual["purchases"], told, baselines=["last_period", "mean", "own_rate", "recent_rate"], replicates=100,
        random_state=1,
    )  # fmt: skip
    found = findings.check(replace(held, errors={"purchases": errors}))
    assert "the simple guess wins" in words(found, "verdict_purchases")
    assert left_in_english(found) == []


def test_refunds_are_said_by_the_rule_that_was_applied() -> None:
    orders = shop(n=200).assign(lines=1, cancelled_lines=0, cancelled_amount=0.0)
    orders.loc[5, ["lines", "cancelled_lines", "amount", "cancelled_amount"]] = [0, 1, 0.0, 25.0]
    back = pd.DataFrame({"customer_key": [1, 2], "day": ["2024-01-01"] * 2, "amount": [5.0, 7.0]})
    for rule, start in (("net", "Refunds by the rule “net”"), ("net_all", "Refunds by the rule “net of all”"),
                        ("gross", "Refunds by the rule “gross”")):  # fmt: skip
        known = lifetime.histories(orders, as_of=AS_OF, refunds=rule, refund_rows=back)  # type: ignore[arg-type]
        found = findings.basis(known)
        assert words(found, "refund_rule").startswith(start)
        assert ("cancelled" in ids(found)) == (rule != "gross")
        assert ("unmatched" in ids(found)) == (rule != "net_all")
        assert left_in_english(found) == []
    assert "2 refunds match no purchase, £12 in all" in words(
        findings.basis(lifetime.histories(orders, as_of=AS_OF, refund_rows=back)), "unmatched"
    )


def test_without_money_purchases_are_spoken_of() -> None:
    found = Page(shop(n=300).drop(columns="amount")).blocks
    assert words(found, "lead_worth").endswith("purchases.") and "£" not in said(found)
    assert "holds no amounts of money" in words(found, "no_value")
    assert left_in_english(found) == []
    assert "value" not in {block.id for block in found if isinstance(block, KeyFigure)}


def test_a_forecast_beyond_the_data_is_warned_of() -> None:
    found = Page(shop(n=300), horizon_days=1000).blocks
    assert "further than anybody has been watched" in words(found, "beyond")
    assert "not a whole number of years" in words(found, "part_of_a_year")
    year = Page(shop(n=300), horizon_days=365).blocks
    assert "every season as often" in words(year, "whole_years")
    assert left_in_english(found) == left_in_english(year) == []


def test_labels_of_ages() -> None:
    assert [in_words(label, STYLE) for label in age_labels([0, 1, 2, 3], AGES)] == [
        "up to 300 days",
        "301 to 500 days",
        "501 to 600 days",
        "more than 600 days",
    ]


# odd data: a statement, and the rest of the page


ODD = {
    "nobody": (lambda f: f.head(0), "No customer with a purchase is known"),
    "one customer": (lambda f: f[f["customer_key"] == 1], "nothing is forecast"),
    "one purchase": (lambda f: f.head(1), "Everybody bought on one day only"),
    "everybody once": (lambda f: f.drop_duplicates("customer_key"), "buying again is what is modelled"),
    "few came again": (lambda f: f[f["customer_key"] <= 12], "do not tell the parameters of a model apart"),
    "all on the last day": (lambda f: f.assign(day="2024-11-30"), "Nobody has been watched after the first purchase"),
    "new since the cut-off": (lambda f: f[f["day"] >= pd.Timestamp(CUTOFF)], "cannot be held against a later period"),
    "nobody later": (lambda f: f[f["day"] < pd.Timestamp("2024-06-01")], "bought in the later period"),
    "the same amount": (
        lambda f: f.drop_duplicates(["customer_key", "day"]).assign(amount=5.0), "could not be described",
    ),

    "amounts of zero": (lambda f: f.assign(amount=0.0), "No customer with a purchase is known"),
    "amounts unknown": (lambda f: f.assign(amount=np.nan), "too few to say what a purchase is worth"),
    "huge amounts": (lambda f: f.assign(amount=f["amount"] * 1e9), "are expected to bring"),
    "one day a month": (
        lambda f: f.assign(day=f["day"].dt.to_period("M").dt.start_time), "are expected to bring",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ODD)
def test_odd_data_get_a_statement(name: str) -> None:
    spoil, statement = ODD[name]
    orders = spoil(shop(n=250))
    found = Page(orders, worthless="drop").blocks
    text = said(found)
    assert statement in text, text
    assert not re.search(r"\b(nan|inf|None|NaT)\b", text.replace("None of", "")), text
    assert left_in_english(found) == []
    assert all(from_dict(block.to_dict()).to_dict() == block.to_dict() for block in found)
    for block in found:
        if isinstance(block, Figure):
            draw(translated(block, STYLE), STYLE)
