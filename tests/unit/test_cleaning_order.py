"""Rows of a file in order need not be compared with each other; all others are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import cleaning
from analysis.cleaning.inputs import _in_order
from analysis.errors import AnalysisError


def write(path: Path, files: list[str | None], lines: list[int | None]) -> Path:
    table = pa.table({"source_file": pa.array(files, pa.string()), "source_line": pa.array(lines, pa.int64())})
    for name in ("customer_id", "product_id", "quantity", "unit_price"):
        table = table.append_column(name, pa.array(["1"] * len(files)))
    table = table.append_column("timestamp", pa.array(["2024-05-01 10:00:00"] * len(files)))
    # tiny row groups, so that stretches run over their borders
    pq.write_table(table, path, row_group_size=2)
    return path


@pytest.mark.parametrize(
    ("files", "lines", "ordered"),
    [
        (["a", "a", "b"], [1, 2, 1], True),
        (["b", "b", "a", "a", "a"], [2, 9, 1, 2, 7], True),
        (["a"] * 3, [1, 1, 2], False),
        (["a"] * 5, [1, 2, 3, 4, 4], False),
        (["a"] * 3, [1, 3, 2], False),
        (["a", "b", "a"], [1, 1, 2], False),
        ([None, "a"], [1, 1], False),
        (["a", "a"], [1, None], False),
        ([], [], True),
    ],
)
def test_order_is_seen(tmp_path, files, lines, ordered):
    assert _in_order(write(tmp_path / "rows.parquet", files, lines)) is ordered


@pytest.mark.parametrize("lines", [[1, 2, 2], [2, 1, 2]])
def test_rows_that_are_not_unique_are_refused(tmp_path, lines):
    with pytest.raises(AnalysisError, match="1 rows whose source_file and source_line are not unique"):
        cleaning.clean({"transactions": write(tmp_path / "rows.parquet", ["a"] * 3, lines)})


def test_rows_out_of_order_are_cleaned_as_those_in_order(tmp_path):
    tables = [
        cleaning.clean({"transactions": write(tmp_path / "rows.parquet", ["a"] * 3, lines)}, repeats="keep")
        for lines in ([1, 2, 3], [3, 1, 2])
    ]
    first, second = (one.frame("sales") for one in tables)
    assert first["source_line"].tolist() == second["source_line"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("count", [2, 25])
def test_many_files_are_numbered_as_few(tmp_path, count):
    names = [f"file {i:02}" for i in range(count)]
    result = cleaning.clean({"transactions": write(tmp_path / "rows.parquet", names, [1] * count)}, repeats="keep")
    # each file is a pass of its own, so that all but the first row are copies of it
    assert result.frame("sales")["source_file"].tolist() == names[:1]
