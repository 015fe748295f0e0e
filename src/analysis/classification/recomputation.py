"""Whether features know the future: they are computed again without it, and with another one.

A feature of a day may depend on what lay before that day alone. So it must stay what it is when everything from that
day on is taken away, and when it is put into disorder. A recency "as of today" or a total over all time does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analysis.classification.columns import kind_of, moments
from analysis.errors import AnalysisError

__all__ = ["Events", "Recomputation", "recompute"]

Events = Mapping[str, pd.DataFrame]
Builder = Callable[[Events, date], pd.DataFrame]

#: Numbers that differ by less than this share of their size differ by rounding alone.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Recomputation:
    """Features that did not change.

    Parameters
    ----------
    table : DataFrame
        check (removed or disturbed), cutoff, later_events (taken away or disturbed), customers, columns.
    """

    table: pd.DataFrame


def recompute(
    build: Builder,
    events: Events,
    *,
    cutoffs: Sequence[date],
    time: str | Mapping[str, str] = "timestamp",
    key: str = "customer_key",
    columns: Sequence[str] | None = None,
    random_state: int,
) -> Recomputation:
    """Fail where a feature changes with what lies on or after its cut-off.

    Parameters
    ----------
    build : callable
        `build(events, cutoff)` gives one row a customer.
    events : mapping of str to DataFrame
        Tables of dated events, by name; a table without the time column is handed on as it is.
    cutoffs : sequence of date
    time : str or mapping of table to str
        The column of the moment of an event.
    key : str
        The customer, in events and features.
    columns : sequence of str, optional
        Features to compare; by default all but the key and those whose name begins with `target_`.
    random_state : int
        Of the disorder: later events get other customers, days and amounts.

    Raises
    ------
    AnalysisError
        If a feature changes: with the column, the customer, both values and what to do.

    Examples
    --------
    >>> sales = pd.DataFrame({"customer_key": [1, 1], "timestamp": pd.to_datetime(["2024-01-01", "2024-03-01"])})
    >>> def orders(events, cutoff):
    ...     return events["sales"].groupby("customer_key").size().rename("orders").reset_index()
    >>> recompute(orders, {"sales": sales}, cutoffs=[date(2024, 2, 1)], random_state=0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    analysis.errors.AnalysisError: the feature orders knows the future: ...
    """
    rng = np.random.default_rng(random_state)
    rows = []
    for cutoff in cutoffs:
        whole = _features(build, events, cutoff, key, columns)
        later = {name: _later(frame, _moment(time, name), cutoff) for name, frame in events.items()}
        count = int(sum(part.sum() for part in later.values()))
        without = {name: frame[~later[name]].reset_index(drop=True) for name, frame in events.items()}
        other = {name: _disturbed(frame, later[name], _moment(time, name), key, rng) for name, frame in events.items()}
        for check, tables in (("removed", without), ("disturbed", other)):
            again = _features(build, tables, cutoff, key, columns)
            _compare(whole, again, key=key, cutoff=cutoff, check=check)
            rows.append((check, cutoff, count, len(whole), whole.shape[1]))
    return Recomputation(pd.DataFrame(rows, columns=["check", "cutoff", "later_events", "customers", "columns"]))


def _moment(time: str | Mapping[str, str], table: str) -> str:
    return time if isinstance(time, str) else time.get(table, "")


def _later(frame: pd.DataFrame, time: str, cutoff: date) -> np.ndarray:
    if time not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return (moments(frame[time]) >= pd.Timestamp(cutoff)).to_numpy()


def _disturbed(frame: pd.DataFrame, later: np.ndarray, time: str, key: str, rng: np.random.Generator) -> pd.DataFrame:
    """Later events with the customers of others, amounts three times as large, and half of them twice."""
    if not later.any():
        return frame
    known, after = frame[~later], frame[later].copy()
    if key in after.columns:
        after[key] = rng.permutation(after[key].to_numpy())
    for name in after.columns:
        if name not in (key, time) and kind_of(after[name]) == "number" and not pd.api.types.is_bool_dtype(after[name]):
            after[name] = after[name] * 3
    twice = after[rng.random(len(after)) < 0.5]
    return pd.concat([known, after, twice], ignore_index=True).astype(frame.dtypes.to_dict())


def _features(build: Builder, events: Events, cutoff: date, key: str, columns: Sequence[str] | None) -> pd.DataFrame:
    table = build(events, cutoff)
    if key not in table.columns or table[key].duplicated().any():
        raise AnalysisError(f"the feature builder must give one row a customer with the column {key}")
    kept = [n for n in table.columns if n != key and not str(n).startswith("target_")] if columns is None else columns
    if absent := [name for name in kept if name not in table.columns]:
        raise AnalysisError(f"the feature builder gives no column {', '.join(absent)}")
    return table.set_index(key)[list(kept)].sort_index(kind="stable")


def _compare(whole: pd.DataFrame, again: pd.DataFrame, *, key: str, cutoff: date, check: str) -> None:
    how = "removed" if check == "removed" else "replaced by other events"
    advice = "compute it from events strictly before the cut-off"
    if list(whole.columns) != list(again.columns):
        changed = sorted(set(whole.columns) ^ set(again.columns), key=str)
        raise AnalysisError(
            f"the features know the future: at {cutoff} the column {', '.join(map(str, changed))} comes or goes when "
            f"everything from that day on is {how}; {advice}"
        )
    lone = whole.index.symmetric_difference(again.index)
    if len(lone):
        raise AnalysisError(
            f"the features know the future: {key} {lone[0]} has a row at {cutoff} only "
            f"{'with' if lone[0] in whole.index else 'without'} what comes later; keep customers known before "
            "the cut-off"
        )
    for name in whole.columns:
        differs = _differs(whole[name], again[name])
        if differs.any():
            customer = whole.index[int(np.argmax(differs))]
            raise AnalysisError(
                f"the feature {name} knows the future: for {key} {customer} at {cutoff} it is "
                f"{_text(whole.at[customer, name])}, and {_text(again.at[customer, name])} when everything from that "
                f"day on is {how}; {advice}"
            )


def _differs(one: pd.Series, two: pd.Series) -> np.ndarray:
    if kind_of(one) == "number" and kind_of(two) == "number":
        a, b = (np.asarray(part.to_numpy(dtype=float, na_value=np.nan)) for part in (one, two))
        with np.errstate(invalid="ignore"):
            same = np.isclose(a, b, rtol=ROUNDING, atol=0, equal_nan=True)
        return ~same
    gaps = one.isna().to_numpy() & two.isna().to_numpy()
    equal = one.astype(object).to_numpy() == two.astype(object).to_numpy()
    return ~(gaps | np.asarray(equal, dtype=bool))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
