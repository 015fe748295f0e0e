"""Baskets: one-hot table, giants, days, labels, the cut in time, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import rules
from analysis.errors import AnalysisError


@pytest.fixture
def lines() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "basket_key": [7, 7, 7, 3, 3, 5, 9],
            "product_id": ["b", "a", "a", "c", "a", "b", "d"],
            "product": ["Bread", "Apple", "Apple", "Cheese", "Apple", "Bread", "Apple"],
            "customer_key": pd.array([1, 1, 1, 2, 2, None, 1], dtype="Int64"),
            "day": pd.to_datetime(["2025-01-01"] * 3 + ["2025-01-05"] * 2 + ["2025-01-09", "2025-01-10"]),
            "amount": [2.0, 1.0, 1.5, 4.0, np.nan, 2.5, 3.0],
        }
    )


def test_a_basket_is_a_set_of_items_and_amounts_add_up(lines):
    data = rules.baskets(lines, label="product")
    assert data.table["basket_key"].tolist() == [3, 5, 7, 9]
    assert data.items.tolist() == ["a", "b", "c", "d"]
    assert data.matrix.toarray().astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1]]
    assert data.table["size"].tolist() == [2, 1, 2, 1]
    assert data.amounts[[2], :].toarray()[0].tolist() == [2.5, 2.0, 0.0, 0.0]
    assert np.isnan(data.amounts[[0], :].toarray()[0, 0])


def test_equal_names_of_different_products_get_their_id(lines):
    assert rules.baskets(lines, label="product").labels == ("Apple (a)", "Bread", "Cheese", "Apple (d)")


def test_baskets_of_nobody_known_are_clusters_of_their_own(lines):
    data = rules.baskets(lines)
    assert data.n_customers == 2
    assert len(set(data.clusters.tolist())) == 3
    assert data.clusters[2] == data.clusters[3]


def test_order_of_rows_does_not_matter(lines):
    shuffled = lines.sample(frac=1, random_state=3)
    first, second = rules.baskets(lines), rules.baskets(shuffled)
    assert (first.matrix != second.matrix).nnz == 0
    pd.testing.assert_frame_equal(first.table, second.table)


def test_the_frame_that_was_passed_is_not_changed(lines):
    before = lines.copy(deep=True)
    rules.baskets(lines, label="product", max_size=1)
    pd.testing.assert_frame_equal(lines, before)


def test_rows_without_basket_or_product_are_counted(lines):
    lines.loc[0, "product_id"] = None
    data = rules.baskets(lines)
    assert data.dropped_rows == 1
    assert data.matrix.sum() == 5


def test_giant_baskets_are_set_aside_and_counted():
    giant = pd.DataFrame({"basket_key": 1, "product_id": [f"p{i}" for i in range(5000)]})
    small = pd.DataFrame({"basket_key": np.repeat(np.arange(2, 40), 2), "product_id": ["p1", "p2"] * 38})
    data = rules.baskets(pd.concat([giant, small]), max_size=100)
    assert data.set_aside[["basket_key", "size"]].values.tolist() == [[1, 5000]]
    assert data.n == 38
    found = rules.frequent_itemsets(data, min_support=0.01, max_length=10)
    assert found.by_length == {1: 2, 2: 1}


def test_split_by_share_takes_the_last_calendar_days(lines):
    earlier, later = rules.split(rules.baskets(lines), later_share=0.2)  # 2 of 10 days
    assert earlier.table["basket_key"].tolist() == [3, 7]
    assert later.table["basket_key"].tolist() == [5, 9]
    assert later.items.tolist() == earlier.items.tolist()


@pytest.mark.parametrize(
    ("how", "expected"),
    [({"later_days": 1}, [9]), ({"later_days": 6}, [3, 5, 9]), ({"cut": pd.Timestamp("2025-01-09")}, [5, 9])],
)
def test_split_by_days_or_date(lines, how, expected):
    assert rules.split(rules.baskets(lines), **how)[1].table["basket_key"].tolist() == expected


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, "exactly one"),
        ({"later_share": 0.2, "later_days": 3}, "exactly one"),
        ({"later_share": 0.0}, "later_share must lie between 0 and 1"),
        ({"later_days": 0}, "10 days"),
        ({"later_days": 11}, "10 days"),
    ],
)
def test_split_names_what_is_wrong(lines, how, words):
    with pytest.raises(AnalysisError, match=words):
        rules.split(rules.baskets(lines), **how)


def test_split_needs_days(lines):
    with pytest.raises(AnalysisError, match="no day"):
        rules.split(rules.baskets(lines.drop(columns="day")), later_share=0.5)


def test_missing_column_and_bad_limit_are_named(lines):
    with pytest.raises(AnalysisError, match=r"product_id.*the table has basket_key"):
        rules.baskets(lines.drop(columns="product_id"))
    with pytest.raises(AnalysisError, match="at least 1, got 0"):
        rules.baskets(lines, max_size=0)


def test_an_item_that_no_basket_holds_is_an_error(lines):
    with pytest.raises(AnalysisError, match=r"never_consequents names 'zz'.*such as a, b"):
        rules.baskets(lines).codes(["a", "zz"], parameter="never_consequents")


def test_empty_lists_count_as_baskets():
    data = rules.from_lists([["a", "b"], [], ["a"]])
    assert data.n == 3
    assert rules.frequent_itemsets(data, min_support=0.6).table["support"].tolist() == [2 / 3]


def test_what_is_no_number_no_date_or_stands_twice_is_named(lines):
    text = lines.assign(amount=["2.0", "free", *["1"] * 5])
    with pytest.raises(AnalysisError, match="'amount' holds 'free' and 0 more that are no finite number"):
        rules.baskets(text)
    with pytest.raises(AnalysisError, match="'amount' holds 'inf' and 6 more"):
        rules.baskets(lines.assign(amount=np.inf))
    with pytest.raises(AnalysisError, match="'day' holds 'soon', which is no date"):
        rules.baskets(lines.assign(day="soon"))
    twice = pd.concat([lines, lines[["amount"]]], axis=1)
    with pytest.raises(AnalysisError, match="amount stand twice"):
        rules.baskets(twice)
    written = lines["amount"].astype(str).replace("nan", None)
    assert np.nansum(rules.baskets(lines.assign(amount=written)).amounts.data) == lines["amount"].sum()


def test_decimals_time_zones_and_mixed_ids(lines):
    from decimal import Decimal

    mixed = lines.assign(
        amount=[Decimal("2.5")] * 7,
        product_id=["b", 1, 1, 2, 1, "b", "d"],
        day=lines["day"].dt.tz_localize("Europe/London"),
    )
    data = rules.baskets(mixed)
    assert data.items.tolist() == [1, 2, "b", "d"]
    assert data.table["day"].dt.date.astype(str).tolist() == ["2025-01-05", "2025-01-09", "2025-01-01", "2025-01-10"]
    assert (
        rules.association_rules(rules.frequent_itemsets(data, min_support=0.2), min_confidence=0.1).table.shape[0] > 0
    )


def test_the_lift_that_sizes_alone_give():
    # all baskets of one size s: (s - 1) / s; of sizes 1 and 9: 2 * 72 / 100
    assert rules.from_lists([["a", "b"], ["c", "d"]]).size_lift == pytest.approx(0.5)
    assert rules.from_lists([["a"], list("bcdefghij")]).size_lift == pytest.approx(1.44)
    assert np.isnan(rules.from_lists([]).size_lift)
