"""Amounts of money: where the currency stands, how large amounts are shortened, which currencies have no decimals."""

from __future__ import annotations

import math
from typing import NamedTuple

from analysis.report.language import is_chinese

__all__ = ["Amounts", "amounts_in", "currency_sign", "short_scales"]

_SPACE = "\N{NO-BREAK SPACE}"
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$",
          "AUD": "A$", "CAD": "C$", "NZD": "NZ$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$"}  # fmt: skip
_CHINESE_SCALES = ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"))
_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "PYG", "XAF", "XOF"})


class Amounts(NamedTuple):
    """How a language writes amounts of one currency.

    `before` and `after` surround the figure; `scales` are the sizes from which a larger unit is used, the largest
    first, with its word; `significant` is how many digits a shortened amount has at most; `whole` whether the
    currency has no smaller unit.
    """

    before: str
    after: str
    unit: str
    scales: tuple[tuple[float, str], ...]
    significant: int
    whole: bool

    def scaled(self, size: float) -> tuple[float, str, int | None]:
        """A size in its larger unit, that unit's word, and the decimals that go with it; None where it has none.

        >>> amounts_in("GBP", "en").scaled(1_240_000.0)
        (1.24, '\\xa0million', 2)
        >>> amounts_in("GBP", "zh-Hans").scaled(582_901.0)
        (58.2901, '万', 2)
        """
        for limit, word in self.scales:
            if size >= limit * (1 - 0.5 * 10.0**-self.significant):
                size /= limit
                whole = max(1, math.floor(math.log10(size) + 1e-4) + 1) if size >= 1 else 1
                return size, word, max(0, min(2, self.significant - whole))
        return size, "", None


def amounts_in(currency: str | None, language: str) -> Amounts:
    """How amounts are written; without a currency they are bare figures."""
    whole = currency in _WHOLE
    if is_chinese(language):
        name = _chinese_name(currency)
        return Amounts("", name, name, _CHINESE_SCALES, 4, whole)
    sign = currency_sign(currency)
    scales = ((1e12, f"{_SPACE}trillion"), (1e9, f"{_SPACE}billion"), (1e6, f"{_SPACE}million"))
    return Amounts(sign, "", sign.strip(), scales, 3, whole)


def currency_sign(currency: str | None) -> str:
    """What stands before an amount where room is short, such as on a chart: a sign, or the code and a space."""
    return "" if currency is None else _SIGNS.get(currency, f"{currency}{_SPACE}")


def short_scales(language: str) -> tuple[tuple[float, str], ...]:
    """The larger units of figures on charts, the largest first, each with its mark."""
    if is_chinese(language):
        return _CHINESE_SCALES
    return ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def _chinese_name(currency: str | None) -> str:
    """The name that stands after an amount, such as 英镑; 元 where it is China's own."""
    from babel.numbers import get_currency_name

    if currency is None:
        return ""
    return "元" if currency == "CNY" else str(get_currency_name(currency, locale="zh_Hans"))
