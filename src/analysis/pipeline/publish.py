"""The last stage: built pages become a version, and everything that knows history is refreshed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.outputs import replaced_folder, write_json, write_text
from analysis.pipeline.pages import documents, style_of
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.pipeline.record import Made
from analysis.report.comparison import comparison_page
from analysis.report.differences import key_figure_changes
from analysis.report.index import index_page
from analysis.report.keyfigures import key_figures
from analysis.report.page import Site, render
from analysis.report.privacy import without_small_groups
from analysis.report.versions import Decision, Store, Version

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
    style = style_of_recorded(version)
    documents = {topic: without_small_groups(made.document(topic), style) for topic in made.topics}
    files = {KEY_FIGURES: key_figures(version)}
    return version, store.add(version, pages=made.build.pages, documents=documents, files=files)


def refresh_index(*, root: Path) -> Path:
    """Write `reports/index.html` anew from the published versions and the decisions about them."""
    store = Store(root / "reports")
    target = store.folder / "index.html"
    write_text(target, index_page(store, styles=_styles(store, root), pages=PAGES))
    return target


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
    style = style_of(load_profile(name, root=root))
    pages = documents(name, root=root)
    before = store.previous(version)
    changes = key_figure_changes(before, version) if before else {}
    siblings = tuple((page.topic, page.title, f"{page.topic}.html") for page in pages)
    with replaced_folder(store.folder / "latest" / name) as folder:
        for page in pages:
            site = Site(
                index_href="../../index.html", siblings=siblings, version=version.id, changes=changes.get(page.topic)
            )
            rendered = render(page, style=style, site=site)
            (folder / f"{page.topic}.html").write_text(rendered.html, encoding="utf-8", newline="\n")
            for file, content in rendered.files.items():
                (folder / file).write_bytes(content)
        write_json(folder / KEY_FIGURES, key_figures(version))


def _write_comparison(store: Store, before: Version, after: Version, *, root: Path) -> Path:
    target = store.folder / "comparisons" / f"{before.id}..{after.id}.html"
    write_text(target, comparison_page(store, before, after, style=_styles(store, root)[after.profile], pages=PAGES))
    return target


def _styles(store: Store, root: Path) -> dict[str, Any]:
    """The style of each published profile; one whose file is gone or faulty is written with the plain style."""
    styles = {}
    for name in {version.profile for version in store.versions()}:
        try:
            styles[name] = style_of(load_profile(name, root=root))
        except AnalysisError:
            styles[name] = style_of_recorded(store.versions(name)[0])
    return styles


def style_of_recorded(version: Version) -> Any:
    """The style that a version's own parameters ask for."""
    from analysis.findings.labels import LABELS
    from analysis.report.formatting import Style

    report = version.facts["parameters"]["report"]
    return Style(
        currency=report["currency"],
        language=report["language"],
        names={**LABELS, **report["display_names"]},
        min_group_size=report["min_group_size"],
    )
