"""Orders, their lines and what comes back, in the clean world (before any damage)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analysis.data.demo.catalogue import BUNDLES, SEASONAL, Catalogue
from analysis.data.demo.people import Calendar, People

__all__ = [
    "GUEST",
    "LOYALTY",
    "SHAPE",
    "Lines",
    "Orders",
    "first_orders",
    "future_orders",
    "guest_orders",
    "lines",
    "past_orders",
    "placed",
    "returns",
]

GUEST = -1
"""The customer of an order without a customer id."""

LOYALTY = 0.7
"""Share of a known customer's fillers that come in the style that they like, whatever else would have been taken."""

SHAPE = 2.4
"""Shape of the gamma gaps between orders, which are more regular than those of a Poisson process."""


@dataclass(frozen=True)
class Orders:
    """Orders as arrays of shape (orders,): customer position, day since start (float), value wanted in pence."""

    customer: np.ndarray
    day: np.ndarray
    value: np.ndarray
    fillers: np.ndarray

    def __len__(self) -> int:
        return len(self.customer)

    def then(self, other: Orders) -> Orders:
        """These orders followed by the others."""
        return Orders(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


@dataclass(frozen=True)
class Lines:
    """Order lines as arrays of shape (lines,), sorted by order and product.

    `order` and `product` are positions; `price` is in pence; `returned` is the day on which the line came back,
    NaN where it did not.
    """

    order: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    returned: np.ndarray

    def __len__(self) -> int:
        return len(self.order)

    def then(self, other: Lines, *, orders: int) -> Lines:
        """These lines followed by the others, whose orders are numbered on from `orders`."""
        columns = [np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)]
        columns[0][len(self) :] += orders
        return Lines(*columns)


def first_orders(rng: np.random.Generator, *, who: People, when: Calendar) -> np.ndarray:
    """Operational time of each customer's first order; customers present from the start are met mid-gap."""
    waiting = rng.random(len(who)) * rng.gamma(SHAPE + 1, 1 / SHAPE, len(who)) * who.gap
    begin, leave = when.operational(who.arrival), when.operational(who.leave)
    waiting = np.where(who.arrival > 0, 0.0, waiting)
    return np.asarray(begin + np.minimum(waiting, 0.8 * (leave - begin)))


def _renewals(
    rng: np.random.Generator, *, first: np.ndarray, gap: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Customer positions and operational times of orders at `first` and after gamma gaps, before `stop`."""
    longest = float(np.max((stop - first) / gap, initial=0.0))
    width = int(longest * 1.5) + 12
    steps = rng.gamma(SHAPE, 1 / SHAPE, (len(first), width)) * gap[:, None]
    steps[:, 0] = first
    times = np.cumsum(steps, axis=1)
    inside = times < stop[:, None]
    return np.nonzero(inside)[0], times[inside]


def placed(rng: np.random.Generator, *, customer: np.ndarray, day: np.ndarray, who: People) -> Orders:
    """Orders with the value that each customer's habit asks for."""
    value = 100 * who.order_value[customer] * np.exp(0.3 * rng.standard_normal(len(customer)) - 0.045)
    return Orders(customer, day, value, who.fillers[customer])


def past_orders(rng: np.random.Generator, *, who: People, when: Calendar, first: np.ndarray) -> Orders:
    """Every order before the cut-off."""
    stop = when.operational(np.minimum(who.leave, when.cutoff_day))
    customer, time = _renewals(rng, first=first, gap=who.gap, stop=stop)
    return placed(rng, customer=customer, day=when.day(time), who=who)


def future_orders(
    rng: np.random.Generator, *, who: People, when: Calendar, first: np.ndarray, expected: np.ndarray
) -> Orders:
    """Orders from the cut-off to the end, or until a customer leaves.

    Parameters
    ----------
    expected : ndarray of float, shape (customers,)
        Expected number of orders of each customer known at the cut-off, if they stay to the end; NaN for newcomers,
        who follow their own pace from their first order.
    """
    begin, end = when.operational(when.cutoff_day), when.clock[-1]
    stop = when.operational(who.leave)
    newcomer = np.isnan(expected)
    gap = np.where(newcomer, who.gap, (end - begin) / np.where(newcomer, 1.0, np.maximum(expected, 1e-6)))
    # a gap met at a fixed moment is length-biased, so that the expected number is exact
    residual = rng.random(len(who)) * rng.gamma(SHAPE + 1, 1 / SHAPE, len(who)) * gap
    customer, time = _renewals(rng, first=np.where(newcomer, first, begin + residual), gap=gap, stop=stop)
    return placed(rng, customer=customer, day=when.day(time), who=who)


def guest_orders(rng: np.random.Generator, *, count: int, when: Calendar, after: float, before: float) -> Orders:
    """Orders without a customer id, between two days."""
    span = when.operational(np.array([after, before]))
    day = when.day(rng.uniform(span[0], span[1], count))
    value = 100 * 30 * np.exp(0.5 * rng.standard_normal(count))
    return Orders(np.full(count, GUEST), day, value, np.full(count, 1.0))


def lines(
    rng: np.random.Generator,
    *,
    orders: Orders,
    who: People,
    when: Calendar,
    shop: Catalogue,
    tastes: np.random.Generator,
) -> Lines:
    """Fill the baskets: fillers up to the customer's size and to their taste, lone items, and the planted bundles."""
    n = len(orders)
    size = 1 + rng.poisson(orders.fillers)
    filler_order = np.repeat(np.arange(n), size)
    filler = rng.choice(len(shop.name), size=len(filler_order), p=shop.filler)
    filler = _to_taste(tastes, filler, orders.customer[filler_order], who=who, shop=shop)
    pairs = [filler_order * len(shop.name) + filler]
    for lone in np.flatnonzero(shop.alone):
        pairs.append(np.flatnonzero(rng.random(n) < shop.alone[lone]) * len(shop.name) + lone)
    known = orders.customer != GUEST
    for i, bundle in enumerate((*BUNDLES, *SEASONAL)):
        liking = np.where(known, who.affinity[orders.customer, i], 1.0)
        season = True if i < len(BUNDLES) else orders.day < when.early_days
        taken = np.flatnonzero((rng.random(n) < bundle.together * liking) & season)
        pairs += [taken * len(shop.name) + shop.position(item) for item in bundle.items]
    key = np.unique(np.concatenate(pairs))
    order, product = key // len(shop.name), key % len(shop.name)
    # a third of the products became dearer by about 5 % at three fifths of the period
    dearer = (product % 3 == 0) & (orders.day[order] >= 0.6 * when.days)
    price = np.where(dearer, np.rint(shop.price[product] * 1.05), shop.price[product]).astype(np.int64)
    weight = rng.gamma(3.0, 1.0, len(order))
    wanted = orders.value[order] * weight / np.bincount(order, weight, n)[order]
    quantity = np.maximum(np.rint(wanted / price), 1).astype(np.int64)
    return Lines(order, product, quantity, price, np.full(len(order), np.nan))


def _to_taste(
    rng: np.random.Generator, filler: np.ndarray, customer: np.ndarray, *, who: People, shop: Catalogue
) -> np.ndarray:
    """Let known customers take a share of their fillers in the style that they like; the kind of thing stays."""
    follows = (rng.random(len(filler)) < LOYALTY) & (customer != GUEST)
    return np.where(follows, shop.in_style[filler, who.taste[customer]], filler)


def returns(rng: np.random.Generator, *, orders: Orders, sold: Lines, who: People, before: float) -> Lines:
    """Let lines come back, all of one order on one day and before the day `before`.

    What a customer bought twice in the same quantity at the same price stays, so that a cancellation, which names
    no order, has one original only.
    """
    customer = orders.customer[sold.order]
    likely = np.where(customer == GUEST, 0.0, who.return_probability[customer])
    day = (np.floor(orders.day) + rng.integers(1, 26, len(orders)) + rng.uniform(0.36, 0.82, len(orders)))[sold.order]
    sale = np.column_stack([customer, sold.product, sold.quantity, sold.price])
    _, which, times = np.unique(sale, axis=0, return_inverse=True, return_counts=True)
    back = (rng.random(len(sold)) < likely) & (day < before) & (times[which.ravel()] == 1)
    return Lines(sold.order, sold.product, sold.quantity, sold.price, np.where(back, day, np.nan))
