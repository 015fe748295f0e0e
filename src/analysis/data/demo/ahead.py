"""What lies ahead in the demo world: chances, values and offers that nobody could know better.

The generator knows at the cut-off who has left, how fast the others buy and what they like. What it does not know is
what chance brings after the cut-off. So its scores are the best there can be, and the errors that remain are those of
chance alone: no model can be expected to do better, and every model, which must guess who left, does worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from analysis.data.demo import purchases
from analysis.data.demo.activity import LIKING
from analysis.data.demo.catalogue import BUNDLES, STYLES
from analysis.data.demo.people import still_there
from analysis.data.demo.purchases import GUEST, LOYALTY, SHAPE
from analysis.data.demo.world import World, stream

__all__ = [
    "PlantedTaste",
    "basket_probabilities",
    "customers_ahead",
    "offers_ahead",
    "planted_ahead",
    "scores_ahead",
]

_DRAWS = 150_000  # baskets to draw for the value of orders, over all customers


@dataclass(frozen=True)
class PlantedTaste:
    """A style that some customers prefer, and the ids of the products that come in it."""

    name: str
    customers: int
    products: tuple[str, ...]


def planted_ahead(world: World) -> dict[str, Any]:
    """What is planted about the horizon after the cut-off, under the names of the fields of `Truth`."""
    ahead, who, shop = customers_ahead(world), world.who, world.shop
    columns = ("expected_orders", "orders", "expected_spend", "spend")
    return {
        "ahead": {str(name): values.tolist() for name, values in ahead.astype({"customer_id": str}).items()},
        "churn": {
            "event": "an order in the horizon after the cut-off, by customers known at the cut-off",
            "left_by_cutoff": int(ahead["left_by_cutoff"].sum()),
            "left_by_end": int(ahead["left_by_end"].sum()),
            "best": scores_ahead(ahead),
        },
        "value": {
            "meaning": "orders placed in the horizon after the cut-off, and pounds of them that stand at the end, by "
            "customers known at the cut-off",
            **{name: ahead[name].sum().item() for name in columns},
        },
        "tastes": tuple(
            PlantedTaste(
                style, int((who.taste == i).sum()),
                tuple(shop.product_id[product] for product in np.flatnonzero(shop.style == i)),
            )
            for i, style in enumerate(STYLES)
        ),
        "taste_of": {str(one): STYLES[taste] for one, taste in zip(who.customer_id, who.taste, strict=True)},
        "loyalty": LOYALTY,
        "offers": offers_ahead(world),
        "ratings": {
            "scale": "points of rating, added to the customer's rating of the shop before rounding to 1 to 5",
            "own_style": LIKING[0],
            "other_style": LIKING[1],
            "appeal": dict(zip(shop.product_id, shop.appeal.tolist(), strict=True)),
        },
    }  # fmt: skip


def customers_ahead(world: World) -> pd.DataFrame:
    """What the horizon after the cut-off holds for each customer whom the shop knows at the cut-off.

    Parameters
    ----------
    world : World

    Returns
    -------
    DataFrame, one row a customer, by customer_id
        left_by_cutoff, left_by_end : whether the customer has left for good;
        probability : of an order in the horizon, given all that the generator knows at the cut-off;
        expected_orders : their expected number;
        expected_spend : pounds that are expected to stand at the end, after what comes back by then;
        orders, spend : what happened. An order counts even if all of it came back (fewer than 1 % of orders do).

    Notes
    -----
    Orders after the cut-off are a stationary renewal process with gamma gaps of shape k, run by the calendar's clock
    and cut off when the customer leaves. With x the clock's time since the cut-off in mean gaps, the first order comes
    later than x with probability S(x; k + 1) − x S(x; k), S being the gamma survival function with mean 1 (Cox 1962,
    *Renewal Theory*, section 2.4: the forward recurrence time), and orders come at rate 1. Both are summed over days
    against the chance of still being there, which falls in a straight line. The value of an order is the mean over
    drawn baskets, from a stream of their own: some 3 % off for one customer, 0.2 % for the total.
    """
    known = np.flatnonzero(world.at_cutoff.frequency > 0)
    when, who = world.when, world.who
    time = when.clock[when.cutoff_day :]
    share = (time - time[0]) / (time[-1] - time[0])
    there = _still_there(world, known, np.arange(when.cutoff_day, when.days) + 0.5)
    expected = world.expected[known]
    first = _forward_recurrence(expected[:, None] * share)
    mean = expected * (there @ np.diff(share))
    orders, spend = _happened(world)
    return pd.DataFrame(
        {
            "customer_id": who.customer_id[known],
            "left_by_cutoff": who.leave[known] < when.cutoff_day,
            "left_by_end": who.leave[known] < when.days,
            "probability": (there * np.diff(first, axis=1)).sum(axis=1),
            "expected_orders": mean,
            "expected_spend": expected * _order_value(world, known),
            "orders": orders[known],
            "spend": spend[known],
        }
    )


def _still_there(world: World, customers: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Chance that each customer has not left by each day, given whether they had left at the cut-off."""
    who, when = world.who, world.when
    gone = who.leave[customers] < when.cutoff_day
    arrival = who.arrival[customers][:, None]
    then = still_there(day, arrival=arrival, when=when)
    return np.where(gone[:, None], 0.0, then / still_there(float(when.cutoff_day), arrival=arrival, when=when))


def _forward_recurrence(x: np.ndarray) -> np.ndarray:
    """Probability that the next event of the stationary renewal process comes within x mean gaps."""
    beyond, further = (stats.gamma.sf(x, shape, scale=1 / SHAPE) for shape in (SHAPE, SHAPE + 1))
    return np.asarray(1 - (further - x * beyond))


def _happened(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Orders of each customer after the cut-off, and pounds of them that stand at the end."""
    orders, sold, n = world.orders, world.lines, len(world.who)
    later = (orders.customer != GUEST) & (orders.day >= world.when.cutoff_day)
    stands = np.isnan(sold.returned) & later[sold.order]
    amount = (sold.quantity * sold.price / 100)[stands]
    count = np.bincount(orders.customer[later], minlength=n)
    return count, np.bincount(orders.customer[sold.order][stands], amount, n)


def _order_value(world: World, customers: np.ndarray) -> np.ndarray:
    """Mean pounds that stand of an order placed at any time of the horizon; nothing once the customer has left."""
    who, when, rng = world.who, world.when, stream(world.seed, "baskets")
    draws = int(np.clip(_DRAWS // max(len(customers), 1), 10, 200))
    customer = np.repeat(customers, draws)
    time = rng.uniform(when.clock[when.cutoff_day], when.clock[-1], len(customer))
    orders = purchases.placed(rng, customer=customer, day=when.day(time), who=who)
    sold = purchases.lines(rng, orders=orders, who=who, when=when, shop=world.shop, tastes=rng)
    # a line comes back 1 to 25 days later, but not after the end
    day = np.floor(orders.day)
    back = who.return_probability[customer] * np.clip(when.days - 1 - day, 0, 25) / 25
    amount = np.bincount(sold.order, sold.quantity * sold.price / 100, len(orders)) * (1 - back)
    row = np.repeat(np.arange(len(customers)), draws)
    there = _still_there(world, customers, orders.day.reshape(len(customers), draws)).ravel()
    return np.bincount(row, amount * there, len(customers)) / draws


def scores_ahead(ahead: pd.DataFrame) -> dict[str, float]:
    """How well the true probability tells who orders in the horizon, and the same for chance itself.

    Returns
    -------
    dict
        customers, ordered (share), expected (mean probability); roc_auc, average_precision, brier and log_loss of the
        true probability on what happened; expected_brier is the mean over all that might have happened.
    """
    p, ordered = ahead["probability"].to_numpy(), ahead["orders"].to_numpy() > 0
    return {
        "customers": len(ahead),
        "ordered": float(ordered.mean()),
        "expected": float(p.mean()),
        "roc_auc": float(roc_auc_score(ordered, p)),
        "average_precision": float(average_precision_score(ordered, p)),
        "brier": float(brier_score_loss(ordered, p)),
        "log_loss": float(log_loss(ordered, p)),
        "expected_brier": float((p * (1 - p)).mean()),
    }


def basket_probabilities(world: World) -> np.ndarray:
    """Probability that a later order of a customer holds a product; shape (customers, products).

    Whatever number of orders a customer places, products in this order are the best list for that customer.
    """
    who, shop = world.who, world.shop
    styled = np.flatnonzero(shop.style >= 0)
    own = np.tile(shop.filler, (len(STYLES), 1))
    own[:, styled] *= 1 - LOYALTY
    for taste in range(len(STYLES)):
        np.add.at(own[taste], shop.in_style[styled, taste], LOYALTY * shop.filler[styled])
    each = own[who.taste]
    # one filler, and a Poisson number of others
    without = (1 - each) * np.exp(-who.fillers[:, None] * each) * (1 - shop.alone)
    for i, bundle in enumerate(BUNDLES):
        for item in bundle.items:
            without[:, shop.position(item)] *= 1 - bundle.together * who.affinity[:, i]
    return np.asarray(1 - without)


def offers_ahead(world: World, *, sizes: tuple[int, ...] = (5, 10)) -> list[dict[str, float | str]]:
    """How many of the best products for each customer were bought in the horizon, beside a list of best sellers.

    Parameters
    ----------
    world : World
    sizes : tuple of int
        Products on a list.

    Returns
    -------
    list of dict
        products ('new': what the customer had not bought before, 'any'), offers ('oracle' or 'best_sellers': products
        by the number of customers who bought them before the cut-off), size, customers (with something to be hit),
        precision (hits ÷ size), recall (hits ÷ what was bought), hit_rate (customers with a hit); means over customers.
    """
    known, before, after = world.at_cutoff.frequency > 0, _bought(world, later=False), _bought(world, later=True)
    scores = {
        "oracle": basket_probabilities(world),
        "best_sellers": np.tile(before.sum(axis=0, dtype=float), (len(known), 1)),
    }
    rows: list[dict[str, float | str]] = []
    for products, wanted in (("new", after & ~before), ("any", after)):
        who = known & wanted.any(axis=1)
        for offers, score in scores.items():
            ranked = np.argsort(-np.where(before & (products == "new"), -1.0, score)[who], axis=1, kind="stable")
            for size in sizes:
                hits = np.take_along_axis(wanted[who], ranked[:, :size], axis=1).sum(axis=1)
                rows.append(
                    {
                        "products": products, "offers": offers, "size": size, "customers": int(who.sum()),
                        "precision": float(hits.mean() / size),
                        "recall": float((hits / wanted[who].sum(axis=1)).mean()),
                        "hit_rate": float((hits > 0).mean()),
                    }
                )  # fmt: skip
    return rows


def _bought(world: World, *, later: bool) -> np.ndarray:
    """Whether each customer bought each product before or after the cut-off and kept it; (customers, products)."""
    orders, sold = world.orders, world.lines
    mine = (orders.customer != GUEST) & ((orders.day >= world.when.cutoff_day) == later)
    kept = np.isnan(sold.returned) & mine[sold.order]
    table = np.zeros((len(world.who), len(world.shop.name)), dtype=bool)
    table[orders.customer[sold.order[kept]], sold.product[kept]] = True
    return table
