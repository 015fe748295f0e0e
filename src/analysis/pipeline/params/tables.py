"""Parameters of what comes before the methods: the report's face, the sources, cleaning, and features."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from analysis.errors import AnalysisError
from analysis.pipeline.params.types import Section, Seed
from analysis.report.language import languages

__all__ = ["Cleaning", "Features", "Report", "Source", "Sources", "Synthetic"]


def _name(value: Any) -> Any:
    """One fault in plain words, where a union would tell what each of its types made of the value."""
    words = list(value.values()) if isinstance(value, dict) else [value]
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(
            f"give a name in quotes, or a name for each language such as {{en: Teahouse, zh-Hans: 茶舍}}; got {value!r}"
        )
    if isinstance(value, dict) and (unknown := [str(tag) for tag in value if tag not in languages()]):
        raise ValueError(f"no pages can be written in {', '.join(unknown)}; choose from {', '.join(languages())}")
    return value


#: A name that people gave: once for all languages, or by language.
Name = Annotated[str | dict[str, str], BeforeValidator(_name)]


class Report(Section):
    """How pages are written and whom they protect; read by the renderer alone."""

    title: Name = Field(description="the company or data set, as stakeholders call it; one name, or one by language")
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code, or null")
    languages: list[str] = Field(
        default=["en"],
        min_length=1,
        description="languages of the pages, such as en and zh-Hans; main one first",
    )
    min_group_size: int = Field(default=5, ge=1, le=1000, description="groups of fewer customers are not shown")
    display_names: dict[str, Name] = Field(
        default_factory=dict, description="name shown for a column or segment; one name, or one by language"
    )

    @field_validator("languages")
    @classmethod
    def _known(cls, tags: list[str]) -> list[str]:
        if unknown := [tag for tag in tags if tag not in languages()]:
            raise ValueError(f"no pages can be written in {', '.join(unknown)}; choose from {', '.join(languages())}")
        if len(set(tags)) != len(tags):
            raise ValueError(f"names a language twice: {', '.join(tags)}")
        return tags


class Synthetic(Section):
    """The generator of demo data; left out for real data."""

    folder: str = Field(default="data/raw/demo", description="where the raw files are written")
    seed: Seed = 1
    customers: int = Field(default=1500, ge=50, le=10_000_000)
    months: int = Field(default=18, ge=6, le=120)
    end: date = Field(default=date(2025, 12, 20), description="day after the last order", strict=False)


class Source(Section):
    """Files of one shape that hold rows of one table."""

    files: list[str] = Field(min_length=1, description="paths or patterns, from the project's root")
    columns: dict[str, str] = Field(min_length=1, description="canonical column: the file's column")
    format: Literal["csv", "parquet", "excel"] | None = Field(default=None, description="null: from the file")
    encoding: str | None = Field(default=None, description="null: byte-order mark, else guessed and reported")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="null: guessed")
    sheet: str | None = Field(default=None, description="Excel sheet; null: all")
    header: bool = True
    column_names: list[str] = Field(default_factory=list, description="names for files without a header")


class Sources(Section):
    """Where each canonical table comes from."""

    transactions: list[Source] = Field(min_length=1)
    browsing: list[Source] = Field(default_factory=list)
    social: list[Source] = Field(default_factory=list)
    feedback: list[Source] = Field(default_factory=list)
    customers: list[Source] = Field(default_factory=list)


def _portable_pattern(pattern: str) -> str:
    """A regular expression that every engine reads alike."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    if "\\" in pattern:
        raise ValueError(f"{pattern!r} holds a backslash; write [.] or [0-9] instead")
    return pattern


Pattern = Annotated[str, AfterValidator(_portable_pattern)]
Treatment = Annotated[str, Field(pattern=r"^(keep|median|mode|drop_row|constant:.*)$")]
Range = Annotated[list[float | None], Field(min_length=2, max_length=2)]
Columns = Literal["browsing", "social", "feedback", "customers"]


class Cleaning(Section):
    """Rules of notebook 01; `analysis.cleaning.CleaningOptions` says more of each."""

    date_order: Literal["dmy", "mdy"] = Field(
        default="dmy", description="how 1/12/2010 is meant; dates that begin with the year need no order"
    )
    decimal_mark: Literal[".", ","] = Field(default=".", description="the other one groups thousands")
    currency_signs: str = Field(default="£$€¥￥₹₩元", pattern=r"^[^\\]*$", description="taken away from numbers")
    missing_tokens: list[str] = Field(
        default=["", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "unknown", "missing", "-", "--", "?",
                 "无", "空", "未知"],
        description="texts that mean missing, in any case",
    )  # fmt: skip
    first_day: date | None = Field(default=None, strict=False, description="lines before it are removed; null: none")
    last_day: date | None = Field(default=None, strict=False, description="lines after it are removed; null: none")
    repeats: Literal["remove", "keep"] = Field(default="remove", description="exact repeats within one delivery")
    product_case: Literal["keep", "upper"] = Field(default="keep", description="upper: 15056bl is 15056BL")
    non_product_codes: list[str] = Field(default_factory=list, description="codes that are no products, in any case")
    non_product_patterns: list[Pattern] = Field(default_factory=list, description="the same by regular expression")
    cancellation_prefix: str | None = Field(default="C", description="before a digit of an invoice number")
    adjustment_prefix: str | None = Field(default="A", description="before a digit of an invoice number")
    missing_description: Literal["keep", "remove"] = "keep"
    non_positive_price: Literal["remove", "keep"] = "remove"
    no_basket: Literal["remove", "keep"] = Field(default="remove", description="lines without invoice and customer")
    iqr_factor: float = Field(
        default=1.5, gt=0, le=100, description="reach of the quartile rule, in quartile distances"
    )
    mad_limit: float = Field(default=3.5, gt=0, le=100, description="reach of the median rule, in robust SD")
    valid_ranges: dict[Columns, dict[str, Range]] = Field(
        default_factory=dict, description="table, column: [low, high]; outside is missing; beside the built-in ranges"
    )
    missing: dict[Columns, dict[str, Treatment]] = Field(
        default_factory=dict, description="table, column: keep, median, mode, drop_row, constant:<value>"
    )
    targets: list[str] = Field(default=["rating"], description="columns that are never filled in")
    duplicate_customer: Literal["first", "last"] = Field(default="first", description="row that counts for a customer")
    rules: dict[Columns, list[dict[str, Any]]] = Field(
        default_factory=dict, description="table: rules about single values, see analysis.cleaning.cells"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValueError(f"first_day {self.first_day} is after last_day {self.last_day}")
        for table, columns in self.missing.items():
            for column, treatment in columns.items():
                if column in self.targets and treatment not in ("keep", "drop_row"):
                    raise ValueError(f"missing.{table}.{column} is {treatment!r}, but a target is never filled in")
        if self.rules:
            self._check_rules()
        return self

    def _check_rules(self) -> None:
        from analysis.cleaning.cells.rules import rules_from  # a profile without rules need not load it

        for table, rules in self.rules.items():
            try:
                rules_from(rules)
                json.dumps(rules)
            except AnalysisError as error:
                raise ValueError(f"rules.{table}: {error}") from error
            except TypeError as error:
                raise ValueError(f"rules.{table}: {error}; write dates in quotes, as texts") from error


class Features(Section):
    """What is known of a customer, and until when."""

    as_of: date | None = Field(default=None, strict=False, description="null: the day after the last sale")
    horizon_days: int = Field(default=90, ge=7, le=1096, description="length of the later period, in days")
    cutoffs: int = Field(default=4, ge=2, le=24, description="most cut-offs, each one horizon before the next")
