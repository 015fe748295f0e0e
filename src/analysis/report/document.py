"""A document: what one notebook said, in order, and where its numbers come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.report.blocks import Block, from_dict
from analysis.report.language import translate

__all__ = ["Document", "Item", "document_title", "read_document", "title_in"]

Item = Block | tuple[str, str]


@dataclass(frozen=True)
class Document:
    """What a page is made from.

    Parameters
    ----------
    topic : str
        The notebook's short name, such as `"clustering"`.
    title : str
        The page's title as plain text.
    items : tuple of Block or ("markdown", text)
        In reading order.
    provenance : mapping
        `as_of`, `data`, `parameters`, `code`, `seed`, `checks`, `synthetic`, `profile`, `profile_title`.
    warnings : tuple of str
        For the build log; never shown.
    """

    topic: str
    title: str
    items: tuple[Item, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def title_in(document: Document, language: str) -> str:
    """The page's title in a language: the heading with which its notebook begins."""
    first = document.items[0] if document.items else None
    if isinstance(first, Block) or first is None:
        return translate(document.title, language)
    return heading_of(first[1], language) or translate(document.title, language)


def document_title(document: Mapping[str, Any], language: str) -> str:
    """The same of a document as it is kept with a version."""
    first = document["items"][0].get("markdown", "") if document["items"] else ""
    return heading_of(str(first), language) or translate(str(document["title"]), language)


def heading_of(source: str, language: str) -> str:
    """The first heading of a Markdown cell, in a language; empty where it does not begin with one."""
    line = translate(source.strip(), language).partition("\n")[0]
    return line[2:].strip() if line.startswith("# ") else ""


def read_document(path: Path, *, extra: Mapping[str, Any] | None = None) -> Document:
    """Read what the runner wrote for one notebook; every claim is checked again.

    Parameters
    ----------
    path : Path
        JSON with `topic`, `title`, `items` (each `{"markdown": …}` or `{"block": …}`) and `provenance`.
    extra : mapping, optional
        Provenance that only the whole profile knows.

    Raises
    ------
    AnalysisError
        If the file is missing, is not such a document, or holds a claim that its numbers do not bear out.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        items = tuple(_item(item) for item in content["items"])
        provenance = {**content.get("provenance", {}), **(extra or {})}
        return Document(content["topic"], content["title"], items, provenance, tuple(content.get("warnings", ())))
    except FileNotFoundError as error:
        raise AnalysisError(f"{path.name} does not exist; run the notebook first: dvc repro") from error
    except (KeyError, TypeError, ValueError) as error:
        raise AnalysisError(f"{path.name} is not a document of blocks ({error!r}); run its notebook again") from error


def _item(item: Mapping[str, Any]) -> Item:
    return from_dict(item["block"]) if "block" in item else ("markdown", str(item["markdown"]))
