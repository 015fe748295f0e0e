"""Typed values: what kind of number something is decides how a page writes it.

A block never carries a formatted number. It carries a `Value`: the raw figure, its kind, and its interval where it
is an estimate. Formatting, language and rounding belong to the page (`analysis.report.formatting`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "KINDS",
    "Value",
    "count",
    "day",
    "days",
    "listing",
    "money",
    "month",
    "number",
    "p_value",
    "percent",
    "points",
    "significant",
    "significant_column",
    "term",
    "text",
    "times",
]

Kind = Literal[
    "count",
    "number",
    "percent",
    "points",
    "money",
    "times",
    "days",
    "p_value",
    "date",
    "month",
    "text",
    "phrase",
    "term",
    "listing",
]
KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]

#: Significant digits that a float keeps when it leaves the process (tables, JSON, CSV).
SIGNIFICANT_DIGITS = 10
#: Powers of ten up to here are doubles exactly.
_EXACT_POWER = 22
#: A rest so near to a half could be on either side of it.
_TIE = 1e-3


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> float | None:
    """Round to significant digits; a value that is not finite becomes None.

    >>> significant(1 / 3, 4), significant(float("nan"))
    (0.3333, None)
    """
    if not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def significant_column(values: ArrayLike, digits: int = SIGNIFICANT_DIGITS) -> NDArray[np.float64]:
    """`significant` of a whole column, to the bit, NaN in the place of None; digits from 1 to 15.

    A value is brought to a whole number of so many digits by a power of ten, rounded, and brought back: two operations
    that are exact where the power is (up to the 22nd). What lies too near to a half, or out of that range, goes the
    slow way.

    >>> significant_column([1 / 3, float("nan"), -123456.789], 4).tolist()
    [0.3333, nan, -123500.0]
    """
    data = np.asarray(values, dtype=float)
    found = np.full(data.shape, np.nan)
    found[data == 0] = data[data == 0]  # with its sign
    rest = np.flatnonzero(np.isfinite(data) & (data != 0))
    some = data[rest]
    power = digits - 1 - np.floor(np.log10(np.abs(some))).astype(int)
    near = np.abs(power) <= _EXACT_POWER
    some, power = np.where(near, some, 1.0), np.where(near, power, 0)
    scale = 10.0 ** np.abs(power)
    whole = np.where(power >= 0, some * scale, some / scale)
    rounded = np.rint(whole)
    near &= np.abs(np.abs(whole - rounded) - 0.5) > max(_TIE, 10.0**digits * 2.0**-50)
    near &= (np.abs(rounded) >= 10.0 ** (digits - 1)) & (np.abs(rounded) <= 10.0**digits)
    found[rest] = np.where(power >= 0, rounded / scale, rounded * scale)
    for place in rest[~near]:
        found[place] = significant(float(data[place]), digits)
    return found


@dataclass(frozen=True)
class Value:
    """One figure with its kind and, where it is an estimate, its interval.

    Parameters
    ----------
    kind : str
        One of `KINDS`. `percent` holds a share (0.25 is 25 %); `points` a difference of two shares;
        `times` a ratio ("2.3 times"); `money` an amount in the profile's currency; `term` the id of a thing with
        a display name (a column, a segment); `listing` a tuple of terms; `text` words from the data, shown as they
        are; `phrase` words of our own, a text or the JSON form of a message, which are translated.
    value : object
        The raw figure; None where it does not apply.
    low, high : float, optional
        The interval's bounds in the unit of `value`.
    level : float
        The interval's confidence level.
    digits : int, optional
        Decimals to show; by default the kind and the size decide.
    """

    kind: str
    value: Any
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    digits: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}")

    def to_dict(self) -> dict[str, Any]:
        """The value as plain JSON types, floats rounded to `SIGNIFICANT_DIGITS`."""
        data: dict[str, Any] = {"kind": self.kind, "value": plain(self.value)}
        if self.low is not None or self.high is not None:
            data |= {"low": plain(self.low), "high": plain(self.high), "level": self.level}
        if self.digits is not None:
            data["digits"] = self.digits
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Value:
        """The inverse of `to_dict`."""
        content = dict(data)
        if isinstance(content["value"], list):
            content["value"] = tuple(content["value"])
        return cls(**content)


def plain(value: Any) -> Any:
    """A cell as a JSON type: NumPy and pandas scalars unwrapped, dates as ISO text, missing values as None."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):  # a message among the cells of a frame, already in its JSON form
        return value
    if hasattr(value, "template"):  # the message itself
        return value.to_dict()
    if isinstance(value, datetime):
        moment = value
        if moment != moment:  # NaT
            return None
        return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, int):
        return value
    try:
        return significant(float(value))
    except TypeError:
        return None if type(value).__name__ == "NAType" or value != value else str(value)


def count(value: int, **interval: Any) -> Value:
    """A number of things: customers, orders, rows."""
    return Value("count", None if value is None else int(value))


def number(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """A plain number, such as a coefficient."""
    return Value("number", value, low, high, **options)


def percent(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """A share between 0 and 1, written as per cent."""
    return Value("percent", value, low, high, **options)


def points(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """A difference between two shares, written in percentage points."""
    return Value("points", value, low, high, **options)


def money(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """An amount in the profile's currency."""
    return Value("money", None if value is None else float(value), low, high, **options)


def times(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """A ratio, written as "2.3 times"."""
    return Value("times", value, low, high, **options)


def days(value: float, low: float | None = None, high: float | None = None, **options: Any) -> Value:
    """A length of time in days."""
    return Value("days", value, low, high, **options)


def p_value(value: float) -> Value:
    """A p-value, written as "p < 0.001" where it is small."""
    return Value("p_value", value)


def day(value: date) -> Value:
    """A calendar date."""
    return Value("date", value)


def month(value: date) -> Value:
    """A calendar month, by any of its days."""
    return Value("month", value)


def text(value: str) -> Value:
    """Text from the data: shown as it is, always escaped."""
    return Value("text", None if value is None else str(value))


def term(value: str) -> Value:
    """The id of something with a display name: a feature, a table, a rule of cleaning."""
    return Value("term", str(value))


def listing(values: Iterable[str]) -> Value:
    """Several terms, written as "a, b and c"."""
    return Value("listing", tuple(str(value) for value in values))
