"""What a text says: its plain form, its number, its day."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Context

import numpy as np
from numpy.typing import NDArray

__all__ = ["day_of", "not_other_codes", "number_of", "plain", "shape", "shortest_number", "written"]

_NUMBER = re.compile(r"[+-]?(?:\d[\d,. ' ]*|[.,]\d+)(?:[eE][+-]?\d+)?")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.][0-9]{1,15})?")
_WHOLE_NUMBER = re.compile(r"-?[1-9][0-9]*|0")
_DOUBLE_DIGITS = 15
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_STEPS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "collapse": lambda text: re.sub(r"\s+", " ", text),
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
}
_DATES = (
    (re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?"), "ymd"),
    (re.compile(r"(\d{4})(\d{2})(\d{2})"), "ymd"),
    (re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?"), ""),
)


def plain(text: str) -> str:
    """A text without what spellings differ in most: width, case, outer and repeated blanks.

    >>> plain("  ＹＥＳ "), plain("New   York")
    ('yes', 'new york')
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def shape(text: str) -> str:
    """The kinds of characters in their order: runs of digits as 9, of letters as a, others as they are.

    >>> shape("pn-12b"), shape("3x233"), shape("12.0 oz")
    ('a-9a', '9a9', '9.9 a')
    """
    return _LETTERS.sub("a", _DIGITS.sub("9", text))


def not_other_codes(left: Sequence[str], right: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each pair may be one value spelled twice: texts of one shape that differ in a digit are two codes.

    >>> not_other_codes(["pn-3", "pn-x", "pn-3", "Leads"], ["pn-2", "pn-2", "px-3", "Leeds"]).tolist()
    [False, True, True, True]
    """
    figures = [
        ("".join(_DIGITS.findall(a)) == "".join(_DIGITS.findall(b))) or shape(a) != shape(b)
        for a, b in zip(left, right, strict=True)
    ]
    return np.array(figures, bool)


def written(text: str, steps: Sequence[str], remove: re.Pattern[str] | None, *, decimal_mark: str = ".") -> str:
    """A text after the steps of a format; a step that does not apply leaves it as it is.

    >>> written("12.0 oz. Alumi-Tek", ("number",), None), written("0.05%", ("strip",), re.compile("%"))
    ('12', '0.05')
    """
    if remove is not None:
        text = remove.sub("", text)
    for step in steps:
        text = shortest_number(text, decimal_mark=decimal_mark) if step == "number" else _STEPS[step](text)
    return text


#: Zeros that a Chinese power of ten adds. 千 before another character is a unit as a rule: 千克 is a kilogram.
_ZEROS = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
_CHINESE_SCALE = re.compile(r"\s*(?:[十百千]?(?:万亿|万|亿)|[十百千](?=\s*(?:元|$)))")


def shortest_number(text: str, *, decimal_mark: str = ".") -> str:
    """The one number in a text, without unit, grouping and needless zeros; a text with none or several stays.

    Decimals beyond the 15 digits that a double holds are left-overs of arithmetic and are rounded away. Chinese powers
    of ten are part of the number: 8.2万 is 82000.

    >>> [shortest_number(t) for t in ("12.0 oz", "1,200", "007", "-0.50", "3 to 4", "n/a", "0.052000000000000005%")]
    ['12', '1200', '7', '-0.5', '3 to 4', 'n/a', '0.052']
    """
    if _WHOLE_NUMBER.fullmatch(text):
        return text
    found = list(_NUMBER.finditer(text))
    digits = _digits(found[0].group().strip(), decimal_mark) if len(found) == 1 else None
    if digits is None or "e" in digits.lower():
        return text
    sign = "-" if digits.startswith("-") else ""
    whole, _, rest = digits.lstrip("+-").partition(".")
    if scale := _CHINESE_SCALE.match(text, found[0].end()):
        places = sum(_ZEROS[character] for character in scale.group().strip())
        rest = rest.ljust(places, "0")
        whole, rest = whole + rest[:places], rest[places:]
    if rest and len((whole + rest).lstrip("0")) > _DOUBLE_DIGITS:
        exact = Context(prec=_DOUBLE_DIGITS).create_decimal(f"{whole or 0}.{rest}")
        whole, _, rest = format(exact, "f").partition(".")
    whole, rest = whole.lstrip("0") or "0", rest.rstrip("0")
    short = f"{whole}.{rest}" if rest else whole
    return short if short == "0" else sign + short


def _digits(text: str, decimal_mark: str) -> str | None:
    """The digits of a number with '.' as its mark, or None."""
    other = "," if decimal_mark == "." else "."
    bare = re.sub(r"[ ' ]", "", text)
    grouped = rf"[+-]?\d{{1,3}}(?:{re.escape(other)}\d{{3}})+(?:{re.escape(decimal_mark)}\d*)?"
    if re.fullmatch(grouped, bare):
        bare = bare.replace(other, "")
    bare = bare.replace(decimal_mark, ".") if other not in bare else bare
    return bare if re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", bare) else None


def number_of(text: str, *, units: Mapping[str, float] | None = None, decimal_mark: str = ".") -> float | None:
    """The finite number that a text is, in the unit that `units` brings it to; None if it is none.

    >>> number_of("1,200.5"), number_of("5 %", units={"%": 0.01}), number_of("1e400"), number_of("12 oz")
    (1200.5, 0.05, None, None)
    """
    if _PLAIN_NUMBER.fullmatch(text) and decimal_mark == ".":
        return float(text)
    found = _NUMBER.match(text.strip())
    digits = _digits(found.group().strip(), decimal_mark) if found else None
    if found is None or digits is None:
        return None
    unit = plain(text.strip()[found.end() :])
    factors = {"": 1.0} | {plain(name): factor for name, factor in (units or {}).items()}
    if unit not in factors:
        return None
    value = float(digits) * factors[unit]
    return value if math.isfinite(value) else None


def day_of(text: str, *, date_order: str = "dmy") -> date | None:
    """The day that a text names, or None.

    >>> day_of("2024-02-29 10:00"), day_of("1/2/2024"), day_of("1/2/2024", date_order="mdy"), day_of("2023-02-29")
    (datetime.date(2024, 2, 29), datetime.date(2024, 2, 1), datetime.date(2024, 1, 2), None)
    """
    for pattern, order in _DATES:
        if found := pattern.fullmatch(text.strip()):
            parts = dict(zip(order or f"{date_order[0]}{date_order[1]}y", map(int, found.groups()), strict=True))
            try:
                return date(parts["y"], parts["m"], parts["d"])
            except ValueError:
                return None
    return None
