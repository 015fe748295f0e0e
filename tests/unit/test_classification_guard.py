"""Features that know the future fail the run: planted leaks are named, and our own features pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis import classification, features
from analysis.errors import AnalysisError

AS_OF, HORIZON = date(2024, 10, 1), 60
CUTOFFS = [AS_OF - timedelta(days=HORIZON * back) for back in (1, 2, 3)]


def sales(seed: int = 0, customers: int = 250) -> pd.DataFrame:
    """Orders of customers with rates of their own, some of whom stop, over nine months before `AS_OF`."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        gap, end = rng.uniform(10, 90), rng.uniform(60, 400)
        day = rng.uniform(0, 60)
        while day < min(270, end):
            rows.append((customer, day, f"p{rng.integers(30)}", float(rng.gamma(2, 20)), float(rng.integers(1, 5))))
            day += rng.exponential(gap) + 0.01
    frame = pd.DataFrame(rows, columns=["customer_key", "age", "product_id", "amount", "quantity"])
    start = pd.Timestamp(AS_OF) - pd.Timedelta(days=270)
    frame["timestamp"] = (start + pd.to_timedelta(frame.pop("age"), unit="D")).dt.floor("s")
    frame["day"] = frame["timestamp"].dt.date
    frame["product"], frame["category"], frame["country"] = frame["product_id"], None, "FR"
    return frame.assign(basket_key=range(len(frame)), amount=frame["amount"].round(2))


def histories(
    table: pd.DataFrame, extra: Callable[[pd.DataFrame, pd.Timestamp], pd.Series] | None = None
) -> pd.DataFrame:
    """A table of histories in plain pandas, with one more column made by `extra` of each customer's whole events."""
    parts = []
    for day in CUTOFFS:
        at, until = pd.Timestamp(day), pd.Timestamp(day) + pd.Timedelta(days=HORIZON)
        past = table[table["timestamp"] < at].groupby("customer_key")
        later = table[(table["timestamp"] >= at) & (table["timestamp"] < until)].groupby("customer_key").size()
        before = table[(table["timestamp"] < at) & (table["timestamp"] >= at - pd.Timedelta(days=HORIZON))]
        part = pd.DataFrame({
            "recency_days": (at - past["timestamp"].max()).dt.days, "frequency": past.size(),
            "monetary": past["amount"].sum(), "cutoff": day,
        })  # fmt: skip
        part["target_orders"] = later.reindex(part.index).fillna(0)
        part["previous_orders"] = before.groupby("customer_key").size().reindex(part.index).fillna(0)
        if extra is not None:
            part["extra"] = extra(table, at).reindex(part.index)
        parts.append(part.reset_index())
    return pd.concat(parts, ignore_index=True)


def ask(frame: pd.DataFrame, columns: list[str], **options: object) -> classification.Study:
    settings = {"as_of": AS_OF, "horizon_days": HORIZON, "models": ["logistic"], "replicates": 100, "random_state": 1}
    return classification.study(frame, columns=columns, **{**settings, **options})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return sales()


def own_features(events: Mapping[str, pd.DataFrame], cutoff: date) -> pd.DataFrame:
    """Our own features at a cut-off: from `histories`, whose targets are left out by `recompute`."""
    found = features.build(dict(events), as_of=AS_OF, horizon_days=HORIZON, threads=1).frame("histories")
    return found[pd.to_datetime(found["cutoff"]).dt.date == cutoff].drop(columns="cutoff").reset_index(drop=True)


def test_our_own_features_do_not_change_without_the_future_or_with_another(table: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    whole = {
        "sales": table,
        "returns": table.sample(60, random_state=1)[["customer_key", "timestamp"]].reset_index(drop=True),
        "browsing": table.sample(300, random_state=2)[["customer_key", "timestamp"]]
        .assign(session_id=[f"s{i}" for i in range(300)], duration_seconds=rng.integers(5, 900, 300), pages=3)
        .reset_index(drop=True),
        "feedback": table.sample(200, random_state=3)[["customer_key", "timestamp"]]
        .assign(rating=rng.integers(1, 6, 200).astype(float))
        .reset_index(drop=True),
    }
    found = classification.recompute(own_features, whole, cutoffs=CUTOFFS, random_state=1).table
    assert found["check"].tolist() == ["removed", "disturbed"] * 3
    assert (found["later_events"] > 100).all() and (found["columns"] >= 10).all() and (found["customers"] > 150).all()


LEAKS: dict[str, Callable[[pd.DataFrame, pd.Timestamp], pd.Series]] = {
    "recency as of today": lambda table, at: (
        (pd.Timestamp(AS_OF) - table.groupby("customer_key")["timestamp"].max()).dt.days
    ),
    "total over all time": lambda table, at: table.groupby("customer_key")["amount"].sum(),
    "mean of all products": lambda table, at: table["customer_key"].map(
        table.groupby("customer_key")["amount"].mean() / table["amount"].mean()
    ).groupby(table["customer_key"]).first(),
    "one day too late": lambda table, at: (
        table[table["timestamp"] < at + pd.Timedelta(days=1)].groupby("customer_key").size()
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_named_by_recomputation(table: pd.DataFrame, name: str) -> None:
    def build(events: Mapping[str, pd.DataFrame], cutoff: date) -> pd.DataFrame:
        at, known = pd.Timestamp(cutoff), events["sales"]
        past = known[known["timestamp"] < at].groupby("customer_key").size().rename("orders").to_frame()
        return past.assign(extra=LEAKS[name](known, at).reindex(past.index)).reset_index()

    with pytest.raises(AnalysisError, match=r"feature extra knows the future: for customer_key \d+ at 2024-.*it is"):
        classification.recompute(build, {"sales": table}, cutoffs=CUTOFFS, random_state=1)


def test_an_honest_builder_passes_and_customers_of_the_future_are_named(table: pd.DataFrame) -> None:
    def honest(events: Mapping[str, pd.DataFrame], cutoff: date) -> pd.DataFrame:
        known = events["sales"][events["sales"]["timestamp"] < pd.Timestamp(cutoff)]
        return known.groupby("customer_key").agg(orders=("amount", "size"), last=("timestamp", "max")).reset_index()

    def all_of_today(events: Mapping[str, pd.DataFrame], cutoff: date) -> pd.DataFrame:
        return pd.DataFrame({"customer_key": sorted(set(events["sales"]["customer_key"])), "constant": 1})

    assert len(classification.recompute(honest, {"sales": table}, cutoffs=CUTOFFS, random_state=1).table) == 6
    late = pd.concat([table, table.tail(1).assign(customer_key=9_999, timestamp=pd.Timestamp(AS_OF))])
    with pytest.raises(AnalysisError, match="customer_key 9999 has a row"):
        classification.recompute(all_of_today, {"sales": late}, cutoffs=CUTOFFS, random_state=1)


def test_honest_columns_pass_the_guard_and_the_page_can_list_what_was_looked_at(table: pd.DataFrame) -> None:
    answer = ask(histories(table), ["recency_days", "frequency", "monetary", "previous_orders"])
    assert answer.guard is not None and answer.guard.table["passed"].all()
    rows = answer.guard.columns.set_index("column")
    assert rows.loc["recency_days", "auc_last"] == 1 and 0.5 < rows.loc["recency_days", "auc"] < 0.95


def test_recency_as_of_today_fails_the_run(table: pd.DataFrame) -> None:
    frame = histories(table, LEAKS["recency as of today"])
    with pytest.raises(AnalysisError, match=r"extra alone tells what comes after .*AUC 1\.000.*knows the future"):
        ask(frame, ["recency_days", "extra"])
    assert ask(frame, ["recency_days", "extra"], trusted=["extra"]).verdict is not None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: f["target_orders"] * 7 + 1, "follows target_orders"),
        (lambda f: np.where(f["target_orders"] > 0, "yes", "no"), "extra alone"),
        (lambda f: np.where(f["target_orders"] > 0, 3.5, np.nan), "whether extra is missing"),
        (lambda f: pd.Series("gone", f.index).where(f["target_orders"] == 0), "whether extra is missing"),
        (lambda f: (f["target_orders"] > 0) * np.random.default_rng(0).choice([-1, 1], len(f)), "extra alone"),
        (
            lambda f: pd.to_datetime(f["cutoff"]) + pd.to_timedelta(np.arange(len(f)) % 9, unit="D"),
            "on or after the cut-off",
        ),
        (lambda f: ["2030-01-01"] * len(f), "on or after the cut-off"),
    ],
)  # fmt: skip
def test_columns_that_know_the_future_are_named(table: pd.DataFrame, make: Callable, words: str) -> None:
    frame = histories(table)
    with pytest.raises(AnalysisError, match=words) as caught:
        ask(frame.assign(extra=make(frame)), ["recency_days", "extra"])
    assert "extra" in str(caught.value) and "take it out" in str(caught.value)


def test_without_an_earlier_label_only_near_perfection_fails(table: pd.DataFrame) -> None:
    frame = histories(table).drop(columns="previous_orders")
    frame = frame[frame["cutoff"] == CUTOFFS[0]]
    good = (frame["target_orders"] > 0) + np.random.default_rng(1).normal(scale=0.9, size=len(frame))
    assert ask(frame.assign(extra=good), ["extra"]).kind == "other_customers"
    with pytest.raises(AnalysisError, match="nearly perfectly"):
        ask(frame.assign(extra=(frame["target_orders"] > 0) + 1.0), ["extra"])


@pytest.mark.parametrize(
    ("columns", "words"),
    [(["target_orders"], "measured after the cut-off"), (["target_amount"], "measured after the cut-off"),
     (["customer_key"], "names the row"), (["cutoff"], "names the row")],
)  # fmt: skip
def test_columns_of_the_later_period_and_keys_are_refused(table: pd.DataFrame, columns: list[str], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        ask(histories(table).assign(target_amount=1.0), columns)


def test_label_windows_may_not_reach_beyond_the_data(table: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match=r"measured until 2024-10-11.*leave out cut-offs after 2024-07-23"):
        ask(histories(table), ["frequency"], horizon_days=70)


def test_overlapping_cutoffs_are_purged_and_said(table: pd.DataFrame) -> None:
    frame = histories(table)
    early = frame[frame["cutoff"] == CUTOFFS[1]].assign(cutoff=CUTOFFS[0] - timedelta(days=20))
    answer = ask(pd.concat([frame, early]), ["frequency", "recency_days"])
    roles = answer.periods.set_index("cutoff")["role"].to_dict()
    assert (
        roles[CUTOFFS[0]] == "test"
        and roles[CUTOFFS[1]] == "train"
        and roles[CUTOFFS[0] - timedelta(days=20)] == "purged"
    )
    assert [remark.column for remark in answer.remarks if remark.code == "purged"] == [
        str(CUTOFFS[0] - timedelta(days=20))
    ]
    assert answer.n_train == (frame["cutoff"] < CUTOFFS[0]).sum()


def test_columns_that_never_change_are_said_to_be_undated(table: pd.DataFrame) -> None:
    frame = histories(table)
    answer = ask(frame.assign(age=frame["customer_key"] % 60 + 20.0), ["frequency", "age"])
    assert [remark.column for remark in answer.remarks if remark.code == "undated"] == ["age"]
