"""Putting the public data set of the `online_retail` profile where the profile expects it."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from analysis.data.sources.csv_file import plan_csv, read_csv
from analysis.data.sources.excel_file import sheet_names, sheet_rows
from analysis.data.sources.formats import sniff
from analysis.data.sources.specs import SourceSpec
from analysis.data.sources.typed import cell_text
from analysis.errors import AnalysisError

__all__ = ["ONLINE_RETAIL_ROWS", "ONLINE_RETAIL_URL", "place_online_retail"]

ONLINE_RETAIL_URL = "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"
"""D. Chen, Online Retail II, UCI Machine Learning Repository 502, CC BY 4.0: a workbook with two sheets."""

ONLINE_RETAIL_ROWS = 1_067_371
"""Rows of both sheets together."""

COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")

_TIMEOUT_SECONDS = 60


def place_online_retail(
    target: Path,
    *,
    reference: Path | None,
    url: str = ONLINE_RETAIL_URL,
    expected_rows: int = ONLINE_RETAIL_ROWS,
) -> str:
    """Make sure that `target` is the whole Online Retail II data set as CSV, gzip.

    It is copied from `reference` (a folder of public data sets) where that has it, else downloaded from UCI's
    archive and converted. `target` is written as a whole or not at all.

    Returns
    -------
    str
        What was done, for the person at the keyboard.

    Raises
    ------
    AnalysisError
        Neither way works; says what was tried and what to do by hand.
    """
    if target.exists():
        try:
            rows = _count(target)
        except AnalysisError:
            rows = -1
        if rows == expected_rows:
            return f"{target} is already there, with its {rows:,} rows; nothing to do"
    tried = []
    kept = reference / "online_retail_II" / "online_retail_II.csv.gz" if reference is not None else None
    if kept is None:
        tried.append("ANALYSIS_REFERENCE_DATA names no folder to copy it from")
    elif not kept.exists():
        tried.append(f"{kept} does not exist")
    else:
        try:
            _place(target, lambda partial: _copy(kept, partial), expected_rows)
            return f"{target} was copied from {kept}: {expected_rows:,} rows"
        except AnalysisError as error:
            tried.append(str(error))
    try:
        _place(target, lambda partial: _download(url, partial), expected_rows)
        return f"{target} was downloaded from {url} and converted: {expected_rows:,} rows"
    except AnalysisError as error:
        tried.append(str(error))
    raise AnalysisError(
        f"{target} could not be put in place. Tried: {'; '.join(tried)}. By hand: on a machine with internet "
        f"download {url}, unpack it, save both sheets of online_retail_II.xlsx below each other as one UTF-8 CSV "
        f"with the header {','.join(COLUMNS)}, pack it with gzip and put it at {target}; or set "
        "ANALYSIS_REFERENCE_DATA to a folder that has online_retail_II/online_retail_II.csv.gz"
    )


def _place(target: Path, write: Callable[[Path], None], expected_rows: int) -> None:
    """Write beside the target, count, and only then give it its name."""
    partial = target.parent / f".{target.name}.partial.gz"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        rows = _count(partial)
        if rows != expected_rows:
            raise AnalysisError(f"what was found has {rows:,} rows instead of {expected_rows:,}")
        partial.replace(target)
    except OSError as error:
        raise AnalysisError(f"{target} cannot be written ({error.strerror or error})") from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(kept: Path, partial: Path) -> None:
    try:
        shutil.copyfile(kept, partial)
    except OSError as error:
        raise AnalysisError(f"{kept} could not be copied ({error.strerror or error})") from error


def _count(path: Path) -> int:
    """Rows that ingestion would read, none of them quarantined."""
    spec = SourceSpec(files=(str(path),), columns={name: name for name in COLUMNS}, encoding="utf-8", delimiter=",")
    _, compression = sniff(path, name=str(path))
    plan = plan_csv(path, spec, compression=compression, name=str(path))
    counts = read_csv(path, plan, lambda *_: None, compression=compression, name=str(path))
    if counts.quarantined:
        raise AnalysisError(f"{path} has {counts.quarantined:,} records that cannot be read")
    return counts.rows


def _download(url: str, partial: Path) -> None:
    import urllib.error  # slow to import, and seldom needed
    import urllib.request

    with tempfile.TemporaryDirectory(prefix="online-retail-") as folder:
        archive = Path(folder) / "archive.zip"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, archive.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise AnalysisError(f"the download from {url} failed ({getattr(error, 'reason', error)})") from error
        try:
            with zipfile.ZipFile(archive) as packed:
                books = sorted(name for name in packed.namelist() if name.lower().endswith(".xlsx"))
                if not books:
                    raise AnalysisError(f"the archive from {url} holds no workbook")
                book = Path(packed.extract(books[0], folder))
        except (zipfile.BadZipFile, OSError) as error:
            raise AnalysisError(f"what {url} sent is no readable archive ({error})") from error
        _convert(book, partial)


def _convert(book: Path, partial: Path) -> None:
    """Both sheets, one below the other, as CSV; the bytes depend on the workbook alone."""
    with (
        partial.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for sheet in sheet_names(book, None, name=book.name):
            writer.writerows(_sheet_records(book, sheet))


def _sheet_records(book: Path, sheet: str) -> list[list[str]]:
    rows = ([cell_text(cell) or "" for cell in row] for _, row in sheet_rows(book, sheet, name=book.name))
    filled = [row[: len(COLUMNS)] for row in rows if any(row)]
    if not filled or tuple(name.strip() for name in filled[0]) != COLUMNS:
        seen = ", ".join(filled[0]) if filled else "nothing"
        raise AnalysisError(f"sheet {sheet!r} of {book.name} has the header {seen} instead of {', '.join(COLUMNS)}")
    return filled[1:]
