"""What a page says in words of our own: templates that can be translated, and the typed values that fill them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from analysis.report.claims import assert_claim
from analysis.report.values import Value

__all__ = ["Message", "Words", "message", "msgid", "phrase", "words"]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
T = TypeVar("T")


def msgid(text: T) -> T:
    """Mark our own words for translation where they stand in a constant or a choice: a text, or a mapping or tuple of
    texts. What is written directly into a block needs no mark.

    >>> msgid({"up": "went up", "down": "went down"})["up"]
    'went up'
    """
    return text


@dataclass(frozen=True)
class Message:
    """A template, the typed values that fill it, and the claim it makes.

    The template is English and is the key under which a translation is found, so it is a constant and holds no digit:
    every number in a sentence is an argument, and therefore computed. A data frame's cell may be a message as well,
    in a column of the kind `phrase`.
    """

    template: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    claim: str | None = None

    def __post_init__(self) -> None:
        names = set(_PLACEHOLDER.findall(self.template))
        if missing := names - set(self.arguments):
            raise ValueError(f"template {self.template!r} lacks the arguments {sorted(missing)}")
        if re.search(r"\d", _PLACEHOLDER.sub("", self.template)):
            raise ValueError(f"template {self.template!r} holds a digit; pass numbers as arguments")
        for name, value in self.arguments.items():
            if not isinstance(value, Value):
                raise TypeError(f"argument {name} of {self.template!r} must be a Value, not {type(value).__name__}")
        assert_claim(self.claim, self.arguments, message=self.template)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        data: dict[str, Any] = {"template": self.template}
        if self.arguments:
            data["arguments"] = {name: value.to_dict() for name, value in self.arguments.items()}
        if self.claim:
            data["claim"] = self.claim
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """The inverse of `to_dict`; checks the claim again."""
        arguments = {name: Value.from_dict(value) for name, value in data.get("arguments", {}).items()}
        return cls(data["template"], arguments, data.get("claim"))


def message(template: str, *, claim: str | None = None, **arguments: Value) -> Message:
    """A message from keyword arguments: `message("{n} customers", n=count(5))`."""
    return Message(template, arguments, claim)


#: Our own words: a text without arguments, or a message.
Words = str | Message


def words(value: str | Message | Mapping[str, Any]) -> Words:
    """Words from their JSON form.

    >>> words("held up"), words({"template": "groups of one size"})
    ('held up', Message(template='groups of one size', arguments={}, claim=None))
    """
    return Message.from_dict(value) if isinstance(value, Mapping) else value


def phrase(text: Words) -> Value:
    """A part of a sentence in our own words, which is translated with it; `text` of the values is for data.

    >>> from analysis.report.values import count
    >>> phrase("of all orders").kind, phrase(message("up to {n} days", n=count(90))).value["template"]
    ('phrase', 'up to {n} days')
    """
    return Value("phrase", text.to_dict() if isinstance(text, Message) else text)
