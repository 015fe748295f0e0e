"""Lists of customers: files for the few who may see them, never part of a page or of a stage.

They go to `exports/`, which git ignores. Customers stand there under keyed pseudonyms, the same in every list as long
as the key is kept, or, where that is asked for, under the ids of the source.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import pandas as pd

from analysis import description
from analysis.errors import AnalysisError
from analysis.pipeline.notebook import read_table
from analysis.pipeline.pages import style_of
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import Build
from analysis.report.blocks import Column
from analysis.report.csvfile import csv_bytes

__all__ = ["KEY_VARIABLE", "export_top_customers", "pseudonym"]

#: The key of the pseudonyms, where it is kept elsewhere than in `exports/pseudonym.key`.
KEY_VARIABLE = "ANALYSIS_PSEUDONYM_KEY"
#: What ranks the customers: the choice on the command line, and the column of the features.
RANKS = {"total": "monetary", "average": "average_order_value", "orders": "frequency"}


def export_top_customers(name: str, *, by: str, size: int, real_ids: bool, root: Path) -> Path:
    """Write the best customers of a profile to `exports/<profile>/top_<size>_by_<by>.csv`.

    Parameters
    ----------
    name : str
        The profile; its features must have been built.
    by : {"total", "average", "orders"}
        Total spend, average spend (total ÷ number of orders), or number of orders.
    size : int
        How many customers.
    real_ids : bool
        Name the customers as the source does, instead of by pseudonyms.
    root : Path
        The project's root.
    """
    build = Build(root, name)
    customers = _table(build.features / "customers.parquet", build)
    ids = _table(build.folder / "clean" / "customer_keys.parquet", build).set_index("customer_key")["customer_id"]
    if by not in RANKS:
        raise AnalysisError(f"a list of customers is by {', '.join(RANKS)}; got {by!r}")
    if RANKS[by] not in customers.columns:
        raise AnalysisError(f"{name} has no amounts of money, so only --by orders is possible, not {by}")
    money = "monetary" in customers.columns
    best = description.top_customers(
        customers, value="monetary" if money else "frequency", by=RANKS[by], orders="frequency", size=size
    )
    names = ids.reindex(best["customer_key"]).astype(str).to_numpy()
    key = None if real_ids else _key(root)
    best["customer"] = names if key is None else [pseudonym(each, key) for each in names]
    style = style_of(load_profile(name, root=root))
    target = root / "exports" / name / f"top_{size}_by_{by}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(csv_bytes(best, _columns(money=money), style))
    return target


def pseudonym(customer_id: str, key: bytes) -> str:
    """A name that nobody without the key can trace back: the first 16 hexadecimal digits of HMAC-SHA-256 (RFC 2104).

    >>> pseudonym("13085", b"key") == pseudonym("13085", b"key") != pseudonym("13085", b"other key")
    True
    """
    return hmac.new(key, customer_id.encode("utf-8"), hashlib.sha256).hexdigest()[:16]


def _columns(*, money: bool) -> dict[str, Column]:
    columns = {"rank": Column("Rank", "count"), "customer": Column("Customer")}
    columns |= {"value": Column("Total spend", "money")} if money else {}
    columns |= {"orders": Column("Orders", "count")}
    columns |= {"per_order": Column("Average order value", "money")} if money else {}
    of = "revenue" if money else "orders"
    return columns | {
        "share": Column(f"Share of {of}", "percent"),
        "cumulative_share": Column(f"Cumulative share of {of}", "percent"),
    }


def _table(path: Path, build: Build) -> pd.DataFrame:
    if not path.is_file():
        raise AnalysisError(
            f"{build.profile} has not been built yet. Build it first: dvc repro features@{build.profile}"
        )
    return read_table(path)


def _key(root: Path) -> bytes:
    """The key of the environment, or that of the file, which is made once and readable by its owner alone."""
    if given := os.environ.get(KEY_VARIABLE):
        return given.encode("utf-8")
    path = root / "exports" / "pseudonym.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path.read_text(encoding="ascii").strip().encode("ascii")
