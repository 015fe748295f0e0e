"""The one stylesheet and the templates, ready to fill: used by pages, the index and comparisons alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from analysis.report.chinese import han
from analysis.report.dates import format_date
from analysis.report.formatting import Style, format_number, format_value
from analysis.report.messages import format_message
from analysis.report.palette import tokens

__all__ = ["charts_stylesheet", "environment", "fragment_stylesheet", "stylesheet"]

_FOLDER = Path(__file__).parent / "template"


@lru_cache(maxsize=1)
def stylesheet() -> Markup:
    """The text of `report.css` and `charts.css` without comments and indentation, for a `<style>` element."""
    return Markup(_lean("report.css") + "\n" + charts_stylesheet())


@lru_cache(maxsize=1)
def charts_stylesheet() -> str:
    """What pages and JupyterLab say about charts alike."""
    return _lean("charts.css")


@lru_cache(maxsize=1)
def fragment_stylesheet() -> Markup:
    """The small stylesheet of blocks in JupyterLab, which tells its theme by an attribute of the body."""
    bright, dark = tokens()
    night = {name: colour for name, colour in dark.items() if bright[name] != colour}
    themes = (
        f".analysis-blocks{{color-scheme:light;{_declared(bright)}}}\n"
        f'body[data-jp-theme-light="false"] .analysis-blocks{{color-scheme:dark;{_declared(night)}}}\n'
    )
    charts = re.sub(r"(^|{ )\.chart", r"\1.analysis-blocks .chart", charts_stylesheet(), flags=re.MULTILINE)
    return Markup(themes + _lean("fragment.css") + "\n" + charts)


def _declared(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def _lean(name: str) -> str:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


class _Compiled(BytecodeCache):
    """Templates as code, compiled once a process: each page has an environment of its own."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[f"{bucket.key} {bucket.checksum}"] = bucket.code


_COMPILED = _Compiled()


def environment(style: Style) -> Environment:
    """Jinja with escaping on and the filters that write values as `style` says.

    Filters: `value` (a Value with its interval), `number` (without), `message`, `words` (text from data: escaped, and
    Chinese marked), `day` and `short_day` (a date). Globals: `language`, `stylesheet`, `languages` (the same page in
    others), `mono`, and, for our own words, `say` (markup) and `plain` (for attributes and titles).
    """
    env = Environment(
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_COMPILED,
    )
    filters: dict[str, Callable[[Any], str]] = {
        "value": lambda value: han(format_value(value, style), style),
        "number": lambda value: han(format_number(value, style), style),
        "message": lambda message: format_message(message, style),
        "words": lambda text: han(str(text), style),
        "day": lambda value: format_date(value, style.language),
        "short_day": lambda value: format_date(value, style.language, short=True),
        "capitalise": _capitalise,
    }
    env.filters |= filters
    env.globals |= {"language": style.language, "stylesheet": stylesheet(), "languages": (), "plain": style.say}
    env.globals |= {"say": lambda text, **values: _say(text, values, style), "mono": _mono}
    return env


def _say(text: str, values: Mapping[str, Any], style: Style) -> Markup:
    """Our own words in the page's language; what fills them is escaped, unless it is markup already."""
    parts = {name: value if isinstance(value, Markup) else han(str(value), style) for name, value in values.items()}
    written = escape(style.say(text))
    return written.format(**parts) if parts else written


def _mono(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _capitalise(words: str) -> Markup:
    """The first letter as a capital; what is escaped stays so."""
    return Markup(words[:1].upper()) + Markup(words[1:])
