"""Ingestion of a large file: what this project does, beside readers that one would use instead.

All come from the same CSV to Parquet with every value as text, empty ones NULL; results are held against each other by
a sum of hashes over all rows. The peers keep neither the line a row stood on nor records that cannot be read, and
compute no SHA-256 of the file: ingestion does. Where lines are damaged they stop or guess, so that there is nothing to
compare. Damage is in one line of a hundred: a quote that never closes, a field too few, a stray byte, a blank line.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.bench.work import OWN, Growth, Job, Limit, Work

__all__ = ["works"]

#: CPU seconds that a line may take, and memory at its highest, whatever the size of the file.
SECONDS_A_LINE, PEAK_MB = 1e-6, 300
MILLION, RETAIL_LINES = 1_000_000, 1_067_371
COLUMNS = (
    "customer_id", "product_id", "timestamp", "invoice_id", "description", "category", "quantity", "unit_price",
    "country",
)  # fmt: skip
RETAIL = {
    "customer_id": "Customer ID", "product_id": "StockCode", "timestamp": "InvoiceDate", "invoice_id": "Invoice",
    "description": "Description", "quantity": "Quantity", "unit_price": "Price", "country": "Country",
}  # fmt: skip
EVERY = 100


def _clean(lines: int, quoted: bool, path: Path) -> None:
    from benchmarks.simulation.lines import write_csv

    write_csv(path, lines, quoted=quoted)


def _damaged(lines: int, path: Path) -> None:
    plain = path.with_name("plain")
    _clean(lines, False, plain)
    with plain.open("rb") as source, path.open("wb") as target:
        for number, line in enumerate(source):
            if number % EVERY == EVERY - 1:
                fields = line.split(b",")
                kinds = (
                    b",".join([*fields[:4], b'"' + fields[4], *fields[5:]]),
                    b",".join(fields[:5]) + b"\n",
                    line.replace(b",", b",\x81", 1),
                    b"\n",
                )
                line = kinds[number // EVERY % len(kinds)]
            target.write(line)


def _retail(path: Path) -> None:
    from benchmarks.verify.table import reference_data

    with gzip.open(reference_data("online_retail_II", "online_retail_II.csv.gz")) as packed, path.open("wb") as plain:
        shutil.copyfileobj(packed, plain)


def _typed(lines: int, path: Path) -> None:
    """The lines as a database exports them: whole numbers, floats, times."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    text = path.with_name("text")
    _clean(lines, False, text)
    table = arrow_csv.read_csv(
        text, convert_options=arrow_csv.ConvertOptions(column_types={"customer_id": pa.string()})
    )
    numbers = {"quantity": pa.int64(), "unit_price": pa.float64(), "timestamp": pa.timestamp("us")}
    for name, kind in numbers.items():
        table = table.set_column(table.column_names.index(name), name, _converted(table[name], kind))
    pq.write_table(table, path)


def _converted(values: object, kind: object) -> object:
    """Texts that are of this kind as it, others missing."""
    import pandas as pd
    import pyarrow as pa

    texts = pd.Series(values.to_pandas(), dtype="object")  # type: ignore[attr-defined]
    if pa.types.is_timestamp(kind):
        return pa.array(pd.to_datetime(texts, errors="coerce", format="%Y-%m-%d %H:%M:%S"), kind)
    numbers = pd.to_numeric(texts, errors="coerce")
    whole = numbers.round().astype("Int64") if pa.types.is_integer(kind) else numbers
    return pa.array(whole, kind, from_pandas=True)


def _told(path: Path, columns: Sequence[str]) -> Callable[[], list[object]]:
    """Rows of a Parquet file, and the sum of their hashes."""

    def tell() -> list[object]:
        import duckdb

        names = ", ".join(f'"{name}"' for name in columns)
        rows = f"SELECT count(*), sum(hash({names}))::VARCHAR FROM read_parquet(?)"
        found = duckdb.execute(rows, [str(path)]).fetchone()
        return list(found or ())

    return tell


def _own(columns: dict[str, str], path: Path) -> Job:
    from analysis.data.sources import SourceSpec, ingest

    out = path.with_name("out")
    spec = SourceSpec(files=(str(path),), columns=columns)

    def job() -> Callable[[], list[object]]:
        ingest({"transactions": [spec]}, root=path.parent, out=out)
        return _told(out / "transactions.parquet", list(columns))

    return job


def _pandas(columns: dict[str, str], path: Path) -> Job:
    import pandas as pd

    out = path.with_name("pandas.parquet")

    def job() -> Callable[[], list[object]]:
        pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""]).to_parquet(out)
        return _told(out, list(columns.values()))

    return job


def _polars(columns: dict[str, str], path: Path) -> Job:
    import polars as pl

    out = path.with_name("polars.parquet")

    def job() -> Callable[[], list[object]]:
        pl.scan_csv(path, infer_schema=False).sink_parquet(out)
        return _told(out, list(columns.values()))

    return job


def _duckdb(columns: dict[str, str], path: Path) -> Job:
    import duckdb

    out = path.with_name("duckdb.parquet")

    def job() -> Callable[[], list[object]]:
        duckdb.execute(f"COPY (FROM read_csv('{path}', all_varchar = true)) TO '{out}' (FORMAT parquet)")
        return _told(out, list(columns.values()))

    return job


def works() -> list[Work]:
    """Clean files of two sizes, all values quoted, a real one, a damaged one, and typed Parquet."""
    same = {name: name for name in COLUMNS}
    peers = {"polars": _polars, "duckdb": _duckdb}

    def work(
        name: str,
        prepare: Callable[[Path], None],
        lines: int,
        others: dict[str, Callable[[dict[str, str], Path], Job]],
        *,
        columns: dict[str, str] = same,
        growth: Growth | None = None,
    ) -> Work:
        subjects = {who: partial(made, columns) for who, made in {OWN: _own, **others}.items()}
        limit = Limit(cpu_seconds=lines * SECONDS_A_LINE, peak_mb=PEAK_MB)
        return Work(name, prepare, subjects, limit=limit, growth=growth)

    smaller = "ingestion of 1 million lines"
    return [
        work(smaller, partial(_clean, MILLION, False), MILLION, {"pandas": _pandas, **peers}),
        work(
            "ingestion of 10 million lines",
            partial(_clean, 10 * MILLION, False),
            10 * MILLION,
            peers,
            growth=Growth(smaller, 10.5),
        ),
        work(f"{smaller}, all quoted", partial(_clean, MILLION, True), MILLION, {"pandas": _pandas, **peers}),
        work("ingestion of online retail", _retail, RETAIL_LINES, {"pandas": _pandas, **peers}, columns=RETAIL),
        work(f"{smaller}, one in {EVERY} damaged", partial(_damaged, MILLION), MILLION, {}),
        work(f"{smaller} of typed Parquet", partial(_typed, MILLION), MILLION, {}),
    ]
