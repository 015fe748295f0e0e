"""Browsing, social posts and ratings in the clean world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.data.demo.catalogue import Catalogue
from analysis.data.demo.people import Calendar, People
from analysis.data.demo.purchases import Lines, Orders

__all__ = ["LIKING", "Posts", "Ratings", "Sessions", "posts", "ratings", "sessions"]

LIKING = (0.1, -0.3)
"""Points that a rating gains for a product in the style that the customer likes, and for one in another style."""


@dataclass(frozen=True)
class Sessions:
    """Visits to the site, arrays of shape (sessions,), by time; `customer` is a position, `day` since the start."""

    customer: np.ndarray
    day: np.ndarray
    seconds: np.ndarray
    pages: np.ndarray
    device: np.ndarray


@dataclass(frozen=True)
class Posts:
    """Posts about the shop, arrays of shape (posts,), by time; `text` is a position in the catalogue's posts."""

    customer: np.ndarray
    day: np.ndarray
    text: np.ndarray
    likes: np.ndarray
    comments: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class Ratings:
    """Answers to the survey, arrays of shape (answers,), by time; `rating` is 1 to 5.

    `product` is the position of what was rated, −1 for the shop as a whole.
    """

    customer: np.ndarray
    day: np.ndarray
    rating: np.ndarray
    product: np.ndarray


def sessions(rng: np.random.Generator, *, who: People, when: Calendar) -> Sessions:
    """Visits from arrival until a customer leaves, at each customer's own pace and length."""
    count = rng.poisson((who.leave - who.arrival) / who.session_gap)
    customer = np.repeat(np.arange(len(who)), count)
    span = when.operational(who.leave) - when.operational(who.arrival)
    day = when.day(when.operational(who.arrival)[customer] + rng.random(len(customer)) * span[customer])
    seconds = 60 * who.session_minutes[customer] * np.exp(0.45 * rng.standard_normal(len(customer)) - 0.10125)
    pages = 1 + rng.poisson(who.pages[customer])
    device = rng.choice(3, size=len(customer), p=[0.5, 0.4, 0.1])
    by = np.lexsort((customer, day))
    return Sessions(customer[by], day[by], np.maximum(np.rint(seconds[by]), 5).astype(np.int64), pages[by], device[by])


def posts(rng: np.random.Generator, *, who: People, when: Calendar) -> Posts:
    """Posts at any time of the period; whether somebody posts has nothing to do with what they buy."""
    customer = np.repeat(np.arange(len(who)), who.posts)
    n = len(customer)
    day = rng.uniform(0, when.days, n)
    likes = rng.poisson(3 * who.reach[customer])
    comments = rng.poisson(0.6 * who.reach[customer])
    shares = rng.poisson(0.3 * who.reach[customer])
    text = rng.integers(0, 8, n)
    by = np.lexsort((customer, day))
    return Posts(customer[by], day[by], text[by], likes[by], comments[by], shares[by])


def ratings(
    rng: np.random.Generator,
    *,
    who: People,
    when: Calendar,
    first: np.ndarray,
    content: np.ndarray,
    bought: tuple[Orders, Lines],
    shop: Catalogue,
    products: np.random.Generator,
) -> Ratings:
    """Survey answers around each customer's contentment: some before the cut-off, most customers once or twice after.

    Parameters
    ----------
    first : ndarray of float, shape (customers,)
        Day of the first order; nobody answers before it.
    content : ndarray of float, shape (customers,)
        Expected rating of the shop.
    bought : orders and their lines
        Half of the answers rate something that the customer had bought by then.
    products : numpy.random.Generator
        For what is rated.
    """
    n = len(who)
    own = content + 0.30 * rng.standard_normal(n)
    left = who.leave < when.cutoff_day
    after = np.where(rng.random(n) < np.where(left, 0.6, 0.85), rng.integers(1, 3, n), 0)
    before = np.where(first < when.cutoff_day - 1, rng.binomial(2, 0.45, n), 0)
    late, early = np.repeat(np.arange(n), after), np.repeat(np.arange(n), before)
    since = np.maximum(first[late], when.cutoff_day)
    customer = np.concatenate([early, late])
    day = np.concatenate(
        [
            first[early] + rng.random(len(early)) * (when.cutoff_day - first[early]),
            since + rng.random(len(late)) * (when.days - since),
        ]
    )
    product = _rated(products, customer=customer, day=day, bought=bought)
    liked = np.where(shop.style[product] == who.taste[customer], *LIKING)
    points = np.where(product < 0, 0.0, shop.appeal[product] + np.where(shop.style[product] < 0, 0.0, liked))
    felt = own[customer] + points + 0.6 * rng.standard_normal(len(customer))
    by = np.lexsort((customer, day))
    rating = np.clip(np.rint(felt), 1, 5).astype(np.int64)
    return Ratings(customer[by], day[by], rating[by], product[by])


def _rated(
    rng: np.random.Generator, *, customer: np.ndarray, day: np.ndarray, bought: tuple[Orders, Lines]
) -> np.ndarray:
    """Half the time any of the lines that a customer had bought before a day, else −1 (the shop)."""
    orders, sold = bought
    span = float(np.ceil(orders.day.max())) + 1
    line = orders.customer[sold.order] * span + orders.day[sold.order]
    by = np.argsort(line, kind="stable")
    begin = np.searchsorted(line[by], customer * span)
    stop = np.searchsorted(line[by], customer * span + day)
    pick = begin + np.floor(rng.random(len(customer)) * (stop - begin)).astype(np.int64)
    about = (rng.random(len(customer)) < 0.5) & (stop > begin)
    return np.where(about, sold.product[by][np.minimum(pick, len(by) - 1)], -1)
