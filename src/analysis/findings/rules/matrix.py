"""The rules that held up as a matrix of products: which goes with which, and how strongly."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.blocks import Blocks, Column, Figure, blocks
from analysis.report.values import count, times
from analysis.report.wording import message
from analysis.rules import Checked

__all__ = ["matrix"]

_PRODUCTS = 12


def matrix(checked: Checked) -> Blocks:
    """Later lift of the pairs that held up, product by product; nothing where there are none."""
    if not len(checked.rules) or checked.later.n == 0:
        return blocks()
    table = checked.table
    pairs = table[table["held_up"] & (checked.rules.length == 2)]
    if pairs.empty:
        return blocks()
    shown = _first_products(pairs)
    cells = _cells(pairs[pairs["antecedent"].isin(shown) & pairs["consequent"].isin(shown)], shown)
    partners = cells["value"].notna().groupby(cells["row"], sort=False).sum()
    strongest = cells.loc[cells["value"].idxmax()]
    return blocks(
        Figure(
            "pair_matrix",
            "heatmap",
            message(
                "Of the {shown} products in the first pairs that held up, {single} go with one other product only",
                claim="single <= shown",
                shown=count(len(shown)),
                single=count(int((partners == 1).sum())),
            ),
            message(
                "Later lift: how many times as often two products meet as by chance, in {n} later baskets; no "
                "colour where no rule held up; at most {largest}",
                n=count(checked.later.n),
                largest=times(float(strongest["value"])),
            ),
            "A square of products by products; the darker a cell, the more often the two meet beyond chance.",
            cells,
            {
                "row": Column("Product"),
                "column": Column("With"),
                "value": Column("Lift later", "number", digits=1),
                "low": Column("Lower bound", "number", digits=1),
                "high": Column("Upper bound", "number", digits=1),
            },
            {"scale": "sequential"},
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


def _cells(pairs: pd.DataFrame, products: list[str]) -> pd.DataFrame:
    """Every cell of the square; lift is the same in both directions."""
    grid = pd.MultiIndex.from_product([products, products], names=["row", "column"])
    figures = pairs[["later_lift", "later_lift_low", "later_lift_high", "customers"]]
    figures.columns = pd.Index(["value", "low", "high", "customers"])
    both = pd.concat(
        [
            figures.set_axis(pd.MultiIndex.from_arrays([pairs[first], pairs[second]]))
            for first, second in (("antecedent", "consequent"), ("consequent", "antecedent"))
        ]
    )
    cells = both[~both.index.duplicated()].reindex(grid)
    # no pair, nobody behind it
    return cells.assign(customers=cells["customers"].fillna(0).astype(np.int64)).reset_index()
