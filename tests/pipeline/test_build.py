"""A full demo run: what it leaves, what a second run does, what a change makes run, what a fault leaves alone."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from analysis.pipeline.project import PAGES
from analysis.report.language import file_in
from projects import Project, outputs, ran

LANGUAGES = ("en", "zh-Hans")


def test_pages_and_index_are_published(built: Project) -> None:
    reports = built.root / "reports"
    (version,) = (reports / "versions").iterdir()
    assert {path.name for path in version.glob("*.html")} == {
        file_in(name, language, LANGUAGES) for name in PAGES for language in LANGUAGES
    }
    for page in version.glob("*.html"):
        assert page.read_bytes() == (built.root / "build" / "demo" / "pages" / page.name).read_bytes()
        text = page.read_text(encoding="utf-8")
        assert ("合成" if page.stem.endswith(".zh-Hans") else "synthetic") in text.lower()
        assert not re.search(r"<script|https?://(?!www\.w3\.org)", text)
        assert len(page.read_bytes()) <= 500_000
    assert version.name in (reports / "index.html").read_text(encoding="utf-8")


def test_key_figures_to_take_away_are_those_of_the_pages(built: Project) -> None:
    reports = built.root / "reports"
    (version,) = (reports / "versions").iterdir()
    content = json.loads((version / "key_figures.json").read_text(encoding="utf-8"))
    assert content == json.loads((reports / "latest" / "demo" / "key_figures.json").read_text(encoding="utf-8"))
    for topic in PAGES:
        facts = json.loads((built.root / "build" / "demo" / "facts" / f"{topic}.json").read_text(encoding="utf-8"))
        listed = {figure["id"]: figure for figure in content["key_figures"] if figure["page"] == topic}
        assert listed.keys() == facts["key_figures"].keys()
        for name, figure in facts["key_figures"].items():
            assert {part: listed[name][part] for part in figure["value"] if part != "digits"} == {
                part: value for part, value in figure["value"].items() if part != "digits"
            }


@pytest.fixture
def spoiled(built: Project, tmp_path: Path) -> Project:
    """A copy of the built project, to change and break."""
    return built.copied(tmp_path / "spoiled")


def test_a_second_run_does_nothing(spoiled: Project) -> None:
    said = spoiled.repro().stdout
    assert ran(said) == [] and "up to date" in said


def test_one_changed_parameter_reruns_only_what_depends_on_it(twice: tuple[Project, str]) -> None:
    project, said = twice
    assert set(ran(said)) == {f"{stage}@demo" for stage in ("inputs", "rules", "summary", "pages", "publish")}
    index = (project.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert len(list((project.root / "reports" / "versions").iterdir())) == 2
    assert "parameters changed" in index and "rules.min_support" in index
    assert "superseded" in index and "code changed" not in index


def test_segments_are_frozen_and_used_and_a_bad_file_stops_everything(spoiled: Project) -> None:
    said = spoiled.analysis("freeze", "demo").stdout
    assert "params/frozen/demo.json" in said
    spoiled.edit("params/demo.yaml", "  frozen: null ", "  frozen: params/frozen/demo.json ")
    follows = ("inputs", "clustering", "recommendation", "lifetime", "summary", "pages", "publish")
    assert set(ran(spoiled.repro().stdout)) == {f"{stage}@demo" for stage in follows}
    page = (spoiled.root / "build" / "demo" / "pages" / "clustering.html").read_text(encoding="utf-8")
    assert "still fit" in page and "when frozen" in page
    file = spoiled.root / "params" / "frozen" / "demo.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["segments"][0]["centre"]["monetary"] += 0.5
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
    stale = spoiled.run(sys.executable, "-m", "dvc", "status").stdout
    assert {"inputs@demo:", "clustering@demo:"} <= set(stale.splitlines())
    before = outputs(spoiled)
    content["segments"][0]["share"] = 7
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
    result = spoiled.repro(check=False)
    assert result.returncode != 0 and "segments.0.share" in result.stderr and "Traceback" not in result.stderr
    kept = {name for name in before if not name.startswith(("demo/frozen/", "demo/valid"))}
    assert all(outputs(spoiled).get(name) == before[name] for name in kept)


def test_saving_a_notebook_in_jupyterlab_makes_nothing_stale(spoiled: Project) -> None:
    path = spoiled.root / "notebooks" / "06_rules.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        cell["execution_count"] = number + 1
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["tried something\n"]}]
    notebook["metadata"]["widgets"] = {}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert ran(spoiled.repro().stdout) == ["notebooks"]


def test_a_bad_parameter_stops_before_anything_is_touched(spoiled: Project) -> None:
    before = outputs(spoiled)
    spoiled.edit("params/demo.yaml", "  min_support: ", "  min_suport: ")
    result = spoiled.repro(check=False)
    assert result.returncode != 0
    message = result.stdout + result.stderr
    assert "rules.min_suport" in message and "min_support" in message and "Traceback" not in message
    changed = {name for name in before if outputs(spoiled).get(name) != before[name]}
    assert changed <= {"demo/valid.json"}


def test_a_missing_file_is_named(spoiled: Project) -> None:
    text = (spoiled.root / "params" / "demo.yaml").read_text(encoding="utf-8")
    name = re.search(r"data/raw/demo/\S+?\.csv", text)
    assert name is not None
    (spoiled.root / "params" / "demo.yaml").write_text(
        text.replace(name[0], "data/raw/demo/nowhere.csv"), encoding="utf-8"
    )
    result = spoiled.repro(check=False)
    assert result.returncode != 0
    assert "nowhere.csv" in result.stderr and "Traceback" not in result.stderr
    assert (spoiled.root / "reports" / "index.html").is_file()


#: P4 of the acceptance suite: a sentence whose claim the numbers do not bear out.
FALSE_CLAIM = """from analysis.report.blocks import sentence
from analysis.report.values import percent
sentence("false", "Most do: {share}.", claim="share > 0.5", share=percent(0.4))"""


@pytest.mark.parametrize(("source", "said"), [("1 / 0", "ZeroDivisionError"), (FALSE_CLAIM, "'share > 0.5'")])
def test_a_failing_cell_or_a_false_claim_stops_the_build(spoiled: Project, source: str, said: str) -> None:
    path = spoiled.root / "notebooks" / "06_rules.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    broken = {"cell_type": "code", "id": "broken", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(3, broken | {"source": [source]})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    reports = {file: file.read_bytes() for file in (spoiled.root / "reports").rglob("*.html")}
    result = spoiled.repro(check=False)
    assert result.returncode != 0
    assert "06_rules" in result.stderr and source.splitlines()[0] in result.stderr and said in result.stderr
    assert "Traceback" not in result.stderr
    assert (spoiled.root / "build" / "failed" / "demo" / "06_rules.ipynb").is_file()
    assert all(file.read_bytes() == content for file, content in reports.items())


def test_an_interrupted_publication_is_completed(spoiled: Project) -> None:
    reports = spoiled.root / "reports"
    (version,) = (reports / "versions").iterdir()
    half = reports / "versions" / ".demo-half.1"
    half.mkdir()
    (half / "summary.html").write_text("half", encoding="utf-8")
    shutil.rmtree(reports / "latest")
    (spoiled.root / "build" / "demo" / "published.json").unlink()
    pages = {file.name: file.read_bytes() for file in version.glob("*.html")}
    assert ran(spoiled.repro().stdout) == ["publish@demo"]
    assert (reports / "latest" / "demo" / "summary.html").is_file()
    assert {file.name: file.read_bytes() for file in version.glob("*.html")} == pages
    assert json.loads((reports / "history.json").read_text(encoding="utf-8"))[-1]["version"] == version.name


def test_a_deleted_reports_folder_is_published_again(spoiled: Project) -> None:
    for name in ("index.html", "latest", "versions"):
        path = spoiled.root / "reports" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    spoiled.analysis("reports")
    assert (spoiled.root / "reports" / "index.html").is_file()
    assert len(list((spoiled.root / "reports" / "versions").iterdir())) == 1


def test_a_second_profile_is_added_and_built_and_three_columns_are_enough(spoiled: Project) -> None:
    """Own data without invoices and prices: pages say what does not apply, and the whole way is gone."""
    lines = ["客户,商品,时间"]
    lines += [
        f"k{number % 30},p{(number * 7) % 11},2025-{1 + number % 9:02d}-{1 + (number * 5) % 27:02d}"
        for number in range(600)
    ]
    columns = {"customer_id": "客户", "product_id": "商品", "timestamp": "时间"}
    spoiled.own_profile("mine", lines, columns, encoding="gb18030")
    result = spoiled.analysis("reports", "--profile", "mine")
    assert "mine" in (spoiled.root / "dvc.yaml").read_text(encoding="utf-8")
    assert re.search(r"publish@mine\s+ran", result.stdout)
    index = (spoiled.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'id="demo"' in index and 'id="mine"' in index
    pages = spoiled.root / "reports" / "latest" / "mine"
    assert "no prices" in (pages / "summary.html").read_text(encoding="utf-8")
    assert "synthetic data" not in (pages / "summary.html").read_text(encoding="utf-8").lower()
    (spoiled.root / "data" / "raw" / "mine.csv").unlink()
    result = spoiled.analysis("reports", check=False)
    assert result.returncode == 1 and "mine.csv" in result.stderr and "Traceback" not in result.stderr
    assert re.search(r"publish@demo\s+unchanged", result.stdout), "a faulty profile does not stop the others"


def test_a_lock_broken_off_by_a_kill_is_mended(spoiled: Project) -> None:
    lock = spoiled.root / "dvc.lock"
    whole = lock.read_bytes()
    lock.write_bytes(b"")
    result = spoiled.analysis("reports")
    assert "broken off" in result.stdout and lock.read_bytes() == whole
    assert re.search(r"rules@demo\s+unchanged", result.stdout), "at most the stage that was interrupted runs again"
