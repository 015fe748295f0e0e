"""Cold start: customers of whom nothing or little is known, new products, and products no longer sold."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import list_term
from analysis.recommendation import Newcomers
from analysis.report.blocks import Block, Blocks, Column, KeyFigure, Note, Sentence, Table, blocks, sentence
from analysis.report.values import Value, count, days, percent, points
from analysis.report.wording import Message, message, msgid

__all__ = ["beginnings", "exploring"]

#: Places of a list of which one can be kept for a new product.
_LEAST = 2
#: What a place for a new product would have found, by what became of the hit rate of the whole list.
_PLACE = msgid(
    {
        "more": "If the last of the {k} places had gone to a product sold for at most {length}, {found} of the "
        "customers who bought something new would have bought what stood there. More customers would have found "
        "something: the hit rate of the whole list rises by {change}.",
        "fewer": "If the last of the {k} places had gone to a product sold for at most {length}, {found} of the "
        "customers who bought something new would have bought what stood there. Fewer customers would have found "
        "something: the hit rate of the whole list falls ({change}).",
        "same": "If the last of the {k} places had gone to a product sold for at most {length}, {found} of the "
        "customers who bought something new would have bought what stood there. The hit rate of the whole list does "
        "not clearly change ({change}).",
    }
)
_CHANGE = {"more": "change.low > 0", "fewer": "change.high < 0", "same": "change.low <= 0 and change.high >= 0"}
#: What follows, whether today's lists keep such a place or not.
_KEPT = msgid("Today’s lists keep such a place.")
_NOT_KEPT = msgid(
    {
        "more": "Keep such a place from now on. Today’s lists keep no such place.",
        "fewer": "It is the price of learning which new products are liked. Today’s lists keep no such place.",
        "same": "Such a place shows at no clear cost what is liked. Today’s lists keep no such place.",
    }
)


def beginnings(
    found: Newcomers | None,
    bought: pd.DataFrame,
    offered: pd.DataFrame,
    *,
    buyers: int,
    few: int,
    new_days: int,
    offered_days: int,
    k: int,
) -> Blocks:
    """What newcomers get and whether it was right; how much of purchases and offers falls on new products.

    Parameters
    ----------
    found : Newcomers or None
        None where nothing was tested.
    bought, offered : DataFrame
        As `analysis.recommendation.by_age`: purchases of the later period by age at the cut-off, and offers by age now.
    buyers : int
        Customers who bought in the later period, newcomers among them.
    few : int
        Customers with fewer different products are offered best sellers.
    new_days, offered_days : int
    k : int
    """
    return blocks(
        _newcomers(found, buyers, k) if found is not None else None,
        _few(few) if offered["pairs"].sum() else None,
        _ages(bought, offered, new_days),
        _new_products(bought, offered, new_days) if found is not None else None,
        _gone(offered, offered_days),
    )


def _newcomers(found: Newcomers, buyers: int, k: int) -> list[Block]:
    if not found.customers:
        nobody = message(
            "Everybody who bought in the later period was known before, so there are no newcomers to judge by."
        )
        return [Note("no_newcomers", nobody, "limit")]
    rate = percent(found.share, found.low, found.high, level=found.level, digits=0)
    figure = KeyFigure(
        "newcomers",
        "Buyers of the later period nobody knew before",
        count(found.customers),
        "recommendation.newcomers.v1",
        buyers,
        message("they can only be offered one list for all"),
    )
    said = sentence(
        "newcomers_hit",
        "{n} of {buyers} buyers of the later period were new, so no offer could be chosen for them; the {k} best "
        "sellers would have held something for {rate} of them.",
        claim="n <= buyers",
        n=count(found.customers),
        buyers=count(buyers),
        k=count(k),
        rate=rate,
    )
    return [figure, said]


def _few(few: int) -> Block:
    words = message(
        "Customers without a purchase, or with fewer than {few} different products, are offered {list}: too little is "
        "known of them to compare them with others.",
        few=count(few),
        list=list_term("popularity"),
    )
    return Note("few_purchases", words)


def _ages(bought: pd.DataFrame, offered: pd.DataFrame, new_days: int) -> Block:
    table = bought.merge(offered, on="age", suffixes=("", "_offers"), how="left")
    table["age"] = [f"product_{name}" for name in table["age"]]
    return Table(
        "product_ages",
        message("New products and products no longer sold: purchases of the later period, and today’s offers"),
        table,
        {
            "age": Column("Product", "term"),
            "products": Column("Products at the cut-off", "count"),
            "pairs": Column("Bought later", "count", unit="customer and product"),
            "share": Column("Share", "percent", digits=1),
            "products_offers": Column("Products now", "count"),
            "pairs_offers": Column("Offered now", "count", unit="customer and product"),
            "share_offers": Column("Share of offers", "percent", digits=1),
        },
    )


def _new_products(bought: pd.DataFrame, offered: pd.DataFrame, new_days: int) -> Block:
    shares, now = bought.set_index("age")["share"], offered.set_index("age")["share"]
    never, new = float(shares["never_sold"]), float(shares["new"])
    if never + new == 0:
        return sentence(
            "new_products",
            "All that was bought in the later period had been on sale for more than {length} at the cut-off.",
            claim="new == 0",
            length=days(new_days),
            new=count(int(bought.set_index("age")["pairs"][["never_sold", "new"]].sum())),
        )
    return sentence(
        "new_products",
        "Products that nobody had bought before the cut-off made up {never} of what was bought in the later period, "
        "and those sold for at most {length} another {new}. No method can know the first; of today’s offers {offers} "
        "are products sold for at most {length}.",
        claim="never >= 0 and new >= 0",
        never=percent(never, digits=1),
        new=percent(new, digits=1),
        offers=percent(float(now["new"]), digits=1),
        length=days(new_days),
    )


def _gone(offered: pd.DataFrame, offered_days: int) -> Block:
    row = offered.set_index("age").loc["not_sold_lately"]
    n, offers = count(int(row["products"])), count(int(row["pairs"]))
    if not row["products"]:
        return sentence(
            "no_longer_sold",
            "Every product was bought by a known customer in the last {length}, so none counts as no longer sold.",
            claim="n == 0",
            length=days(offered_days),
            n=n,
        )
    return sentence(
        "no_longer_sold",
        "{n} products were not bought by a known customer in the last {length}. They count as no longer sold, and none "
        "of them is offered.",
        claim="offers == 0",
        n=n,
        length=days(offered_days),
        offers=offers,
    )


def exploring(price: pd.DataFrame | None, *, k: int, new_days: int, kept: bool, level: float) -> Blocks:
    """What a place for a new product would have found, and what it would have cost.

    Parameters
    ----------
    price : DataFrame or None
        As `analysis.recommendation.exploration`, of the lists that are offered; None where nothing was new or tested.
    k, new_days : int
    kept : bool
        Whether today's lists keep such a place.
    level : float
    """
    if price is None or k < _LEAST:
        return blocks()
    rows = price.set_index("measure")
    hit, whole = rows.loc["new_product_hit"], rows.loc["hit_rate"]
    found = percent(*(float(hit[f"with{part}"]) for part in ("_new", "_low", "_high")), level=level, digits=1)
    changed = (
        "more" if float(whole["difference_low"]) > 0 else "fewer" if float(whole["difference_high"]) < 0 else "same"
    )
    values = {"k": count(k), "length": days(new_days), "found": found, "change": _change(whole, level)}
    return blocks(
        Sentence("new_place", Message(_PLACE[changed], values, _CHANGE[changed])),
        sentence("new_place_now", _KEPT if kept else _NOT_KEPT[changed]),
        Note("new_place_why", message("New products can only be learnt about if somebody sees them.")),
    )


def _change(row: pd.Series, level: float) -> Value:
    return points(*(float(row[f"difference{part}"]) for part in ("", "_low", "_high")), level=level, digits=1)
