"""The clean demo world: what really happened, before files are damaged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.data.demo import activity, purchases
from analysis.data.demo.catalogue import Catalogue, catalogue
from analysis.data.demo.people import Calendar, People, calendar, people
from analysis.data.demo.purchases import GUEST, Lines, Orders

__all__ = ["HORIZON_DAYS", "SATISFACTION", "SPEND", "Features", "World", "build", "measure", "stream"]

HORIZON_DAYS = 90

SATISFACTION = {
    "intercept": 3.65,
    "returns_rate": -3.5,
    "log1p_browsing_minutes": 0.20,
    "age": 0.0,
    "income": 0.0,
}
"""Effects on a customer's mean rating: points on the scale of 1 to 5, per unit of the measured feature; browsing is
centred at its mean. Ratings are rounded and kept within 1 to 5, which shrinks the effects by some 5 to 10 %."""

SPEND = {"log1p_frequency": 1.0, "log_average_order_value": 1.0, "log1p_browsing_minutes": 0.20, "social_posts": 0.0}
"""Effects on the logarithm of expected spend in the horizon after the cut-off, among customers who have not left."""

_STREAMS = {
    name: i
    for i, name in enumerate(
        ("people", "first", "past", "past_lines", "past_returns", "browsing", "future", "future_lines",
         "future_returns", "guests", "social", "feedback", "stray", "damage", "formats", "tables", "shapes", "records",
         "leaving", "tastes", "past_tastes", "future_tastes", "rated", "baskets")
    )
}  # fmt: skip


@dataclass(frozen=True)
class Features:
    """Features of every customer from events strictly before a day; arrays of shape (customers,).

    `frequency` counts orders with a line that was not returned, `returns_rate` is returned lines ÷ all lines; a
    customer without an order has frequency 0 and NaN where a quotient has no denominator.
    """

    frequency: np.ndarray
    monetary: np.ndarray
    recency_days: np.ndarray
    tenure_days: np.ndarray
    average_order_value: np.ndarray
    items_per_order: np.ndarray
    returns_rate: np.ndarray
    browsing_sessions: np.ndarray
    browsing_minutes: np.ndarray
    pages_per_session: np.ndarray


@dataclass(frozen=True)
class World:
    """Everything that happened.

    `expected` are the orders of each customer in the horizon if they stay to the end, NaN for those unknown at the
    cut-off; `stray_*` are lines that came back although they were sold before the period.
    """

    seed: int
    when: Calendar
    shop: Catalogue
    who: People
    orders: Orders
    lines: Lines
    expected: np.ndarray
    stray_customer: np.ndarray
    stray_product: np.ndarray
    stray_day: np.ndarray
    sessions: activity.Sessions
    posts: activity.Posts
    ratings: activity.Ratings
    at_cutoff: Features
    at_end: Features


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one named part, so that a change in one part leaves the others alone."""
    return np.random.default_rng([seed, _STREAMS[name]])


def measure(
    *,
    orders: Orders,
    sold: Lines,
    stray_customer: np.ndarray,
    sessions: activity.Sessions,
    customers: int,
    day: float,
) -> Features:
    """Compute the features of all customers as they stand at the beginning of a day since the start."""
    past = (orders.customer[sold.order] != GUEST) & (orders.day[sold.order] < day)
    order, customer = sold.order[past], orders.customer[sold.order][past]
    kept = np.isnan(sold.returned[past])
    n = customers

    def count(x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(x, weights, n).astype(float)

    amount = sold.quantity[past] * sold.price[past] / 100
    bought = np.unique(order[kept])
    whose, when = orders.customer[bought], np.floor(orders.day[bought])
    last, first = np.full(n, -np.inf), np.full(n, np.inf)
    np.maximum.at(last, whose, when)
    np.minimum.at(first, whose, when)
    seen = sessions.day < day
    visits = count(sessions.customer[seen])
    with np.errstate(divide="ignore", invalid="ignore"):
        frequency, monetary = count(whose), count(customer[kept], amount[kept])
        returned = count(customer[~kept]) + count(stray_customer)
        return Features(
            frequency=frequency,
            monetary=monetary,
            recency_days=np.where(frequency > 0, day - last, np.nan),
            tenure_days=np.where(frequency > 0, day - first, np.nan),
            average_order_value=monetary / frequency,
            items_per_order=count(customer[kept]) / frequency,
            returns_rate=returned / (count(customer[kept]) + returned),
            browsing_sessions=visits,
            browsing_minutes=count(sessions.customer[seen], sessions.seconds[seen] / 60),
            pages_per_session=count(sessions.customer[seen], sessions.pages[seen].astype(float)) / visits,
        )


def _expected_orders(who: People, when: Calendar, known: Features) -> np.ndarray:
    """Orders to expect in the horizon: `SPEND` less the order value, scaled to each segment's usual pace on average."""
    expected = np.full(len(who), np.nan)
    left = who.leave < when.cutoff_day
    active = (known.frequency > 0) & ~left
    pull = np.exp(
        SPEND["log1p_frequency"] * np.log1p(known.frequency)
        + SPEND["log1p_browsing_minutes"] * np.log1p(known.browsing_minutes)
    )
    usual = when.horizon_days / who.gap
    if active.any():
        expected[active] = pull[active] * usual[active].mean() / pull[active].mean()
    expected[left] = 0.0
    return expected


def _content(who: People, known: Features) -> np.ndarray:
    """Each customer's expected rating, from what was measured at the cut-off."""
    browsing = np.log1p(known.browsing_minutes)
    centre = browsing[known.frequency > 0].mean() if (known.frequency > 0).any() else 0.0
    return np.asarray(
        SATISFACTION["intercept"]
        + SATISFACTION["returns_rate"] * np.nan_to_num(known.returns_rate)
        + SATISFACTION["log1p_browsing_minutes"] * (browsing - centre)
    )


def build(*, seed: int, customers: int, months: int, end: date) -> World:
    """Let the world run from `months` before `end` to the day before `end`.

    Parameters
    ----------
    seed : int
    customers : int
        Customers with an id; guests order beside them.
    months : int
    end : date
        The first day that no event reaches.

    Returns
    -------
    World
    """
    when = calendar(months=months, end=end, horizon_days=HORIZON_DAYS)
    shop = catalogue()
    who = people(
        stream(seed, "people"), customers=customers, when=when,
        leaving=stream(seed, "leaving"), tastes=stream(seed, "tastes"),
    )  # fmt: skip
    first = purchases.first_orders(stream(seed, "first"), who=who, when=when)
    orders = purchases.past_orders(stream(seed, "past"), who=who, when=when, first=first)
    guests = stream(seed, "guests")
    orders = _with_guests(guests, orders, when, after=0.0, before=float(when.cutoff_day))
    sold = purchases.lines(
        stream(seed, "past_lines"), orders=orders, who=who, when=when, shop=shop, tastes=stream(seed, "past_tastes")
    )
    sold = purchases.returns(
        stream(seed, "past_returns"), orders=orders, sold=sold, who=who, before=float(when.cutoff_day)
    )
    stray = _stray(stream(seed, "stray"), orders=orders, sold=sold, when=when, shop=shop)
    sessions = activity.sessions(stream(seed, "browsing"), who=who, when=when)

    def features(day: float) -> Features:
        return measure(
            orders=orders, sold=sold, stray_customer=stray[0], sessions=sessions, customers=customers, day=day
        )

    at_cutoff = features(float(when.cutoff_day))
    expected = _expected_orders(who, when, at_cutoff)
    later = purchases.future_orders(stream(seed, "future"), who=who, when=when, first=first, expected=expected)
    later = _with_guests(guests, later, when, after=float(when.cutoff_day), before=float(when.days))
    more = purchases.lines(
        stream(seed, "future_lines"), orders=later, who=who, when=when, shop=shop, tastes=stream(seed, "future_tastes")
    )
    more = purchases.returns(stream(seed, "future_returns"), orders=later, sold=more, who=who, before=float(when.days))
    sold, orders = sold.then(more, orders=len(orders)), orders.then(later)
    ratings = activity.ratings(
        stream(seed, "feedback"), who=who, when=when, first=when.day(first), content=_content(who, at_cutoff),
        bought=(orders, sold), shop=shop, products=stream(seed, "rated"),
    )  # fmt: skip
    return World(
        seed=seed, when=when, shop=shop, who=who, orders=orders, lines=sold, expected=expected,
        stray_customer=stray[0], stray_product=stray[1], stray_day=stray[2], sessions=sessions,
        posts=activity.posts(stream(seed, "social"), who=who, when=when),
        ratings=ratings, at_cutoff=at_cutoff, at_end=features(float(when.days)),
    )  # fmt: skip


def _with_guests(rng: np.random.Generator, orders: Orders, when: Calendar, *, after: float, before: float) -> Orders:
    """Add guests: 15 % of all orders."""
    count = round(len(orders) * 0.15 / 0.85)
    return orders.then(purchases.guest_orders(rng, count=count, when=when, after=after, before=before))


def _stray(
    rng: np.random.Generator, *, orders: Orders, sold: Lines, when: Calendar, shop: Catalogue
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lines that come back though their sale lies before the period: products that are no longer sold."""
    known = np.flatnonzero((orders.customer != GUEST) & (orders.day < 0.5 * when.days))
    chosen = rng.choice(known, size=min(max(len(sold) // 400, 3), len(known)), replace=False)
    product = rng.choice(shop.discontinued, size=len(chosen))
    return orders.customer[chosen], product, np.floor(orders.day[chosen]) + rng.uniform(0.36, 0.82, len(chosen))
