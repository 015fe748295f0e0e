"""The pairs that held up as a network of products: which goes with which, and how strongly."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Blocks, Column, Figure, blocks
from analysis.report.values import count, times
from analysis.report.wording import message
from analysis.rules import Checked

__all__ = ["network"]

_PRODUCTS = 12


def network(checked: Checked) -> Blocks:
    """Later lift of the pairs that held up; nothing where there are none."""
    if not len(checked.rules) or checked.later.n == 0:
        return blocks()
    table = checked.table
    pairs = table[table["held_up"] & (checked.rules.length == 2)]
    if pairs.empty:
        return blocks()
    shown = _first_products(pairs)
    links = _links(pairs[pairs["antecedent"].isin(shown) & pairs["consequent"].isin(shown)])
    partners = pd.concat([links["first"], links["second"]]).value_counts()
    return blocks(
        Figure(
            "pair_network",
            "network",
            message(
                "Of the {shown} products in the first pairs that held up, {single} go with one other product only",
                claim="single <= shown",
                shown=count(len(shown)),
                single=count(int((partners == 1).sum())),
            ),
            message(
                "Later lift: how many times as often two products meet as by chance, in {n} later baskets; at most "
                "{largest}",
                n=count(checked.later.n),
                largest=times(float(links["value"].max())),
            ),
            "Products one below the other, those that go together side by side; an arc joins each pair that held up, "
            "thicker the more often the two meet beyond chance.",
            links,
            {
                "first": Column("Product"),
                "second": Column("With"),
                "value": Column("Lift later", "number", low="low", high="high", digits=1),
            },
            group_size="customers",
        )
    )


def _first_products(pairs: pd.DataFrame) -> list[str]:
    """Products of the first pairs by rank, partners side by side."""
    products: list[str] = []
    for sides in zip(pairs["antecedent"], pairs["consequent"], strict=True):
        new = [product for product in sides if product not in products]
        if len(products) + len(new) <= _PRODUCTS:
            products += new
    return products


def _links(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each pair once, in the order of the rules: lift is the same in both directions."""
    names = {"antecedent": "first", "consequent": "second", "later_lift": "value", "later_lift_low": "low",
             "later_lift_high": "high", "customers": "customers"}  # fmt: skip
    sides = [tuple(sorted(pair)) for pair in zip(pairs["antecedent"], pairs["consequent"], strict=True)]
    once = ~pd.Series(sides, index=pairs.index, dtype=object).duplicated()
    return pairs.loc[once, list(names)].rename(columns=names).reset_index(drop=True)
