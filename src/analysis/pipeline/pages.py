"""The stage that draws a profile's pages from what its notebooks said."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from analysis.findings.labels import LABELS
from analysis.pipeline.outputs import replaced_folder
from analysis.pipeline.params import Profile, load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.report.formatting import Style
from analysis.report.page import Document, Site, read_document, render

__all__ = ["build_pages", "documents", "style_of"]

#: From a page in `reports/versions/<version>/` or `reports/latest/<profile>/` to the index.
INDEX = "../../index.html"


def style_of(profile: Profile) -> Style:
    """How a profile's pages write values."""
    report = profile.report
    return Style(
        currency=report.currency,
        language=report.language,
        names={**LABELS, **report.display_names},
        min_group_size=report.min_group_size,
    )


def documents(name: str, *, root: Path) -> list[Document]:
    """The profile's documents in the reader's order, with what only the whole profile knows."""
    build = Build(root, name)
    profile = load_profile(name, root=root)
    facts = json.loads((build.features / "facts.json").read_text(encoding="utf-8"))
    shared: dict[str, Any] = {
        "as_of": date.fromisoformat(facts["as_of"]).isoformat(),
        "profile_title": profile.report.title,
    }
    return [read_document(build.blocks(topic), extra=shared) for topic in PAGES]


def build_pages(name: str, *, root: Path) -> None:
    """Write `build/<profile>/pages/`: one HTML file a notebook, and the CSV files of long tables."""
    style = style_of(load_profile(name, root=root))
    pages = documents(name, root=root)
    site = Site(index_href=INDEX, siblings=tuple((page.topic, page.title, f"{page.topic}.html") for page in pages))
    with replaced_folder(Build(root, name).pages) as folder:
        for page in pages:
            rendered = render(page, style=style, site=site)
            (folder / f"{page.topic}.html").write_text(rendered.html, encoding="utf-8", newline="\n")
            for file, content in rendered.files.items():
                (folder / file).write_bytes(content)
