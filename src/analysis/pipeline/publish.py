"""The last stage: built pages become a version, and everything that knows history is refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.outputs import replaced_folder, write_json, write_text
from analysis.pipeline.pages import index_languages, style_from, write_pages
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.pipeline.record import Made
from analysis.report.comparison import comparison_page
from analysis.report.differences import key_figure_changes
from analysis.report.formatting import Style
from analysis.report.index import index_page
from analysis.report.keyfigures import key_figures
from analysis.report.language import file_in, links_to
from analysis.report.privacy import without_small_groups
from analysis.report.versions import Decision, Store, Version, languages_of, report_languages

__all__ = ["compare", "decide", "keep", "publish", "refresh_index"]

#: The file of a version's key figures, for other programs.
KEY_FIGURES = "key_figures.json"


def publish(name: str, *, root: Path) -> Version:
    """Keep the profile's built pages as a version (if they are new) and refresh index, latest pages and comparison.

    May be interrupted at any point and run again: a version appears whole or not at all, and no earlier one is touched.
    """
    store = Store(root / "reports")
    if not (Build(root, name).pages / "summary.html").is_file():
        raise AnalysisError(f"build/{name}/pages/ holds no pages. Build them first: dvc repro pages@{name}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    version, _ = keep(Made(name, root), store, at=now)
    store.record_publication(version, at=now)
    _refresh_latest(version, store, root=root)
    before = store.previous(version)
    if before is not None:
        _write_comparison(store, before, version, root=root)
    refresh_index(root=root)
    write_json(Build(root, name).folder / "published.json", {"version": version.id})
    return version


def keep(made: Made, store: Store, *, at: str) -> tuple[Version, bool]:
    """Put a build among the versions, unless it is there; whether it was added."""
    version = Version(made.id, made.profile, {**made.facts(), "published": at})
    report = version.facts["parameters"]["report"]
    style = style_from(report, report_languages(report)[0])
    documents = {topic: without_small_groups(made.document(topic), style) for topic in made.topics}
    files = {KEY_FIGURES: key_figures(version)}
    return version, store.add(version, pages=made.build.pages, documents=documents, files=files)


def refresh_index(*, root: Path) -> Path:
    """Write `reports/index.html` anew, in every language, from the published versions and the decisions about them."""
    store = Store(root / "reports")
    reports = _reports(store, root)
    known = index_languages(report_languages(report) for report in reports.values())
    for language in known:
        styles = {name: style_from(report, language) for name, report in reports.items()}
        page = index_page(
            store, styles=styles, pages=PAGES, plain=Style(language=language),
            languages=links_to("index", language, known),
        )  # fmt: skip
        write_text(store.folder / file_in("index", language, known), page)
    current = {file_in("index", language, known) for language in known}
    for left_behind in store.folder.glob("index.*.html"):  # of a language that no profile has any more
        if left_behind.name not in current:
            left_behind.unlink()
    return store.folder / "index.html"


def compare(first: str, second: str, *, root: Path) -> Path:
    """Write the page that sets two published versions side by side; returns where it is."""
    store = Store(root / "reports")
    return _write_comparison(store, store.version(first), store.version(second), root=root)


def decide(name: str, status: str, reason: str, *, root: Path) -> Version:
    """Mark a version as corrected or withdrawn, and say so on the index."""
    store = Store(root / "reports")
    version = store.version(name)
    store.decide(Decision(version.id, status, reason))
    refresh_index(root=root)
    return version


def _refresh_latest(version: Version, store: Store, *, root: Path) -> None:
    """The same blocks, drawn with the change of each key figure against the version before."""
    name = version.profile
    before = store.previous(version)
    changes = key_figure_changes(before, version) if before else {}
    with replaced_folder(store.folder / "latest" / name) as folder:
        profile = load_profile(name, root=root)
        build = Build(root, name)
        write_pages(folder, profile, build, version=version.id, changes=changes, built=build.pages)
        write_json(folder / KEY_FIGURES, key_figures(version))


def _write_comparison(store: Store, before: Version, after: Version, *, root: Path) -> Path:
    """The comparison in every language of the later version; returns the page in its main one."""
    reports = _reports(store, root)
    shelf = index_languages(report_languages(report) for report in reports.values())
    known = report_languages(reports[after.profile])
    name = f"{before.id}..{after.id}"
    folder = store.folder / "comparisons"
    for language in known:
        had = languages_of(before)
        page = comparison_page(
            store, before, after, style=style_from(reports[after.profile], language), pages=PAGES,
            index=file_in("index", language, shelf), languages=links_to(name, language, known),
            earlier=None if language in had else style_from(reports[after.profile], had[0]),
        )  # fmt: skip
        write_text(folder / file_in(name, language, known), page)
    return folder / f"{name}.html"


def _reports(store: Store, root: Path) -> dict[str, Mapping[str, Any]]:
    """The section `report` of each published profile; of one whose file is gone or faulty, as it was recorded."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in {version.profile for version in store.versions()}:
        try:
            found[name] = load_profile(name, root=root).report.model_dump(mode="json")
        except AnalysisError:
            found[name] = store.versions(name)[0].facts["parameters"]["report"]
    return found
