"""Blocks: what a notebook says, as raw values that a page can format, translate, suppress and draw.

A cell ends in a block or in `blocks(…)`. JupyterLab shows an HTML rendering; the pipeline keeps the JSON alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import pandas as pd

from analysis.report.values import KINDS, Value, plain
from analysis.report.wording import Message, Words, words

__all__ = [
    "MIME_TYPE",
    "Block",
    "Blocks",
    "Column",
    "Definition",
    "Figure",
    "KeyFigure",
    "Note",
    "Picture",
    "Sentence",
    "Table",
    "blocks",
    "from_dict",
    "sentence",
]

MIME_TYPE = "application/vnd.customer-value.blocks+json"
#: Set by the runner: the executed notebook then carries no rendering, so that pages can be redrawn without it.
BARE = "ANALYSIS_BARE_BLOCKS"

_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """How a table or a chart reads one column of its frame.

    Parameters
    ----------
    label : str or Message
        The header, in English.
    kind : str
        One of `analysis.report.values.KINDS`.
    low, high : str, optional
        Names of the columns that hold the interval's bounds; they are then shown in the same cell.
    unit : str, optional
        A unit for the header, where the kind does not say it (for example "minutes").
    digits : int, optional
        Decimals to show.
    kinds : str, optional
        Name of the column that holds each row's own kind, where rows are measured in different units: each figure is
        then written with its unit.
    """

    label: Words
    kind: str = "text"
    low: str | None = None
    high: str | None = None
    unit: str | None = None
    digits: int | None = None
    kinds: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}")


class Block:
    """What all blocks share: an id, a JSON form, a rendering in Jupyter."""

    type: ClassVar[str]
    id: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"id {self.id!r} must be lower-case letters, digits and underscores")

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        data: dict[str, Any] = {"type": self.type}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if value is not None and not (isinstance(value, dict | tuple) and not value):
                data[item.name] = _encode(value)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        content = {name: _decode(name, value) for name, value in data.items() if name != "type"}
        return cls(**content)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return Blocks((self,))._repr_mimebundle_()


@dataclass(frozen=True, repr=False)
class KeyFigure(Block):
    """One number that the page puts first and that is compared from version to version.

    `metric` names the definition: two versions are compared only where it is the same.
    `direction` says whether more is better (`"up"`), worse (`"down"`) or neither (None).
    """

    type: ClassVar[str] = "key_figure"
    id: str
    label: Words
    value: Value
    metric: str
    n: int | None = None
    note: Message | None = None
    direction: str | None = None


@dataclass(frozen=True, repr=False)
class Sentence(Block):
    """A computed sentence. `role` is `lead` (the summary at the top, at most three a page), `finding` or `action`."""

    type: ClassVar[str] = "sentence"
    id: str
    message: Message
    role: str = "finding"


@dataclass(frozen=True, repr=False)
class Note(Block):
    """A remark. `role` is `method`, `limit` (what the result does not say) or `warning` (a method did not apply)."""

    type: ClassVar[str] = "note"
    id: str
    message: Message
    role: str = "method"


@dataclass(frozen=True, repr=False)
class Definition(Block):
    """A term of the field in plain words; pages collect them in a glossary."""

    type: ClassVar[str] = "definition"
    id: str
    label: Words
    message: Message


@dataclass(frozen=True, repr=False)
class Figure(Block):
    """A chart: its kind, tidy data and words. `analysis.report.charts` draws it.

    Parameters
    ----------
    chart : str
        A kind that `analysis.report.charts` knows.
    title : Message
        The finding that the chart shows.
    subtitle : Message
        What is measured, in which unit, for whom.
    description : str or Message
        For readers who cannot see it: what the axes are and what the shape is.
    data : DataFrame
        Tidy data, one row a mark.
    columns : mapping of str to Column
        Every column of `data` that is drawn or listed.
    options : mapping
        What the chart kind takes besides.
    group_size : str, optional
        The column that counts the customers behind a row; rows below the profile's minimum are suppressed.
    """

    type: ClassVar[str] = "figure"
    id: str
    chart: str
    title: Message
    subtitle: Message
    description: Words
    data: pd.DataFrame
    columns: Mapping[str, Column]
    options: Mapping[str, Any] = field(default_factory=dict)
    group_size: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_frame(self.id, self.data, self.columns, self.group_size)
        if not str(self.description).strip() or self.data.empty:
            raise ValueError(f"figure {self.id!r} needs a description and data")


@dataclass(frozen=True, repr=False)
class Table(Block):
    """A table: a frame, how to read its columns, and the order in which it stands."""

    type: ClassVar[str] = "table"
    id: str
    caption: Message
    data: pd.DataFrame
    columns: Mapping[str, Column]
    order: Words | None = None
    group_size: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_frame(self.id, self.data, self.columns, self.group_size)


@dataclass(frozen=True, repr=False)
class Picture(Block):
    """A chart that a data scientist drew with matplotlib: SVG with its words baked in."""

    type: ClassVar[str] = "picture"
    id: str
    title: Message
    subtitle: Message
    description: Words
    svg: str
    data: pd.DataFrame
    columns: Mapping[str, Column]


_TYPES: dict[str, type[Block]] = {
    kind.type: kind for kind in (KeyFigure, Sentence, Note, Definition, Figure, Table, Picture)
}


def from_dict(data: Mapping[str, Any]) -> Block:
    """The block that `Block.to_dict` described."""
    return _TYPES[data["type"]].from_dict(data)


class Blocks(tuple[Block, ...]):
    """Several blocks in reading order."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self)} blocks: " + ", ".join(f"{block.type} {block.id}" for block in self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            MIME_TYPE: {"blocks": [block.to_dict() for block in self]},
            "text/plain": repr(self),
        }
        if os.environ.get(BARE) != "1":
            from analysis.report.page import fragment  # only people need it, and it loads matplotlib

            bundle["text/html"] = fragment(self)
        return bundle


def blocks(*items: Block | Sequence[Block] | None) -> Blocks:
    """Flatten blocks and sequences of blocks; None (nothing to say) is left out."""
    return Blocks(_flatten(items))


def sentence(
    id: str, template: str, *, claim: str | None = None, role: str = "finding", **arguments: Value
) -> Sentence:
    """A computed sentence from keyword arguments."""
    return Sentence(id, Message(template, arguments, claim), role)


def _flatten(items: Sequence[Any]) -> Iterator[Block]:
    for item in items:
        if isinstance(item, Block):
            yield item
        elif item is not None:
            yield from _flatten(item)


def _check_frame(id: str, data: pd.DataFrame, columns: Mapping[str, Column], group_size: str | None) -> None:
    named = set(columns)
    named |= {part for column in columns.values() for part in (column.low, column.high, column.kinds) if part}
    if group_size:
        named.add(group_size)
    if missing := named - set(data.columns):
        raise ValueError(f"block {id!r} names columns that its data lacks: {sorted(missing)}")


def _encode(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        rows = [[plain(cell) for cell in row] for row in value.astype(object).itertuples(index=False, name=None)]
        return {"columns": [str(name) for name in value.columns], "rows": rows}
    if isinstance(value, Message | Value):
        return value.to_dict()
    if isinstance(value, Column):
        return {item.name: _encode(part) for item in fields(value) if (part := getattr(value, item.name)) is not None}
    if isinstance(value, Mapping) and value and all(isinstance(item, Column) for item in value.values()):
        # a list, since whoever saves a notebook sorts the keys of mappings, and the order of columns matters
        return [{"name": name, **_encode(column)} for name, column in value.items()]
    if isinstance(value, Mapping):
        return {str(name): _encode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return plain(value)


def _decode(name: str, value: Any) -> Any:
    if name in {"title", "subtitle", "caption", "message", "note"}:
        return Message.from_dict(value)
    if name in {"label", "description", "order"}:
        return words(value)
    if name == "value":
        return Value.from_dict(value)
    if name == "data":
        return pd.DataFrame(value["rows"], columns=value["columns"])
    if name == "columns":
        parts = ({name: _decode(name, part) for name, part in column.items()} for column in value)
        return {part.pop("name"): Column(**part) for part in parts}
    return value
