"""Rules about single values on public tables whose truth is known, and on errors planted in one of them."""

from __future__ import annotations

import pandas as pd
import pytest
from benchmarks.verify import cells
from benchmarks.verify.table import Table

pytestmark = pytest.mark.reference_data


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {table.name: table for table in cells.tables()}


def test_as_good_as_published_methods(tables: dict[str, Table]) -> None:
    """HoloClean, by its own output on the same file, which counts the same 509 wrong cells."""
    assert tables["cells"].missed == 0
    frame = tables["cells"].frame.set_index(["data", "measure"])
    # 509 and 4,362 wrong cells: what differs between the two files of each data set
    assert frame["wrong_cells"].tolist() == [509, 509, 4362, 4362]
    assert (frame["precision"] > 0.99).all() and (frame["recall"] > 0.95).all()


def test_counts_agree_with_plain_comparison(tables: dict[str, Table]) -> None:
    """Scores against a few lines of pandas."""
    for name in cells.DATA_SETS:
        dirty, clean = cells.dirty_clean(name)
        result = cells.clean_cells(dirty, cells.rules_of(name))
        truth = clean.set_axis(dirty.columns, axis=1)
        wrong, changed = dirty != truth, dirty != result.repaired
        right = (wrong & changed & (result.repaired == truth)).to_numpy().sum()
        row = tables["cells"].frame.query("data == @name and measure == 'repaired'").iloc[0]
        assert (row["cells"], row["right"], row["wrong_cells"]) == (
            changed.to_numpy().sum(), right, wrong.to_numpy().sum(),
        )  # fmt: skip


def test_nothing_is_wrong_in_the_clean_tables(tables: dict[str, Table]) -> None:
    assert tables["cells_false_alarms"].missed == 0


def test_other_errors_than_those_of_the_file_are_found_as_well(tables: dict[str, Table]) -> None:
    planted: pd.DataFrame = tables["cells_planted"].frame.query("kind == 'all'")
    assert (planted["recall_found"] > 0.9).all() and (planted["recall_repaired"] > 0.85).all()
    assert (planted.query("share_damaged <= 0.05")["precision_repaired"] > 0.9).all()
