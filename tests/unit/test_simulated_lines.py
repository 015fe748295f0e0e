"""The lines that speed is measured on: the same each time, as messy as they say, and alike in both kinds of file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.simulation import lines

from analysis import cleaning

N = 30_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(tmp_path_factory.mktemp("lines")) / "transactions.parquet"
    lines.write_parquet(path, N)
    return path


def test_same_arguments_same_lines_and_another_seed_other_lines():
    first, again, other = (pa.concat_tables(lines.blocks(5000, seed=seed)) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    assert first["source_line"].to_pylist() == list(range(2, 5002))


def test_blocks_are_joined_without_a_gap(monkeypatch):
    monkeypatch.setattr(lines, "BLOCK", 2048)
    parts = list(lines.blocks(5000))
    whole = pa.concat_tables(parts)
    assert [len(part) for part in parts] == [2048, 2048, 904]
    assert whole["source_line"].to_pylist() == list(range(2, 5002))
    # no order stands in two blocks
    assert not set(parts[0]["invoice_id"].to_pylist()) & set(parts[1]["invoice_id"].to_pylist())


def test_cleaning_finds_what_was_planted(file):
    ledger = cleaning.clean(
        {"transactions": file}, non_product_codes=lines.NON_PRODUCTS, memory_limit="1GB", threads=1
    ).ledger.set_index("rule")["rows"]
    assert ledger["raw_rows"] == N
    assert ledger["duplicate_repeat"] + ledger["duplicate_overlap"] == pytest.approx(0.018 * N, rel=0.15)
    assert ledger["duplicate_overlap"] >= 0.005 * N
    assert ledger["cancellation"] + ledger["cancellation_unmatched"] == pytest.approx(lines.CANCELLED * N, rel=0.1)
    assert ledger["cancelled_original"] == ledger["cancellation"] > 3 * ledger["cancellation_unmatched"]
    assert ledger["kept_without_customer"] == pytest.approx(lines.NO_CUSTOMER * N, rel=0.2)
    assert ledger["not_a_product"] == pytest.approx(lines.NO_PRODUCT * N, rel=0.5)
    for rule in ("unreadable_quantity", "unreadable_price", "non_positive_price", "return"):
        assert 0 < ledger[rule] < 0.005 * N


def test_both_kinds_of_file_hold_the_same(file, tmp_path):
    table = pq.read_table(file).to_pandas()
    for quoted in (False, True):
        lines.write_csv(tmp_path / "lines.csv", N, quoted=quoted)
        read = pd.read_csv(tmp_path / "lines.csv", dtype=str)
        pd.testing.assert_frame_equal(read, table[read.columns], check_dtype=False)


@pytest.mark.parametrize(("arguments", "word"), [({"n_lines": 10}, "n_lines"), ({"n_customers": 0}, "n_customers")])
def test_too_few_are_refused(arguments, word):
    with pytest.raises(ValueError, match=word):
        next(lines.blocks(**{"n_lines": 2000, **arguments}))
