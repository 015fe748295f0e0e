"""Cleaning and features on DuckDB beside the same SQL on Spark (`make spark`), both with two cores of this machine.

The answer is for those who wonder when to move: how many times longer Spark takes at one and at ten million lines.
Starting Spark counts, because each stage starts it anew. The results are the same tables; rows and money are compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench.work import OWN, Job, Work

if TYPE_CHECKING:
    from analysis.data.engine import DuckDBEngine
    from analysis.data.engine.spark import SparkEngine

__all__ = ["works"]

MILLION = 1_000_000
CORES = 2
#: Of Spark's heap: with what a JVM takes beside it about as much as DuckDB may use.
MEMORY = "2500m"


def _prepare(n_lines: int, path: Path) -> None:
    from benchmarks.simulation.lines import write_parquet

    write_parquet(path, n_lines, seed=1)


def _duckdb() -> DuckDBEngine:
    from analysis.data.engine import DuckDBEngine

    return DuckDBEngine(threads=CORES)


def _spark() -> SparkEngine:
    from analysis.data.engine.spark import SparkEngine

    return SparkEngine(master=f"local[{CORES}]", driver_memory=MEMORY)


def _subject(needed: str, opened: Callable[[], DuckDBEngine | SparkEngine], path: Path) -> Job:
    __import__(needed)
    import pyarrow.parquet as pq

    from analysis import cleaning, features
    from benchmarks.simulation.lines import NON_PRODUCTS

    def job() -> Callable[[], object]:
        folder = tempfile.TemporaryDirectory()
        clean = Path(folder.name, "clean")
        with opened() as engine:
            result = cleaning.clean({"transactions": path}, engine=engine, non_product_codes=list(NON_PRODUCTS))
            result.write(clean)
        with opened() as engine:
            built = features.build(clean, engine=engine)

        def said() -> object:
            ledger = result.ledger
            money = pq.read_table(built.tables["customers"], columns=["monetary"])["monetary"].to_numpy()
            folder.cleanup()
            return {
                "ledger": ledger["rows"].tolist(),
                "amounts": [str(amount) for amount in ledger["amount"]],
                "customers": len(money),
                "money": float(sorted(money)[-1]),
            }

        return said

    return job


def works() -> list[Work]:
    """One and ten million lines, the latter once; there is no goal, the table says what it costs."""
    subjects = {OWN: partial(_subject, "duckdb", _duckdb), "spark": partial(_subject, "pyspark", _spark)}
    return [
        Work(f"cleaning and features of {n} million lines, DuckDB beside Spark", partial(_prepare, n * MILLION),
             subjects, whole=True, runs=1 if n > 1 else None)
        for n in (1, 10)
    ]  # fmt: skip
