"""Tiny files of the shapes that other customer analyses start from, drawn from the same world.

Names of files and columns are those that such analyses use; `source-systems` of the design notes lists them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.demo.catalogue import COMMENTS, POSTS
from analysis.data.demo.files import RawFile, write_table
from analysis.data.demo.purchases import GUEST
from analysis.data.demo.records import minutes, moments
from analysis.data.demo.tables import survey
from analysis.data.demo.world import World, stream

__all__ = ["write_shapes"]

_ROWS = 190
_JOINED = 40


def write_shapes(world: World, folder: Path, *, root: Path) -> tuple[RawFile, ...]:
    """Write every shape into a folder; each file has at most 200 lines, gaps and a few duplicates."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = stream(world.seed, "shapes")
    buyers = _some_customers(world, rng)
    bought = _bought(world, buyers)
    answers = _answers(world, rng)
    half = len(answers) * 2 // 3
    written = [
        ("transaction_data.csv", "transactions", "utf-8", _renamed(
            bought, customer_id="customer", transaction_date="date", product_id="product")),
        ("transactions.csv", "transactions", "utf-8", _renamed(
            bought, customer_id="customer", product_id="product", time="time", amount="amount")),
        ("purchase_data.csv", "transactions", "utf-8-sig", _renamed(
            bought, customer_id="customer", product_id="product", purchase_date="date", amount="amount")),
        ("user_behavior_data.csv", "transactions", "utf-8", _renamed(
            bought, user_id="customer", product_id="product", purchase_time="time")),
        ("customer_feedback.csv", "feedback", "gb18030", answers.iloc[:half]),
        ("test_customer_feedback.csv", "feedback", "gb18030", answers.iloc[half:]),
        ("customer_data.csv", "customers", "utf-8", _profiles(world, rng, buyers)),
        *_joined(world, rng),
    ]  # fmt: skip
    return tuple(
        write_table(folder / name, frame, table=table, root=root, encoding=encoding)
        for name, table, encoding, frame in written
    )


def _some_customers(world: World, rng: np.random.Generator) -> np.ndarray:
    """Positions of the customers who stand in the shapes."""
    count = min(_JOINED, len(world.who))
    return np.sort(rng.choice(len(world.who), size=count, replace=False))


def _renamed(frame: pd.DataFrame, **names: str) -> pd.DataFrame:
    """The named columns under the file's own names, in the given order."""
    return frame[list(names.values())].set_axis(list(names), axis=1)


def _bought(world: World, chosen: np.ndarray) -> pd.DataFrame:
    """The latest lines of the chosen customers that fit, in time order, a few doubled or without an amount."""
    customer = world.orders.customer[world.lines.order]
    minute = minutes(world, world.orders.day)[world.lines.order]
    mine = np.flatnonzero((customer != GUEST) & np.isin(customer, chosen) & np.isnan(world.lines.returned))
    mine = mine[np.lexsort((mine, minute[mine]))][-_ROWS:]
    time = moments(minute[mine]).tolist()
    pence = (world.lines.quantity * world.lines.price)[mine].tolist()
    frame = pd.DataFrame(
        {
            "customer": world.who.customer_id[customer[mine]].astype(str),
            "date": [text[:10] for text in time],
            "time": [text.replace("T", " ") + ":00" for text in time],
            "product": np.array(world.shop.product_id, dtype=object)[world.lines.product[mine]],
            "amount": [f"{p / 100:.2f}" for p in pence],
        }
    )
    frame.loc[frame.index[7::60], "amount"] = ""
    return frame.loc[frame.index.repeat(np.where(np.arange(len(frame)) % 50 == 49, 2, 1))].reset_index(drop=True)


def _answers(world: World, rng: np.random.Generator) -> pd.DataFrame:
    said = survey(world)
    said = said.iloc[np.sort(rng.choice(len(said), size=min(_ROWS, len(said)), replace=False))]
    frame = pd.DataFrame(
        {
            "购买次数": said["purchase_count"].astype(str).astype(object),
            "购买金额": [f"{amount:.2f}" for amount in said["purchase_amount"]],
            "浏览时长": [f"{spent:.1f}" for spent in said["browsing_minutes"]],
            "满意度评分": said["rating"].astype(str).astype(object),
        }
    ).reset_index(drop=True)
    for i, column in enumerate(frame.columns):
        frame.loc[frame.index[5 + 3 * i :: 31], column] = ("", "NA")[i % 2]
    return frame


def _profiles(world: World, rng: np.random.Generator, buyers: np.ndarray) -> pd.DataFrame:
    """Who the customers are; all whose purchases stand in the other files are among them."""
    size = min(_ROWS, len(world.who))
    drawn = rng.choice(len(world.who), size=size, replace=False)
    chosen = np.sort(list(dict.fromkeys([*buyers.tolist(), *drawn.tolist()]))[:size])
    frame = pd.DataFrame(
        {
            "customer_id": world.who.customer_id[chosen].astype(str).astype(object),
            "age": world.who.age[chosen].astype(str).astype(object),
            "income": world.who.income[chosen].astype(str).astype(object),
            "purchase_frequency": world.at_end.frequency[chosen].astype(np.int64).astype(str).astype(object),
            "amount": [f"{spent:.2f}" for spent in world.at_end.monetary[chosen]],
        }
    )
    frame.loc[frame.index[3::40], "age"] = ""
    frame.loc[frame.index[9::45], "income"] = "unknown"
    return frame


def _joined(world: World, rng: np.random.Generator) -> list[tuple[str, str, str, pd.DataFrame]]:
    """The files that are joined on the customer's id, and the social one with a user's id."""
    visits, posts, asked = world.sessions, world.posts, world.ratings
    ids = world.who.customer_id
    look = np.sort(rng.choice(len(visits.day), size=min(_ROWS, len(visits.day)), replace=False))
    post = np.sort(rng.choice(len(posts.day), size=min(_ROWS, len(posts.day)), replace=False))
    answer = np.sort(rng.choice(len(asked.day), size=min(_ROWS, len(asked.day)), replace=False))
    said = np.array(["low", "low", "low", "middle", "high", "high"])[asked.rating[answer]]
    browse = pd.DataFrame(
        {
            "customer_id": ids[visits.customer[look]].astype(str),
            "browse_time": moments(minutes(world, visits.day[look], opens=6, closes=24)),
            "pages": visits.pages[look].astype(str),
            "duration_seconds": visits.seconds[look].astype(str),
        }
    )
    social = pd.DataFrame(
        {
            "user_id": ids[posts.customer[post]].astype(str),
            "post": np.array(POSTS, dtype=object)[posts.text[post]],
            "likes": posts.likes[post].astype(str),
            "comments": posts.comments[post].astype(str),
            "shares": posts.shares[post].astype(str),
        }
    )
    feedback = pd.DataFrame(
        {
            "customer_id": ids[asked.customer[answer]].astype(str),
            "rating": asked.rating[answer].astype(str),
            "comment": [COMMENTS[level][i % 6] for i, level in enumerate(said.tolist())],
        }
    )
    return [
        ("browse_data.csv", "browsing", "utf-8", browse),
        ("social_data.csv", "social", "cp1252", social.rename(columns={"user_id": "customer_id"})),
        ("feedback_data.csv", "feedback", "utf-8", feedback),
        ("social_media_data.csv", "social", "utf-8", social),
    ]
