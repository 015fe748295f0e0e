"""Finding the profile's columns in a file's header."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from analysis.data.sources.specs import nearest
from analysis.errors import AnalysisError

__all__ = ["named_width", "plain_name", "positions"]


def plain_name(name: str) -> str:
    """A column name as it is compared: without marks and blanks around it, in composed form.

    >>> plain_name("\\ufeff Customer ID\\u00a0")
    'Customer ID'
    """
    return unicodedata.normalize("NFC", name.strip("\ufeff\u200b \t\r\n\u00a0\u3000").strip())


def named_width(header: Sequence[str]) -> int:
    """Columns up to the last that has a name."""
    return max((place + 1 for place, name in enumerate(header) if plain_name(name)), default=0)


def positions(header: Sequence[str], columns: Mapping[str, str], *, name: str) -> dict[str, int]:
    """Canonical column → its position in the header.

    Raises
    ------
    AnalysisError
        Columns are missing (names each with its nearest, and lists the header), or a wanted name stands twice.
    """
    plain = [plain_name(one) for one in header]
    shown = ", ".join(repr(one) for one in plain)
    found, missing = {}, []
    for canonical, source in columns.items():
        wanted = plain_name(source)
        count = plain.count(wanted)
        if count == 1:
            found[canonical] = plain.index(wanted)
        elif count == 0:
            missing.append(f"{source!r} (for {canonical}){nearest(wanted, plain)}")
        else:
            places = ", ".join(str(place + 1) for place, one in enumerate(plain) if one == wanted)
            raise AnalysisError(
                f"{name}: {len(places.split(', '))} columns of the header have the same name {source!r} "
                f"(columns {places}), so that {canonical} cannot be told; rename them in the file"
            )
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        remedy = (
            "; where the header looks garbled or glued together, `encoding` or `delimiter` is wrong"
            if not found
            else ""
        )
        raise AnalysisError(
            f"{name}: the header has no {noun} {'; '.join(missing)}. The header is: {shown}. "
            f"Correct `columns` in the profile, or the file{remedy}"
        )
    return found
