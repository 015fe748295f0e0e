"""The words of the description: they follow the numbers, with money and without, and survive their JSON form."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import description
from analysis.findings import description as findings
from analysis.report.blocks import Blocks, from_dict
from analysis.report.formatting import Style
from analysis.report.messages import said

SETTINGS = {"replicates": 100, "random_state": 1}


def customers(n: int = 200, skew: float = 1.0) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    orders, value = generator.poisson(2, n) + 1, generator.lognormal(3, skew, n)
    return pd.DataFrame({"customer_key": range(n), "frequency": orders, "monetary": orders * value})


def by_id(found: Blocks) -> dict:
    """The blocks by id, after a trip through JSON, which checks every claim again; each has its words in Chinese."""
    names = [block.id for block in found]
    assert len(names) == len(set(names))
    assert left_in_english(found) == []
    return {block.id: from_dict(json.loads(json.dumps(block.to_dict()))) for block in found}


def test_spending_says_totals_without_and_averages_with_an_interval():
    found = by_id(findings.spending(description.spending(customers(), **SETTINGS)))
    total, average = found["revenue"].value, found["average_order_value"].value
    assert total.low is None
    assert average.low < average.value < average.high
    frame = customers()
    assert average.value == pytest.approx(frame["monetary"].sum() / frame["frequency"].sum())
    assert "pull the average up" in found["mean_and_median"].message.template


def test_spending_does_not_claim_skew_where_there_is_none():
    frame = pd.DataFrame({"frequency": 1, "monetary": np.random.default_rng(1).normal(100, 5, 300)})
    found = by_id(findings.spending(description.spending(frame, **SETTINGS)))
    assert "pull the average up" not in found["mean_and_median"].message.template


@pytest.mark.parametrize(("n", "skew", "words"), [(40, 2.0, "decide"), (400, 1.3, "weigh much"), (4000, 0.5, None)])
def test_an_average_that_a_few_customers_decide_is_announced_as_less_sure(n, skew, words):
    frame = customers(n, skew)
    found = by_id(findings.spending(description.spending(frame, **SETTINGS)))
    assert ("spend_doubt" in found) == (words is not None)
    if words:
        assert words in found["spend_doubt"].message.template
        assert found["spend_doubt"].message.arguments["level"].value == 0.95


@pytest.mark.parametrize(("n", "skew", "words"), [(40, 2.0, "decide"), (400, 1.3, "hold much"), (4000, 0.5, None)])
def test_shares_that_a_few_customers_decide_are_announced_as_less_sure(n, skew, words):
    result = description.concentration(customers(n, skew)["monetary"], **SETTINGS)
    found = by_id(findings.concentration(result, currency=True))
    assert ("concentration_doubt" in found) == (words is not None)
    if words:
        assert words in found["concentration_doubt"].message.template


def test_without_money_nothing_is_said_of_revenue():
    result = description.spending(customers().drop(columns="monetary"), **SETTINGS)
    found = by_id(findings.spending(result))
    assert found["no_money"].role == "warning"
    assert not {"revenue", "average_order_value", "spend_per_customer"} & set(found)
    shares = description.concentration(customers()["frequency"], **SETTINGS)
    words = by_id(findings.concentration(shares, currency=False))
    assert words["concentration_lead"].message.arguments["what"].value == "orders"


def test_sales_without_a_customer_are_valued():
    coverage = pd.DataFrame({"known": [False, True], "orders": [1, 2], "amount": [30.0, 70.0]})
    found = by_id(findings.spending(description.spending(customers(), **SETTINGS), coverage=coverage))
    words = found["unknown_customers"].message.arguments
    assert (words["amount"].value, words["share"].value, words["lost"].value) == (30.0, 0.3, 1)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.random.default_rng(1).lognormal(0, 2, 300), "keeping them matters most"),
        (np.random.default_rng(1).lognormal(0, 0.7, 300), "not most of it"),
        (np.random.default_rng(1).normal(100, 1, 300), "much alike"),
    ],
)
def test_concentration_is_called_what_it_is(values, word):
    found = by_id(findings.concentration(description.concentration(values, **SETTINGS), currency=True))
    assert word in found["concentration_lead"].message.template
    assert found["lorenz"].data["y"].iloc[-1] == 1


def test_concentration_of_nothing_is_a_warning():
    found = by_id(findings.concentration(description.concentration([0.0] * 30, **SETTINGS), currency=True))
    assert [block.role for block in found.values()] == ["warning"]


def test_groups_name_nobody():
    frame = customers()
    top = {"monetary": description.top_group(frame, value="monetary")}
    found = by_id(findings.groups(description.deciles(frame, value="monetary"), top, currency=True))
    assert found["deciles"].group_size == "customers"
    assert found["deciles"].data["customers"].min() >= 5
    assert "customer_key" not in found["deciles"].data.columns


def months(n: int, growth: float = 0.0) -> pd.DataFrame:
    frame = pd.DataFrame({"month": pd.date_range("2023-01-01", periods=n, freq="MS"), "complete": True})
    frame["orders"] = [100 * (1 + growth) ** (index // 12) for index in range(n)]
    return frame


@pytest.mark.parametrize(("growth", "word"), [(0.3, "higher"), (-0.3, "lower"), (0.0, "level")])
def test_trend_follows_the_sign(growth, word):
    found = by_id(findings.trend(description.monthly_trend(months(24, growth), value="orders"), currency=False))
    assert word in found["year_on_year_lead"].message.template
    assert found["year_on_year"].value.value == pytest.approx(growth)


def test_trend_of_a_short_history_gives_no_yearly_change():
    frame = months(6)
    frame.loc[5, "complete"] = False
    found = by_id(findings.trend(description.monthly_trend(frame, value="orders"), currency=False))
    assert "no_year_on_year" in found
    assert found["monthly"].data["partial"].tolist() == [False] * 5 + [True]
    none = description.monthly_trend(frame.assign(complete=False), value="orders")
    assert list(by_id(findings.trend(none, currency=False))) == ["no_complete_month"]


def test_retention_without_a_later_month_says_so():
    first = pd.DataFrame({"cohort": ["2024-01-01"], "age_months": [0], "customers_active": [9], "cohort_size": [9]})
    found = by_id(findings.retention(description.retention(first.assign(complete=True))))
    assert list(found) == ["no_retention"]
    later = pd.concat([first, first.assign(age_months=1, customers_active=3)]).assign(complete=True)
    words = by_id(findings.retention(description.retention(later)))["retention"].message.arguments
    assert words["share"].value == pytest.approx(1 / 3)
    assert words["share"].low < 1 / 3 < words["share"].high


def test_summary_names_what_did_not_apply():
    frame = customers().assign(same=1.0, empty=np.nan, town="Leeds")
    result = description.numeric_summary(frame, ["monetary", "same", "empty", "town"], **SETTINGS)
    found = by_id(findings.summary(result))
    assert {"columns_constant", "columns_all_missing", "columns_text", "summary_method"} <= set(found)
    only_text = description.numeric_summary(frame[["town"]], **SETTINGS)
    assert "no_numbers" in by_id(findings.summary(only_text))


def test_histograms_mark_median_and_mean_and_skip_constants():
    results = {
        name: description.histogram(values)
        for name, values in (("monetary", customers()["monetary"]), ("年龄", [3, 3]))
    }
    found = by_id(findings.column_histograms(results))
    assert list(found) == ["histogram_monetary"]
    assert [mark["label"] for mark in found["histogram_monetary"].options["markers"]] == ["median", "mean"]


def test_lists_tell_products_of_one_name_apart_and_keep_han():
    table = pd.DataFrame(
        {"product_id": ["a", "b"], "product": ["红茶", "红茶"], "amount": [9.0, 1.0], "share": [0.9, 0.1]}
    )
    found = by_id(findings.top_list(table, things="products", name="product", what="revenue"))
    assert [said(cell, Style()) for cell in found["top_products"].data["category"]] == ["红茶 (a)", "红茶 (b)"]
    assert len(findings.top_list(None, things="categories", name="category", what="revenue")) == 0


def test_what_the_data_do_not_name_is_called_so_in_the_language_of_the_page():
    rows = pd.DataFrame({"country": [None, "Peru"], "value": [3.0, 1.0]})
    table = description.top_list(rows, by="country", value="value")
    found = by_id(findings.top_list(table, things="countries", name="country", what="revenue", known_customers=True))
    cells = found["top_countries"].data["category"]
    assert [said(cell, Style()) for cell in cells] == ["(not given)", "Peru"]
    assert [said(cell, Style(language="zh-Hans")) for cell in cells] == ["（未填）", "Peru"]


def test_sources_are_compared_with_the_buyers():
    table = description.overlap(range(10), {"browsing": [1, 2, 99]})
    shown = by_id(findings.sources(table, buyers=10))["sources"]
    assert shown.data[["buyers", "share_of_buyers"]].to_numpy().tolist() == [[2, 0.2]]
    assert shown.caption.arguments["buyers"].value == 10
    assert len(findings.sources(description.overlap(range(10), {}), buyers=10)) == 0
