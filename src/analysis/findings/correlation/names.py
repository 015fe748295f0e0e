"""Names of columns and pairs where a single term cannot stand: in cells, heads and enumerations."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report.values import term
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["COMMAS", "SEMICOLONS", "enumerated", "named", "pair"]

#: How the parts of an enumeration are joined: between two of them, and before the last.
COMMAS = msgid(("{first}, {next}", "{first} and {next}"))
SEMICOLONS = msgid(("{first}; {next}", "{first}; {next}"))


def named(column: str) -> Message:
    """The display name of a column as words of its own."""
    return message("{column}", column=term(column))


def pair(first: str, second: str) -> Message:
    """Two columns as one name."""
    return message("{first} × {second}", first=term(first), second=term(second))


def enumerated(parts: Sequence[Message], joints: tuple[str, str] = COMMAS) -> Message:
    """One or more phrases as one, "a, b and c".

    They are nested by halves, so that hundreds of them stay shallow.
    """
    if len(parts) == 1:
        return parts[0]
    return _joined(joints[1], _row(parts[:-1], joints[0]), parts[-1])


def _row(parts: Sequence[Message], joint: str) -> Message:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return _joined(joint, _row(parts[:middle], joint), _row(parts[middle:], joint))


def _joined(joint: str, first: Message, following: Message) -> Message:
    return message(joint, first=phrase(first), next=phrase(following))
