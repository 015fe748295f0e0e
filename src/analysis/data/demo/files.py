"""Writing the damaged tables: encodings, delimiters, quoting, line ends and what breaks them."""

from __future__ import annotations

import codecs
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

__all__ = ["RawFile", "write_table", "write_transactions"]

ENGLISH = {
    "invoice_id": "invoice_id", "product_id": "product_id", "description": "description", "category": "category",
    "quantity": "quantity", "timestamp": "invoice_date", "unit_price": "unit_price", "customer_id": "customer_id",
    "country": "country",
}  # fmt: skip
CHINESE = {
    "invoice_id": "订单号", "product_id": "商品编号", "description": "商品名称", "category": "类别", "quantity": "数量",
    "timestamp": "下单时间", "unit_price": "单价", "customer_id": "客户编号", "country": "国家",
}  # fmt: skip


@dataclass(frozen=True)
class RawFile:
    """What one file holds: lines = header_lines + rows + unreadable + embedded_newlines + blank."""

    path: str
    table: str
    encoding: str
    delimiter: str
    lines: int
    header_lines: int
    rows: int
    unreadable: int
    embedded_newlines: int
    blank: int

    def facts(self) -> dict[str, str | int]:
        """The fields as a plain mapping."""
        return asdict(self)


def _quoted(value: str, delimiter: str) -> str:
    if delimiter in value or '"' in value or "\n" in value or "\r" in value:
        return '"' + value.replace('"', '""') + '"'
    return value


def _encoded(text: str, encoding: str) -> bytes:
    """Bytes that do not depend on the machine: Python's own UTF-16 takes the machine's order of bytes."""
    if encoding == "utf-16":
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    return text.encode(encoding)


def _joined(frame: pd.DataFrame, delimiter: str) -> list[str]:
    """Each row as the text of a record, without its line end."""
    columns = [[_quoted(value, delimiter) for value in frame[name].tolist()] for name in frame.columns]
    return [delimiter.join(fields) for fields in zip(*columns, strict=True)]


def write_table(
    path: Path, frame: pd.DataFrame, *, table: str, root: Path, encoding: str, delimiter: str = ",", end: str = "\n"
) -> RawFile:
    """Write a table of texts with a header line.

    Parameters
    ----------
    path, root : Path
        The file, and the folder that its path is told relative to.
    frame : DataFrame
        All columns text.
    table : str
        Canonical table that the file feeds.
    encoding, delimiter, end : str
        Of the file.

    Returns
    -------
    RawFile
    """
    records = _joined(frame, delimiter)
    text = end.join([delimiter.join(frame.columns), *records, ""])
    path.write_bytes(_encoded(text, encoding))
    inner = sum(record.count("\n") for record in records)
    return RawFile(
        path.relative_to(root).as_posix(), table, encoding, delimiter, 1 + len(records) + inner, 1, len(records), 0,
        inner, 0,
    )  # fmt: skip


def write_transactions(
    path: Path, rows: pd.DataFrame, *, names: dict[str, str], root: Path, encoding: str, end: str, blank: int
) -> RawFile:
    """Write one of the transaction files, with what `rows.damage` says is wrong with a line.

    Parameters
    ----------
    rows : DataFrame
        Columns as `names` has them, and damage.
    names : dict
        Canonical column: the file's column.
    blank : int
        Blank lines, strewn evenly.
    """
    records = _joined(rows[list(names)], ",")
    damage = rows["damage"].tolist()
    broken = 0
    for i, name in enumerate(damage):
        if name == "ragged":
            # by turns a line that was cut short and one with a value too many
            records[i] = records[i].rsplit(",", 3)[0] if broken % 2 == 0 else records[i] + ",checked"
            broken += 1
        elif name == "unterminated_quote":
            invoice, product, text, *rest = (rows.iloc[i][column] for column in names)
            records[i] = ",".join([invoice, product, '"' + text.replace('"', "").replace(",", ""), *rest])
    inner = sum(record.count("\n") for record in records)
    lines = [",".join(names.values()), *records]
    for i in range(blank):
        lines.insert((i + 1) * len(lines) // (blank + 1), "")
    lasting = end.encode(encoding)
    marked = {i for i, name in enumerate(damage) if name == "cp1252_bytes"}
    if marked:
        foreign = {records[i] for i in marked}
        data = lasting.join(line.encode("cp1252" if line in foreign else encoding) for line in lines) + lasting
    else:
        data = end.join([*lines, ""]).encode(encoding)
    path.write_bytes(data)
    unreadable = sum(name in ("ragged", "unterminated_quote") for name in damage)
    return RawFile(
        path.relative_to(root).as_posix(), "transactions", encoding, ",", len(lines) + inner, 1,
        len(records) - unreadable, unreadable, inner, blank,
    )  # fmt: skip
