"""What is offered now: to how many customers, how much of the catalogue, and the first products of each segment."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import list_term
from analysis.recommendation import Tally
from analysis.report.blocks import Block, Blocks, Column, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, percent, text
from analysis.report.wording import message

__all__ = ["next_best"]


def next_best(offers: Tally, by_segment: pd.DataFrame, *, method: str, customers: int, on_sale: int) -> Blocks:
    """Customers with offers, coverage of the catalogue, the products of each segment.

    Parameters
    ----------
    offers : Tally
        All offers, counted.
    by_segment : DataFrame
        As `analysis.recommendation.offers_by_segment`, with `because_product`, the name of the product.
    method : str
        Whose lists are offered.
    customers : int
        All customers.
    on_sale : int
        Products that may be offered.
    """
    if not offers.offers:
        return blocks(
            sentence(
                "no_offers",
                "There is nothing to offer: products sold lately: {n}; whoever bought before owns them already.",
                n=count(on_sale),
            )
        )
    served, products = offers.customers, len(offers.products)
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
        _how(offers, method, customers),
        _concentrated(offers),
        _table(by_segment),
        Note(
            "offers_file",
            message(
                "The offers of every customer are kept as the result “offers” of this notebook, with the reason of "
                "each, and can be exported by name; this page shows groups only."
            ),
        ),
    )


def _how(offers: Tally, method: str, customers: int) -> Block:
    own = offers.by_method.reindex([method], fill_value=0).loc[method]
    return sentence(
        "offers_made",
        "{served} of {customers} customers have offers today, {lines} in all, every one from {method}."
        if own["offers"] == offers.offers
        else "{served} of {customers} customers have offers today, {lines} in all, {own} of them at least one from "
        "{method}; the other places are filled with best sellers.",
        claim="own <= served and served <= customers",
        served=count(offers.customers),
        customers=count(customers),
        lines=count(offers.offers),
        own=count(int(own["customers"])),
        method=list_term(method),
    )


def _concentrated(offers: Tally) -> Block:
    first = offers.products.sort_values("customers", ascending=False, kind="stable").iloc[0]
    return sentence(
        "most_offered",
        "The product that is offered most, {product}, stands on the lists of {share} of them ({n} customers).",
        claim="n <= served",
        product=text(str(first["product"])),
        share=percent(int(first["customers"]) / offers.customers),
        n=count(int(first["customers"])),
        served=count(offers.customers),
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
