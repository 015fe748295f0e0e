"""Lists of customers: pseudonyms that need the key, real ids where asked for, nothing outside of exports/."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.pipeline.exports import KEY_VARIABLE, export_result, export_top_customers

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose demo profile has three customers."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    (tmp_path / "params").mkdir()
    shutil.copy(ROOT / "params" / "demo.yaml", tmp_path / "params")
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    for folder in ("features", "clean"):
        (tmp_path / "build" / "demo" / folder).mkdir(parents=True)
    customers = pd.DataFrame({"customer_key": [1, 2, 3], "frequency": [1, 10, 2], "monetary": [50.0, 100.0, 90.0]})
    customers["average_order_value"] = customers["monetary"] / customers["frequency"]
    customers.to_parquet(tmp_path / "build" / "demo" / "features" / "customers.parquet")
    keys = pd.DataFrame({"customer_key": [1, 2, 3], "customer_id": ["=1+1", "b", "c"]})
    keys.to_parquet(tmp_path / "build" / "demo" / "clean" / "customer_keys.parquet")
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_total_and_average_rank_otherwise_and_average_is_per_order(project):
    total = rows(export_top_customers("demo", by="total", size=2, real_ids=True, root=project))
    average = rows(export_top_customers("demo", by="average", size=2, real_ids=True, root=project))
    assert [row["Customer"] for row in total] == ["b", "c"]
    assert [row["Customer"] for row in average] == ["'=1+1", "c"]  # neutral for a spreadsheet
    assert [row["Average order value"] for row in average] == ["50.0", "45.0"]
    assert total[0]["Share of revenue"].startswith("0.41666")
    assert float(total[1]["Cumulative share of revenue"]) == pytest.approx(190 / 240)


def test_pseudonyms_need_the_key_and_stay_the_same(project, monkeypatch):
    path = export_top_customers("demo", by="total", size=1, real_ids=False, root=project)
    first, again = rows(path), rows(export_top_customers("demo", by="total", size=1, real_ids=False, root=project))
    assert first == again
    key_file = project / "exports" / "pseudonym.key"
    assert key_file.stat().st_mode & 0o077 == 0
    key = key_file.read_text().strip().encode()
    assert first[0]["Customer"] == hmac.new(key, b"b", hashlib.sha256).hexdigest()[:16]
    monkeypatch.setenv(KEY_VARIABLE, "another")
    assert rows(export_top_customers("demo", by="total", size=1, real_ids=False, root=project)) != first


def test_what_cannot_be_listed_is_said(project):
    with pytest.raises(AnalysisError, match="size must be at least 1"):
        export_top_customers("demo", by="total", size=0, real_ids=False, root=project)
    path = project / "build" / "demo" / "features" / "customers.parquet"
    pd.read_parquet(path)[["customer_key", "frequency"]].to_parquet(path)
    with pytest.raises(AnalysisError, match="only --by orders"):
        export_top_customers("demo", by="average", size=1, real_ids=False, root=project)
    found = rows(export_top_customers("demo", by="orders", size=1, real_ids=True, root=project))
    assert (found[0]["Customer"], found[0]["Orders"]) == ("b", "10")
    path.unlink()
    with pytest.raises(AnalysisError, match="has not been built"):
        export_top_customers("demo", by="total", size=1, real_ids=False, root=project)


def test_a_result_is_exported_by_name_under_the_pseudonyms_of_every_list(project):
    offers = pd.DataFrame({
        "customer_key": [2, 2, 3], "rank": [1, 2, 1], "product": ["=cmd()", "MUG", "BOWL"], "score": [0.5, 0.25, 0.125],
        "segment": ["new_customers", "new_customers", "browsers"],
    })  # fmt: skip
    folder = project / "build" / "demo" / "results" / "recommendation"
    folder.mkdir(parents=True)
    offers.to_parquet(folder / "offers.parquet")
    offers.drop(columns="customer_key").to_parquet(folder / "methods.parquet")
    path = export_result("demo", result="recommendation/offers", real_ids=True, root=project)
    assert path == project / "exports" / "demo" / "recommendation_offers.csv"
    first, second, third = rows(path)
    assert first == {
        "Customer": "b", "Rank": "1", "Product": "'=cmd()", "Score": "0.5", "Segment": "New customers",
    }  # fmt: skip
    assert [second["Customer"], third["Customer"], third["Segment"]] == ["b", "c", "Browsers who buy little"]
    hidden = rows(export_result("demo", result="recommendation/offers", real_ids=False, root=project))
    best = rows(export_top_customers("demo", by="total", size=1, real_ids=False, root=project))
    assert hidden[0]["Customer"] == hidden[1]["Customer"] == best[0]["Customer"] != "b"
    with pytest.raises(AnalysisError, match=r"row a customer; there are recommendation/offers$"):
        export_result("demo", result="recommendation/methods", real_ids=True, root=project)
    (folder / "offers.parquet").unlink()
    with pytest.raises(AnalysisError, match="build the profile first"):
        export_result("demo", result="../secrets", real_ids=True, root=project)


def test_a_list_speaks_the_main_language_of_its_profile(project):
    path = project / "params" / "demo.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"languages:.*(\n\s+- .*)*", "languages: [zh-Hans]", text), encoding="utf-8")
    folder = project / "build" / "demo" / "results" / "recommendation"
    folder.mkdir(parents=True)
    offers = {
        "customer_key": [2, 3], "product": ["MUG", "BOWL"], "method": ["item_neighbours", "popularity"],
        "reason": ["history", "no_history"], "because_product": ["CUP", None], "logistic": [0.5, 0.25],
        "state": ["gone", None],
    }  # fmt: skip
    pd.DataFrame(offers).to_parquet(folder / "offers.parquet")
    first, second = rows(export_result("demo", result="recommendation/offers", real_ids=True, root=project))
    assert first == {
        "客户": "b", "商品": "MUG", "方法": "相似商品", "推荐依据": "自身购买记录", "关联商品": "CUP",
        "逻辑回归": "0.5", "状态": "很可能已流失",
    }  # fmt: skip
    assert (second["关联商品"], second["状态"]) == ("", "")


def test_git_ignores_exports():
    found = subprocess.run(["git", "check-ignore", "exports/demo/top.csv"], cwd=ROOT, capture_output=True, check=False)
    assert found.returncode == 0
