"""Features on small tables by hand, and on public data beside an independent computation with pandas."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import description, features
from analysis.errors import AnalysisError

SALES = pd.DataFrame(
    [
        # basket, customer, product, timestamp, quantity, amount, country
        (1, 1, "tea", "2024-01-10 09:00", 2, 6.0, "FR"),
        (1, 1, "milk", "2024-01-10 09:00", 1, 1.5, "FR"),
        (1, 1, "tea", "2024-01-10 09:00", 1, 3.0, "DE"),
        (2, 2, "tea", "2024-01-20 23:59:59", 1, 3.0, "DE"),
        (3, 1, "rice", "2024-02-01 00:00", 4, 8.0, "FR"),
        (4, None, "tea", "2024-02-03 10:00", 1, 3.0, "FR"),
        (5, 3, "milk", "2024-03-05 12:00", 1, 1.5, None),
        (6, 1, "milk", "2024-03-10 12:00", 2, 3.0, "FR"),
    ],
    columns=["basket_key", "customer_key", "product_id", "timestamp", "quantity", "amount", "country"],
)
SALES = SALES.assign(
    timestamp=pd.to_datetime(SALES["timestamp"], format="ISO8601"),
    day=pd.to_datetime(SALES["timestamp"], format="ISO8601").dt.date,
    product=SALES["product_id"].str.upper(),
    category=None,
)
RETURNS = pd.DataFrame(
    {"customer_key": [1, 1, 2], "timestamp": pd.to_datetime(["2024-01-12", "2024-03-09", "2024-02-02"])}
)


def build(**changes: object) -> features.FeatureResult:
    tables = {"sales": SALES, "returns": RETURNS, **{k: v for k, v in changes.items() if isinstance(v, pd.DataFrame)}}
    options = {k: v for k, v in changes.items() if not isinstance(v, pd.DataFrame)}
    return features.build(tables, memory_limit="1GB", **{"horizon_days": 30, "threads": 1, **options})


def test_customers_by_hand() -> None:
    result = build()
    assert result.facts["as_of"] == "2024-03-11" and result.facts["cutoff"] == "2024-02-10"
    table = result.frame("customers").set_index("customer_key")
    expected = {
        "recency_days": [1, 51, 6], "frequency": [3, 1, 1], "monetary": [21.5, 3.0, 1.5], "tenure_days": [61, 51, 6],
        "average_order_value": [21.5 / 3, 3.0, 1.5], "items_per_order": [4 / 3, 1.0, 1.0],
        "product_variety": [3, 1, 1], "returns_rate": [2 / 7, 1 / 2, 0.0],
    }  # fmt: skip
    for name, values in expected.items():
        assert table[name].tolist() == pytest.approx(values), name
    assert table["country"].fillna("-").tolist() == ["FR", "DE", "-"]


def test_history_knows_only_what_lies_before_the_cutoff() -> None:
    table = build().frame("history").set_index("customer_key")
    assert table.index.tolist() == [1, 2]
    assert table["frequency"].tolist() == [2, 1]
    assert table["monetary"].tolist() == [18.5, 3.0]
    assert table["recency_days"].tolist() == [9, 21]
    assert table["returns_rate"].tolist() == pytest.approx([1 / 5, 1 / 2])
    assert table["target_orders"].tolist() == [1, 0] and table["target_amount"].tolist() == [3.0, 0.0]
    assert str(table["cutoff"].iloc[0])[:10] == "2024-02-10"


def test_the_period_before_the_cutoff_and_the_cutoff_before_it() -> None:
    result = build()
    history = result.frame("history").set_index("customer_key")
    assert history["previous_amount"].tolist() == [8.0, 3.0] and history["previous_orders"].tolist() == [1, 1]
    earlier = result.frame("history_earlier").set_index("customer_key")
    assert earlier.index.tolist() == [1] and earlier["monetary"].tolist() == [10.5]
    assert earlier["previous_amount"].tolist() == [10.5]
    assert earlier["target_amount"].tolist() == [8.0] and earlier["target_orders"].tolist() == [1]
    assert list(earlier.columns) == list(history.columns)
    assert "history_earlier" not in build(horizon_days=40).tables, "no sale lies before 22 December 2023"


def test_as_of_is_strict() -> None:
    at_midnight = build(as_of=date(2024, 2, 1), horizon_days=5).frame("customers")
    assert at_midnight["monetary"].tolist() == [10.5, 3.0], "the order of 1 February 00:00 is not yet known"
    assert build(as_of=date(2024, 2, 2), horizon_days=5).frame("customers")["monetary"].tolist() == [18.5, 3.0]


def test_what_comes_later_changes_nothing() -> None:
    """The features of a day are those of data that end there: the leak that this project must not have."""
    day = pd.Timestamp("2024-02-10")
    known = features.build(
        {"sales": SALES[SALES["timestamp"] < day], "returns": RETURNS[RETURNS["timestamp"] < day]},
        as_of=day.date(), horizon_days=1,
    ).frame("customers")  # fmt: skip
    history = build().frame("history")
    pd.testing.assert_frame_equal(known, history[known.columns])


def test_a_line_cancelled_later_still_counts_before() -> None:
    gone = SALES.iloc[[3]].assign(cancelled_at=pd.Timestamp("2024-02-20"), customer_key=7, basket_key=9)
    before = build(cancelled_originals=gone).frame("history").set_index("customer_key")
    assert before.loc[7, "monetary"] == 3.0
    assert 7 not in build(cancelled_originals=gone).frame("customers")["customer_key"].tolist()
    earlier = gone.assign(cancelled_at=pd.Timestamp("2024-02-01"))
    assert 7 not in build(cancelled_originals=earlier).frame("history")["customer_key"].tolist()


def test_cut_offs_stacked_newest_first() -> None:
    result = build(cutoffs=4, horizon_days=20)
    days = result.facts["cutoffs"]
    assert days == ["2024-02-20", "2024-01-31", "2024-01-11"], "nobody had bought before 22 December 2023"
    stacked = result.frame("histories")
    assert [str(day)[:10] for day in stacked["cutoff"]] == [days[0]] * 2 + [days[1]] * 2 + [days[2]]
    for i, name in enumerate(("history", "history_earlier")):
        one = stacked[stacked["cutoff"].astype(str).str[:10] == days[i]].reset_index(drop=True)
        pd.testing.assert_frame_equal(one, result.frame(name))
    assert stacked["target_orders"].tolist() == [1, 0, 1, 0, 0], "the orders of 10 March, of 1 February, and none"
    with pytest.raises(AnalysisError, match="cutoffs is 1"):
        build(cutoffs=1)


def test_the_columns_of_a_history_as_they_stand_today() -> None:
    """What a model learnt from histories can be asked about today: the same columns, the same meaning."""
    result, later = build(), build(as_of=date(2024, 4, 10))
    current, history = result.frame("current"), later.frame("history")
    assert later.facts["cutoff"] == result.facts["as_of"]
    pd.testing.assert_frame_equal(current, history[[name for name in history if not name.startswith("target_")]])


def test_orders_and_what_was_cancelled_when() -> None:
    """Cut-off 10 February: one line of basket 1 was cancelled before it, one after it, basket 9 as a whole after it."""
    gone = SALES.iloc[[3, 3, 3]].assign(
        customer_key=[1, 1, 7], basket_key=[1, 1, 9], amount=[2.0, 4.0, 5.0],
        cancelled_at=pd.to_datetime(["2024-02-01", "2024-02-20", "2024-03-01"]),
    )  # fmt: skip
    orders = build(cancelled_originals=gone).frame("orders").set_index(["customer_key", "basket_key"])
    assert orders.index.tolist() == [(1, 1), (1, 3), (1, 6), (2, 2), (3, 5), (7, 9)]
    money = orders[["amount", "cancelled_amount", "cancelled_late_amount"]].astype(float)
    assert money.loc[(1, 1)].tolist() == [10.5, 6.0, 4.0] and money.loc[(7, 9)].tolist() == [0.0, 5.0, 5.0]
    counts = orders[["lines", "cancelled_lines", "cancelled_late_lines"]]
    assert counts.loc[(1, 1)].tolist() == [3, 2, 1] and counts.loc[(7, 9)].tolist() == [0, 1, 1]
    assert str(orders.loc[(1, 1), "day"])[:10] == "2024-01-10"


def test_refunds_are_those_without_a_purchase() -> None:
    returns = pd.concat([RETURNS, RETURNS.iloc[:1]]).assign(
        amount=[1.0, 2.0, 4.0, 8.0], matched=[False, True, False, False]
    )
    refunds = build(returns=returns.reset_index(drop=True)).frame("refunds")
    assert refunds["customer_key"].tolist() == [1, 2] and refunds["lines"].tolist() == [2, 1]
    assert refunds["amount"].astype(float).tolist() == [9.0, 4.0]


def test_products_before_and_after_the_cut_off() -> None:
    result = build()
    before, after = result.frame("customer_products_history"), result.frame("customer_products_later")
    assert before[["customer_key", "product_id"]].to_numpy().tolist() == [
        [1, "milk"], [1, "rice"], [1, "tea"], [2, "tea"]
    ]  # fmt: skip
    assert after[["customer_key", "product_id"]].to_numpy().tolist() == [[1, "milk"], [3, "milk"]]
    milk = result.frame("products").set_index("product_id").loc["milk"]
    assert (milk["orders"], milk["customers"], str(milk["first_day"])[:10], str(milk["last_day"])[:10]) == (
        3, 2, "2024-01-10", "2024-03-10",
    )  # fmt: skip


def test_baskets_products_months_and_cohorts() -> None:
    result = build()
    baskets = result.frame("baskets")
    assert len(baskets) == 7 and not baskets.duplicated(["basket_key", "product_id"]).any()
    tea = baskets[(baskets["basket_key"] == 1) & (baskets["product_id"] == "tea")].iloc[0]
    assert (float(tea["quantity"]), float(tea["amount"]), tea["product"]) == (3.0, 9.0, "TEA")
    products = result.frame("customer_products")
    milk = products[(products["customer_key"] == 1) & (products["product_id"] == "milk")].iloc[0]
    assert (milk["orders"], float(milk["amount"])) == (2, 4.5)
    months = result.frame("months")
    assert months["orders"].tolist() == [2, 2, 2] and months["customers"].tolist() == [2, 1, 2]
    assert [float(a) for a in months["amount"]] == [13.5, 11.0, 4.5]
    assert months["new_customers"].tolist() == [2, 0, 1]
    assert months["complete"].tolist() == [False, True, False]
    cohorts = result.frame("cohorts")
    assert cohorts[["age_months", "customers_active", "cohort_size"]].values.tolist() == [
        [0, 2, 2], [1, 1, 2], [2, 1, 2], [0, 1, 1],
    ]  # fmt: skip
    assert cohorts["complete"].tolist() == [False, False, False, False]


def test_categories_and_coverage_are_what_the_baskets_say() -> None:
    result = build(sales=SALES.assign(category=SALES["product_id"].map({"tea": "drinks", "milk": "drinks"})))
    found = result.frame("categories")
    assert found["category"].fillna("-").tolist() == ["drinks", "-"]
    assert found[["lines", "orders", "customers"]].to_numpy().tolist() == [[6, 5, 3], [1, 1, 1]]
    assert found["amount"].astype(float).tolist() == [21.0, 8.0]
    baskets = result.frame("baskets")
    baskets["amount"] = baskets["amount"].astype(float)
    counted = description.top_list(baskets, by="category", value="amount", basket="basket_key", customer="customer_key")
    listed = description.top_list(
        found.assign(amount=found["amount"].astype(float)),
        by="category",
        value="amount",
        totals=["orders", "customers"],
    )
    pd.testing.assert_frame_equal(counted, listed)
    coverage = result.frame("coverage")
    assert coverage["known"].tolist() == [False, True] and coverage["orders"].tolist() == [1, 5]
    assert coverage["amount"].astype(float).tolist() == [3.0, 26.0]


def test_months_without_a_sale_are_there_and_full_months_are_complete() -> None:
    sales = SALES.iloc[[0, 7]].assign(timestamp=pd.to_datetime(["2024-01-01", "2024-03-31"]))
    sales["day"] = sales["timestamp"].dt.date
    months = build(sales=sales).frame("months")
    assert months["orders"].tolist() == [1, 0, 1] and months["complete"].tolist() == [True, True, True]


BROWSING = pd.DataFrame(
    {
        "customer_key": [1, 1, 1, 2, 9],
        "timestamp": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-03-01", "2024-03-01", "2024-03-01"]),
        "session_id": ["a", "a", None, "b", "c"],
        "duration_seconds": [60.0, 30.0, 90.0, None, 5.0],
        "pages": [3, 1, 2, 4, 1],
    }
)
FEEDBACK = pd.DataFrame(
    {
        "customer_key": [1, 1, 2, 2],
        "timestamp": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-02-20", "2024-02-21"]),
        "rating": [5.0, 4.0, 2.0, None],
    }
)


def test_each_source_is_aggregated_before_it_is_joined() -> None:
    social = pd.DataFrame({"customer_key": [1, 1], "likes": [3, None], "comments": [1, 2], "shares": [0, 0]})
    customers = pd.DataFrame({"customer_key": [1, 2], "age": [30.0, None], "age_imputed": [False, False],
                              "frequency": ["often", "rarely"], "country": ["CH", "CH"]})  # fmt: skip
    result = build(browsing=BROWSING, feedback=FEEDBACK, social=social, customers=customers)
    table = result.frame("customers").set_index("customer_key")
    assert table["browsing_sessions"].tolist() == [2, 1, 0]
    assert table["browsing_minutes"].tolist() == [3.0, 0.0, 0.0]
    assert table["pages_per_session"].fillna(-1).tolist() == [3.0, 4.0, -1]
    assert table["social_posts"].tolist() == [2, 0, 0] and table["social_engagement"].tolist() == [6, 0, 0]
    assert table["feedback_count"].tolist() == [2, 2, 0]
    assert table["satisfaction"].fillna(-1).tolist() == [4.5, 2.0, -1]
    assert table["monetary"].tolist() == [21.5, 3.0, 1.5], "no join has multiplied a row"
    assert table["frequency_stated"].fillna("-").tolist() == ["often", "rarely", "-"]
    assert table["country"].fillna("-").tolist() == ["CH", "CH", "-"] and "age_imputed" not in table.columns
    assert ("undated_table", {"table": "social"}) in result.notes
    history = result.frame("history").set_index("customer_key")
    assert "social_posts" not in history.columns, "what has no date may lie after the cutoff"
    assert history["browsing_sessions"].tolist() == [1, 0]
    assert history["satisfaction"].fillna(-1).tolist() == [4.5, -1]
    assert history["target_satisfaction"].fillna(-1).tolist() == [-1, 2.0]


def test_without_money_the_columns_are_left_out() -> None:
    result = build(sales=SALES.assign(amount=None))
    assert not {"monetary", "average_order_value"} & set(result.frame("customers").columns)
    assert "target_amount" not in result.frame("history").columns
    assert result.facts["currency_present"] is False


def test_written_files_and_facts(tmp_path: Path) -> None:
    hashes = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        build(threads=threads, browsing=BROWSING).write(folder)
        hashes.append({p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())})
    assert hashes[0] == hashes[1] and len(hashes[0]) == 17
    facts = json.loads((tmp_path / "1" / "facts.json").read_text(encoding="utf-8"))
    assert facts["tables"] == ["browsing", "sales"] and facts["first_day"] == "2024-01-10"


def test_a_horizon_longer_than_the_data_leaves_no_history_and_says_so() -> None:
    result = build(horizon_days=400)
    history = result.frame("history")
    assert history.empty and list(history.columns) == list(build().frame("history").columns)
    assert "history_earlier" not in result.tables
    assert ("no_history", {"cutoff": "2023-02-05", "first_day": "2024-01-10"}) in result.notes
    assert result.frame("customers").equals(build().frame("customers"))


def test_days_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"as_of is 2023-01-01, but the first sale is of 2024-01-10"):
        build(as_of=date(2023, 1, 1))
    nameless = SALES.assign(customer_key=pd.NA)
    with pytest.raises(AnalysisError, match="names its customer"):
        build(sales=nameless)
    with pytest.raises(AnalysisError, match="horizon_days is 0"):
        build(horizon_days=0)
    with pytest.raises(AnalysisError, match="no table 'sales'"):
        features.build(tmp_path)
    with pytest.raises(AnalysisError, match="has no row"):
        build(sales=SALES.iloc[:0])


def test_plain_frames(tmp_path: Path) -> None:
    plain = SALES.rename(columns={"customer_key": "customer_id"})[["customer_id", "product_id", "timestamp", "amount"]]
    table = features.customer_features(plain)
    assert table.columns.tolist() == [
        "customer_id", "recency_days", "frequency", "monetary", "tenure_days", "average_order_value", "items_per_order",
        "product_variety",
    ]  # fmt: skip
    assert table["customer_id"].tolist() == [1, 2, 3] and table["monetary"].tolist() == [21.5, 3.0, 1.5]
    assert "monetary" not in features.customer_features(plain.drop(columns="amount")).columns
    with pytest.raises(AnalysisError, match="no column product_id"):
        features.customer_features(plain.drop(columns="product_id"))
    with pytest.raises(AnalysisError, match="1 lines without a timestamp"):
        features.customer_features(plain.assign(timestamp=[*plain["timestamp"][:-1], None]))


@pytest.mark.reference_data
def test_cdnow_recency_and_frequency(reference_data: Path) -> None:
    """Fader and Hardie's CDNOW sample: the published frequency and recency of 2,357 customers.

    The published summary counts repeat purchases (different days after the first) in the first 39 weeks, and takes
    recency as the weeks from the first to the last purchase, t.x, and T as the weeks from the first to 30 September
    1997.
    """
    sample = pd.read_csv(
        reference_data / "cdnow" / "CDNOW_sample.txt",
        sep=r"\s+", header=None, names=["master_id", "customer_id", "timestamp", "quantity", "amount"],
        dtype={"timestamp": str, "master_id": str},
    )  # fmt: skip
    sales = sample.assign(timestamp=pd.to_datetime(sample["timestamp"], format="%Y%m%d"), product_id="CD")
    table = features.customer_features(sales, as_of=date(1997, 10, 1)).set_index("customer_id")
    published = pd.read_csv(reference_data / "cdnow" / "cdnow_customers_summary.csv").set_index("ID")
    assert len(table) == len(published) == 2357
    ours = pd.DataFrame(
        {
            "frequency": table["frequency"] - 1,
            "recency": (table["tenure_days"] - table["recency_days"]) / 7,
            "T": (table["tenure_days"] - 1) / 7,
        }
    ).loc[published.index]
    assert (ours["frequency"] == published["frequency"]).all()
    assert np.abs(ours["recency"] - published["recency"]).max() < 0.005 + 1e-9
    assert np.abs(ours["T"] - published["T"]).max() < 0.005 + 1e-9


@pytest.mark.reference_data
def test_cdnow_master_against_pandas(reference_data: Path) -> None:
    master = pd.read_csv(
        reference_data / "cdnow" / "CDNOW_master.txt.gz",
        sep=r"\s+", skiprows=1, header=None, names=["customer_id", "timestamp", "quantity", "amount"],
        dtype={"customer_id": str, "timestamp": str},
    )  # fmt: skip
    sales = master.assign(timestamp=pd.to_datetime(master["timestamp"], format="%Y%m%d"), product_id="CD")
    assert len(sales) == 69_659
    table = features.customer_features(sales).set_index("customer_id")
    assert len(table) == 23_570
    grouped = sales.groupby("customer_id")
    as_of = sales["timestamp"].max() + timedelta(days=1)
    assert (table["recency_days"] == (as_of - grouped["timestamp"].max()).dt.days).all()
    assert (table["frequency"] == grouped["timestamp"].nunique()).all()
    np.testing.assert_allclose(table["monetary"], grouped["amount"].sum(), rtol=1e-12)
