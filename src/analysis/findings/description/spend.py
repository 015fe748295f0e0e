"""Words for what customers spend: totals as facts, averages with their intervals."""

from __future__ import annotations

import pandas as pd

from analysis.bootstrap import Interval
from analysis.description import Spending
from analysis.report.blocks import Block, Blocks, Definition, KeyFigure, Note, blocks, sentence
from analysis.report.values import Value, count, money, number, percent
from analysis.report.wording import message, msgid

__all__ = ["spending"]


_DOUBTS = msgid(
    {
        "fair": (
            "A few large customers weigh much in the averages. In simulations with amounts as uneven as these, an "
            "interval of {level} held the true average a little less often than that: in about nine of ten cases."
        ),
        "poor": (
            "A few large customers decide the averages. In simulations with so few customers and amounts as uneven as "
            "these, an interval of {level} held the true average in only three quarters to nine tenths of the cases, "
            "mostly because it was too low. The median is the safer figure."
        ),
    }
)


def estimate(kind: str, found: Interval) -> Value:
    """An estimate as a value of a kind, with its interval where there is one."""
    known = found.low == found.low
    return Value(kind, found.estimate, found.low if known else None, found.high if known else None, level=found.level)


def spending(result: Spending, *, coverage: pd.DataFrame | None = None) -> Blocks:
    """Key figures and sentences on totals and averages.

    Parameters
    ----------
    result : Spending
    coverage : DataFrame, optional
        How many baskets name their customer (`known`) and how many do not: orders and, where there is money, amount.
        Says how much of the sales the customers on this page account for.
    """
    people = KeyFigure("customers", "Customers", count(result.customers), "description.customers.v1", direction="up")
    orders = KeyFigure("orders", "Orders", count(result.orders), "description.orders.v1", direction="up")
    repeat = percent(*result.repeat_share, level=result.orders_per_customer.level)
    often = sentence(
        "orders_per_customer",
        "A customer placed {mean} orders on average, and {repeat} of customers ordered more than once.",
        claim="mean >= 1 and repeat >= 0",
        mean=estimate("number", result.orders_per_customer),
        repeat=repeat,
    )
    totals: list[Block] = [people, orders]
    said = _money(result, totals) if result.total is not None else [*_no_money(result), *totals]
    return blocks(said, often, _doubt(result), _unknown(coverage) if coverage is not None else None, _terms())


def _doubt(result: Spending) -> Block | None:
    """Where a few customers decide an average, its interval is less sure than it says."""
    found = result.spend_per_customer
    if found is None or found.trust not in _DOUBTS:
        return None
    return Note("spend_doubt", message(_DOUBTS[found.trust], level=Value("percent", found.level)), "limit")


def _money(result: Spending, totals: list[Block]) -> list[Block]:
    assert result.total is not None and result.average_order_value is not None  # the caller has looked
    assert result.spend_per_customer is not None and result.median_spend is not None
    total, basket = money(result.total), estimate("money", result.average_order_value)
    mean, median = estimate("money", result.spend_per_customer), estimate("money", result.median_spend)
    revenue = KeyFigure(
        "revenue", "Revenue from known customers", total, "description.revenue.v1", result.customers,
        message("a total of the data, not an estimate"), "up",
    )  # fmt: skip
    averages = [
        KeyFigure("average_order_value", "Average order value", basket, "description.average_order_value.v1",
                  result.orders, message("revenue divided by the number of orders"), "up"),
        KeyFigure("spend_per_customer", "Average spend per customer", mean, "description.spend_per_customer.v1",
                  result.customers, direction="up"),
    ]  # fmt: skip
    lead = sentence(
        "spend_lead",
        "{customers} customers placed {orders} orders worth {total} in all: {basket} an order and {mean} a customer.",
        claim="customers > 0 and orders >= customers",
        role="lead",
        customers=count(result.customers),
        orders=count(result.orders),
        total=total,
        basket=money(result.average_order_value.estimate),
        mean=money(result.spend_per_customer.estimate),
    )
    ratio = (
        number(result.spend_per_customer.estimate / result.median_spend.estimate)
        if result.median_spend.estimate
        else None
    )
    if ratio is not None and ratio.value > 1.2 and result.spend_per_customer.estimate > 0:
        skew = sentence(
            "mean_and_median",
            "The average spend of {mean} is {ratio} times the {median} of the customer in the middle: a few large "
            "customers pull the average up, so most customers spend less than it.",
            claim="mean > median and ratio > 1.2",
            mean=mean,
            median=median,
            ratio=ratio,
        )
    else:
        skew = sentence(
            "mean_and_median",
            "The average customer spends {mean}, the customer in the middle {median}.",
            mean=mean,
            median=median,
        )
    return [lead, revenue, *totals, *averages, skew]


def _no_money(result: Spending) -> list[Block]:
    return [
        Note(
            "no_money",
            message(
                "The data hold no amounts of money. This page counts orders instead; nothing on it is about revenue."
            ),
            "warning",
        ),
        sentence(
            "spend_lead",
            "{customers} customers placed {orders} orders, {mean} each on average; what they paid is not in the data.",
            claim="customers > 0 and orders >= customers",
            role="lead",
            customers=count(result.customers),
            orders=count(result.orders),
            mean=estimate("number", result.orders_per_customer),
        ),
    ]


def _unknown(coverage: pd.DataFrame) -> Block | None:
    """What the customers of this page leave out: sales without a customer."""
    unknown = ~coverage["known"].astype(bool)
    if not unknown.any():
        return None
    orders, lost = int(coverage["orders"].sum()), int(coverage.loc[unknown, "orders"].sum())
    whole = float(pd.to_numeric(coverage["amount"]).sum()) if "amount" in coverage else 0.0
    if whole > 0:
        amount = float(coverage.loc[unknown, "amount"].sum())
        return sentence(
            "unknown_customers",
            "Sales of {amount} ({share} of all) in {lost} orders carry no customer and are not part of the customer "
            "figures.",
            claim="lost > 0 and share > 0",
            amount=money(amount),
            share=percent(amount / whole),
            lost=count(lost),
        )
    return sentence(
        "unknown_customers",
        "{lost} orders ({share} of all) carry no customer and are not part of the customer figures.",
        claim="lost > 0",
        lost=count(lost),
        share=percent(lost / orders),
    )


def _terms() -> list[Block]:
    return [
        Definition(
            "term_average_order_value",
            "Average order value",
            message("Revenue divided by the number of orders. Customers who order often count with all their orders."),
        ),
        Definition(
            "term_interval",
            "Interval",
            message(
                "The range that would contain the true value in most repetitions (the share of repetitions is "
                "stated with "
                "it), if these customers are seen as a sample of customers of this kind. Here it comes from drawing "
                "customers again and again (bootstrap), by methods that suit skewed amounts. Totals of the data are "
                "facts and carry no interval."
            ),
        ),
        Definition(
            "term_median", "Median", message("The value in the middle: half of the customers lie above it, half below.")
        ),
    ]
