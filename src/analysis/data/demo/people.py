"""The customers of the demo world: who they are, before they buy anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.data.demo.catalogue import BUNDLES, CITIES, SEASONAL, STYLES

__all__ = ["LEAVING", "SEGMENTS", "Calendar", "People", "Segment", "calendar", "people", "still_there"]

FIRST_CUSTOMER = 12_001

LEAVING = 0.08 / 150
"""Share of the customers of every segment who leave on each of the last 150 days, out of all who were there before."""

_LEAVING_DAYS = 150
_LEAST_STAY = 20.0


@dataclass(frozen=True)
class Segment:
    """How the customers of one segment behave (medians; each customer varies around them)."""

    name: str
    description: str
    share: float
    days_between_orders: float
    order_value: float
    fillers: float
    session_minutes: float
    days_between_sessions: float
    leaves: bool


SEGMENTS = (
    Segment("regulars", "order often, in middling baskets", 0.22, 25.0, 56.0, 1.5, 12.0, 40.0, False),
    Segment("trade_buyers", "large baskets, little browsing", 0.16, 60.0, 340.0, 5.0, 4.0, 90.0, False),
    Segment("browsers", "look much, buy little", 0.34, 105.0, 20.0, 0.7, 25.0, 28.0, False),
    Segment("former", "bought for a while and left", 0.28, 45.0, 42.0, 1.4, 6.0, 60.0, True),
)
"""The planted segments. Sizes are shares of the customers; times are days, values pounds."""


@dataclass(frozen=True)
class Calendar:
    """The period, and the clock by which purchases run: slow in summer, fast before Christmas, growing over time.

    Attributes
    ----------
    start, end, cutoff : date
        Events lie in [start, end); the cut-off is `horizon_days` before the end.
    clock : ndarray of float, shape (days + 1,)
        Operational time at the beginning of each day; it advances by 1 a day on average.
    """

    start: date
    end: date
    cutoff: date
    horizon_days: int
    clock: np.ndarray

    @property
    def days(self) -> int:
        """Length of the period in days."""
        return len(self.clock) - 1

    @property
    def cutoff_day(self) -> int:
        """Days from the start to the cut-off."""
        return self.days - self.horizon_days

    @property
    def early_days(self) -> int:
        """Days during which the seasonal bundles hold."""
        return int(self.days * 0.45)

    def operational(self, day: np.ndarray | float) -> np.ndarray:
        """Operational time of days since the start (a float array)."""
        return np.asarray(np.interp(day, np.arange(self.days + 1), self.clock))

    def day(self, operational: np.ndarray | float) -> np.ndarray:
        """Days since the start at an operational time."""
        return np.asarray(np.interp(operational, self.clock, np.arange(self.days + 1)))


@dataclass(frozen=True)
class People:
    """One entry a customer, in the order of their ids; arrays of shape (customers,).

    `arrival` and `leave` are days since the start, `leave` the length of the period for those who stay; `gap` days
    between orders; `affinity` has shape (customers, bundles) and mean 1: how much likelier than average a customer is
    to take a bundle; `taste` is a position in the catalogue's styles.
    """

    customer_id: np.ndarray
    segment: np.ndarray
    arrival: np.ndarray
    leave: np.ndarray
    gap: np.ndarray
    order_value: np.ndarray
    fillers: np.ndarray
    session_minutes: np.ndarray
    session_gap: np.ndarray
    pages: np.ndarray
    return_probability: np.ndarray
    affinity: np.ndarray
    taste: np.ndarray
    age: np.ndarray
    income: np.ndarray
    gender: np.ndarray
    country: np.ndarray
    city: np.ndarray
    posts: np.ndarray
    reach: np.ndarray

    def __len__(self) -> int:
        return len(self.customer_id)


def calendar(*, months: int, end: date, horizon_days: int) -> Calendar:
    """Lay out the period of `months` months before `end`."""
    total = end.year * 12 + end.month - 1 - months
    last = [31, 29 if _is_leap(total // 12) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][total % 12]
    start = date(total // 12, total % 12 + 1, min(end.day, last))
    days = (end - start).days
    ordinal = start.toordinal() + np.arange(days)
    # day 335 is the first of December; Monday of ordinal 1 is weekday 1
    season = 1 + 0.28 * np.cos(2 * np.pi * (ordinal - 335) / 365.25)
    week = np.array([0.72, 1.02, 1.04, 1.08, 1.12, 1.12, 0.90])[ordinal % 7]
    speed = season * week * (1 + 0.15 * np.arange(days) / days)
    clock = np.concatenate([[0.0], np.cumsum(speed)])
    cutoff = date.fromordinal(end.toordinal() - horizon_days)
    return Calendar(start, end, cutoff, horizon_days, clock * days / clock[-1])


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _segments(rng: np.random.Generator, customers: int) -> np.ndarray:
    """Exact sizes by share, in random order."""
    bounds = np.rint(np.cumsum([s.share for s in SEGMENTS]) * customers).astype(np.int64)
    sizes = np.diff(np.concatenate([[0], bounds]))
    return rng.permutation(np.repeat(np.arange(len(SEGMENTS)), sizes))


def people(
    rng: np.random.Generator,
    *,
    customers: int,
    when: Calendar,
    leaving: np.random.Generator,
    tastes: np.random.Generator,
) -> People:
    """Draw the customers.

    Parameters
    ----------
    rng : numpy.random.Generator
    leaving, tastes : numpy.random.Generator
        For who leaves of the segments that stay, and for who likes what.
    customers : int
    when : Calendar

    Returns
    -------
    People
        Age and income are linked by a Gaussian copula with correlation 0.35, income and social posts by one with
        −0.35; pages per session are a U-shaped function of age. Nothing else about them bears on anything else.
    """
    segment = _segments(rng, customers)

    def around(field: str, spread: float) -> np.ndarray:
        middle = np.array([getattr(s, field) for s in SEGMENTS])[segment]
        return np.asarray(middle * np.exp(spread * rng.standard_normal(customers)))

    arrival, leave = _stay(rng, segment, when)
    leave = _late_leavers(leaving, arrival=arrival, leave=leave, when=when)
    z_age, z_income, z_social = _linked(rng, customers)
    age = np.rint(np.clip(45 + 12 * z_age, 19, 71))
    country = rng.choice(6, size=customers, p=[0.62, 0.1, 0.09, 0.08, 0.06, 0.05])
    return People(
        customer_id=FIRST_CUSTOMER + np.cumsum(rng.integers(1, 5, customers)),
        segment=segment,
        arrival=arrival,
        leave=leave,
        gap=around("days_between_orders", 0.16),
        order_value=around("order_value", 0.20),
        fillers=around("fillers", 0.10),
        session_minutes=around("session_minutes", 0.15),
        session_gap=around("days_between_sessions", 0.25),
        pages=2.0 + 7.0 * ((age - 45) / 20) ** 2,
        return_probability=np.where(rng.random(customers) < 0.35, 0.0, rng.beta(1.6, 16.0, customers)),
        affinity=np.where(rng.random((customers, len(BUNDLES) + len(SEASONAL))) < 0.5, 0.5, 1.5),
        taste=tastes.integers(0, len(STYLES), customers),
        age=age.astype(np.int64),
        income=(np.rint(36_000 * np.exp(0.42 * z_income) / 100) * 100).astype(np.int64),
        gender=rng.choice(3, size=customers, p=[0.55, 0.42, 0.03]),
        country=country,
        city=rng.integers(0, len(CITIES[0]), customers),
        posts=np.where(z_social > 0, 1 + np.floor(np.exp(0.9 * z_social)), 0).astype(np.int64),
        reach=np.exp(1.2 + 0.8 * rng.standard_normal(customers)),
    )


def _stay(rng: np.random.Generator, segment: np.ndarray, when: Calendar) -> tuple[np.ndarray, np.ndarray]:
    """Days on which customers arrive, and leave if theirs is a segment that leaves."""
    leaves = np.array([s.leaves for s in SEGMENTS])[segment]
    late = rng.random(len(segment)) < 0.35
    latest = np.where(leaves, when.days * 0.3, when.days * 0.75)
    arrival = np.where(late, latest * rng.beta(1.0, 1.4, len(segment)), 0.0)
    # those who leave have been gone for 150 days at the end, so for 60 at the cut-off
    span = np.maximum(when.days - 150 - arrival, 30.0)
    leave = np.where(leaves, arrival + span * rng.uniform(0.35, 1.0, len(segment)), float(when.days))
    return arrival, np.maximum(leave, arrival + _LEAST_STAY)


def _late_leavers(rng: np.random.Generator, *, arrival: np.ndarray, leave: np.ndarray, when: Calendar) -> np.ndarray:
    """Let others leave too, at the same rate on each of the last days, but nobody within 20 days of arrival.

    Those who left longer ago are the segment of former customers; `still_there` is the chance that this leaves.
    """
    day = when.days - _LEAVING_DAYS + rng.random(len(leave)) / LEAVING
    return np.asarray(np.where((leave == when.days) & (day >= arrival + _LEAST_STAY), np.minimum(day, leave), leave))


def still_there(day: np.ndarray | float, *, arrival: np.ndarray, when: Calendar) -> np.ndarray:
    """Chance that a customer of a segment that stays has not left by a day, known before any of them leaves."""
    begin = np.maximum(when.days - _LEAVING_DAYS, arrival + _LEAST_STAY)
    return np.asarray(1 - LEAVING * np.maximum(day - begin, 0.0))


def _linked(rng: np.random.Generator, customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latent normals of age, income and social activity."""
    z = rng.standard_normal((3, customers))
    income = 0.35 * z[0] + np.sqrt(1 - 0.35**2) * z[1]
    # −0.35 with income's own part and with its share of age would tie posts to age: use income alone
    social = -0.35 * income + np.sqrt(1 - 0.35**2) * z[2]
    return z[0], income, social
