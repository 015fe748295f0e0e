"""The stage that draws a profile's pages from what its notebooks said."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from analysis.findings.labels import labels
from analysis.parallel import each
from analysis.pipeline.outputs import replaced_folder, write_text
from analysis.pipeline.params import Profile, load_profile
from analysis.pipeline.project import PAGES, Build
from analysis.report.changes import Change
from analysis.report.charts import drawn_in
from analysis.report.document import title_in
from analysis.report.formatting import Style
from analysis.report.language import ENGLISH, file_in, in_language, links_to, translate
from analysis.report.page import Document, Site, read_document, render

__all__ = ["build_pages", "documents", "index_languages", "style_from", "style_of", "write_pages"]

#: From a page in `reports/versions/<version>/` or `reports/latest/<profile>/` to the folder of the index.
INDEX = "../../"


def style_of(profile: Profile, language: str | None = None) -> Style:
    """How a profile's pages write values: in a language, or in the profile's main one."""
    return style_from(profile.report.model_dump(mode="json"), language or profile.report.languages[0])


def style_from(report: Mapping[str, Any], language: str) -> Style:
    """The same from the section `report` as a version recorded it."""
    names = labels(lambda text: translate(text, language))
    own = {name: in_language(words, language) for name, words in report["display_names"].items()}
    return Style(
        currency=report["currency"],
        language=language,
        names={**names, **own},
        min_group_size=report["min_group_size"],
    )


def documents(name: str, *, root: Path, language: str | None = None) -> list[Document]:
    """The profile's documents in the reader's order, with what only the whole profile knows; its name in a language."""
    build = Build(root, name)
    profile = load_profile(name, root=root)
    facts = json.loads((build.features / "facts.json").read_text(encoding="utf-8"))
    shared: dict[str, Any] = {
        "as_of": date.fromisoformat(facts["as_of"]).isoformat(),
        "profile_title": in_language(profile.report.title, language or profile.report.languages[0]),
    }
    return [read_document(build.blocks(topic), extra=shared) for topic in PAGES]


def build_pages(name: str, *, root: Path) -> None:
    """Write `build/<profile>/pages/`: one HTML file a notebook and language, and the CSV files of long tables."""
    with replaced_folder(Build(root, name).pages) as folder:
        write_pages(folder, load_profile(name, root=root), Build(root, name))


def write_pages(
    folder: Path, profile: Profile, build: Build, *, version: str | None = None,
    changes: Mapping[str, Mapping[str, Change]] | None = None, built: Path | None = None,
) -> None:  # fmt: skip
    """Write a profile's pages in all its languages, on as many processors as the stage may use.

    Parameters
    ----------
    folder : Path
        An empty folder, two levels below the index.
    profile : Profile
    build : Build
        Where the profile's documents lie.
    version : str, optional
        The version's id, in published copies.
    changes : mapping of str to (mapping of str to Change), optional
        How key figures moved, by page and metric.
    built : Path, optional
        A folder of the same pages without version and changes: their charts are not drawn again.
    """
    known = profile.report.languages
    shelf = index_languages([known])
    tasks = []
    for language in known:
        style = style_of(profile, language)
        pages = documents(build.profile, root=build.root, language=language)
        siblings = tuple((page.topic, title_in(page, language), file_in(page.topic, language, known)) for page in pages)
        for page in pages:
            site = Site(
                index_href=INDEX + file_in("index", language, shelf),
                siblings=siblings,
                languages=links_to(page.topic, language, known),
                version=version,
                changes=(changes or {}).get(page.topic),
                csv_suffix="" if language == known[0] else f".{language}",
            )
            name = file_in(page.topic, language, known)
            tasks.append((page, style, site, folder / name, built / name if built else None))
    for (drawn, *_), warnings in zip(tasks, each(lambda task: _write(*task), tasks), strict=True):
        for warning in warnings:
            print(f"{drawn.topic}: {warning}", file=sys.stderr)


def _write(page: Document, style: Style, site: Site, target: Path, built: Path | None) -> tuple[str, ...]:
    """Write one page and its files; returns what the build log should say."""
    drawn = drawn_in(built.read_text(encoding="utf-8")) if built is not None else None
    rendered = render(page, style=style, site=site, drawn=drawn)
    write_text(target, rendered.html)
    for file, content in rendered.files.items():
        (target.parent / file).write_bytes(content)
    return rendered.warnings


def index_languages(known: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The languages of the index: every language of any profile, English as the main one where a profile has it."""
    every = dict.fromkeys(language for languages in known for language in languages)
    return tuple(sorted(every, key=lambda language: language != ENGLISH)) or (ENGLISH,)
