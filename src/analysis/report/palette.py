"""The colours of charts, read from `report.css`, so that a colour is decided in one place for pages and charts.

A chart names a token; the page's CSS variable gives it its light or dark colour, and the light one stays behind as the
fallback for a reader without CSS variables.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

__all__ = ["DIVERGING", "SEQUENTIAL", "SERIES", "light", "tokens", "variable"]

#: Tokens for series, in the order in which they are given out.
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")
#: Tokens from low through middle to high; the colour of words on `d3` is `dt3`.
DIVERGING = tuple(f"d{level}" for level in range(11))
#: Tokens from little to much; the colour of words on `s3` is `st3`.
SEQUENTIAL = tuple(f"s{level}" for level in range(9))

_DECLARATION = re.compile(r"--([a-z]+\d*):\s*(#[0-9a-f]{6})")


@lru_cache(maxsize=1)
def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """The colours by token, for the light and for the dark theme."""
    css = (Path(__file__).parent / "template" / "report.css").read_text(encoding="utf-8")
    before, _, after = css.partition("@media screen and (prefers-color-scheme: dark)")
    bright = dict(_DECLARATION.findall(before))
    return bright, {**bright, **dict(_DECLARATION.findall(after.partition("/* ----")[0]))}


def light(token: str) -> str:
    """The light theme's colour of a token, such as `"#1d5fae"`."""
    return tokens()[0][token]


def variable(token: str) -> str:
    """The token as CSS, with its light colour as the fallback.

    >>> variable("c1")
    'var(--c1,#1d5fae)'
    """
    return f"var(--{token},{light(token)})"
