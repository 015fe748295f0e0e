"""Cleaning, ledger and RFM of transaction lines written by hand for polars, pandas and DuckDB.

Each does what a careful analyst would do with the lines of `benchmarks.simulation.lines` and no others: texts are
trimmed, three forms of dates and numbers with a currency sign are read, exact copies go, cancellations take the latest
earlier line of the same customer, product, quantity and price with them. Money is in pence, as whole numbers. Each
writes the lines that are kept to a Parquet file in their order and returns what `Outcome` says, so that all can be held
against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.simulation.lines import NON_PRODUCTS, TEXTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUMS", "Outcome", "by_duckdb", "by_pandas", "by_polars", "outcome"]

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "unknown", "missing", "-", "--", "?")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%Y/%m/%d %H:%M")
KEY = ["customer_id", "product_id", "size", "price", "money"]
KEPT = ["line", "customer_id", "invoice_id", "product_id", "timestamp", "quantity", "pence", "amount"]
SCORES = 5


@dataclass(frozen=True)
class Outcome:
    """What every subject must find: rows and pence by rule, and sums over the customers' RFM features and scores."""

    ledger: dict[str, list[int]]
    customers: int
    recency_days: int
    frequency: int
    monetary: int
    scores: int

    def plain(self) -> dict[str, object]:
        """As values that JSON knows."""
        return asdict(self)


_TYPED = """
CREATE TABLE typed AS
WITH once AS (
    SELECT {texts}, MIN(source_line) AS line FROM read_parquet('{path}') GROUP BY {texts}
),
trimmed AS (
    SELECT line, TRIM(customer_id) AS c, TRIM(product_id) AS p, TRIM(invoice_id) AS i, timestamp,
           REPLACE(TRIM(quantity, ' £'), ',', '') AS q, REPLACE(TRIM(unit_price, ' £'), ',', '') AS u
    FROM once
),
read AS (
    SELECT line, CASE WHEN LOWER(c) NOT IN {missing}
                     THEN REGEXP_REPLACE(c, '^([0-9]+)[.]0+$', '\\1') END AS customer_id,
           CASE WHEN LOWER(p) NOT IN {missing} THEN p END AS product_id,
           CASE WHEN LOWER(i) NOT IN {missing} THEN i END AS invoice_id,
           TRY_STRPTIME(timestamp, {formats}) AS timestamp, TRY_CAST(q AS BIGINT) AS quantity,
           CAST(TRY_CAST(u AS DECIMAL(18, 2)) * 100 AS BIGINT) AS pence
    FROM trimmed
)
SELECT *, quantity * pence AS amount,
       CASE WHEN timestamp IS NULL THEN 'unreadable_timestamp' WHEN quantity IS NULL THEN 'unreadable_quantity'
            WHEN pence IS NULL THEN 'unreadable_price' WHEN product_id IN {codes} THEN 'not_a_product'
            WHEN REGEXP_MATCHES(invoice_id, '^C[0-9]') THEN 'cancellation'
            WHEN pence <= 0 OR quantity * pence = 0 THEN 'non_positive_price' WHEN quantity < 0 THEN 'return'
       END AS rule
FROM read
"""
_MATCHED = """
CREATE TABLE matched AS
WITH candidates AS (
    SELECT line, timestamp, customer_id, product_id, ABS(quantity) AS size, pence AS price, ABS(amount) AS money,
           CASE WHEN rule IS NULL THEN 1 ELSE -1 END AS step
    FROM typed WHERE customer_id IS NOT NULL AND (rule IS NULL OR rule = 'cancellation')
),
events AS (
    SELECT *, SUM(step) OVER (w ROWS UNBOUNDED PRECEDING) AS total
    FROM candidates SEMI JOIN (SELECT DISTINCT {key} FROM candidates WHERE step = -1) USING ({key})
    WINDOW w AS (PARTITION BY {key} ORDER BY timestamp, step DESC, line)
),
levels AS (
    SELECT *, total - COALESCE(MIN(LEAST(total, 0)) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
              + CASE WHEN step = 1 THEN 0 ELSE 1 END AS level
    FROM events WINDOW w AS (PARTITION BY {key} ORDER BY timestamp, step DESC, line)
)
SELECT line FROM (
    SELECT line, step, level, LEAD(step) OVER (PARTITION BY {key}, level ORDER BY timestamp, step DESC, line) AS next
    FROM levels
) WHERE (step = 1 AND next = -1) OR (step = -1 AND level > 0)
"""
_DECIDED = """
CREATE TABLE decided AS
SELECT t.* EXCLUDE (rule),
       CASE WHEN rule = 'cancellation' AND m.line IS NULL THEN 'cancellation_unmatched'
            WHEN rule IS NULL AND m.line IS NOT NULL THEN 'cancelled_original' ELSE rule END AS rule
FROM typed AS t LEFT JOIN matched AS m USING (line)
"""
_LEDGER = """
SELECT COALESCE(rule, IF(customer_id IS NULL, 'kept_without_customer', 'kept_with_customer')), COUNT(*),
       COALESCE(SUM(amount), 0)
FROM decided GROUP BY ALL
"""
_WHOLE = """
SELECT COUNT(*), SUM(TRY_CAST(REPLACE(TRIM(quantity, ' £'), ',', '') AS BIGINT)
                     * CAST(TRY_CAST(REPLACE(TRIM(unit_price, ' £'), ',', '') AS DECIMAL(18, 2)) * 100 AS BIGINT))
FROM read_parquet('{path}')
"""
#: Sums over the customers in a table `rfm` (customer_id, recency_days, frequency, monetary).
SUMS = """
WITH scored AS (
    SELECT recency_days, frequency, monetary, NTILE(5) OVER (ORDER BY recency_days DESC, customer_id)
           + 2 * NTILE(5) OVER (ORDER BY frequency, customer_id)
           + 3 * NTILE(5) OVER (ORDER BY monetary, customer_id) AS score
    FROM rfm
)
SELECT COUNT(*), SUM(recency_days), SUM(frequency), SUM(monetary), SUM(score * monetary) FROM scored
"""
_RFM = """
CREATE TABLE rfm AS
SELECT customer_id,
       (SELECT MAX(timestamp)::DATE FROM decided WHERE rule IS NULL) - MAX(timestamp)::DATE + 1 AS recency_days,
       COUNT(DISTINCT invoice_id) AS frequency, SUM(amount)::BIGINT AS monetary
FROM decided WHERE rule IS NULL AND customer_id IS NOT NULL GROUP BY customer_id
"""


def by_duckdb(path: Path, out: Path) -> Outcome:
    """DuckDB in memory, in its own dialect."""
    import duckdb

    with duckdb.connect() as database:
        texts = ", ".join(TEXTS)
        database.execute(
            _TYPED.format(
                texts=texts, path=path, missing=MISSING, formats=list(FORMATS), codes=NON_PRODUCTS,
            )
        )  # fmt: skip
        database.execute(_MATCHED.format(key=", ".join(KEY)))
        database.execute(_DECIDED)
        ledger = database.execute(_LEDGER).fetchall()
        whole = database.execute(_WHOLE.format(path=path)).fetchone() or (0, 0)
        ledger.append(("duplicate", *(every - sum(row[i + 1] for row in ledger) for i, every in enumerate(whole))))
        kept = f"SELECT {', '.join(KEPT)} FROM decided WHERE rule IS NULL ORDER BY line"
        database.execute(f"COPY ({kept}) TO '{out}' (FORMAT parquet)")
        database.execute(_RFM)
        return outcome(ledger, database.execute(SUMS).fetchone() or ())


def outcome(ledger: Sequence[tuple[str, int, int]], sums: Sequence[int]) -> Outcome:
    """Put an outcome together; both kinds of copies count as one rule."""
    rules: dict[str, list[int]] = {}
    for rule, rows, money in ledger:
        name = "duplicate" if rule.startswith("duplicate") else rule
        before = rules.get(name, [0, 0])
        rules[name] = [before[0] + int(rows), before[1] + int(money)]
    return Outcome(dict(sorted(rules.items())), *map(int, sums))


def by_polars(path: Path, out: Path) -> Outcome:
    """Polars with its streaming engine; the typed lines are collected once, for three questions."""
    import polars as pl

    def text(name: str) -> pl.Expr:
        trimmed = pl.col(name).str.strip_chars()
        return pl.when(~trimmed.str.to_lowercase().is_in(MISSING)).then(trimmed)

    def number(name: str) -> pl.Expr:
        return pl.col(name).str.strip_chars(" £").str.replace_all(",", "", literal=True)

    def typed(raw: pl.LazyFrame) -> pl.LazyFrame:
        moments = [pl.col("timestamp").str.to_datetime(form, strict=False, time_unit="us") for form in FORMATS]
        return raw.select(
            line="source_line",
            customer_id=text("customer_id").str.replace(r"^([0-9]+)\.0+$", "$1"),
            product_id=text("product_id"),
            invoice_id=text("invoice_id"),
            timestamp=pl.coalesce(*moments),
            quantity=number("quantity").cast(pl.Int64, strict=False),
            pence=(number("unit_price").cast(pl.Float64, strict=False) * 100).round().cast(pl.Int64),
        ).with_columns(amount=pl.col("quantity") * pl.col("pence"))

    raw = pl.scan_parquet(path)
    everything = typed(raw).select(pl.len(), pl.col("amount").sum()).collect(engine="streaming").row(0)
    rules = [
        (pl.col("timestamp").is_null(), "unreadable_timestamp"),
        (pl.col("quantity").is_null(), "unreadable_quantity"),
        (pl.col("amount").is_null(), "unreadable_price"),
        (pl.col("product_id").is_in(NON_PRODUCTS), "not_a_product"),
        (pl.col("invoice_id").str.contains("^C[0-9]"), "cancellation"),
        ((pl.col("pence") <= 0) | (pl.col("amount") == 0), "non_positive_price"),
        (pl.col("quantity") < 0, "return"),
    ]
    ruled = pl.coalesce(*(pl.when(condition).then(pl.lit(name)) for condition, name in rules))
    once = raw.unique(subset=list(TEXTS), keep="first", maintain_order=False)
    lines = typed(once).with_columns(rule=ruled).collect(engine="streaming")
    matched = _matched_by_polars(lines.lazy())
    rule, found = pl.col("rule"), pl.col("matched").is_not_null()
    decided = (
        lines.lazy()
        .join(matched.lazy(), on="line", how="left")
        .with_columns(
            rule=pl.when((rule == "cancellation") & ~found)
            .then(pl.lit("cancellation_unmatched"))
            .when(rule.is_null() & found)
            .then(pl.lit("cancelled_original"))
            .otherwise(rule)
        )
        .collect(engine="streaming")
        .lazy()
    )
    known = pl.when(pl.col("customer_id").is_null()).then(pl.lit("kept_without_customer"))
    named = pl.coalesce("rule", known.otherwise(pl.lit("kept_with_customer")))
    ledger = decided.group_by(named).agg(pl.len(), pl.col("amount").sum()).collect(engine="streaming").rows()
    ledger.append(("duplicate", *(all_ - sum(row[i + 1] for row in ledger) for i, all_ in enumerate(everything))))
    kept = decided.filter(pl.col("rule").is_null()).select(KEPT)
    kept.sort("line").sink_parquet(out)
    end = kept.select(pl.col("timestamp").max()).collect().item().date()
    by_customer = (
        kept.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(pl.col("timestamp").max().dt.date(), pl.col("invoice_id").n_unique(), pl.col("amount").sum())
        .with_columns(recency=(pl.lit(end) - pl.col("timestamp")).dt.total_days() + 1)
        .collect(engine="streaming")
    )
    orders = [("recency", True), ("invoice_id", False), ("amount", False)]
    n = len(by_customer)
    sums = [n, *(by_customer[name].sum() for name, _ in orders)]
    scores = 0
    for weight, (name, descending) in enumerate(orders, start=1):
        ranked = by_customer.sort(name, "customer_id", descending=[descending, False])
        choose = lambda test, yes, no: pl.when(test).then(yes).otherwise(no)  # noqa: E731
        tile = _ntile(pl.int_range(n), n, smaller=choose)
        scores += weight * ranked.select((tile * pl.col("amount")).sum()).item()
    return outcome(ledger, [*sums, scores])


def _ntile(place: Any, n: int, *, smaller: Callable[[Any, Any, Any], Any]) -> Any:
    """Tile of each place 0 … n-1, as SQL's NTILE: the first n % 5 tiles have one more. `smaller` chooses by a test."""
    size, larger = n // SCORES, n % SCORES
    border = larger * (size + 1)
    return smaller(place < border, place // (size + 1), larger + (place - border) // max(size, 1)) + 1


def _matched_by_polars(lines):  # type: ignore[no-untyped-def]
    import polars as pl

    step = pl.when(pl.col("rule").is_null()).then(1).otherwise(-1)
    candidates = lines.filter(
        pl.col("customer_id").is_not_null() & (pl.col("rule").is_null() | (pl.col("rule") == "cancellation"))
    ).select(
        "line", "timestamp", "customer_id", "product_id", size=pl.col("quantity").abs(), price="pence",
        money=pl.col("amount").abs(), step=step,
    )  # fmt: skip
    keys = candidates.filter(pl.col("step") == -1).select(KEY).unique()
    events = candidates.join(keys, on=KEY, how="semi").collect(engine="streaming")
    events = events.sort("timestamp", -pl.col("step"), "line")
    events = events.with_columns(total=pl.col("step").cum_sum().over(KEY))
    lowest = pl.min_horizontal("total", 0).cum_min().shift(1).over(KEY).fill_null(0)
    events = events.with_columns(
        level=pl.col("total") - lowest + pl.when(pl.col("step") == 1).then(0).otherwise(1)
    ).with_columns(following=pl.col("step").shift(-1).over([*KEY, "level"]))
    opened = (pl.col("step") == 1) & (pl.col("following") == -1)
    closed = (pl.col("step") == -1) & (pl.col("level") > 0)
    return events.filter(opened | closed).select("line", matched=pl.lit(True))


def by_pandas(path: Path, out: Path) -> Outcome:
    """Pandas with its Arrow strings, column by column."""
    import numpy as np
    import pandas as pd

    raw = pd.read_parquet(path)
    copies = raw.duplicated(subset=list(TEXTS))

    def text(name: str) -> pd.Series:
        trimmed = raw[name].str.strip()
        return trimmed.where(~trimmed.str.lower().isin(MISSING))

    def number(name: str) -> pd.Series:
        plain = raw[name].str.strip(" £").str.replace(",", "", regex=False)
        return pd.to_numeric(plain, errors="coerce")

    moment = pd.to_datetime(raw["timestamp"], format=FORMATS[0], errors="coerce")
    for form in FORMATS[1:]:
        rest = moment.isna()
        moment[rest] = pd.to_datetime(raw.loc[rest, "timestamp"], format=form, errors="coerce")
    customer = text("customer_id")
    floating = customer.str.contains(r"^[0-9]+\.0+$", na=False)
    customer[floating] = customer[floating].str.split(".").str[0]
    quantity, pence = number("quantity"), (number("unit_price") * 100).round()
    lines = pd.DataFrame(
        {
            "line": raw["source_line"].astype("int64"), "customer_id": customer, "product_id": text("product_id"),
            "invoice_id": text("invoice_id"), "timestamp": moment, "quantity": quantity, "pence": pence,
            "amount": quantity * pence,
        }
    )  # fmt: skip
    conditions = {
        "duplicate": copies,
        "unreadable_timestamp": lines["timestamp"].isna(),
        "unreadable_quantity": lines["quantity"].isna(),
        "unreadable_price": lines["amount"].isna(),
        "not_a_product": lines["product_id"].isin(NON_PRODUCTS),
        "cancellation": lines["invoice_id"].str.contains("^C[0-9]"),
        "non_positive_price": (lines["pence"] <= 0) | (lines["amount"] == 0),
        "return": lines["quantity"] < 0,
    }
    codes = np.select([value.fillna(False).to_numpy(bool) for value in conditions.values()], range(len(conditions)), -1)
    names = [*conditions, "cancellation_unmatched", "cancelled_original"]
    cancellation = names.index("cancellation")
    found = lines["line"].isin(_matched_by_pandas(lines, codes, cancellation)).to_numpy()
    codes = np.where((codes == cancellation) & ~found, names.index("cancellation_unmatched"), codes)
    codes = np.where((codes == -1) & found, names.index("cancelled_original"), codes)
    codes = np.where(codes == -1, len(names) + lines["customer_id"].isna().to_numpy(bool), codes)
    names += ["kept_with_customer", "kept_without_customer"]
    money = lines["amount"].fillna(0).groupby(codes).agg(["size", "sum"])
    kept = lines[codes >= len(names) - 2]
    kept.to_parquet(out)
    end = kept["timestamp"].max().normalize()
    known = kept[kept["customer_id"].notna()].groupby("customer_id")
    table = known.agg(last=("timestamp", "max"), frequency=("invoice_id", "nunique"), monetary=("amount", "sum"))
    table["recency"] = (end - table["last"].dt.normalize()).dt.days + 1
    table = table.reset_index()
    scores, orders = 0, [("recency", False), ("frequency", True), ("monetary", True)]
    for weight, (name, ascending) in enumerate(orders, start=1):
        ranked = table.sort_values([name, "customer_id"], ascending=[ascending, True])
        tile = _ntile(np.arange(len(ranked)), len(ranked), smaller=np.where)
        scores += weight * int((tile * ranked["monetary"].to_numpy()).sum())
    rows = [(names[code], size, total) for code, size, total in money.itertuples()]
    return outcome(rows, [len(table), *(table[name].sum() for name, _ in orders), scores])


def _matched_by_pandas(lines: pd.DataFrame, codes, cancellation: int) -> pd.Series:  # type: ignore[no-untyped-def]
    import numpy as np

    part = lines[lines["customer_id"].notna() & ((codes == -1) | (codes == cancellation))]
    events = part[["line", "timestamp", "customer_id", "product_id"]].assign(
        size=part["quantity"].abs(), price=part["pence"], money=part["amount"].abs(),
        step=np.where(codes[part.index] == -1, 1, -1),
    )  # fmt: skip
    events = events.merge(events.loc[events["step"] == -1, KEY].drop_duplicates(), on=KEY)
    events = events.sort_values(["timestamp", "step", "line"], ascending=[True, False, True])
    events["total"] = events.groupby(KEY)["step"].cumsum()
    events["low"] = events["total"].clip(upper=0)
    lowest = events.groupby(KEY)["low"].cummin()
    lowest = lowest.groupby([events[name] for name in KEY]).shift(1).fillna(0)
    events["level"] = events["total"] - lowest + (events["step"] == -1)
    following = events.groupby([*KEY, "level"])["step"].shift(-1)
    opened = (events["step"] == 1) & (following == -1)
    closed = (events["step"] == -1) & (events["level"] > 0)
    return events.loc[opened | closed, "line"]
