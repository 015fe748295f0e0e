"""What is offered now: to how many customers, how much of the catalogue, and the first products of each segment."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import list_term
from analysis.report.blocks import Block, Blocks, Column, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, percent, text
from analysis.report.wording import message

__all__ = ["next_best"]


def next_best(offers: pd.DataFrame, by_segment: pd.DataFrame, *, method: str, customers: int, on_sale: int) -> Blocks:
    """Customers with offers, coverage of the catalogue, the products of each segment.

    Parameters
    ----------
    offers : DataFrame
        One row an offer: customer_key, rank, product_id, product, score, method, reason, because.
    by_segment : DataFrame
        As `analysis.recommendation.offers_by_segment`, with `because_product`, the name of the product.
    method : str
        Whose lists are offered.
    customers : int
        All customers.
    on_sale : int
        Products that may be offered.
    """
    if offers.empty:
        return blocks(
            sentence(
                "no_offers",
                "There is nothing to offer: products sold lately: {n}; whoever bought before owns them already.",
                n=count(on_sale),
            )
        )
    served, products = int(offers["customer_key"].nunique()), int(offers["product_id"].nunique())
    return blocks(
        KeyFigure(
            "customers_with_offers",
            "Customers with offers",
            count(served),
            "recommendation.customers_with_offers.v1",
            note=message("of {customers} known customers", customers=count(customers)),
            direction="up",
        ),
        KeyFigure(
            "catalogue_coverage",
            "Products offered to somebody",
            percent(products / on_sale),
            "recommendation.catalogue_coverage.v1",
            note=message("of {products} products on sale; a fact about the lists", products=count(on_sale)),
            direction="up",
        ),
        _how(offers, method, served, customers),
        _concentrated(offers, served),
        _table(by_segment),
        Note(
            "offers_file",
            message(
                "The offers of every customer are kept as the result “offers” of this notebook, with the reason of "
                "each, and can be exported by name; this page shows groups only."
            ),
        ),
    )


def _how(offers: pd.DataFrame, method: str, served: int, customers: int) -> Block:
    own = int(offers.loc[offers["method"] == method, "customer_key"].nunique())
    return sentence(
        "offers_made",
        "{served} of {customers} customers have offers today, {lines} in all, every one from {method}."
        if (offers["method"] == method).all()
        else "{served} of {customers} customers have offers today, {lines} in all, {own} of them at least one from "
        "{method}; the other places are filled with best sellers.",
        claim="own <= served and served <= customers",
        served=count(served),
        customers=count(customers),
        lines=count(len(offers)),
        own=count(own),
        method=list_term(method),
    )


def _concentrated(offers: pd.DataFrame, served: int) -> Block:
    number = (
        offers.groupby("product_id")["customer_key"].nunique().sort_index().sort_values(ascending=False, kind="stable")
    )
    first = str(number.index[0])
    name = offers.loc[offers["product_id"] == first, "product"].iloc[0]
    return sentence(
        "most_offered",
        "The product that is offered most, {product}, stands on the lists of {share} of them ({n} customers).",
        claim="n <= served",
        product=text(str(name)),
        share=percent(float(number.iloc[0]) / served),
        n=count(int(number.iloc[0])),
        served=count(served),
    )


def _table(by_segment: pd.DataFrame) -> Block:
    table = by_segment.assign(reason=[f"reason_{name}" for name in by_segment["reason"]])
    columns = {
        "segment": Column("Segment", "term"),
        "product": Column("Product"),
        "offered": Column("Customers offered it", "count"),
        "share": Column("Of the segment", "percent", digits=0),
        "share_all": Column("Of all customers", "percent", digits=0),
    }
    if table["because_product"].notna().any():
        columns["because_product"] = Column("Mostly because of")
    if (by_segment["reason"] != "history").any():
        columns["reason"] = Column("Mostly as", "term")
    return Table(
        "segment_offers",
        message("Next-best offers of each segment: the products that are offered to most of its customers"),
        table[list(columns)],
        columns,
        order="segments by worth, products by how many they are offered to",
        group_size="offered",
    )
