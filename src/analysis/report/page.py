"""Pages: one HTML file that needs nothing else, from a document's blocks.

No script, no request, no clock: the same document and style give the same bytes. What a page looks like is in
`template/`, what a value looks like in `analysis.report.formatting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from analysis.report.blocks import Block, Definition, Figure, KeyFigure, Note, Picture, Sentence, Table
from analysis.report.changes import Change
from analysis.report.dates import format_date
from analysis.report.document import Document, read_document, title_in
from analysis.report.formatting import Style
from analysis.report.language import Link, take_missing
from analysis.report.messages import said
from analysis.report.sections import Content, Writer, arrange
from analysis.report.theme import environment, fragment_stylesheet
from analysis.report.values import SIGNIFICANT_DIGITS
from analysis.report.wording import msgid

__all__ = ["Change", "Document", "RenderedPage", "Site", "fragment", "read_document", "render", "set_context"]

#: A page that is mailed or opened on a phone.
MOST_BYTES = 500_000
#: What a page says of its inputs, by the part of the provenance that holds the hash.
_HASHES = msgid(
    {
        "data": "Data, SHA-256",
        "parameters": "Parameters, SHA-256",
        "code": "Code, SHA-256",
        "renderer": "Page design, SHA-256",
    }
)


@dataclass(frozen=True)
class Site:
    """Where a page stands among others.

    Parameters
    ----------
    index_href : str or None
        Link to the page of all reports.
    siblings : tuple of (topic, title, href)
        The pages of the same report, this one included, in the reader's order.
    languages : tuple of Link
        The same page in other languages.
    version : str or None
        The version's id, in published copies.
    changes : mapping of str to Change
        How key figures moved since another version, by metric.
    csv_folder : str
        Where files beside the page are put, relative to it: empty, or ending in a slash.
    csv_suffix : str
        Ends the names of CSV files, since the same table has words of another language on another page.
    """

    index_href: str | None = None
    siblings: tuple[tuple[str, str, str], ...] = ()
    languages: tuple[Link, ...] = ()
    version: str | None = None
    changes: Mapping[str, Change] | None = None
    csv_folder: str = ""
    csv_suffix: str = ""


@dataclass(frozen=True)
class RenderedPage:
    """A page, the files beside it by name, and what the build log should say."""

    html: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def render(
    document: Document, *, style: Style, site: Site | None = None, drawn: Mapping[str, str] | None = None
) -> RenderedPage:
    """A document as one HTML file.

    Parameters
    ----------
    document : Document
    style : Style
    site : Site, optional
    drawn : mapping of str to str, optional
        Charts of the same document in the same style that are drawn already, as SVG by the ids of their figures.

    Returns
    -------
    RenderedPage
        `html`, and `files`: the tables that are too long for the page.

    Raises
    ------
    AnalysisError
        If the page has more than three lead sentences, two blocks with one id, or a figure that cannot be drawn.
    """
    site = site or Site()
    provenance = document.provenance
    as_of = format_date(provenance["as_of"], style.language) if provenance.get("as_of") else ""
    profile = str(provenance.get("profile_title") or provenance.get("profile") or "")
    title = title_in(document, style.language)
    source = style.say("{title}, data as of {date}", title=profile or title, date=as_of) if as_of else profile or title
    env = environment(style)
    writer = Writer(
        env, style, topic=document.topic, source=source, folder=site.csv_folder, suffix=site.csv_suffix,
        changes=site.changes, drawn=drawn,
    )  # fmt: skip
    content = arrange(document, writer)
    page = SimpleNamespace(
        **vars(content),
        topic=document.topic,
        title=title,
        profile=profile,
        as_of=as_of,
        synthetic=bool(provenance.get("synthetic")),
        contents=_contents(content, style),
        facts=_facts(provenance, as_of, style),
        checks=[_check(item, style) for item in provenance.get("checks", ())],
        parameters=_parameters(provenance, style),
        inputs=_files(provenance),
        digits=SIGNIFICANT_DIGITS,
    )
    html = env.get_template("page.html.j2").render(page=page, site=site, languages=site.languages)
    html = "\n".join(line for line in html.splitlines() if line.strip()) + "\n"
    size = len(html.encode())
    heavy = (f"the page {document.topic!r} has {size:,} bytes; at most {MOST_BYTES:,} are meant",)
    left = tuple(f"no {style.language} translation of {text!r}" for text in take_missing(style.language))
    return RenderedPage(html, content.files, document.warnings + left + (heavy if size > MOST_BYTES else ()))


_context: list[Style] = [Style()]


def set_context(style: Style) -> None:
    """The style of what JupyterLab shows from now on in this process."""
    _context[0] = style


def fragment(blocks: Iterable[Block]) -> str:
    """Blocks as a piece of HTML for JupyterLab, legible in its light and dark themes.

    Parameters
    ----------
    blocks : iterable of Block

    Returns
    -------
    str
        A `<div>` with its own small stylesheet, without what only a page has (contents, downloads beside it).
    """
    style = _context[0]
    writer = Writer(environment(style), style, topic="notebook")
    parts: list[Markup] = []
    group: list[Block] = []
    for block in blocks:
        if group and _kind(group[0]) != _kind(block):
            parts.append(_shown(group, writer))
            group = []
        group.append(block)
    if group:
        parts.append(_shown(group, writer))
    return str(
        Markup('<div class="analysis-blocks"><style>{}</style>{}</div>').format(
            fragment_stylesheet(), Markup("\n").join(parts)
        )
    )


def _shown(group: Sequence[Block], writer: Writer) -> Markup:
    """Neighbours of one kind: key figures stand side by side, actions in one box, everything else below."""
    if isinstance(group[0], KeyFigure):
        return writer.keys([writer.key(block) for block in group if isinstance(block, KeyFigure)])
    if _kind(group[0]) == "action":
        return writer.actions([block for block in group if isinstance(block, Sentence)])
    return Markup("\n").join(_one(block, writer) for block in group)


def _kind(block: Block) -> str:
    return "action" if isinstance(block, Sentence) and block.role == "action" else block.type


def _one(block: Block, writer: Writer) -> Markup:
    match block:
        case Figure() | Picture():
            return writer.figure(block)
        case Table():
            return writer.table(block)
        case Sentence():
            return Markup('<p class="{}">{}</p>').format(block.role, writer.message(block.message))
        case Note(role="warning"):
            return writer.warning(block)
        case Note():
            label = writer.style.say("Method.") if block.role == "method" else writer.style.say("Limit.")
            return Markup('<p class="remark"><b>{}</b> {}</p>').format(label, writer.message(block.message))
        case Definition():
            label = writer.style.say("{label}:", label=said(block.label, writer.style))
            return Markup('<p class="remark"><b>{}</b> {}</p>').format(label, writer.message(block.message))
    return Markup("")


def _contents(content: Content, style: Style) -> list[dict[str, Any]]:
    """The headings of level 2, in order."""
    entries = [{"id": section.id, "title": section.title.striptags()} for section in content.sections if section.id]
    if content.methods or content.limits:
        entries.append({"id": "method-and-limits", "title": style.say("Method and limits")})
    if content.terms:
        entries.append({"id": "terms", "title": style.say("Terms")})
    return [*entries, {"id": "provenance", "title": style.say("Where these numbers come from")}]


def _facts(provenance: Mapping[str, Any], as_of: str, style: Style) -> list[tuple[str, str, bool]]:
    """Label, value, whether it is code: what the page says about its inputs."""
    facts: list[tuple[str, str, bool]] = []
    if provenance.get("profile_title"):
        facts.append((style.say("Customers of"), str(provenance["profile_title"]), False))
    if provenance.get("profile"):
        facts.append((style.say("Profile"), str(provenance["profile"]), False))
    if as_of:
        facts.append((style.say("Data as of"), as_of, False))
    for name, label in _HASHES.items():
        value = provenance.get(name)
        digest = value.get("hash") if isinstance(value, Mapping) else value
        if digest:
            facts.append((style.say(label), str(digest), True))
    if provenance.get("seed") is not None:
        facts.append((style.say("Random seed"), str(provenance["seed"]), False))
    return facts


def _check(item: Any, style: Style) -> str:
    """A check as words: plain text, or a mapping with a name and details."""
    if not isinstance(item, Mapping):
        return style.say(str(item))
    name, detail = style.say(str(item.get("name", ""))), item.get("detail") or item.get("details")
    return style.say("{label}: {value}", label=name, value=detail) if detail else name


def _parameters(provenance: Mapping[str, Any], style: Style) -> list[tuple[str, str, str]]:
    """Section, name and value of every effective parameter."""
    parameters = provenance.get("parameters")
    values = parameters.get("values", {}) if isinstance(parameters, Mapping) else {}
    rows: list[tuple[str, str, str]] = []
    for section, part in values.items():
        if isinstance(part, Mapping):
            rows += [(str(section), str(name), _parameter(value, style)) for name, value in part.items()]
        else:
            rows.append(("", str(section), _parameter(part, style)))
    return rows


def _parameter(value: Any, style: Style) -> str:
    if value is None or value in ([], {}, ""):
        return style.say("not set")
    if isinstance(value, bool):
        return style.say("yes") if value else style.say("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_parameter(part, style)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_parameter(part, style) for part in value)
    return str(value)


def _files(provenance: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Input files by their names: where they lie is nobody's business."""
    data = provenance.get("data")
    files = data.get("files", ()) if isinstance(data, Mapping) else ()
    return [
        {
            "name": PurePosixPath(PureWindowsPath(str(item["file"])).as_posix()).name,
            "table": item.get("table", ""),
            "rows": f"{int(item.get('rows', 0)):,}",
            "sha256": item.get("sha256", ""),
        }
        for item in files
    ]
