"""The catalogues in `src/analysis/locale/`: bring them up to date with the code, and see that nothing is missing.

    python scripts/translations.py update [topic …] [--language zh-Hans]
    python scripts/translations.py check

`update` adds new texts without a translation and takes away those that are gone; a new language gets its folder.
`check` fails on a text without translation, a leftover, a placeholder lost, or a sentence put together from pieces.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from analysis.pipeline.project import NOTEBOOKS
from analysis.report.language import (
    FOLDER,
    catalogue_files,
    is_chinese,
    is_english,
    languages,
    needs_translation,
)

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "analysis"
#: Where our own words stand in a call: by position, by keyword, or both.
CALLS: dict[str, tuple[int | None, str | None]] = {
    "msgid": (0, None), "say": (0, None), "message": (0, None), "phrase": (0, None), "Message": (0, "template"),
    "sentence": (1, "template"), "Column": (0, "label"), "KeyFigure": (1, "label"), "Definition": (1, "label"),
    "Figure": (4, "description"), "Picture": (3, "description"), "Table": (None, "order"), "said": (0, None),
}  # fmt: skip
#: Further keywords of such calls that hold our own words.
KEYWORDS = {"Column": ("unit",)}
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: Half-width punctuation beside a Chinese character.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[(][\u4e00-\u9fff]|[,;:!?)][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?!\d)")
PAGE, LABELS = "page", "labels"


class Pieces(str):
    """Says of a text that it is put together when the code runs, and can therefore not be translated."""


Text = tuple[str, str]  # the words, and the file in which they stand


def topics() -> list[str]:
    """The catalogues of a language, in the order in which a text that several need finds its place."""
    return [PAGE, LABELS, *sorted(NOTEBOOKS, key=NOTEBOOKS.__getitem__)]


def texts_of(topic: str) -> Iterator[Text]:
    """Every text of a topic with the file in which it stands."""
    findings = SOURCE / "findings"
    if topic == PAGE:
        for path in sorted((SOURCE / "report").rglob("*.j2")):
            yield from ((text, _name(path)) for text in _in_template(path))
        sources = [*sorted((SOURCE / "report").rglob("*.py")), *sorted((SOURCE / "pipeline").rglob("*.py"))]
    elif topic == LABELS:
        sources = sorted(findings.glob("*.py"))
    else:
        sources = sorted((findings / topic).rglob("*.py"))
        notebook = ROOT / "notebooks" / f"{NOTEBOOKS[topic]}.ipynb"
        yield from ((text, _name(notebook)) for text in _in_notebook(notebook))
    for path in sources:
        yield from ((text, _name(path)) for text in in_code(path.read_text(encoding="utf-8"), _name(path)))


def extracted() -> tuple[dict[str, dict[str, set[str]]], list[Pieces]]:
    """By topic, every text with the files that use it, each in one topic alone; and what cannot be translated."""
    taken: dict[str, str] = {}
    found: dict[str, dict[str, set[str]]] = {topic: {} for topic in topics()}
    pieces: list[Pieces] = []
    for topic in topics():
        for text, file in texts_of(topic):
            if isinstance(text, Pieces):
                pieces.append(text)
            elif needs_translation(text):
                found[taken.setdefault(text, topic)].setdefault(text, set()).add(file)
    return found, pieces


def in_code(source: str, name: str) -> Iterator[str]:
    """Our own words in Python code; `Pieces` where a text is an f-string, a sum or the like."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _in_call(node, name)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and str(key.value).endswith("label"):
                    yield from _constants(value, name, mappings=False)


def _in_call(node: ast.Call, name: str) -> Iterator[str]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for keyword in node.keywords:
        if (keyword.arg or "").endswith("label") and called not in CALLS:
            yield from _constants(keyword.value, name, mappings=False)
    if called not in CALLS:
        return
    place, word = CALLS[called]
    mappings = called == "msgid"
    if place is not None and len(node.args) > place:
        yield from _constants(node.args[place], name, mappings=mappings)
    for keyword in node.keywords:
        if keyword.arg == word or keyword.arg in KEYWORDS.get(called, ()):
            yield from _constants(keyword.value, name, mappings=mappings)


def _constants(node: ast.expr, name: str, *, mappings: bool) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp():
            yield from _constants(node.body, name, mappings=mappings)
            yield from _constants(node.orelse, name, mappings=mappings)
        case ast.Dict() if mappings:
            for value in node.values:
                yield from _constants(value, name, mappings=True)
        case ast.Tuple() | ast.List() if mappings:
            for value in node.elts:
                yield from _constants(value, name, mappings=True)
        case ast.Subscript():
            yield from _constants(node.value, name, mappings=True)
        case ast.JoinedStr() | ast.BinOp():
            yield Pieces(
                f"{name}, line {node.lineno}: {ast.unparse(node)[:80]!r} is put together from pieces. Write the whole "
                "text as one constant with {placeholders}, or choose between whole texts"
            )


def _in_template(path: Path) -> Iterator[str]:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for _, _, text in extract_from_ast(tree, gettext_functions=("say", "plain")):
        first = text[0] if isinstance(text, tuple) else text
        if isinstance(first, str):
            yield first


def _in_notebook(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and (text := "".join(cell["source"]).strip()):
            yield text


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _file(language: str, topic: str) -> Path:
    return FOLDER / language.replace("-", "_") / "LC_MESSAGES" / f"{topic}.po"


def read(language: str, topic: str) -> Catalog:
    """A catalogue as it lies there; an empty one where there is none yet."""
    path = _file(language, topic)
    if not path.is_file():
        return Catalog(locale=language.replace("-", "_"))
    with path.open("rb") as stream:
        return read_po(stream, locale=language.replace("-", "_"))


def update(language: str, wanted: list[str]) -> None:
    """Write catalogues with the texts of today; translations that are there are kept, wherever a text stood."""
    known = {str(e.id): e.string for topic in topics() for e in read(language, topic) if e.id and e.string}
    for topic, texts in extracted()[0].items():
        if topic not in wanted:
            continue
        catalog = Catalog(locale=language.replace("-", "_"), fuzzy=False, header_comment="")
        for text, files in texts.items():
            catalog.add(text, known.get(text, ""), locations=[(file, 0) for file in sorted(files)])
        _write(_file(language, topic), catalog)
        empty = sum(not entry.string for entry in catalog if entry.id)
        print(f"{language} {topic}: {len(catalog)} texts, {empty} without translation")


def _write(path: Path, catalog: Catalog) -> None:
    """The file without what changes by itself: dates, tools, line numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, catalog, width=0, omit_header=True, include_lineno=False, sort_output=False)
    body = path.read_text(encoding="utf-8").lstrip("\n")
    head = f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(head + body, encoding="utf-8")


def check() -> list[str]:
    """What is wrong with the catalogues, in words; empty if nothing is."""
    texts, pieces = extracted()
    faults: list[str] = [*pieces]
    for language in languages():
        if is_english(language):
            continue
        unknown = {path.stem for path in catalogue_files(language)} - set(topics())
        faults += [f"{language}/{name}.po belongs to no topic; remove it" for name in sorted(unknown)]
        for topic in topics():
            found = faults_of(read(language, topic), texts[topic], language)
            faults += [f"{language}/{topic}.po: {fault}" for fault in found]
    return faults


def faults_of(catalog: Catalog, texts: dict[str, set[str]], language: str) -> Iterator[str]:
    entries = {str(entry.id): entry for entry in catalog if entry.id}
    for text in sorted(texts.keys() - entries.keys()):
        yield f"{text!r} of {', '.join(sorted(texts[text]))} is not in it; run: python scripts/translations.py update"
    for text in sorted(entries.keys() - texts.keys()):
        yield f"{text!r} is no longer used; run: python scripts/translations.py update"
    for text in sorted(entries.keys() & texts.keys()):
        entry, written = entries[text], str(entries[text].string)
        if not written or entry.fuzzy:
            yield f"{text!r} has no translation"
        elif set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(written)):
            yield f"{written!r} does not have the placeholders of {text!r}"
        elif is_chinese(language) and (found := HALF_WIDTH.search(PLACEHOLDER.sub("字", written))):
            yield f"{written!r} has half-width punctuation in Chinese text: {found[0]!r}"


def main() -> int:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("update", "check"))
    parser.add_argument("topics", nargs="*", default=[], help=f"of {', '.join(topics())}; all where none is named")
    parser.add_argument("--language", help="a language's tag, such as zh-Hans; a new one is begun")
    options = parser.parse_args()
    if options.command == "check":
        faults = check()
        print("\n".join(faults[:200]) or "every text is translated")
        return int(bool(faults))
    if unknown := set(options.topics) - set(topics()):
        parser.error(f"there is no topic {', '.join(sorted(unknown))}; choose from {', '.join(topics())}")
    chosen = [options.language] if options.language else [tag for tag in languages() if not is_english(tag)]
    for language in chosen:
        update(language, options.topics or topics())
    return 0


if __name__ == "__main__":
    sys.exit(main())
