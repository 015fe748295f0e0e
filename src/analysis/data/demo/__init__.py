"""Seeded demo data: raw files as messy as real exports, and the truth that was planted in them.

`generate` writes the same bytes for the same arguments on every machine: nothing comes from the clock, the locale, the
time zone or the order of hashes, and each part of the world draws from its own stream of random numbers.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from analysis.data.demo import files, messy, records, shapes, tables
from analysis.data.demo.ahead import PlantedTaste
from analysis.data.demo.files import RawFile
from analysis.data.demo.people import SEGMENTS
from analysis.data.demo.truth import PlantedCorrelation, PlantedRule, PlantedSegment, Truth, truth
from analysis.data.demo.world import HORIZON_DAYS, World, build, stream
from analysis.errors import AnalysisError

__all__ = [
    "PlantedCorrelation",
    "PlantedRule",
    "PlantedSegment",
    "PlantedTaste",
    "RawFile",
    "Truth",
    "World",
    "build",
    "generate",
]

_LEAST_CUSTOMERS = 10 * len(SEGMENTS)
_LEAST_MONTHS = 6


def generate(out: Path, *, seed: int, customers: int, months: int, end: date) -> Truth:
    """Write the demo's raw files, and the planted truth beside them.

    Parameters
    ----------
    out : Path
        Folder; made if it does not exist. Files of the same names are overwritten.
    seed : int
        Seed of everything random, 0 or more.
    customers : int
        Customers with an id, at least 40.
    months : int
        Length of the period, at least 6.
    end : datetime.date
        The day after the last day with events.

    Returns
    -------
    Truth
        Also written to `out/truth/truth.json`.

    Raises
    ------
    AnalysisError
        An argument lies outside its range.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     planted = generate(Path(folder), seed=1, customers=60, months=12, end=date(2025, 12, 20))
    ...     [file.path for file in planted.files[:2]], (Path(folder) / "truth" / "truth.json").is_file()
    (['transactions_2024.csv', '订单_2025.csv'], True)
    """
    _check(seed=seed, customers=customers, months=months)
    world = build(seed=seed, customers=customers, months=months, end=end)
    clean = records.transaction_records(world, rng=stream(seed, "records"))
    sales = messy.transactions(world, clean, damage=stream(seed, "damage"), formats=stream(seed, "formats"))
    beside = tables.tables(world)
    out.mkdir(parents=True, exist_ok=True)
    written = (
        *_write_sales(out, world, sales),
        *_write_tables(out, beside),
        *shapes.write_shapes(world, out / "shapes", root=out),
    )
    planted = truth(world, months=months, sales=sales, tables=beside, files=written)
    (out / "truth").mkdir(exist_ok=True)
    (out / "truth" / "truth.json").write_bytes(planted.to_json().encode("utf-8"))
    return planted


def _check(*, seed: int, customers: int, months: int) -> None:
    limits = {"seed": (seed, 0), "customers": (customers, _LEAST_CUSTOMERS), "months": (months, _LEAST_MONTHS)}
    faults = [f"{name} is {value}, the least is {least}" for name, (value, least) in limits.items() if value < least]
    if faults:
        raise AnalysisError(
            f"demo data cannot be made: {'; '.join(faults)}. Change the `synthetic` section of the profile "
            f"(the last {HORIZON_DAYS} days are the period after the cut-off)"
        )


def _write_sales(out: Path, world: World, sales: messy.Transactions) -> tuple[RawFile, RawFile]:
    rows = sales.rows
    first, second = rows.loc[rows["file"] != 2], rows.loc[rows["file"] != 1]
    return (
        files.write_transactions(
            out / f"transactions_{world.when.start.year}.csv", first, names=files.ENGLISH, root=out,
            encoding="utf-8", end="\n", blank=12,
        ),
        files.write_transactions(
            out / f"订单_{world.when.end.year}.csv", second, names=files.CHINESE, root=out,
            encoding="gb18030", end="\r\n", blank=5,
        ),
    )  # fmt: skip


def _write_tables(out: Path, beside: dict[str, tables.Table]) -> list[RawFile]:
    shape = {
        "browsing": ("browse_data.csv", "utf-8-sig", ",", "\n"),
        "social": ("social_data.csv", "cp1252", ";", "\r\n"),
        "feedback": ("customer_feedback.csv", "utf-16", ",", "\r\n"),
        "customers": ("customer_data.csv", "utf-8", ",", "\n"),
    }
    return [
        files.write_table(
            out / name, beside[table].rows, table=table, root=out, encoding=encoding, delimiter=delimiter, end=end
        )
        for table, (name, encoding, delimiter, end) in shape.items()
    ]
