"""Many transaction lines: cleaning, ledger and RFM, beside the same job by hand in polars, pandas and DuckDB.

The job goes from raw text in Parquet to the ledger, the kept lines in a Parquet file, and each customer's recency,
frequency, monetary value and quintile scores; all must agree to the row and the penny. What cleaning and features do
beyond that (outliers, names, orders, baskets, histories) is measured apart, without peers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench.work import OWN, Goal, Growth, Job, Limit, Work

__all__ = ["works"]

MILLION = 1_000_000
#: What DuckDB may take of the 2 GB that a process of all of cleaning and features may have: the process takes some
#: 900 MB more while it cleans, and 400 MB more while it groups and sorts features.
CLEANING_MEMORY, FEATURES_MEMORY = "1000MB", "1300MB"
MOST_MB = 2048
GOALS = {"polars": Goal(speed=1), "pandas": Goal(speed=3)}
MOST_GROWTH = 10.5
KEPT = "line_id, customer_id, invoice_id, product_id, timestamp, quantity, unit_price, amount"
#: Sums of money are exact as DECIMAL; peers count pence.
RFM = """
WITH orders AS (
    SELECT customer_id, invoice_id, MAX(timestamp) AS moment, SUM(amount) AS amount
    FROM decided WHERE rule IS NULL AND customer_id IS NOT NULL GROUP BY customer_id, invoice_id
),
last AS (
    SELECT CAST(MAX(timestamp) AS DATE) AS day FROM decided WHERE rule IS NULL
)
SELECT customer_id, CAST(MAX(l.day) - CAST(MAX(o.moment) AS DATE) AS BIGINT) + 1 AS recency_days,
       COUNT(*) AS frequency, CAST(SUM(o.amount) * 100 AS BIGINT) AS monetary
FROM orders AS o CROSS JOIN last AS l GROUP BY customer_id
"""


def _prepare(n: int, path: Path) -> None:
    from benchmarks.simulation.lines import write_parquet

    write_parquet(path, n)


def _own(path: Path) -> Job:
    from analysis.cleaning.inputs import load_raw, read_texts
    from analysis.cleaning.options import CleaningOptions
    from analysis.cleaning.transactions import decide
    from analysis.data.engine import DuckDBEngine
    from benchmarks.peers.lines import SUMS, Outcome, outcome
    from benchmarks.simulation.lines import NON_PRODUCTS

    options = CleaningOptions(non_product_codes=NON_PRODUCTS)

    def do() -> Outcome:
        with DuckDBEngine() as engine:
            load_raw(engine, "transactions", path)
            read_texts(engine, ["transactions"], options)
            ledger = decide(engine, options)
            kept = f"SELECT {KEPT} FROM decided WHERE rule IS NULL"
            engine.write(kept, path.with_name("kept.parquet"), order_by="line_id")
            engine.table("rfm", RFM)
            pence = [0 if amount is None else int(amount * 100) for amount in ledger["amount"]]
            rows = list(zip(ledger["rule"], ledger["row_count"], pence, strict=True))
            return outcome(rows, engine.rows(SUMS)[0])

    def job() -> Callable[[], object]:
        return do().plain

    return job


def _peer(name: str, path: Path) -> Job:
    import importlib

    from benchmarks.peers import lines

    importlib.import_module(name)  # ModuleNotFoundError where it is not installed
    do = {"polars": lines.by_polars, "pandas": lines.by_pandas, "duckdb": lines.by_duckdb}[name]

    def job() -> Callable[[], object]:
        return do(path, path.with_name("kept.parquet")).plain

    return job


def _everything(path: Path) -> Job:
    from analysis import cleaning, features
    from benchmarks.simulation.lines import NON_PRODUCTS

    def job() -> Callable[[], object]:
        clean = cleaning.clean({"transactions": path}, non_product_codes=NON_PRODUCTS, memory_limit=CLEANING_MEMORY)
        built = features.build(clean.tables, memory_limit=FEATURES_MEMORY)
        # the ledger has been closed to the row and the penny, or cleaning had stopped
        return lambda: [int(clean.ledger["rows"].iloc[0]), len(built.frame("customers"))]

    return job


def _whole_job(n: int, growth: Growth | None, *, runs: int | None = None) -> Work:
    return Work(
        f"all of cleaning and features for {n // MILLION} million lines",
        partial(_prepare, n),
        {OWN: _everything},
        limit=Limit(peak_mb=MOST_MB),
        growth=growth,
        whole=True,
        runs=runs,
    )


def works() -> list[Work]:
    """The job beside peers at 1 and 10 million lines, and everything at 1, 10 and 100 million within 2 GB."""
    names = [f"ledger, kept lines and RFM of {n} million lines" for n in (1, 10)]
    subjects = {OWN: _own, **{name: partial(_peer, name) for name in ("polars", "pandas", "duckdb")}}
    growths = (None, Growth(names[0], MOST_GROWTH))
    beside = [
        Work(name, partial(_prepare, n * MILLION), subjects, GOALS, growth=growth)
        for name, n, growth in zip(names, (1, 10), growths, strict=True)
    ]
    one, ten = _whole_job(MILLION, None), f"all of cleaning and features for {10} million lines"
    return [
        *beside,
        one,
        _whole_job(10 * MILLION, Growth(one.name, MOST_GROWTH)),
        _whole_job(100 * MILLION, Growth(ten, MOST_GROWTH), runs=1),
    ]
