"""From a document's items to the parts of a page: what goes on top, what stays in place, what is collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from analysis.errors import AnalysisError
from analysis.report import charts
from analysis.report.blocks import Block, Definition, Figure, KeyFigure, Note, Picture, Sentence, Table
from analysis.report.changes import Change, ChangeWords, describe
from analysis.report.chinese import han
from analysis.report.document import Document, Item, title_in
from analysis.report.formatting import Style, format_interval, format_number
from analysis.report.language import is_chinese, translate
from analysis.report.messages import format_message, said
from analysis.report.prose import Heading, markdown, slug
from analysis.report.tables import table_view
from analysis.report.translation import translated
from analysis.report.wording import Message

__all__ = ["Content", "Key", "Section", "Words", "Writer", "arrange"]

_MOST_LEADS = 3
#: In Chinese, a figure with the word for its size, and its unit.
_FIGURE = re.compile(r"(\S*\d\s*(?:万亿|亿|万)?)([\u4e00-\u9fff]+)")
#: A shorter Chinese term may be a part of another word, and is not linked.
_SHORTEST_TERM = 3


@dataclass(frozen=True)
class Words:
    """A piece of text with the id that it can be linked by."""

    id: str
    words: Markup
    label: Markup = field(default_factory=Markup)


@dataclass(frozen=True)
class Key:
    """A key figure ready to show."""

    block: KeyFigure
    value: Markup
    interval: Markup
    n: str
    change: ChangeWords | None


@dataclass
class Section:
    """What stands under one heading; the first section of a page may have none."""

    id: str = ""
    title: Markup = field(default_factory=Markup)
    parts: list[Markup] = field(default_factory=list)


@dataclass
class Content:
    """The parts of a page."""

    heading: Markup = field(default_factory=Markup)
    intro: Markup = field(default_factory=Markup)
    leads: list[Words] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    methods: list[Words] = field(default_factory=list)
    limits: list[Words] = field(default_factory=list)
    terms: list[Words] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


class Writer:
    """Writes single blocks as HTML.

    Parameters
    ----------
    env : Environment
        From `analysis.report.theme`.
    style : Style
    topic : str
        Begins the names of CSV files.
    source : str
        Stands under every figure.
    folder : str
        Where files beside the page are put.
    suffix : str
        Ends the names of CSV files.
    changes : mapping of str to Change
        By metric.
    drawn : mapping of str to str
        Charts that need not be drawn again, as SVG by the ids of their figures.
    """

    def __init__(
        self, env: Environment, style: Style, *, topic: str, source: str = "", folder: str = "", suffix: str = "",
        changes: Mapping[str, Change] | None = None, drawn: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.drawn = drawn or {}
        self.style, self.topic, self.source, self.folder, self.suffix = style, topic, source, folder, suffix
        self.changes = changes or {}
        self.files: dict[str, bytes] = {}
        self._macros: Any = env.get_template("macros.html.j2").module
        self._link: Callable[[Markup], Markup] = lambda words: words

    def link_terms(self, definitions: Sequence[Definition]) -> None:
        """From now on, the first mention of each term links to its explanation."""
        self._link = _Linker(definitions, self.style)

    def message(self, message: Message) -> Markup:
        """A message's words, with links to terms that are mentioned for the first time."""
        return self._link(format_message(message, self.style))

    def words(self, text: str) -> Markup:
        """A piece of prose, likewise."""
        return self._link(han(text, self.style))

    def table(self, block: Table) -> Markup:
        """A table with its file."""
        block = translated(block, self.style)
        view = table_view(block.data, block.columns, self.style, name=self._file(block.id),
                          group_size=block.group_size, folder=self.folder)  # fmt: skip
        self._keep(view.download)
        order = _order(block, self.style)
        return Markup(self._macros.table_block(block, view, block.id, self.style.min_group_size, order))

    def figure(self, block: Figure | Picture) -> Markup:
        """A chart with the numbers behind it and its file."""
        block = translated(block, self.style)
        drawn = isinstance(block, Figure)
        group = block.group_size if isinstance(block, Figure) else None
        view = table_view(block.data, block.columns, self.style, name=self._file(block.id), group_size=group,
                          folder=self.folder, chart=True)  # fmt: skip
        self._keep(view.download)
        svg = self.drawn.get(block.id) if isinstance(block, Figure) else _named(block, self.style)
        if svg is None and isinstance(block, Figure):
            svg = charts.draw(block, self.style)
        return Markup(
            self._macros.figure_block(
                block, Markup(svg), view, block.id, self.style.min_group_size, self.source, not drawn
            )
        )

    def key(self, block: KeyFigure) -> Key:
        """A key figure, its interval and its change."""
        block = translated(block, self.style)
        value = block.value
        change = self.changes.get(block.metric)
        return Key(
            block=block,
            value=_with_small_unit(format_number(value, self.style), self.style),
            interval=han(format_interval(value, self.style), self.style),
            n=f"{block.n:,}" if block.n is not None else "",
            change=describe(value, change, direction=block.direction, style=self.style) if change else None,
        )

    def keys(self, figures: Sequence[Key]) -> Markup:
        """Several key figures side by side."""
        return Markup(self._macros.keys(figures))

    def finding(self, block: Sentence) -> Markup:
        """A sentence in its place."""
        return Markup(self._macros.finding(self.message(block.message), block.id))

    def warning(self, block: Note) -> Markup:
        """A method that did not apply, said where its result would stand."""
        return Markup(self._macros.warning(self.message(block.message), block.id))

    def actions(self, items: Sequence[Sentence]) -> Markup:
        """What follows from the results."""
        return Markup(self._macros.actions([Words(item.id, self.message(item.message)) for item in items]))

    def _file(self, id: str) -> str:
        return f"{self.topic}-{id}{self.suffix}"

    def _keep(self, download: Any) -> None:
        if download.content is not None:
            self.files[f"{self.folder}{download.name}"] = download.content


def arrange(document: Document, writer: Writer) -> Content:
    """Sort a document's items into the parts of a page.

    Raises
    ------
    AnalysisError
        If there are more than three lead sentences, or two blocks share an id.
    """
    _check(document)
    items = document.items
    writer.link_terms([item for item in items if isinstance(item, Definition)])
    content = Content(heading=han(title_in(document, writer.style.language), writer.style))
    _on_top(content, items, writer)
    content.sections.append(Section())
    taken = {"main", "terms", "provenance", "method-and-limits", "pages", "parameters", "files"}
    taken |= {item.id for item in items if isinstance(item, Block)}
    waiting: list[Sentence] = []
    started = False
    for item in items:
        if isinstance(item, Sentence) and item.role == "action":
            waiting.append(item)
            continue
        if waiting:
            content.sections[-1].parts.append(writer.actions(waiting))
            waiting = []
        if not isinstance(item, Block):
            _place_markdown(content, item[1], writer, taken, first=not started)
            started = True
        else:
            _place_block(content, item, writer)
    if waiting:
        content.sections[-1].parts.append(writer.actions(waiting))
    content.sections = [section for section in content.sections if section.id or section.parts]
    _collect(content, items, writer)
    content.files = writer.files
    return content


def _check(document: Document) -> None:
    leads = [item.id for item in document.items if isinstance(item, Sentence) and item.role == "lead"]
    if len(leads) > _MOST_LEADS:
        raise AnalysisError(
            f"the page {document.topic!r} has {len(leads)} lead sentences ({', '.join(leads)}); its summary takes at "
            f"most {_MOST_LEADS}: make the others findings"
        )
    seen: set[str] = set()
    for item in document.items:
        if isinstance(item, Block):
            if item.id in seen:
                raise AnalysisError(f"the page {document.topic!r} has two blocks with the id {item.id!r}; rename one")
            seen.add(item.id)


def _on_top(content: Content, items: Sequence[Item], writer: Writer) -> None:
    for item in items:
        if isinstance(item, Sentence) and item.role == "lead":
            content.leads.append(Words(item.id, writer.message(item.message)))
        elif isinstance(item, KeyFigure):
            content.keys.append(writer.key(item))


def _place_markdown(content: Content, source: str, writer: Writer, taken: set[str], *, first: bool) -> None:
    """Headings divide the page; what follows the first cell's title is the introduction."""
    for part in markdown(translate(source.strip(), writer.style.language), writer.words):
        if isinstance(part, Heading):
            if first and part.level == 1 and not content.intro:
                content.heading = part.title
                continue
            content.sections.append(Section(_free(slug(part.text), taken), part.title))
        elif first and len(content.sections) == 1:
            content.intro += part.html
        else:
            content.sections[-1].parts.append(Markup('<div class="prose">{}</div>').format(part.html))


def _place_block(content: Content, block: Block, writer: Writer) -> None:
    parts = content.sections[-1].parts
    match block:
        case Figure() | Picture():
            parts.append(writer.figure(block))
        case Table():
            parts.append(writer.table(block))
        case Sentence(role="finding"):
            parts.append(writer.finding(block))
        case Note(role="warning"):
            parts.append(writer.warning(block))


def _collect(content: Content, items: Sequence[Item], writer: Writer) -> None:
    """Notes on method and limits, and the glossary, at the end."""
    for item in items:
        if isinstance(item, Note) and item.role in {"method", "limit"}:
            target = content.methods if item.role == "method" else content.limits
            target.append(Words(item.id, writer.message(item.message)))
    definitions = [item for item in items if isinstance(item, Definition)]
    for item in sorted(definitions, key=lambda item: (said(item.label, Style()).lower(), item.id)):
        words = format_message(item.message, writer.style)  # in the same order in every language
        content.terms.append(Words(item.id, words, han(said(item.label, writer.style), writer.style)))


def _order(block: Table, style: Style) -> str:
    """The stated order in words; the name of a column becomes its label."""
    order = str(block.order or "")
    if order not in block.columns:
        return order
    label = str(block.columns[order].label)
    return style.say("ordered by {column}", column=label[:1].lower() + label[1:])


def _free(wanted: str, taken: set[str]) -> str:
    """The id, or the id with a number where it is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name


def _with_small_unit(words: str, style: Style) -> Markup:
    """A figure whose unit in words is set smaller than its digits."""
    if is_chinese(style.language):
        parts = _FIGURE.fullmatch(words)
        return Markup('{}<span class="unit">{}</span>').format(*parts.groups()) if parts else han(words, style)
    figure, space, unit = words.partition("\N{NO-BREAK SPACE}")
    if not unit or unit == "%" or not any(character.isdigit() for character in figure):
        return han(words, style)
    # a unit of several words may stand below its figure, rather than be cut within a word on a phone
    gap = " " if " " in unit else space
    return Markup('{}{}<span class="unit">{}</span>').format(han(figure, style), gap, han(unit, style))


def _named(block: Picture, style: Style) -> str:
    """A picture's SVG with its name and description, and Chinese marked."""
    names = (
        f'role="img" aria-labelledby="chart-{block.id}-name" aria-describedby="chart-{block.id}-desc">'
        f'<title id="chart-{block.id}-name">{Markup(format_message(block.title, style)).striptags()}</title>'
        f'<desc id="chart-{block.id}-desc">{escape(str(block.description))}</desc>'
    )
    svg = re.sub(r"^(<svg\b[^>]*)>", lambda match: f"{match[1]} {names}", block.svg, count=1)
    if is_chinese(style.language):
        return svg
    return re.sub(r"<text\b(?=[^>]*>[^<]*[\u3400-\u9fff])", '<text lang="zh-Hans"', svg)


class _Linker:
    """Links the first mention of each term to the glossary."""

    def __init__(self, definitions: Sequence[Definition], style: Style) -> None:
        self._unspaced = is_chinese(style.language)  # no spaces between words, no plural
        labels = ((said(item.label, style).lower(), item.id) for item in definitions)
        self._open = {label: id for label, id in labels if not self._unspaced or len(label) >= _SHORTEST_TERM}

    def __call__(self, words: Markup) -> Markup:
        if not self._open:
            return words
        pieces = re.split(r"(<[^>]*>)", str(words))
        return Markup("".join(piece if piece.startswith("<") else self._mark(piece) for piece in pieces))

    def _mark(self, text: str) -> str:
        if not self._open or not text.strip():
            return text
        labels = sorted(self._open, key=lambda label: (-len(label), label))
        words = "|".join(re.escape(str(escape(label))) for label in labels)
        pattern = rf"({words})" if self._unspaced else rf"(?<!\w)({words})s?(?!\w)"
        return re.sub(pattern, self._once, text, flags=re.IGNORECASE)

    def _once(self, match: re.Match[str]) -> str:
        target = self._open.pop(match[1].lower(), None)
        return match[0] if target is None else f'<a class="term" href="#{target}">{match[0]}</a>'
