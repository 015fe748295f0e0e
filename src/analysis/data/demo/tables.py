"""Browsing, social, feedback and customer files of the demo, with their damage, as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.demo.catalogue import CITIES, COMMENTS, COUNTRIES, POSTS
from analysis.data.demo.messy import missing_tokens
from analysis.data.demo.purchases import GUEST
from analysis.data.demo.records import minutes, moments
from analysis.data.demo.world import World, stream

__all__ = ["Table", "survey", "tables"]

_RATES = {
    "browsing": {"unknown_visitor": 0.04, "duplicate": 0.004, "unreadable_timestamp": 0.002, "bot_session": 0.001},
    "social": {"duplicate": 0.005, "missing_likes": 0.01},
    "feedback": {
        "duplicate": 0.01, "missing_rating": 0.04, "rating_out_of_range": 0.01, "unreadable_rating": 0.004,
        "missing_customer": 0.02, "missing_purchase_count": 0.02, "missing_comment": 0.1,
    },
    "customers": {
        "duplicate": 0.02, "conflicting_duplicate": 0.01, "missing_age": 0.06, "impossible_age": 0.008,
        "missing_income": 0.08, "grouped_income": 0.02, "without_record": 0.03, "never_bought": 0.02,
    },
}  # fmt: skip
_GENDERS = (("F", "female", "女"), ("M", "male", "男"), ("X", "other", "其他"))


@dataclass(frozen=True)
class Table:
    """A damaged table as text, in file order, with the exact number of rows of each kind of damage."""

    rows: pd.DataFrame
    rates: dict[str, float]
    counts: dict[str, int]


class _Damage:
    """Deals rows out to kinds of damage of one table, none twice, and counts them."""

    def __init__(self, table: str, rows: int, rng: np.random.Generator) -> None:
        self.rates = _RATES[table]
        self._free = rng.permutation(rows)
        self._rows = rows
        self.counts: dict[str, int] = {}

    def take(self, name: str) -> np.ndarray:
        """Positions of the rows that this damage befalls, ascending."""
        count = min(max(round(self.rates[name] * self._rows), 1), len(self._free))
        chosen, self._free = np.sort(self._free[:count]), self._free[count:]
        self.counts[name] = count
        return chosen

    def put(self, frame: pd.DataFrame, name: str, column: str, values: tuple[str, ...] | np.ndarray) -> None:
        """Write the values, in turn, into a column of the rows of this damage."""
        where = self.take(name)
        frame.loc[where, column] = [values[i % len(values)] for i in range(len(where))]

    def table(self, frame: pd.DataFrame, *, copies: np.ndarray) -> Table:
        """The finished table, with the rows at `copies` standing twice."""
        times = np.ones(len(frame), dtype=np.int64)
        times[copies] = 2
        rows = frame.loc[frame.index.repeat(times)].reset_index(drop=True)
        # damage can make two answers of one day alike, so copies are counted, not taken from the rate
        self.counts["duplicate"] = int(rows.duplicated().sum())
        return Table(rows, dict(self.rates), self.counts)


def tables(world: World) -> dict[str, Table]:
    """The four tables beside the transactions, under their canonical names."""
    rng = stream(world.seed, "tables")
    return {
        "browsing": _browsing(world, rng),
        "social": _social(world, rng),
        "feedback": _feedback(world, rng),
        "customers": _customers(world, rng),
    }


def _ids(world: World, customer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    plain = world.who.customer_id[customer].astype(str).astype(object)
    style = rng.random(len(plain))
    plain = np.where(style < 0.006, " " + plain, plain)
    return np.asarray(np.where(style > 0.994, plain + ".0", plain), dtype=object)


def _times(minute: np.ndarray, rng: np.random.Generator, *, others: float) -> np.ndarray:
    """ISO timestamps, a share of them with the day first."""
    iso = moments(minute).tolist()
    swap = rng.random(len(iso)) < others
    return np.array(
        [
            f"{t[8:10]}/{t[5:7]}/{t[:4]} {t[11:]}" if s else f"{t[:10]} {t[11:]}:00"
            for t, s in zip(iso, swap.tolist(), strict=True)
        ],
        dtype=object,
    )


def _browsing(world: World, rng: np.random.Generator) -> Table:
    visits = world.sessions
    frame = pd.DataFrame(
        {
            "customer_id": _ids(world, visits.customer, rng),
            "timestamp": _times(minutes(world, visits.day, opens=6, closes=24), rng, others=0.0),
            "session_id": [f"s{i:06d}" for i in range(1, len(visits.day) + 1)],
            "pages": visits.pages.astype(str),
            "duration_seconds": visits.seconds.astype(str),
            "device": np.array(["mobile", "desktop", "tablet"], dtype=object)[visits.device],
        }
    )
    # strangers come in beside the customers' own sessions, so that nobody's minutes are lost
    count = max(round(_RATES["browsing"]["unknown_visitor"] * len(frame)), 1)
    like = np.sort(rng.choice(len(frame), size=count, replace=False))
    strangers = frame.iloc[like].assign(
        customer_id=missing_tokens(rng, count), session_id=[f"g{i:06d}" for i in range(1, count + 1)]
    )
    bots = np.arange(max(round(_RATES["browsing"]["bot_session"] * len(frame)), 1))
    strangers.iloc[bots, [strangers.columns.get_loc("pages"), strangers.columns.get_loc("duration_seconds")]] = (
        "4000", "259200",
    )  # fmt: skip
    damage = _Damage("browsing", len(frame), rng)
    damage.counts |= {"unknown_visitor": count, "bot_session": len(bots)}
    damage.put(frame, "unreadable_timestamp", "timestamp", ("0000-00-00 00:00:00", "null"))
    copies = damage.take("duplicate")
    everyone = pd.concat([frame, frame.iloc[copies], strangers]).sort_index(kind="stable").reset_index(drop=True)
    return damage.table(everyone, copies=np.array([], dtype=np.int64))


def _social(world: World, rng: np.random.Generator) -> Table:
    posts = world.posts
    frame = pd.DataFrame(
        {
            "user_id": _ids(world, posts.customer, rng),
            "post": np.array(POSTS, dtype=object)[posts.text],
            "likes": posts.likes.astype(str),
            "comments": posts.comments.astype(str),
            "shares": posts.shares.astype(str),
            "posted_at": _times(minutes(world, posts.day, opens=0, closes=24), rng, others=0.2),
        }
    )
    damage = _Damage("social", len(frame), rng)
    damage.put(frame, "missing_likes", "likes", ("", "NA"))
    return damage.table(frame, copies=damage.take("duplicate"))


def survey(world: World) -> pd.DataFrame:
    """What each survey answer says of the customer up to that moment, undamaged.

    Returns
    -------
    pandas.DataFrame
        One row an answer: customer (position), purchase_count, purchase_amount (pounds), browsing_minutes, rating.
    """
    orders, sold, visits, asked = world.orders, world.lines, world.sessions, world.ratings
    value = np.bincount(sold.order, sold.quantity * sold.price / 100, len(orders))
    known = orders.customer != GUEST
    span = world.when.days + 1.0

    def until(customer: np.ndarray, day: np.ndarray, weight: np.ndarray) -> np.ndarray:
        at = customer * span + day
        by = np.argsort(at, kind="stable")
        total = np.concatenate([[0.0], np.cumsum(weight[by])])
        begin = np.searchsorted(at[by], asked.customer * span)
        stop = np.searchsorted(at[by], asked.customer * span + asked.day)
        return np.asarray(total[stop] - total[begin])

    bought = (orders.customer[known], orders.day[known])
    return pd.DataFrame(
        {
            "customer": asked.customer,
            "purchase_count": np.rint(until(*bought, np.ones(int(known.sum())))).astype(np.int64),
            "purchase_amount": np.round(until(*bought, value[known]), 2),
            "browsing_minutes": np.round(until(visits.customer, visits.day, visits.seconds / 60), 1),
            "rating": asked.rating,
        }
    )


def _feedback(world: World, rng: np.random.Generator) -> Table:
    said = survey(world)
    level = np.array(["low", "low", "low", "middle", "high", "high"])[said["rating"]]
    words = rng.integers(0, 6, len(said))
    code = np.array([*world.shop.product_id, ""], dtype=object)
    minute = minutes(world, world.ratings.day, opens=0, closes=24)
    frame = pd.DataFrame(
        {
            "客户编号": _ids(world, said["customer"].to_numpy(), rng),
            "日期": _survey_dates(minute, rng),
            "购买次数": said["purchase_count"].astype(str),
            "购买金额": [f"{amount:.2f}" for amount in said["purchase_amount"]],
            "浏览时长": [f"{spent:.1f}" for spent in said["browsing_minutes"]],
            "满意度评分": said["rating"].astype(str),
            "商品编号": code[world.ratings.product],
            "评论": [COMMENTS[key][i] for key, i in zip(level.tolist(), words.tolist(), strict=True)],
        }
    )
    damage = _Damage("feedback", len(frame), rng)
    copies = damage.take("duplicate")
    damage.put(frame, "missing_rating", "满意度评分", ("", "NA", "-", "未知"))
    damage.put(frame, "rating_out_of_range", "满意度评分", ("0", "11", "55", "-1"))
    damage.put(frame, "unreadable_rating", "满意度评分", ("很好", "5分/5"))
    damage.put(frame, "missing_customer", "客户编号", ("", "unknown"))
    damage.put(frame, "missing_purchase_count", "购买次数", ("", "-"))
    damage.put(frame, "missing_comment", "评论", ("",))
    return damage.table(frame, copies=copies)


def _survey_dates(minute: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Days as 2025年3月1日, 2025-03-01 or 20250301."""
    form = rng.choice(3, size=len(minute), p=[0.6, 0.3, 0.1]).tolist()
    texts = []
    for iso, how in zip(moments(minute).tolist(), form, strict=True):
        year, month, day = iso[:4], iso[5:7], iso[8:10]
        texts.append((f"{year}年{int(month)}月{int(day)}日", f"{year}-{month}-{day}", year + month + day)[how])
    return np.array(texts, dtype=object)


def _customers(world: World, rng: np.random.Generator) -> Table:
    who, rates = world.who, _RATES["customers"]
    n = len(who)
    extra = max(round(rates["never_bought"] * n), 1)
    like = np.concatenate([np.arange(n), rng.integers(0, n, extra)])
    ids = np.concatenate([who.customer_id, who.customer_id.max() + 1 + np.arange(extra)])
    joined = moments(minutes(world, np.floor(np.maximum(who.arrival[like] - rng.integers(0, 30, n + extra), -400))))
    word = rng.choice(3, size=len(like), p=[0.9, 0.06, 0.04])
    frame = pd.DataFrame(
        {
            "customer_id": ids.astype(str).astype(object),
            "age": who.age[like].astype(str),
            "income": who.income[like].astype(str),
            "gender": np.array(_GENDERS, dtype=object)[who.gender[like], word],
            "city": np.array(CITIES, dtype=object)[who.country[like], who.city[like]],
            "country": np.array(COUNTRIES, dtype=object)[who.country[like]],
            "joined": [text[:10] for text in joined.tolist()],
        }
    )
    absent = np.sort(rng.choice(n, size=max(round(rates["without_record"] * n), 1), replace=False))
    frame = frame.drop(index=absent).reset_index(drop=True)
    damage = _Damage("customers", len(frame), rng)
    damage.counts |= {"never_bought": extra, "without_record": len(absent)}
    copies, conflicts = damage.take("duplicate"), damage.take("conflicting_duplicate")
    damage.put(frame, "impossible_age", "age", ("199", "-1", "250"))
    where = damage.take("grouped_income")
    frame.loc[where, "income"] = [f"{int(income):,}" for income in frame.loc[where, "income"]]
    for column in ("age", "income"):
        name = f"missing_{column}"
        damage.put(frame, name, column, missing_tokens(rng, len(frame)))
    table = damage.table(frame, copies=copies)
    revised = frame.iloc[conflicts].assign(city="Leeds", joined="2023-01-01")
    return Table(pd.concat([table.rows, revised], ignore_index=True), table.rates, table.counts)
