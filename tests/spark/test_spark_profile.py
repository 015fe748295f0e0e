"""A profile on Spark: its sources may lie behind addresses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.pipeline.cli import main
from analysis.pipeline.links import ADDRESSES
from analysis.pipeline.repro import look_again
from projects import Project
from spark.comparison import QUICK

pytestmark = pytest.mark.spark

LINES = [
    "who,what,when,number,price",
    *(f"c{n % 7},p{n % 5},2025-0{n % 9 + 1}-11,{n % 4},{n % 3}.5" for n in range(90)),
]
COLUMNS = {"customer_id": "who", "product_id": "what", "timestamp": "when", "quantity": "number", "unit_price": "price"}


def _on_spark(project: Project, profile: str) -> None:
    settings = {"master": "local[2]", "driver_memory": "1g", "options": QUICK}
    project.edit(f"params/{profile}.yaml", "engine: duckdb", f"engine: spark\nspark: {json.dumps(settings)}\n#")


def test_sources_behind_an_address(
    copy_of_project: Callable[..., Project],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = copy_of_project("shared")
    monkeypatch.chdir(project.root)
    project.own_profile("shop", LINES, COLUMNS)
    frame = pd.read_csv(project.root / "data" / "raw" / "shop.csv", parse_dates=["when"])
    for number in range(2):
        frame.iloc[number::2].to_parquet(tmp_path / f"part-{number}.parquet")
    project.edit("params/shop.yaml", "data/raw/shop.csv", f"{tmp_path}/part-*.parquet")
    project.edit("params/shop.yaml", "      encoding: utf-8\n", "")
    build = project.root / "build" / "shop"
    assert main(["inputs", "--profile", "shop"]) == main(["ingest", "--profile", "shop"]) == 0
    shutil.copytree(build / "raw", tmp_path / "raw")

    project.edit("params/shop.yaml", f"{tmp_path}/part-*.parquet", f'"file://{tmp_path}/part-*.parquet"')
    assert main(["check", "--profile", "shop"]) == 1
    assert f"sources.transactions[0].files: 'file://{tmp_path}/part-*.parquet' is an address" in capsys.readouterr().err
    _on_spark(project, "shop")
    assert main(["inputs", "--profile", "shop"]) == main(["ingest", "--profile", "shop"]) == 0
    local, read = (pq.read_table(folder / "raw" / "transactions.parquet").to_pandas() for folder in (tmp_path, build))
    assert len(local) == 90
    assert read.equals(local.assign(source_file="file://" + local["source_file"]))

    noted = build / "inputs" / "transactions" / ADDRESSES
    before = json.loads(noted.read_text(encoding="utf-8"))
    assert [file["url"] for file in before] == [f"file://{tmp_path}/part-{number}.parquet" for number in range(2)]
    frame.to_parquet(tmp_path / "part-1.parquet")
    look_again("shop", root=project.root)
    after = json.loads(noted.read_text(encoding="utf-8"))
    assert before[0] == after[0] and before[1]["size"] != after[1]["size"]
