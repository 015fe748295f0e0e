"""Workbooks and what is made from one: sheets, cells, and the public data set of the real profile."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from analysis.data.sources import SourceSpec, check, ingest
from analysis.data.sources.fetch import COLUMNS, place_online_retail
from analysis.errors import AnalysisError

_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.datetime):
        serial = (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
        return f'<c r="{name}" s="{1 if serial % 1 else 2}"><v>{serial!r}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{name}"><v>{value!r}</v></c>'
    if str(value).startswith("#"):
        return f'<c r="{name}" t="e"><v>{value}</v></c>'
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """A workbook in its smallest legal form, so that no library is needed to write one."""
    names = list(sheets)
    tags = "".join(f'<sheet name="{escape(n)}" sheetId="{k}" r:id="rId{k}"/>' for k, n in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="rId{k}" Type="{_REL}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{k}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for k in range(1, len(names) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{main}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_NS} xmlns:r="{_REL}"><sheets>{tags}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}'
        f'<Relationship Id="rId99" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_NS}><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    for k, name in enumerate(names, 1):
        rows = "".join(
            f'<row r="{r}">' + "".join(_cell(f"{chr(65 + c)}{r}", v) for c, v in enumerate(row)) + "</row>"
            for r, row in enumerate(sheets[name], 1)
            if row
        )
        files[f"xl/worksheets/sheet{k}.xml"] = f"<worksheet {_NS}><sheetData>{rows}</sheetData></worksheet>"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


MAP = {"customer_id": "客户", "product_id": "ware", "timestamp": "when", "quantity": "n"}
HEAD = ["客户", "ware", "when", "n"]
NOON = dt.datetime(2011, 12, 9, 12, 50)


def test_cells_become_exact_text(tmp_path: Path) -> None:
    rows = [
        [],
        HEAD,
        [12345.0, "85048", NOON, 0.1],
        [12346, " 茶 ", dt.datetime(2011, 12, 9), True],
        [],
        [None, "x", "9.12.2011", 1e-7],
        ["A1", 1e22, None, "#N/A"],
    ]
    write_xlsx(tmp_path / "a.xlsx", {"only": rows})
    spec = SourceSpec(files=("a.xlsx",), columns=MAP)
    assert check({"transactions": [spec]}, root=tmp_path) == []
    report = ingest({"transactions": [spec]}, root=tmp_path, out=tmp_path / "raw")
    part = report.tables["transactions"][0]
    assert (part.file, part.format, part.lines, part.header_lines, part.rows, part.blank) == (
        "a.xlsx",
        "excel",
        7,
        1,
        4,
        2,
    )
    frame = pd.read_parquet(tmp_path / "raw/transactions.parquet")
    got = frame[["customer_id", "product_id", "timestamp", "quantity", "source_line"]]
    assert [tuple(None if v is None or v != v else v for v in row) for row in got.values.tolist()] == [
        ("12345", "85048", "2011-12-09 12:50:00", "0.1", 3),
        ("12346", " 茶 ", "2011-12-09", "true", 4),
        (None, "x", "9.12.2011", "0.0000001", 6),
        ("A1", "10000000000000000000000", None, None, 7),
    ]


def test_every_sheet_is_a_part_and_one_may_be_named(tmp_path: Path) -> None:
    sheets = {"Year 2": [HEAD, ["b", "y", NOON, 2]], "Year 1": [HEAD, ["a", "x", NOON, 1]]}
    write_xlsx(tmp_path / "a.xlsx", sheets)
    spec = SourceSpec(files=("a.xlsx",), columns=MAP)
    report = ingest({"transactions": [spec]}, root=tmp_path, out=tmp_path / "raw")
    assert [part.file for part in report.tables["transactions"]] == ["a.xlsx#Year 1", "a.xlsx#Year 2"]
    frame = pd.read_parquet(tmp_path / "raw/transactions.parquet")
    assert frame.customer_id.tolist() == ["a", "b"] and frame.source_line.tolist() == [2, 2]
    one = SourceSpec(files=("a.xlsx",), columns=MAP, sheet="Year 2")
    assert ingest({"transactions": [one]}, root=tmp_path, out=tmp_path / "raw").rows("transactions") == 1
    wrong = SourceSpec(files=("a.xlsx",), columns=MAP, sheet="Year 3")
    (problem,) = check({"transactions": [wrong]}, root=tmp_path)
    assert ("'Year 3'" in problem and "'Year 1', 'Year 2'" in problem) or "'Year 2', 'Year 1'" in problem


def test_a_sheet_of_notes_is_named(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"data": [HEAD, ["a", "x", NOON, 1]], "notes": [["made by me"]]})
    (problem,) = check({"transactions": [SourceSpec(files=("a.xlsx",), columns=MAP)]}, root=tmp_path)
    assert problem.startswith("a.xlsx#notes: the header has no columns") and "'made by me'" in problem


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr("data.csv", "a,b\n")
    (problem,) = check({"transactions": [SourceSpec(files=("a.xlsx",), columns=MAP)]}, root=tmp_path)
    assert "no readable workbook" in problem


# --- placing the public data set -------------------------------------------------------------------------

LINES = [
    [489434, "79323P", 'RECORD FRAME 7" SINGLE SIZE ', 12, dt.datetime(2009, 12, 1, 7, 45), 6.95, 13085, "UK"],
    ["C489449", 22087, None, -12, dt.datetime(2009, 12, 1, 10, 33), 2.1, None, "Österreich"],
]
EXPECTED = (
    "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
    '489434,79323P,"RECORD FRAME 7"" SINGLE SIZE ",12,2009-12-01 07:45:00,6.95,13085,UK\n'
    "C489449,22087,,-12,2009-12-01 10:33:00,2.1,,Österreich\n"
)


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """What UCI's address sends, in small: a zip with a workbook of two sheets."""
    book = write_xlsx(
        tmp_path / "online_retail_II.xlsx",
        {"Year 2009-2010": [COLUMNS, LINES[0]], "Year 2010-2011": [COLUMNS, LINES[1]]},
    )
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as packed:
        packed.write(book, "online_retail_II.xlsx")
    return (tmp_path / "archive.zip").as_uri()


def test_download_and_conversion(tmp_path: Path, archive: str) -> None:
    target = tmp_path / "raw" / "online_retail_II.csv.gz"
    said = place_online_retail(target, reference=None, url=archive, expected_rows=2)
    assert "downloaded" in said and gzip.decompress(target.read_bytes()).decode() == EXPECTED
    first = target.read_bytes()
    assert "nothing to do" in place_online_retail(target, reference=None, url="none:", expected_rows=2)
    target.write_bytes(first[:-8])
    place_online_retail(target, reference=None, url=archive, expected_rows=2)
    assert target.read_bytes() == first
    assert sorted(path.name for path in target.parent.iterdir()) == [target.name]


def test_copy_from_the_reference_folder(tmp_path: Path) -> None:
    folder = tmp_path / "reference" / "online_retail_II"
    folder.mkdir(parents=True)
    (folder / "online_retail_II.csv.gz").write_bytes(gzip.compress(EXPECTED.encode(), mtime=0))
    target = tmp_path / "raw.csv.gz"
    said = place_online_retail(target, reference=tmp_path / "reference", url="none:", expected_rows=2)
    assert "copied" in said and gzip.decompress(target.read_bytes()).decode() == EXPECTED


def test_what_to_do_by_hand_where_nothing_works(tmp_path: Path, archive: str) -> None:
    target = tmp_path / "raw.csv.gz"
    with pytest.raises(AnalysisError) as caught:
        place_online_retail(target, reference=tmp_path, url=(tmp_path / "no.zip").as_uri(), expected_rows=2)
    for part in (str(target), "does not exist", "the download from", "By hand", "ANALYSIS_REFERENCE_DATA"):
        assert part in str(caught.value)
    with pytest.raises(AnalysisError, match="has 2 rows instead of 3"):
        place_online_retail(target, reference=None, url=archive, expected_rows=3)
    assert not target.exists()
