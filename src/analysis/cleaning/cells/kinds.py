"""Kinds of rules about cells: what each looks for, and what it may be told."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import ClassVar

from analysis.cleaning.cells.checks import dates_and_marks, not_pattern, out_of, wrong_types
from analysis.cleaning.options import MISSING_TOKENS
from analysis.errors import AnalysisError

__all__ = [
    "Dependency",
    "Domain",
    "Extract",
    "Format",
    "Missing",
    "NotNull",
    "Pattern",
    "Range",
    "Rule",
    "Type",
    "Typo",
    "Unique",
]

STEPS = ("strip", "collapse", "nfkc", "lower", "upper", "title", "number")
TYPES = ("number", "integer", "date", "boolean")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule has.

    Parameters
    ----------
    columns : sequence of str
        Columns that the rule is about, each by itself. A single name will do; `column` is the same.
    name : str
        How findings call the rule; empty: kind and columns.
    trust : float
        Confidence in (0, 1] of a repair that the rule is sure of; evidence can only lower it.
    """

    kind: ClassVar[str] = ""
    #: What a rule of the kind looks for, in plain words.
    looks_for: ClassVar[str] = ""
    columns: tuple[str, ...]
    name: str = ""
    trust: float = 0.95

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if str(item.type).startswith("tuple") and isinstance(value, str):
                object.__setattr__(self, item.name, (value,))
            elif isinstance(value, date):
                object.__setattr__(self, item.name, value.isoformat()[:10])
            elif isinstance(value, list):
                object.__setattr__(self, item.name, tuple(tuple(v) if isinstance(v, list) else v for v in value))
        if not self.name and self.columns:
            object.__setattr__(self, "name", f"{self.kind}: {self.about}")
        faults = [*wrong_types(self), *([] if self.columns else ["names no column"])]
        if not faults:
            faults = [*self.faults()]
            faults += [] if 0 < self.trust <= 1 else [f"trust is {self.trust!r}; it must be above 0 and at most 1"]
        if faults:
            raise AnalysisError(f"{self.name or self.kind}: " + "; ".join(faults))

    @property
    def about(self) -> str:
        """The columns, in words."""
        return ", ".join(self.columns)

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column whose values the rule looks at."""
        return self.columns

    def faults(self) -> Iterable[str]:
        """What is wrong with the values, in words."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Missing(Rule):
    """Texts that only say "missing" (N/A, ?) are wrong; repair: nothing. `tokens` in any case, blanks aside."""

    kind: ClassVar[str] = "missing"
    looks_for: ClassVar[str] = "texts that only say that a value is missing"
    tokens: tuple[str, ...] = MISSING_TOKENS


@dataclass(frozen=True, kw_only=True)
class NotNull(Rule):
    """A value must be there; no repair of its own (a dependency or an extraction may fill the gap)."""

    kind: ClassVar[str] = "not_null"
    looks_for: ClassVar[str] = "gaps where a value must stand"


@dataclass(frozen=True, kw_only=True)
class Format(Rule):
    """One way of writing: every value that the steps change is wrong; repair: the changed value.

    Parameters
    ----------
    steps : sequence of str
        In order, of 'strip', 'collapse' (blanks in a row to one), 'nfkc' (full-width to plain), 'lower', 'upper',
        'title', 'number' (the number alone in its shortest form: "12.0 oz." is 12, "1,200" is 1200,
        "8.2万" is 82000).
    remove : str
        Regular expression of what is taken away first, as a percent sign or a unit.
    """

    kind: ClassVar[str] = "format"
    looks_for: ClassVar[str] = "values written in another way than the rest"
    steps: tuple[str, ...] = ("strip", "collapse")
    remove: str = ""
    decimal_mark: str = "."
    trust: float = 0.99

    def faults(self) -> Iterable[str]:
        yield from (f"steps holds {s!r}; choose from {', '.join(STEPS)}" for s in self.steps if s not in STEPS)
        yield from not_pattern("remove", self.remove)
        if self.decimal_mark not in (".", ","):
            yield f"decimal_mark is {self.decimal_mark!r}; choose '.' or ','"


@dataclass(frozen=True, kw_only=True)
class Pattern(Rule):
    """A value must match a regular expression as a whole.

    Parameters
    ----------
    pattern : str
        Regular expression of a right value.
    replace : sequence of (search, replacement)
        Repair: substitutions in order, kept if the outcome matches the pattern.
    nearest : bool
        Repair: the nearest value of the column that matches, if it is unique, near and frequent (`min_count`).
    max_distance : int
        Edits between a value and its nearest.
    """

    kind: ClassVar[str] = "pattern"
    looks_for: ClassVar[str] = "values that do not have the shape of the column"
    pattern: str
    replace: tuple[tuple[str, str], ...] = ()
    nearest: bool = False
    max_distance: int = 2
    min_count: int = 2

    def faults(self) -> Iterable[str]:
        yield from not_pattern("pattern", self.pattern)
        for pair in self.replace:
            if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
                yield f"replace holds {pair!r}; write [search, replacement]"
                continue
            yield from not_pattern("replace", *pair)
        yield from out_of(self, max_distance=(1, 8), min_count=(1, None))


@dataclass(frozen=True, kw_only=True)
class Domain(Rule):
    """A value must be one of a list.

    Parameters
    ----------
    values : sequence of str
        Allowed values.
    synonyms : mapping
        Allowed value to the list of other spellings that mean it.
    max_distance : int
        Repair: the nearest allowed value within so many edits (at most half of its length), if it is unique.
        0: none by nearness; case, blanks and width are forgiven all the same.
    """

    kind: ClassVar[str] = "domain"
    looks_for: ClassVar[str] = "values that are not on the list of allowed ones"
    values: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_distance: int = 2

    def faults(self) -> Iterable[str]:
        if not self.allowed:
            yield "names no allowed value"
        yield from out_of(self, max_distance=(0, 8))

    @property
    def allowed(self) -> tuple[str, ...]:
        """Allowed values, those with synonyms among them."""
        return tuple(dict.fromkeys((*self.values, *self.synonyms)))


@dataclass(frozen=True, kw_only=True)
class Range(Rule):
    """A number or a date must lie between two bounds, both included; what cannot be read is wrong too.

    Parameters
    ----------
    low, high : float or ISO date, optional
    units : mapping
        Unit text to the factor that brings it to the unit of the bounds; '' stands for none ("5%": {"%": 0.01}).
    factors : sequence of float
        Repair: multiply by the one factor that brings the value within the bounds, as 0.01 where points stand for
        a share.
    """

    kind: ClassVar[str] = "range"
    looks_for: ClassVar[str] = "numbers or dates beyond what is possible"
    low: float | str | None = None
    high: float | str | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    factors: tuple[float, ...] = ()
    decimal_mark: str = "."
    date_order: str = "dmy"
    trust: float = 0.7

    @property
    def is_date(self) -> bool:
        """Whether the bounds are days."""
        return isinstance(self.low, str) or isinstance(self.high, str)

    def faults(self) -> Iterable[str]:
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        for bound in bounds:
            if not isinstance(bound, str | int | float) or (not isinstance(bound, str) and not math.isfinite(bound)):
                yield f"the bound {bound!r} is neither a finite number nor a date (YYYY-MM-DD); leave out an open end"
                return
        if not bounds:
            yield "has neither low nor high"
        if len({isinstance(bound, str) for bound in bounds}) > 1:
            yield "mixes a date and a number as bounds"
        elif len(bounds) == 2 and self.low > self.high:  # type: ignore[operator]
            yield f"low {self.low!r} is above high {self.high!r}"
        for bound in bounds:
            if isinstance(bound, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", bound):
                yield f"the bound {bound!r} is no date; write YYYY-MM-DD"
        yield from dates_and_marks(self)


@dataclass(frozen=True, kw_only=True)
class Type(Rule):
    """A value must read as a finite number, a whole number, a date or a truth value; no repair."""

    kind: ClassVar[str] = "type"
    looks_for: ClassVar[str] = "values that cannot be read as a number or a date"
    type: str
    decimal_mark: str = "."
    date_order: str = "dmy"

    def faults(self) -> Iterable[str]:
        if self.type not in TYPES:
            yield f"type is {self.type!r}; choose one of {', '.join(TYPES)}"
        yield from dates_and_marks(self)


@dataclass(frozen=True, kw_only=True)
class Unique(Rule):
    """The columns together are a key: a later row with the key of an earlier one is wrong; no repair."""

    kind: ClassVar[str] = "unique"
    looks_for: ClassVar[str] = "keys that stand in more than one row"


@dataclass(frozen=True, kw_only=True)
class Typo(Rule):
    """A rare value near a frequent one is a slip of it; repair: the frequent one.

    Parameters
    ----------
    ratio : float
        How many times more often the frequent value stands.
    max_distance : int
        Most edits (insert, delete, replace, swap of neighbours); never more than `max_share` of the length, and at
        least one.
    max_share : float
    min_length : int
        Values with fewer characters are left alone.
    max_count : int, optional
        A value that stands more often is never rare.
    digits : bool
        Whether values may differ in a digit: by default not, because `pn-3` is no slip of `pn-2`.
    """

    kind: ClassVar[str] = "typo"
    looks_for: ClassVar[str] = "rare values that are a slip of a frequent one"
    ratio: float = 10.0
    max_distance: int = 3
    max_share: float = 0.25
    min_length: int = 4
    max_count: int | None = None
    digits: bool = False
    trust: float = 0.9

    def faults(self) -> Iterable[str]:
        yield from out_of(
            self, ratio=(1, None), max_distance=(1, 8), max_share=(0, 1), min_length=(1, None), max_count=(1, None)
        )


@dataclass(frozen=True, kw_only=True)
class Dependency(Rule):
    """The left columns determine each of the right ones: within a group of the left, a minority on the right is wrong.

    Parameters
    ----------
    left : sequence of str
        Determining columns, together.
    columns : sequence of str
        Determined columns; `right` is the same.
    min_votes : int
        Votes that the majority of a group needs.
    min_share : float
        Share of the group's filled cells that it needs; the runner-up always has fewer votes.
    fill : bool
        Fill gaps on the right with the majority (an imputation, named and counted).
    left_typos : bool
        Propose for a rare left value the near frequent one whose group has this row's right value.
    max_error : float
        A dependency that would change a larger share of the cells that have company does not hold and is not applied.
    undecided : {'flag', 'note'}
        Groups without such a majority: flag the cells that do not hold the most frequent value (all, if several are
        equally frequent), or only count them in a note.
    """

    kind: ClassVar[str] = "dependency"
    looks_for: ClassVar[str] = "values that contradict the rest of their group"
    left: tuple[str, ...]
    min_votes: int = 2
    min_share: float = 0.5
    fill: bool = True
    left_typos: bool = True
    max_error: float = 0.5
    undecided: str = "flag"

    @property
    def about(self) -> str:
        return f"{' + '.join(self.left)} → {', '.join(self.columns)}"

    @property
    def reads(self) -> tuple[str, ...]:
        return (*self.left, *self.columns)

    def faults(self) -> Iterable[str]:
        if both := [name for name in self.columns if name in self.left]:
            yield f"has {both[0]!r} on both sides"
        if not self.left:
            yield "has no column on the left"
        if self.undecided not in ("note", "flag"):
            yield f"undecided is {self.undecided!r}; choose 'note' or 'flag'"
        yield from out_of(self, min_votes=(1, None), min_share=(0, 1), max_error=(0, 1))


@dataclass(frozen=True, kw_only=True)
class Extract(Rule):
    """A gap is filled from another column of the same row: the group of a pattern that is found there.

    Parameters
    ----------
    source : str
        Column that is searched.
    pattern : str
        Regular expression; its first group is what is taken.
    always : bool
        Also where a value stands that differs from what is found.
    """

    kind: ClassVar[str] = "extract"
    looks_for: ClassVar[str] = "values that stand in the wrong column"
    source: str
    pattern: str
    always: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source, *self.columns)

    def faults(self) -> Iterable[str]:
        yield from (wrong := list(not_pattern("pattern", self.pattern)))
        if not wrong and re.compile(self.pattern).groups < 1:
            yield f"pattern {self.pattern!r} has no group; put what is to be taken in (…)"
