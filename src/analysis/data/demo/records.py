"""The clean world as the records that a shop's system would have written: one row a line, cancellations included."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.demo.catalogue import COUNTRIES
from analysis.data.demo.purchases import GUEST
from analysis.data.demo.world import World

__all__ = ["FIRST_INVOICE", "minutes", "moments", "transaction_records"]

FIRST_INVOICE = 500_001
_DAY = 1440


def minutes(world: World, day: np.ndarray, *, opens: int = 8, closes: int = 20) -> np.ndarray:
    """Minutes since 1970-01-01 of days since the start, with the time of day squeezed into opening hours."""
    whole = np.floor(day)
    offset = (world.when.start.toordinal() - 719_163 + whole) * _DAY
    return np.asarray(offset + opens * 60 + np.floor((day - whole) * (closes - opens) * 60), dtype=np.int64)


def moments(minute: np.ndarray) -> np.ndarray:
    """Text such as `2025-01-31T08:15` of minutes since 1970."""
    return np.datetime_as_string(np.asarray(minute, dtype="datetime64[m]"))


def transaction_records(world: World, *, rng: np.random.Generator) -> pd.DataFrame:
    """Sales and what came back, in the order in which a till would have written them.

    Parameters
    ----------
    world : World
    rng : numpy.random.Generator
        For the order of the lines of one invoice.

    Returns
    -------
    pandas.DataFrame
        Columns invoice (number with its mark), product (position), description, quantity, price (pence), minute,
        customer (position, -1 for guests), country, kind: 'sale', 'original' (came back later), 'cancellation' or
        'stray' (came back, but its sale lies before the period).
    """
    records = pd.concat(_parts(world, rng), ignore_index=True)
    records["country"] = _countries(world, records["customer"].to_numpy())
    records["place"] = rng.permutation(len(records))
    records = records.sort_values(["minute", "group", "place"], ignore_index=True)
    first = records["group"].ne(records["group"].shift())
    number = (FIRST_INVOICE + first.cumsum() - 1).astype(str)
    marked = records["kind"].isin(["cancellation", "stray"])
    records["invoice"] = number.where(~marked, "C" + number)
    records["description"] = np.array(world.shop.name, dtype=object)[records["product"]]
    return records.drop(columns=["group", "place"])


def _parts(world: World, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Sales, cancellations and stray cancellations; `group` tells their invoices apart."""
    orders, sold = world.orders, world.lines
    customer = orders.customer[sold.order]
    back = ~np.isnan(sold.returned)
    return [
        pd.DataFrame(
            {
                "group": sold.order, "product": sold.product, "quantity": sold.quantity, "price": sold.price,
                "minute": minutes(world, orders.day)[sold.order], "customer": customer,
                "kind": np.where(back, "original", "sale"),
            }
        ),
        pd.DataFrame(
            {
                "group": len(orders) + sold.order[back], "product": sold.product[back],
                "quantity": -sold.quantity[back], "price": sold.price[back],
                "minute": minutes(world, sold.returned[back], opens=0, closes=24), "customer": customer[back],
                "kind": "cancellation",
            }
        ),
        pd.DataFrame(
            {
                "group": 2 * len(orders) + np.arange(len(world.stray_day)), "product": world.stray_product,
                "quantity": -rng.integers(1, 7, len(world.stray_day)), "price": world.shop.price[world.stray_product],
                "minute": minutes(world, world.stray_day, opens=0, closes=24), "customer": world.stray_customer,
                "kind": "stray",
            }
        ),
    ]  # fmt: skip


def _countries(world: World, customer: np.ndarray) -> np.ndarray:
    position = np.where(customer == GUEST, 0, world.who.country[customer])
    return np.array(COUNTRIES, dtype=object)[position]
