"""Features of customers at a date, from rows strictly before it, and what the customers did after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from analysis.data.engine import Engine, quoted, sql_text
from analysis.features.inputs import undated

__all__ = [
    "ALWAYS",
    "customers_at",
    "history_sql",
    "known_sql",
    "midnight",
    "products_at",
    "purchases_at",
    "settle",
]

#: Before every event.
ALWAYS = date(1000, 1, 1)
_MONEY = ("monetary", "average_order_value")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def settle(engine: Engine) -> None:
    """Group once what is the same at every day: the baskets of one day and one customer of which nothing is cancelled.

    Makes `settled_items` and `settled_orders`, and `mixed_lines` for all other baskets.
    """
    engine.table("category_numbers", sql_text("feature_category_numbers"))
    engine.table("mixed_baskets", sql_text("feature_mixed_baskets"))
    engine.table("mixed_lines", sql_text("feature_mixed_lines"))
    for name, source in (("settled_items", "clean_sales"), ("settled_orders", "settled_items")):
        engine.table_by_ranges(name, _of_range(f"feature_{name}"), source=source, key="basket_key")


def purchases_at(engine: Engine, *, at: date) -> None:
    """Make what was bought before a day, from lines to customers, after `settle`.

    These are `sales_seen` (lines), `items`, `orders_seen`, `products_seen`, `bought` (customers) and `countries`.
    """
    moment = midnight(at)
    engine.view("sales_seen", sql_text("feature_sales", as_of=moment))
    engine.view("mixed_seen", sql_text("feature_mixed_seen", as_of=moment))
    engine.view("orders_seen", sql_text("feature_orders", as_of=moment))
    products_at(engine, "products_seen", since=ALWAYS, at=at)
    engine.table("bought", sql_text("feature_customers", as_of=moment))
    engine.table("countries", sql_text("feature_countries"))


def products_at(engine: Engine, name: str, *, since: date, at: date) -> None:
    """Make the table of what each known customer bought since a day and before the day of `purchases_at`."""
    engine.view("items", sql_text("feature_items", from_time=midnight(since), as_of=midnight(at)))
    engine.table_by_ranges(name, _of_range("feature_products"), source="items", key="customer_key")


def _of_range(name: str) -> Callable[[int, int], str]:
    return lambda first, end: sql_text(name, first_key=first, end_key=end)


def customers_at(engine: Engine, have: list[str], *, at: date, money: bool, dated_only: bool) -> None:
    """Make `customers_at`: features of all customers with a sale before the day of `purchases_at`."""
    moment = midnight(at)
    columns = [name for name in engine.columns("bought") if money or name not in _MONEY]
    picked = [f"b.{name}" for name in columns]
    joins = []
    for name in ("browsing", "social", "feedback"):
        without_date = name in have and undated(engine, name)
        if name not in have or (without_date and dated_only):
            continue
        values: dict[str, Any] = {"undated": without_date, "as_of": moment}
        if name == "feedback":
            values["from_time"] = midnight(ALWAYS)
        engine.table(f"{name}_sums", sql_text(f"feature_{name}", **values))
        picked += _event_columns(name, engine.columns(f"{name}_columns"))
        joins.append(f"LEFT JOIN {name}_sums AS {name} ON {name}.customer_key = b.customer_key")
    attributes = _attribute_columns(engine, have, columns)
    if attributes:
        picked += [f"a.{quoted(given)} AS {quoted(shown)}" for given, shown in attributes]
        joins.append("LEFT JOIN attributes AS a ON a.customer_key = b.customer_key")
    if all(shown != "country" for _, shown in attributes):
        picked.append("c.country AS country")
        joins.append("LEFT JOIN countries AS c ON c.customer_key = b.customer_key")
    engine.table("customers_at", f"SELECT {', '.join(picked)} FROM bought AS b {' '.join(joins)}")


def _event_columns(name: str, given: list[str]) -> list[str]:
    if name == "browsing":
        minutes = ["COALESCE(browsing.minutes, 0) AS browsing_minutes"] if "duration_seconds" in given else []
        pages = ["browsing.pages / CAST(browsing.sessions AS DOUBLE) AS pages_per_session"] if "pages" in given else []
        return ["COALESCE(browsing.sessions, 0) AS browsing_sessions", *minutes, *pages]
    if name == "social":
        moved = {"likes", "comments", "shares"} & set(given)
        engagement = ["COALESCE(social.engagement, 0) AS social_engagement"] if moved else []
        return ["COALESCE(social.posts, 0) AS social_posts", *engagement]
    rating = ["feedback.satisfaction AS satisfaction"] if "rating" in given else []
    return ["COALESCE(feedback.n, 0) AS feedback_count", *rating]


def _attribute_columns(engine: Engine, have: list[str], taken: list[str]) -> list[tuple[str, str]]:
    """Return pairs (column in customers, name among the features); flags of imputation stay behind."""
    if "customers" not in have:
        return []
    reserved = {
        *taken, *_MONEY, "browsing_sessions", "browsing_minutes", "pages_per_session", "social_posts",
        "social_engagement", "feedback_count", "satisfaction", "cutoff", "target_amount", "target_orders",
        "target_satisfaction", "previous_amount", "previous_orders",
    }  # fmt: skip
    return [
        (name, f"{name}_stated" if name in reserved else name)
        for name in engine.columns("attributes")
        if name != "customer_key" and not name.endswith("_imputed")
    ]


def known_sql(engine: Engine, have: list[str], *, at: date, horizon_days: int, money: bool) -> str:
    """Features at a day, and what was bought in the horizon before it. Leaves `purchases_at` and `customers_at`.

    Tables without a time tell nothing of a day and are passed over.
    """
    purchases_at(engine, at=at)
    customers_at(engine, have, at=at, money=money, dated_only=True)
    engine.table("previous", sql_text("feature_previous", from_time=midnight(at - timedelta(days=horizon_days))))
    picked = ["p.*", "COALESCE(r.previous_orders, 0) AS previous_orders"]
    picked += ["CAST(COALESCE(r.previous_amount, 0) AS DOUBLE) AS previous_amount"] if money else []
    picked += [f"DATE '{at.isoformat()}' AS cutoff"]
    joins = "LEFT JOIN previous AS r ON r.customer_key = p.customer_key"
    return f"SELECT {', '.join(picked)} FROM customers_at AS p {joins}"


def history_sql(engine: Engine, have: list[str], *, cutoff: date, horizon_days: int, money: bool) -> str:
    """Features at a cutoff, what was bought in the horizon before it, and the targets in the horizon after it."""
    window = {"from_time": midnight(cutoff), "as_of": midnight(cutoff + timedelta(days=horizon_days))}
    known = known_sql(engine, have, at=cutoff, horizon_days=horizon_days, money=money)
    engine.table("targets", sql_text("feature_targets", **window))
    picked = ["k.*", "COALESCE(t.target_orders, 0) AS target_orders"]
    picked += ["CAST(COALESCE(t.target_amount, 0) AS DOUBLE) AS target_amount"] if money else []
    joins = "LEFT JOIN targets AS t ON t.customer_key = k.customer_key"
    if "feedback" in have and not undated(engine, "feedback") and "rating" in engine.columns("feedback_columns"):
        engine.table("target_feedback", sql_text("feature_feedback", undated=False, **window))
        picked.append("f.satisfaction AS target_satisfaction")
        joins += " LEFT JOIN target_feedback AS f ON f.customer_key = k.customer_key"
    return f"SELECT {', '.join(picked)} FROM ({known}) AS k {joins}"
