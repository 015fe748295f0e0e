"""What kind of number each customer feature is, so that all topics write it in the same way."""

__all__ = ["KINDS", "kind_of"]

#: All others are plain numbers.
KINDS: dict[str, str] = {
    "monetary": "money",
    "average_order_value": "money",
    "recency_days": "days",
    "tenure_days": "days",
    "returns_rate": "percent",
    "frequency": "count",
    "product_variety": "count",
}


def kind_of(column: str) -> str:
    """The kind of value that a column holds, one of `analysis.report.values.KINDS`.

    >>> kind_of("monetary"), kind_of("age")
    ('money', 'number')
    """
    return KINDS.get(column, "number")
