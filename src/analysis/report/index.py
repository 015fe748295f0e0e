"""The page where a stakeholder starts: a card per report, and below it every version and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.report.changes import Change, ChangeWords, describe
from analysis.report.differences import differences, in_words, key_figure_changes
from analysis.report.document import document_title
from analysis.report.formatting import Style
from analysis.report.language import Link
from analysis.report.messages import said
from analysis.report.theme import environment
from analysis.report.values import Value
from analysis.report.versions import Decision, Store, Version, page_file, report_title
from analysis.report.wording import msgid

__all__ = ["index_page"]

#: Key figures on a card; the page has them all.
CARD_FIGURES = 3


@dataclass(frozen=True)
class CardFigure:
    """One key figure on a card, with how it moved; None where it did not."""

    label: str
    value: Value
    change: ChangeWords | None


@dataclass(frozen=True)
class Card:
    """One report of the current version."""

    title: str
    href: str
    figures: tuple[CardFigure, ...]


@dataclass(frozen=True)
class Row:
    """One version in the list of a profile; `successor` is the id of the one that was published next."""

    version: Version
    status: str
    state: str
    reason: str
    successor: str | None
    published: str
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    pages: tuple[tuple[str, str], ...]
    figures: tuple[CardFigure, ...]
    comparison: str | None


@dataclass(frozen=True)
class Shelf:
    """One profile: its current reports and its versions, newest first."""

    name: str
    title: str
    current: Version
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]


#: What became of a version.
STATUS = msgid({"current": "current", "superseded": "superseded", "corrected": "corrected", "withdrawn": "withdrawn"})
#: Short names of the reports, for links in a table.
TOPICS = msgid(
    {
        "summary": "summary",
        "cleaning": "cleaning",
        "description": "description",
        "correlation": "correlation",
        "regression": "regression",
        "clustering": "clustering",
        "rules": "rules",
        "classification": "classification",
        "recommendation": "recommendation",
        "lifetime": "lifetime",
    }
)


def index_page(
    store: Store, *, styles: Mapping[str, Style], pages: Sequence[str], plain: Style, languages: Sequence[Link] = ()
) -> str:
    """The index as HTML.

    Parameters
    ----------
    store : Store
        The `reports/` folder.
    styles : mapping of str to Style
        How each profile writes its values.
    pages : sequence of str
        The reports in reading order.
    plain : Style
        How what belongs to no profile is written; its language is the page's.
    languages : sequence of Link
        The index in other languages.
    """
    decisions, known = store.decisions(), store.versions()
    shelves = []
    for name in sorted({version.profile for version in known}):
        versions = [version for version in known if version.profile == name]
        shelves.append((_shelf(store, versions, decisions, styles[name], pages), styles[name]))
    parts = [environment(style).get_template("shelf.html.j2").render(shelf=shelf) for shelf, style in shelves]
    index = environment(plain).get_template("index.html.j2")
    return index.render(shelves=[shelf for shelf, _ in shelves], parts=parts, languages=languages)


def _shelf(
    store: Store, versions: Sequence[Version], decisions: Mapping[str, Decision], style: Style, pages: Sequence[str]
) -> Shelf:
    """One profile's shelf from its versions, newest first."""
    current = versions[0]
    name = current.profile
    before = versions[1] if len(versions) > 1 else None
    changes = key_figure_changes(before, current) if before else {}
    cards = []
    for topic in pages:
        document = store.document(current, topic)
        if document is not None:
            figures = _figures(current, topic, changes, style)[:CARD_FIGURES]
            title = document_title(document, style.language)
            cards.append(Card(title, f"latest/{name}/{page_file(topic, current, style.language)}", figures))
    triples = zip(versions, [*versions[1:], None], [None, *versions[:-1]], strict=True)
    rows = tuple(
        _row(store, version, older, newer, decisions.get(version.id), style, pages) for version, older, newer in triples
    )
    return Shelf(name, report_title(current, style.language), current, tuple(cards), rows)


def _row(
    store: Store,
    version: Version,
    before: Version | None,
    after: Version | None,
    decision: Decision | None,
    style: Style,
    pages: Sequence[str],
) -> Row:
    """A version between the one that was current before it and the one that took its place."""
    status = decision.status if decision else "superseded" if after else "current"
    changed = in_words(differences(before, version), style) if before else ((style.say("first version"), ()),)
    changes = key_figure_changes(before, version) if before else {}
    comparison = f"comparisons/{page_file(f'{before.id}..{version.id}', version, style.language)}" if before else None
    if comparison and not (store.folder / comparison).is_file():
        comparison = None
    return Row(
        version=version,
        status=status,
        state=style.say(STATUS[status]),
        reason=decision.reason if decision else "",
        successor=after.id if after else None,
        published=version.published[:16].replace("T", " ") + " UTC",
        changed=changed,
        pages=tuple(
            (style.say(TOPICS.get(topic, topic)), f"versions/{version.id}/{file}")
            for topic in pages
            if (file := page_file(topic, version, style.language)) in version.facts["pages"]
        ),
        figures=_figures(version, pages[0], changes, style)[:CARD_FIGURES],
        comparison=comparison,
    )


def _figures(
    version: Version, topic: str, changes: Mapping[str, Mapping[str, Change]], style: Style
) -> tuple[CardFigure, ...]:
    known = changes.get(topic, {})
    figures: Mapping[str, Any] = version.facts["key_figures"].get(topic, {})
    return tuple(_card_figure(figure, known.get(figure["metric"]), style) for figure in figures.values())


def _card_figure(figure: Mapping[str, Any], change: Change | None, style: Style) -> CardFigure:
    value = Value.from_dict(figure["value"])
    moved = change is not None and not (change.reason is None and change.previous == value)
    words = describe(value, change, direction=figure.get("direction"), style=style) if change and moved else None
    return CardFigure(said(figure["label"], style), value, words)
