"""Files to take away: the tables of the pages in one workbook, and lists of customers for the few who may see them.

They go to `exports/`, which git ignores; none is part of a stage. Customers stand there under keyed pseudonyms, the
same in every list as long as the key is kept, or, where that is asked for, under the ids of the source.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from analysis import description
from analysis.errors import AnalysisError
from analysis.findings.list_labels import CODES, HEADS, PREFIXES
from analysis.pipeline.frames import read_table
from analysis.pipeline.pages import documents, style_of
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import Build
from analysis.report.blocks import Column
from analysis.report.csvfile import csv_bytes
from analysis.report.formatting import Style, display_name
from analysis.report.language import languages
from analysis.report.translation import translated_columns

__all__ = ["KEY_VARIABLE", "export_result", "export_top_customers", "export_workbook", "pseudonym"]

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
    if by not in RANKS:
        raise AnalysisError(f"a list of customers is by {', '.join(RANKS)}; got {by!r}")
    if RANKS[by] not in customers.columns:
        raise AnalysisError(f"{name} has no amounts of money, so only --by orders is possible, not {by}")
    money = "monetary" in customers.columns
    best = description.top_customers(
        customers, value="monetary" if money else "frequency", by=RANKS[by], orders="frequency", size=size
    )
    best["customer"] = _names(best["customer_key"], build, real_ids=real_ids)
    style = style_of(load_profile(name, root=root))
    return _write(root / "exports" / name / f"top_{size}_by_{by}.csv", best, _columns(money=money), style)


def export_result(name: str, *, result: str, real_ids: bool, root: Path) -> Path:
    """Write a result that has a row for each customer, or several, to `exports/<profile>/<topic>_<table>.csv`.

    Parameters
    ----------
    name : str
        The profile; the notebook behind the result must have been built.
    result : str
        Topic and table, such as `recommendation/offers` or `clustering/assignments`.
    real_ids : bool
        Name the customers as the source does, instead of by pseudonyms.
    root : Path
        The project's root.

    Raises
    ------
    AnalysisError
        If there is no such result, or it does not say of which customer a row is; the message names those that do.
    """
    build = Build(root, name)
    listed = _lists(build)
    if result not in listed:
        known = f"there are {', '.join(listed)}" if listed else f"build the profile first: dvc repro pages@{name}"
        raise AnalysisError(f"{name} has no result {result!r} with a row a customer; {known}")
    table = read_table(listed[result])
    style = style_of(load_profile(name, root=root))
    table.insert(0, "customer", _names(table["customer_key"], build, real_ids=real_ids))
    for name_of in table.columns.intersection(list(CODES)):
        table[name_of] = [
            None if code is None or code != code else CODES[name_of] + str(code) for code in table[name_of]
        ]
    columns = {column: _column(column, style) for column in table.columns.drop("customer_key")}
    return _write(root / "exports" / name / f"{result.replace('/', '_')}.csv", table, columns, style)


def export_workbook(name: str, *, language: str | None = None, root: Path) -> Path:
    """Write all tables and figures of a profile's pages to `exports/<profile>/<profile>.xlsx`, or `….<language>.xlsx`.

    Parameters
    ----------
    name : str
        The profile; all of its notebooks must have been built.
    language : str, optional
        One of `analysis.report.language.languages`; the profile's main language if none is named.
    root : Path
        The project's root.

    Raises
    ------
    AnalysisError
        If there is no such language.
    """
    from analysis.report.workbook import workbook

    if language is not None and language not in languages():
        raise AnalysisError(f"there is no language {language!r}; choose one of {', '.join(languages())}")
    style = style_of(load_profile(name, root=root), language)
    content = workbook(documents(name, root=root, language=style.language), style)
    target = root / "exports" / name / (f"{name}.xlsx" if language is None else f"{name}.{language}.xlsx")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def pseudonym(customer_id: str, key: bytes) -> str:
    """A name that nobody without the key can trace back: the first 16 hexadecimal digits of HMAC-SHA-256 (RFC 2104).

    >>> pseudonym("13085", b"key") == pseudonym("13085", b"key") != pseudonym("13085", b"other key")
    True
    """
    return hmac.new(key, customer_id.encode("utf-8"), hashlib.sha256).hexdigest()[:16]


def _lists(build: Build) -> dict[str, Path]:
    """Every result with a column `customer_key`, by topic and table."""
    paths = sorted((build.folder / "results").glob("*/*.parquet"))
    return {f"{path.parent.name}/{path.stem}": path for path in paths if "customer_key" in pq.read_schema(path).names}


def _names(keys: pd.Series, build: Build, *, real_ids: bool) -> list[str]:
    ids = _table(build.folder / "clean" / "customer_keys.parquet", build).set_index("customer_key")["customer_id"]
    names = ids.reindex(keys).astype(str)
    if real_ids:
        return names.tolist()
    key = _key(build.root)
    known = {each: pseudonym(each, key) for each in names.unique()}
    return [known[each] for each in names]


def _column(name: str, style: Style) -> Column:
    if name in HEADS:
        return Column(HEADS[name], "term" if name in CODES else "text")
    known = next((prefix + name for prefix in PREFIXES if prefix + name in style.names), name)
    label = display_name(known, style)
    capital = label[0].upper() + label[1:]
    return Column(capital)


def _write(target: Path, table: pd.DataFrame, columns: dict[str, Column], style: Style) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(csv_bytes(table, translated_columns(columns, style), style))
    return target


def _columns(*, money: bool) -> dict[str, Column]:
    columns = {"rank": Column("Rank", "count"), "customer": Column("Customer")}
    columns |= {"value": Column("Total spend", "money")} if money else {}
    columns |= {"orders": Column("Orders", "count")}
    columns |= {"per_order": Column("Average order value", "money")} if money else {}
    return columns | {
        "share": Column("Share of revenue" if money else "Share of orders", "percent"),
        "cumulative_share": Column("Cumulative share of revenue" if money else "Cumulative share of orders", "percent"),
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
