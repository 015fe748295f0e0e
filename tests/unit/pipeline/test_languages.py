"""From a profile's languages to files: pages, latest copies, the index and comparisons, each beside the others."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from analysis.errors import AnalysisError
from analysis.pipeline.exports import export_workbook
from analysis.pipeline.pages import build_pages, index_languages
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import PAGES
from analysis.pipeline.publish import compare, publish, refresh_index
from analysis.report import comparison
from analysis.report.blocks import Column, KeyFigure, Table, sentence
from analysis.report.values import count, money, text
from analysis.report.wording import message

ROOT = Path(__file__).resolve().parents[3]
NAME = "teahouse"


def write_profile(root: Path, **report: Any) -> None:
    yaml = YAML()
    content = yaml.load((ROOT / "params" / "demo.yaml").read_text(encoding="utf-8"))
    content["report"] |= report
    yaml.dump(content, root / "params" / f"{NAME}.yaml")


def build(root: Path, customers: int) -> None:
    """What the stages before `pages` leave, with one key figure and one sentence a page."""
    folder = root / "build" / NAME
    for topic in PAGES:
        key = KeyFigure("customers", "Key figures", count(customers), "customers.v1")
        said = sentence("lead", "{label}: {value}", role="lead", label=text("茶"), value=money(582_901.0))
        figures = {"customers": {"label": key.label, "value": key.value.to_dict(), "metric": key.metric}}
        provenance = {"synthetic": False, "data": {"files": []}, "parameters": {"values": {}}}
        table = Table(
            "numbers", message("Key figures"), pd.DataFrame({"a": [customers]}), {"a": Column("Key figure", "count")}
        )
        document = {
            "topic": topic, "title": "Key figures", "provenance": provenance,
            "items": [{"markdown": "# Key figures"}, *({"block": block.to_dict()} for block in (key, said, table))],
        }  # fmt: skip
        for kind, content in (("blocks", document), ("facts", {"key_figures": figures})):
            path = folder / kind / f"{topic}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), encoding="utf-8")
    (folder / "features").mkdir(exist_ok=True)
    (folder / "features" / "facts.json").write_text('{"as_of": "2025-12-20"}', encoding="utf-8")
    build_pages(NAME, root=root)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("src", "requirements.lock", "dvc.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "params").mkdir()
    shutil.copytree(ROOT / "notebooks", tmp_path / "build" / "notebooks")
    write_profile(
        tmp_path, title={"en": "Teahouse", "zh-Hans": "茶舍"}, currency="CNY", languages=["zh-Hans", "en"],
        display_names={"income": {"en": "Yearly income", "zh-Hans": "年收入"}, "age": "Years"},
    )  # fmt: skip
    return tmp_path


def body(path: Path) -> str:
    return re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_every_page_stands_beside_itself_in_the_other_language(project: Path) -> None:
    build(project, 10)
    pages = project / "build" / NAME / "pages"
    assert {file.name for file in pages.iterdir()} == {
        f"{topic}{end}" for topic in PAGES for end in (".html", ".en.html")
    }
    chinese, english = body(pages / "rules.html"), body(pages / "rules.en.html")
    assert '<html lang="zh-Hans">' in chinese and '<html lang="en">' in english
    assert 'href="rules.en.html" hreflang="en"' in chinese and 'href="rules.html" hreflang="zh-Hans"' in english
    assert "茶舍" in chinese and "Teahouse" in english and "58.29万元" in chinese and "¥582,901" in english
    assert 'href="summary.html">' in chinese and 'href="summary.en.html">' in english
    assert 'href="../../index.zh-Hans.html"' in chinese and 'href="../../index.html"' in english


def test_index_latest_pages_and_comparison_follow(project: Path) -> None:
    build(project, 10)
    first = publish(NAME, root=project)
    build(project, 12)
    second = publish(NAME, root=project)
    reports = project / "reports"
    for file, language, other in (
        ("index.html", "en", "index.zh-Hans.html"),
        ("index.zh-Hans.html", "zh-Hans", "index.html"),
    ):
        html = body(reports / file)
        assert f'<html lang="{language}">' in html and f'href="{other}"' in html
        links = re.findall(r'href="([^"#]+\.html)"', html)
        assert links and all((reports / link).is_file() for link in links)
    assert "上升2，此前为10（对比上一版本）" in body(reports / "latest" / NAME / "summary.html")
    assert "up 2 from 10" in body(reports / "latest" / NAME / "summary.en.html")
    main = compare(first.id, second.id, root=project)
    assert main.name == f"{first.id}..{second.id}.html" and "两个版本对比" in body(main)
    assert "two versions compared" in body(main.with_name(f"{first.id}..{second.id}.en.html"))
    names = json.loads((reports / "latest" / NAME / "key_figures.json").read_text(encoding="utf-8"))
    assert names["title"] == "Teahouse" and names["key_figures"][0]["label"] == "Key figures"


def test_a_comparison_without_room_links_to_both_versions(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(project, 10)
    first = publish(NAME, root=project)
    build(project, 12)
    second = publish(NAME, root=project)
    drawn = body(compare(first.id, second.id, root=project))
    assert drawn.count("<h4>") == len(PAGES) and drawn.count("<h5>") == 2 * len(PAGES)
    assert "../versions/" not in drawn
    monkeypatch.setattr(comparison, "ROOM", 0)
    linked = body(compare(first.id, second.id, root=project))
    links = re.findall(r'href="(\.\./versions/[^"]+)#numbers"', linked)
    assert "<h5>" not in linked and len(links) == 2 * len(PAGES)
    assert all((project / "reports" / "comparisons" / link).is_file() for link in links)


def test_a_version_without_the_language_is_compared_in_its_own(project: Path) -> None:
    write_profile(project, title="Teahouse", languages=["en"])
    build(project, 10)
    first = publish(NAME, root=project)
    write_profile(project, title="Teahouse", languages=["en", "zh-Hans"])
    build(project, 12)
    second = publish(NAME, root=project)
    compare(first.id, second.id, root=project)
    chinese = body(project / "reports" / "comparisons" / f"{first.id}..{second.id}.zh-Hans.html")
    before, after = re.findall(r"<h5>.*?</h5>(.*?)</table>", chinese, flags=re.DOTALL)[:2]
    assert '<div lang="en">' in before and "Key figure" in before and "关键指标" not in before
    assert 'lang="en"' not in after and "关键指标" in after


def test_a_language_less_leaves_no_index_behind(project: Path) -> None:
    build(project, 10)
    publish(NAME, root=project)
    write_profile(project, title="Teahouse", languages=["en"])
    refresh_index(root=project)
    assert [file.name for file in (project / "reports").glob("index*")] == ["index.html"]
    assert 'hreflang="zh-Hans"' not in body(project / "reports" / "index.html")


def test_a_workbook_in_a_language(project: Path) -> None:
    build(project, 10)
    assert export_workbook(NAME, root=project).name == f"{NAME}.xlsx"
    assert export_workbook(NAME, language="en", root=project).name == f"{NAME}.en.xlsx"
    with pytest.raises(AnalysisError, match="no language 'xx'"):
        export_workbook(NAME, language="xx", root=project)


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        ({"languages": ["en", "xx"]}, "no pages can be written in xx; choose from en, zh-Hans"),
        ({"languages": ["en", "en"]}, "twice"),
        ({"languages": []}, "at least 1"),
        ({"title": ""}, "report.title: give a name in quotes"),
        ({"title": {}}, r"report.title: give a name in quotes, or .*; got {}"),
        ({"title": {"en": " "}}, "report.title: give a name"),
        (
            {"title": {"en": "Teahouse", "zh-CN": "茶舍"}},
            "report.title: no pages can be written in zh-CN; choose from en",
        ),
        ({"display_names": {"income": {"en": 5}}}, "report.display_names.income: give a name in quotes.*'en': 5"),
        ({"display_names": ["income"]}, "report.display_names: .*got"),
    ],
)
def test_faulty_languages_are_named(project: Path, report: dict[str, Any], fault: str) -> None:
    write_profile(project, **report)
    with pytest.raises(AnalysisError, match=fault) as raised:
        load_profile(NAME, root=project)
    assert "1 invalid parameter(s)" in str(raised.value)


def test_the_index_is_english_where_any_profile_is() -> None:
    assert index_languages([["zh-Hans"], ["zh-Hans", "en"]]) == ("en", "zh-Hans")
    assert index_languages([["zh-Hans"]]) == ("zh-Hans",)
    assert index_languages([]) == ("en",)
