"""How a rule is named, and which rules stand for their set of products where a list must be short."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.wording import msgid

__all__ = ["CHARTED", "LISTED", "name_rules", "one_per_set", "single_consequents", "verdicts"]

#: Rules in a chart, and in a table.
CHARTED = 15
LISTED = 10

_LONGEST_SIDE = 24
_AND = " + "
_LEAST, _ROOM_FOR_TWO = 7, 14


def name_rules(table: pd.DataFrame, *, short: bool = True) -> list[str]:
    """Each rule as "antecedent → consequent", every name different; `short` cuts long sides, for charts."""
    cut = _short if short else str
    names = [f"{cut(a)} → {cut(c)}" for a, c in zip(table["antecedent"], table["consequent"], strict=True)]
    seen: dict[str, int] = {}
    for position, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[position] = f"{name} ({seen[name]})"
    return names


def one_per_set(table: pd.DataFrame) -> pd.DataFrame:
    """Of the rules about the same products, the one with the highest confidence; the order of the table stays.

    A pair gives two rules with one lift: in a short list, the second would say nothing new.
    """
    products = [
        tuple(sorted(map(str, (*a, *c)))) for a, c in zip(table["antecedent_ids"], table["consequent_ids"], strict=True)
    ]
    keyed = table.assign(_products=pd.Series(products, index=table.index, dtype=object), _place=np.arange(len(table)))
    best = keyed.sort_values(["confidence", "_place"], ascending=[False, True], kind="stable")
    return best.drop_duplicates("_products").sort_values("_place").drop(columns=["_products", "_place"])


def single_consequents(table: pd.DataFrame) -> pd.Series:
    """Whether each rule predicts one product."""
    return table["consequent_ids"].map(len) == 1


def verdicts(table: pd.DataFrame) -> list[str]:
    """What the later period says of each rule, in words for a column of the kind `phrase`."""
    return [msgid("held up") if held else msgid("did not hold up") for held in table["held_up"]]


def _short(side: str) -> str:
    """A side of a rule, each product cut in the middle: names of a range differ in their last words."""
    if len(side) <= _LONGEST_SIDE:
        return side
    products = side.split(_AND)
    left = _LONGEST_SIDE - len(_AND) * (len(products) - 1)
    short: dict[str, str] = {}
    for place, product in enumerate(sorted(products, key=len)):  # short names leave room to long ones
        short[product] = _cut(product, max(left // (len(products) - place), _LEAST))
        left -= len(short[product])
    return _AND.join(short[product] for product in products)


def _cut(text: str, room: int) -> str:
    """The beginning and, where there is room, the last word, which often tells products of a range apart."""
    if len(text) <= room:
        return text
    last = text.rpartition(" ")[2]
    tail = last if len(last) <= room // 2 and room >= _ROOM_FOR_TWO else ""
    start = text[: room - 1 - len(tail)]
    head = start if text[len(start)] == " " else start.rpartition(" ")[0] or start
    return f"{head.rstrip()}…{tail}"
