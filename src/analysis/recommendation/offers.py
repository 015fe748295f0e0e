"""Next-best offers: a ranked list for every customer, with the method and the reason of each row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.recommendation.interactions import Interactions
from analysis.recommendation.models import ItemNeighbours, Model, Owned, Popularity, filled
from analysis.recommendation.selection import Lists

__all__ = ["REASONS", "offer_blocks", "offers"]

#: Why a row stands in a list.
REASONS = {
    "history": "from the customer's own purchases",
    "popular": "what most customers buy, of the products this one may be offered",
    "filled_up": "the method had too few candidates for this customer",
    "few_purchases": "the customer has bought too few products to be compared",
    "no_history": "the customer has not bought anything yet",
    "new_product": "a new product in the place kept for exploration",
}
_COLUMNS = ["customer_key", "rank", "product_id", "score", "method", "reason", "because"]


def offers(
    model: Model,
    bought: Interactions,
    *,
    k: int = 10,
    owned: Owned = "exclude",
    fallbacks: tuple[Popularity, ...] = (),
    few: int = 0,
    offered: NDArray[np.bool_] | None = None,
    fresh: NDArray[np.bool_] | None = None,
    customers: pd.Index | None = None,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """All offers as one frame; `offer_blocks` gives them a part at a time.

    Parameters
    ----------
    model : Model
        Fitted to `bought`.
    bought : Interactions
    k : int
        Products for each customer.
    owned : {"exclude", "include"}
        Whether lists may hold what the customer owns already.
    fallbacks : tuple of Popularity
        Fill lists that the model leaves short, in this order: within the customer's group, then overall.
    few : int
        Customers with fewer different products get the fallbacks' lists at once.
    offered : ndarray of bool, shape (products,), optional
        Products that may be offered.
    fresh : ndarray of bool, shape (products,), optional
        New products, where the model keeps a place for them (`Explored`).
    customers : Index, optional
        Customers to serve; by default those of `bought`. Others have no history and get fallbacks.
    groups : Series, optional
        Group of customers without history, indexed by customer.

    Returns
    -------
    DataFrame
        customer_key, rank (1 is best), product_id, score (compares within a method only), method (who gave the row),
        reason (a key of `REASONS`), because (the owned product that weighs most, for item-based rows; else missing).

    Examples
    --------
    >>> from analysis.recommendation.interactions import interactions
    >>> from analysis.recommendation.models import item_neighbours, popularity
    >>> rows = pd.DataFrame({"customer_key": [1, 1, 2, 3, 3], "product_id": list("abacc")})
    >>> bought = interactions(rows)
    >>> table = offers(item_neighbours(bought), bought, k=1, fallbacks=(popularity(bought),))
    >>> table[["customer_key", "product_id", "method", "because"]].values.tolist()
    [[1, 'c', 'popularity', None], [2, 'b', 'item_neighbours', 'a'], [3, 'a', 'popularity', None]]
    """
    parts = list(
        offer_blocks(
            model, bought, k=k, owned=owned, fallbacks=fallbacks, few=few, offered=offered, fresh=fresh,
            customers=customers, groups=groups,
        )
    )  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def offer_blocks(
    model: Model,
    bought: Interactions,
    *,
    k: int = 10,
    owned: Owned = "exclude",
    fallbacks: tuple[Popularity, ...] = (),
    few: int = 0,
    offered: NDArray[np.bool_] | None = None,
    fresh: NDArray[np.bool_] | None = None,
    customers: pd.Index | None = None,
    groups: pd.Series | None = None,
    block: int = 20_000,
) -> Iterator[pd.DataFrame]:
    """The same, `block` customers at a time, in ascending order of customers with a history, then the others."""
    if k < 1:
        raise AnalysisError(f"recommendation: k must be at least 1; got {k}")
    served = bought.customers if customers is None else customers
    rows = np.sort(bought.customers.get_indexer(served))
    known = rows[rows >= 0]
    different = np.diff(bought.counts.indptr)
    for start in range(0, len(known), block):
        part = known[start : start + block]
        full = part[different[part] >= few]
        scarce = part[different[part] < few]
        frames = []
        if len(full):
            found, source = filled(model, fallbacks, full, k, owned=owned, offered=offered)
            frames.append(_frame(model, bought, full, found, source, fallbacks, fresh))
        if len(scarce) and fallbacks:
            found, source = filled(fallbacks[0], fallbacks[1:], scarce, k, owned=owned, offered=offered)
            frame = _frame(fallbacks[0], bought, scarce, found, source, fallbacks[1:], None)
            frames.append(frame.assign(reason="few_purchases"))
        if frames:
            table = pd.concat(frames, ignore_index=True)
            yield table.sort_values(["customer_key", "rank"], kind="stable", ignore_index=True)
    strangers = served[bought.customers.get_indexer(served) < 0]
    for start in range(0, len(strangers) if fallbacks else 0, block):
        yield _strangers(strangers[start : start + block].sort_values(), bought, k, fallbacks, offered, groups)


def _frame(
    model: Model,
    bought: Interactions,
    rows: NDArray[np.intp],
    found: Lists,
    source: NDArray[np.intp],
    fallbacks: tuple[Popularity, ...],
    fresh: NDArray[np.bool_] | None,
) -> pd.DataFrame:
    row, rank = np.nonzero(found.columns >= 0)
    column, who = found.columns[row, rank], source[row, rank]
    names = np.array([model.name, *(item.name for item in fallbacks)], dtype=object)
    own_reason = "popular" if isinstance(getattr(model, "model", model), Popularity) else "history"
    reason = np.where(who == 0, own_reason, "filled_up").astype(object)
    if fresh is not None:
        reason[(rank == found.columns.shape[1] - 1) & fresh[column] & (who == 0)] = "new_product"
    because = np.full(len(row), None, dtype=object)
    base = getattr(model, "model", model)
    if isinstance(base, ItemNeighbours):
        own = (who == 0) & (reason == "history")
        place = base.because(rows[row[own]], column[own])
        because[own] = np.where(place >= 0, bought.products.to_numpy(dtype=object)[place], None)
    return pd.DataFrame(
        {
            "customer_key": bought.customers[rows[row]], "rank": rank + 1, "product_id": bought.products[column],
            "score": found.scores[row, rank], "method": names[who], "reason": reason,
            "because": pd.Series(because, dtype=object),
        }
    )  # fmt: skip


def _strangers(
    served: pd.Index,
    bought: Interactions,
    k: int,
    fallbacks: tuple[Popularity, ...],
    offered: NDArray[np.bool_] | None,
    groups: pd.Series | None,
) -> pd.DataFrame:
    """Customers without a history: what is popular in their group, then overall."""
    frames = []
    of = pd.Series(None, index=served, dtype=object) if groups is None else groups.reindex(served)
    for group in pd.unique(of):
        members = served[(of == group).to_numpy() | (of.isna().to_numpy() & pd.isna(group))]
        found, source = strangers_list(fallbacks, group, k, offered)
        frame = pd.DataFrame(
            {
                "rank": np.arange(1, len(found.columns[0]) + 1), "product_id": bought.products[found.columns[0]],
                "score": found.scores[0], "method": [fallbacks[number].name for number in source[0]],
            }
        )  # fmt: skip
        frames.append(pd.DataFrame({"customer_key": members}).merge(frame, how="cross"))
    table = pd.concat(frames, ignore_index=True).assign(reason="no_history", because=None)
    return table[_COLUMNS].sort_values(["customer_key", "rank"], kind="stable", ignore_index=True)


def strangers_list(
    fallbacks: tuple[Popularity, ...], group: object, k: int, offered: NDArray[np.bool_] | None
) -> tuple[Lists, NDArray[np.intp]]:
    """The one list of a group of customers without a history, shape (1, up to k), and who gave each place."""
    lists = [item.of_group(group, k, offered) for item in fallbacks]
    seen: dict[int, tuple[float, int]] = {}
    for number, found in enumerate(lists):
        for column, score in zip(found.columns[0].tolist(), found.scores[0].tolist(), strict=True):
            if column >= 0 and column not in seen and len(seen) < k:
                seen[column] = (score, number)
    columns = np.array([list(seen)], dtype=np.intp).reshape(1, -1)
    scores = np.array([[value for value, _ in seen.values()]], dtype=float).reshape(1, -1)
    return Lists(columns, scores), np.array([[number for _, number in seen.values()]], dtype=np.intp).reshape(1, -1)
