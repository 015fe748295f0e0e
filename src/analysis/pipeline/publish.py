"""The last stage: built pages become a version, and everything that knows history is refreshed."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from platform import python_version
from typing import Any

from analysis.errors import AnalysisError
from analysis.pipeline.outputs import replaced_folder, write_json, write_text
from analysis.pipeline.pages import documents, style_of
from analysis.pipeline.params import load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.pipeline.runner.environment import locked_versions
from analysis.pipeline.runner.provenance import code_files, digest_files
from analysis.report.comparison import comparison_page
from analysis.report.differences import key_figure_changes
from analysis.report.index import index_page
from analysis.report.keyfigures import key_figures
from analysis.report.page import Site, render
from analysis.report.privacy import without_small_groups
from analysis.report.versions import Decision, Store, Version, page_hashes, version_id

__all__ = ["compare", "decide", "publish", "refresh_index"]

#: The file of a version's key figures, for other programs.
KEY_FIGURES = "key_figures.json"


def publish(name: str, *, root: Path) -> Version:
    """Keep the profile's built pages as a version (if they are new) and refresh index, latest pages and comparison.

    May be interrupted at any point and run again: a version appears whole or not at all, and no earlier one is touched.
    """
    build, store = Build(root, name), Store(root / "reports")
    if not (build.pages / "summary.html").is_file():
        raise AnalysisError(f"build/{name}/pages/ holds no pages. Build them first: dvc repro pages@{name}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    version = Version(*_identity(name, build), {**_facts(name, root=root), "published": now})
    style = style_of(load_profile(name, root=root))
    contents = {
        topic: without_small_groups(json.loads(build.blocks(topic).read_text(encoding="utf-8")), style)
        for topic in PAGES
    }
    store.add(version, pages=build.pages, documents=contents, files={KEY_FIGURES: key_figures(version)})
    store.record_publication(version, at=now)
    _refresh_latest(version, store, root=root)
    before = store.previous(version)
    if before is not None:
        _write_comparison(store, before, version, root=root)
    refresh_index(root=root)
    write_json(build.folder / "published.json", {"version": version.id})
    return version


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


def _identity(name: str, build: Build) -> tuple[str, str]:
    as_of = json.loads((build.features / "facts.json").read_text(encoding="utf-8"))["as_of"][:10]
    return version_id(name, as_of, build.pages), name


def _facts(name: str, *, root: Path) -> dict[str, Any]:
    """What the version's record says of its inputs and of the run that made it."""
    build = Build(root, name)
    provenance = json.loads(build.blocks("summary").read_text(encoding="utf-8"))["provenance"]
    stages = ("ingest", "features", "pages", *PAGES)
    code = sorted({file for stage in stages for file in code_files(stage, root=root)})
    return {
        "as_of": json.loads((build.features / "facts.json").read_text(encoding="utf-8"))["as_of"][:10],
        "synthetic": provenance["synthetic"],
        "data": provenance["data"]["files"],
        "parameters": _parameters(name, root=root),
        "code": {file.relative_to(root).as_posix(): digest_files([file], root=root)[:16] for file in code},
        "packages": _packages(root),
        "python": python_version(),
        "pages": page_hashes(build.pages),
        "key_figures": {
            topic: json.loads(build.facts(topic).read_text(encoding="utf-8"))["key_figures"] for topic in PAGES
        },
        **_commit(root),
    }


def _parameters(name: str, *, root: Path) -> dict[str, Any]:
    """The profile's parameters; with the content of the frozen segmentation that they name, as a hash."""
    values = load_profile(name, root=root).model_dump(mode="json")
    if file := values["clustering"]["frozen"]:
        values["clustering"]["frozen_sha256"] = hashlib.sha256((root / file).read_bytes()).hexdigest()
    return values


def _packages(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(locked_versions(root / "requirements.lock")):
        try:
            found[name] = installed_version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit(root: Path) -> dict[str, Any]:
    """The commit, and whether what the version depends on differs from it; None where git does not know."""
    try:
        top = _git(root, "rev-parse", "--show-toplevel")
        if Path(top).resolve() != root:
            return {"commit": None, "uncommitted": None}
        paths = ["src", "notebooks", "params", "dvc.yaml", "requirements.lock"]
        dirty = bool(_git(root, "status", "--porcelain", "--", *paths))
        return {"commit": _git(root, "rev-parse", "HEAD"), "uncommitted": dirty}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "uncommitted": None}


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


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
