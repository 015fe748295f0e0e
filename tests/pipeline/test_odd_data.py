"""Data that methods cannot say much about still give pages: each says what does not apply, and none fails."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pytest

from analysis.pipeline.project import PAGES
from projects import Project

COLUMNS = {
    "invoice_id": "invoice",
    "customer_id": "customer",
    "product_id": "product",
    "description": "description",
    "timestamp": "time",
    "quantity": "quantity",
    "unit_price": "price",
}
HEADER = ",".join(COLUMNS.values())
HOSTILE = "<script>alert(1)</script> =cmd()"


@pytest.fixture(scope="module")
def project(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("odd") / "project"
    return Project(Path(shutil.copytree(built.root, root, symlinks=True)))


def words(project: Project, profile: str, page: str) -> str:
    """The visible text of a page, without style, charts and the list of parameters at its end."""
    text = (project.root / "reports" / "latest" / profile / f"{page}.html").read_text(encoding="utf-8")
    text = re.sub(r"(?s)<(style|svg)\b.*?</\1>", "", text)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    return text.rsplit("Where these numbers come from", 1)[0]


def pages(project: Project, profile: str) -> dict[str, str]:
    folder = project.root / "reports" / "latest" / profile
    return {path.stem: words(project, profile, path.stem) for path in sorted(folder.glob("*.html"))}


def test_two_rows_of_two_customers(project: Project) -> None:
    lines = ["1,A,x,tea,2025-01-01 10:00,1,3", "2,B,y,cup,2025-02-01 11:00,2,4"]
    project.own_profile("two", [HEADER, *lines], COLUMNS)
    project.analysis("reports", "--profile", "two")
    text = pages(project, "two")
    assert set(text) == set(PAGES)
    for name, page in text.items():
        assert not re.search(r"\b(nan|None|inf|Traceback|Error)\b", page), name
    assert "nothing is estimated" in text["regression"]
    assert "so all stay together" in text["clustering"]
    assert "nothing to correlate" in text["correlation"]
    assert "no rules" in text["rules"]
    assert "cannot be learnt or judged" in text["classification"]
    # Another version of pages whose small groups are withheld: the two can still be set side by side.
    path = project.root / "params" / "two.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("top_list: 15", "top_list: 14"), encoding="utf-8")
    project.analysis("reports", "--profile", "two")
    assert len(list((project.root / "reports" / "versions").glob("two-*"))) == 2


def test_a_giant_basket_hostile_words_and_prices_that_are_no_numbers(project: Project) -> None:
    lines = [
        f"{number // 3},{number % 40},{(number * 7) % 23},{HOSTILE} {(number * 7) % 23},"
        f"2025-{1 + number % 9:02d}-{1 + (number * 5) % 27:02d} 10:00,{1 + number % 4},{1 + number % 9}.5"
        for number in range(1500)
    ]
    odd = [f"8000,1,1,odd,2025-03-01 10:00,1,{price}" for price in ("inf", "1e400", "NaN", "free")]
    giant = [f"9000,7,g{number},giant,2025-06-01 10:00,1,1" for number in range(5000)]
    project.own_profile("hostile", [HEADER, *lines, *odd, *giant], COLUMNS)
    project.analysis("reports", "--profile", "hostile")
    folder = project.root / "reports" / "latest" / "hostile"
    for path in folder.glob("*.html"):
        assert "<script" not in path.read_text(encoding="utf-8").lower(), path.name
    text = pages(project, "hostile")
    assert "more than 150 products: 1" in text["rules"] and "5,000" in text["rules"]
    assert "Unreadable price" in text["cleaning"]
