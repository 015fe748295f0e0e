"""What cleaning can be told: one frozen dataclass, checked when it is made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from analysis.errors import AnalysisError

__all__ = ["CleaningOptions", "options_from"]

MISSING_TOKENS = (
    "",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "unknown",
    "missing",
    "-",
    "--",
    "?",
    "无",
    "空",
    "未知",
)
VALID_RANGES: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "browsing": {"duration_seconds": (0, None), "pages": (0, None)},
    "social": {"likes": (0, None), "comments": (0, None), "shares": (0, None)},
    "feedback": {
        "rating": (1, 5),
        "purchase_count": (0, None),
        "purchase_amount": (0, None),
        "browsing_minutes": (0, None),
    },
    "customers": {"age": (0, 120), "income": (0, None)},
}
TREATMENTS = ("keep", "median", "mode", "drop_row")
_CHOICES = {
    "date_order": ("dmy", "mdy"),
    "decimal_mark": (".", ","),
    "repeats": ("remove", "keep"),
    "product_case": ("keep", "upper"),
    "missing_description": ("keep", "remove"),
    "non_positive_price": ("remove", "keep"),
    "no_basket": ("remove", "keep"),
    "duplicate_customer": ("first", "last"),
}


@dataclass(frozen=True, kw_only=True)
class CleaningOptions:
    """Rules of cleaning and their defaults.

    Parameters
    ----------
    date_order : {'dmy', 'mdy'}
        How 1/12/2010 is meant. ISO, `2010年12月1日`, `20101201` and `1.12.2010` need no such decision.
    decimal_mark : {'.', ','}
        The other of the two is the thousands separator.
    currency_signs : str
        Single characters that are taken away from numbers.
    missing_tokens : sequence of str
        Texts that mean "missing", whatever their case.
    first_day, last_day : date or str, optional
        Lines outside these days (both included) are removed.
    repeats : {'remove', 'keep'}
        Exact repeats of a line within one pass of the source (see `clean_copies.sql`).
    product_case : {'keep', 'upper'}
        'upper' makes 15056bl and 15056BL one product.
    non_product_codes : sequence of str
        Product codes that are not products, whatever their case.
    non_product_patterns : sequence of str
        The same by regular expression, without backslashes, searched within the code.
    cancellation_prefix, adjustment_prefix : str, optional
        What an invoice number begins with, before a digit, if it cancels, or adjusts the books. None: no such mark.
    missing_description : {'keep', 'remove'}
        Lines without a description.
    non_positive_price : {'remove', 'keep'}
        Lines at a price of zero or below.
    no_basket : {'remove', 'keep'}
        Lines with neither invoice nor customer; kept, each is a basket of its own.
    iqr_factor : float
        Fences at the quartiles -/+ this times their distance, on a log scale (Tukey 1977: 1.5).
    mad_limit : float
        Fences where |ln x - median| = this times 1.4826 MAD (Iglewicz and Hoaglin 1993: 3.5).
    valid_ranges : mapping of table to column to (low, high)
        Values outside become missing. Given ranges replace the default of that column.
    missing : mapping of table to column to treatment
        'keep', 'median', 'mode', 'drop_row', or 'constant:<value>'. Columns not named are kept as they are.
    targets : sequence of str
        Columns that a model may predict: never imputed.
    duplicate_customer : {'first', 'last'}
        Which row counts where a customer stands twice in the table of customers.
    rules : mapping of table to sequence of mappings
        Rules about single values of the tables beside the purchases, as `cells.rules_from` reads them.
    """

    date_order: str = "dmy"
    decimal_mark: str = "."
    currency_signs: str = "£$€¥￥₹₩元"
    missing_tokens: tuple[str, ...] = MISSING_TOKENS
    first_day: date | None = None
    last_day: date | None = None
    repeats: str = "remove"
    product_case: str = "keep"
    non_product_codes: tuple[str, ...] = ()
    non_product_patterns: tuple[str, ...] = ()
    cancellation_prefix: str | None = "C"
    adjustment_prefix: str | None = "A"
    missing_description: str = "keep"
    non_positive_price: str = "remove"
    no_basket: str = "remove"
    iqr_factor: float = 1.5
    mad_limit: float = 3.5
    valid_ranges: Mapping[str, Mapping[str, tuple[float | None, float | None]]] = field(default_factory=dict)
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    targets: tuple[str, ...] = ("rating",)
    duplicate_customer: str = "first"
    rules: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*_wrong_choices(self), *_wrong_numbers(self), *_wrong_patterns(self), *_wrong_treatments(self)]
        for name in ("first_day", "last_day"):
            value = getattr(self, name)
            if isinstance(value, str):
                try:
                    object.__setattr__(self, name, date.fromisoformat(value))
                except ValueError:
                    faults.append(f"{name} is {value!r}; write it as YYYY-MM-DD")
        for name in ("cancellation_prefix", "adjustment_prefix"):
            object.__setattr__(self, name, getattr(self, name) or None)
        if not faults and self.first_day and self.last_day and self.first_day > self.last_day:
            faults.append(f"first_day {self.first_day} is after last_day {self.last_day}")
        if faults:
            raise AnalysisError("cleaning options: " + "; ".join(faults))

    def valid_range(self, table: str, column: str) -> tuple[float | None, float | None] | None:
        """Return the range of a column, the caller's before the default, or None."""
        for ranges in (self.valid_ranges, VALID_RANGES):
            if column in ranges.get(table, {}):
                low, high = ranges[table][column]
                return (low, high)
        return None

    def treatment(self, table: str, column: str) -> str:
        """Return how missing values of a column are treated."""
        return self.missing.get(table, {}).get(column, "keep")


def options_from(given: Mapping[str, Any]) -> CleaningOptions:
    """Make options from keywords; an unknown name is refused together with the nearest known one."""
    known = [item.name for item in fields(CleaningOptions)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise AnalysisError(
                f"cleaning has no option {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; it has {known}")
            )
    values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in given.items()}
    return CleaningOptions(**values)


def _wrong_choices(options: CleaningOptions) -> list[str]:
    return [
        f"{name} is {getattr(options, name)!r}; choose one of {', '.join(map(repr, choices))}"
        for name, choices in _CHOICES.items()
        if getattr(options, name) not in choices
    ]


def _wrong_numbers(options: CleaningOptions) -> list[str]:
    return [
        f"{name} is {value!r}; it must be a number above 0"
        for name in ("iqr_factor", "mad_limit")
        if not isinstance(value := getattr(options, name), int | float) or not value > 0
    ]


def _wrong_patterns(options: CleaningOptions) -> list[str]:
    faults = []
    for pattern in options.non_product_patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            faults.append(f"non_product_patterns: {pattern!r} is not a regular expression ({error})")
        if "\\" in pattern:
            faults.append(f"non_product_patterns: {pattern!r} has a backslash; write [.] or [0-9] instead")
    return faults


def _wrong_treatments(options: CleaningOptions) -> list[str]:
    faults = []
    for table, columns in options.missing.items():
        for column, treatment in columns.items():
            if treatment not in TREATMENTS and not str(treatment).startswith("constant:"):
                faults.append(
                    f"missing.{table}.{column} is {treatment!r};"
                    f" choose one of {', '.join(TREATMENTS)}, constant:<value>"
                )
            elif column in options.targets and treatment not in ("keep", "drop_row"):
                faults.append(
                    f"missing.{table}.{column} is {treatment!r}, but {column} is a target, and a target is"
                    " never imputed; choose keep or drop_row"
                )
    for table, ranges in options.valid_ranges.items():
        for column, bounds in ranges.items():
            if len(bounds) != 2 or (None not in bounds and bounds[0] > bounds[1]):  # type: ignore[operator]
                faults.append(f"valid_ranges.{table}.{column} is {bounds!r}; write [low, high]")
    return faults
