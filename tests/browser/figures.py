"""P2: every number that a reader sees is that of the files to take away, read back from the text of the page.

Nothing of the code that writes numbers is used: a number is what its digits, its unit and its heading say, to within
half a unit of its last digit.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from browser.acceptance import content_of
from browser.opened import Opened

__all__ = ["different_figures", "read_number"]

TIMES = {"%": 0.01, "percentage points": 0.01, "百分点": 0.01, "thousand": 1e3, "million": 1e6,
         "billion": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}  # fmt: skip
#: Files hold ten significant digits.
STORED = 5e-10
_NUMBER = re.compile(
    r"(?P<sign>[−-]?)[A-Z]{0,3}[^\w−<>≈-]?\s?(?P<digits>\d[\d,]*(?:\.(?P<decimals>\d+))?)(?P<rest>.*)", re.S
)
_KEYS = """[...document.querySelectorAll('dl.keys > div')].map(d => [d.id.replace('key-', ''),
    d.querySelector('.value').innerText])"""
_CARDS = """[...document.querySelectorAll('.card')].map(c => [c.querySelector('a').getAttribute('href'),
    [...c.querySelectorAll('.value')].map(v => v.innerText)])"""
_TABLES = """[...document.querySelectorAll('figure, .tabular')].filter(
    e => e.querySelector('a[download$=csv]')).map(e => {
    const bare = cell => { const c = cell.cloneNode(true);
        c.querySelectorAll('.between, .unit').forEach(x => x.remove()); return c.textContent.trim(); };
    const a = e.querySelector('a[download$=csv]'), t = e.querySelector('table');
    return [a.download, a.getAttribute('href'), [...t.tHead.rows[t.tHead.rows.length - 1].cells].map(h => [bare(h),
        h.classList.contains('n'), (h.querySelector('.unit') || {textContent: ''}).textContent]),
        [...t.tBodies].flatMap(b => [...b.rows]).map(r => [...r.cells].map(bare))]; })"""


def read_number(text: str, unit: str = "") -> tuple[float, float] | None:
    """What a text says as a number, and half a unit of its last digit; None where it is no plain number.

    >>> read_number("£1.14 million")
    (1140000.0, 5000.0)
    >>> read_number("114.3万英镑"), read_number("−46", "%"), read_number("99.99%以上")
    ((1143000.0, 500.0), (-0.46, 0.005), None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or re.search(r"\d|[×<>]|以上", match["rest"]):
        return None
    words = re.findall(
        r"%|percentage points|百分点|万亿|万|亿|thousand|[mbtr]+illion", f"{match['rest']} {unit}".replace("\xa0", " ")
    )
    times = TIMES[words[0]] if words else 1.0
    value = float(match["digits"].replace(",", "")) * (-1 if match["sign"] else 1)
    half = 0.5 * 10.0 ** -len(match["decimals"] or "")
    return round(value * times, 12), round(half * times, 12)


def different_figures(page: Opened) -> Iterator[str]:
    """Key figures on a page or on the index = the key-figure JSON; cells of tables = the CSV below them."""
    yield from _different_keys(page)
    yield from _different_cards(page)
    for name, address, heads, rows in page.ask(_TABLES):
        content = content_of(page, address).decode("utf-8-sig")
        yield from (f"{name}: {fault}" for fault in _different_cells(heads, rows, content))


def _different_keys(page: Opened) -> Iterator[str]:
    file = page.path.parent / "key_figures.json"
    shown = page.ask(_KEYS)
    if shown and file.is_file():
        known = {figure["id"]: figure for figure in _figures(file, page.path)}
        if list(known) != [name for name, _ in shown]:
            yield f"key figures {[name for name, _ in shown]} are shown, {list(known)} are in {file.name}"
        yield from (
            f"{name} is shown as {text!r}, {file.name} says {known[name]['value']}"
            for name, text in shown
            if name in known and _differs(text, "", known[name]["value"])
        )


def _different_cards(page: Opened) -> Iterator[str]:
    for link, values in page.ask(_CARDS):
        target = page.path.parent / link
        for text, figure in zip(values, _figures(target.parent / "key_figures.json", target), strict=False):
            if _differs(text, "", figure["value"]):
                yield f"the card of {link} shows {text!r} for {figure['id']}, the file says {figure['value']}"


def _figures(file: Path, page: Path) -> list[dict[str, Any]]:
    """The key figures of a page, in their order."""
    topic = page.name.split(".")[0]
    return [one for one in json.loads(file.read_text(encoding="utf-8"))["key_figures"] if one["page"] == topic]


def _different_cells(
    heads: Sequence[tuple[str, bool, str]], rows: Sequence[Sequence[str]], content: str
) -> Iterator[str]:
    names, *stored = csv.reader(io.StringIO(content, newline=""))
    taken: set[int] = set()
    for place, (head, numeric, unit) in enumerate(heads):
        if not numeric:
            continue
        called = {head, f"{head} ({unit})", f"{head}（{unit}）"}
        column = next((i for i, name in enumerate(names) if name in called and i not in taken), None)
        if column is None:
            yield f"no column {head!r} among {names}"
            continue
        taken.add(column)
        for cells, values in zip(rows, stored, strict=False):
            value = values[column]
            if len(cells) == len(heads) and value and _differs(cells[place], unit, float(value)):
                yield f"{head!r} is shown as {cells[place]!r} {unit}, stored as {value}"


def _differs(text: str, unit: str, value: float | None) -> bool:
    """Whether a text is a plain number other than the value."""
    read = read_number(text, unit)
    if read is None or value is None:
        return read is not None
    return abs(read[0] - value) > read[1] * 1.001 + abs(value) * STORED
