"""Languages of the pages: translations from gettext catalogues, one file a topic, read as they lie in `locale/`.

English is the language of the code, so an English text is the key under which its translations stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.errors import AnalysisError

__all__ = ["ENGLISH", "Link", "catalogue", "catalogue_files", "file_in", "in_language", "is_chinese", "is_english",
           "language_name", "languages", "links_to", "needs_translation", "take_missing", "translate"]  # fmt: skip

ENGLISH = "en"
_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")
FOLDER = Path(__file__).resolve().parents[1] / "locale"
#: Texts that were asked for and have no translation, in the order in which they were met.
_missing: dict[tuple[str, str], None] = {}


@dataclass(frozen=True)
class Link:
    """The same page in another language."""

    language: str
    href: str

    @property
    def name(self) -> str:
        """The other language's name in itself."""
        return language_name(self.language)


def file_in(name: str, language: str, known: Sequence[str]) -> str:
    """The file of a page in one of the languages that it is written in, of which the first has the plain name.

    >>> file_in("summary", "en", ("en", "zh-Hans")), file_in("summary", "zh-Hans", ("en", "zh-Hans"))
    ('summary.html', 'summary.zh-Hans.html')
    """
    return f"{name}.html" if language == known[0] else f"{name}.{language}.html"


def links_to(name: str, language: str, known: Sequence[str]) -> tuple[Link, ...]:
    """Links from a page to the same page in the other languages that it is written in."""
    return tuple(Link(other, file_in(name, other, known)) for other in known if other != language)


def languages() -> tuple[str, ...]:
    """The languages that pages can be written in, as BCP 47 tags; English first."""
    return (ENGLISH, *sorted(path.name.replace("_", "-") for path in FOLDER.iterdir() if path.is_dir()))


def language_name(language: str) -> str:
    """A language's name in itself.

    >>> language_name("en"), language_name("zh-Hans")
    ('English', '中文')
    """
    from babel import Locale

    return str(Locale.parse(language.replace("-", "_")).get_language_name() or language)


def is_english(language: str) -> bool:
    """Whether a tag means English of any region."""
    return language.split("-")[0] == ENGLISH


def is_chinese(language: str) -> bool:
    """Whether a tag means Chinese of any region or script."""
    return language.split("-")[0] == "zh"


def catalogue_files(language: str) -> list[Path]:
    """The catalogues of a language, one a topic."""
    return sorted((FOLDER / language.replace("-", "_") / "LC_MESSAGES").glob("*.po"))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every translation into a language by its English text; texts without one, or with a doubtful one, are left out.

    Raises
    ------
    AnalysisError
        If there is no such catalogue.
    """
    if is_english(language):
        return {}
    from babel.messages.pofile import read_po

    files = catalogue_files(language)
    if not files:
        raise AnalysisError(
            f"pages cannot be written in {language!r}: there is no catalogue for it. Choose from "
            f"{', '.join(languages())}"
        )
    found: dict[str, str] = {}
    for file in files:
        with file.open("rb") as stream:
            for entry in read_po(stream, locale=language.replace("-", "_")):
                if not entry.id or not entry.string or entry.fuzzy:
                    continue
                found.setdefault(str(entry.id), str(entry.string))
    return found


def translate(text: str, language: str) -> str:
    """A text of our own in a language; what has no translation stays English and is remembered.

    >>> translate("Key figures", "en")
    'Key figures'
    """
    if is_english(language) or not needs_translation(text):
        return text
    found = catalogue(language).get(text)
    if found is None:
        _missing[language, text] = None
        return text
    return found


def in_language(value: str | Mapping[str, str], language: str) -> str:
    """A name that a profile gives once for all languages, or by language; the first where it lacks one.

    >>> in_language("Shop", "zh-Hans"), in_language({"en": "Shop", "zh-Hans": "商店"}, "zh-Hans")
    ('Shop', '商店')
    """
    if isinstance(value, str):
        return value
    return value.get(language) or next(iter(value.values()), "")


def needs_translation(text: str) -> bool:
    """Whether a text has words, or joins what fills it; digits and a lone placeholder are the same in any language.

    >>> needs_translation("{low} to {high}"), needs_translation("{value} ({unit})"), needs_translation("{column}")
    (True, True, False)
    """
    bare = _PLACEHOLDER.sub("", text)
    lone = _PLACEHOLDER.fullmatch(text) is not None
    return any(character.isalpha() for character in bare) or (bare != text and not lone) or text == ", "


def take_missing(language: str) -> tuple[str, ...]:
    """The texts that were asked for since the last call and have no translation into the language."""
    texts = tuple(text for tag, text in _missing if tag == language)
    for text in texts:
        del _missing[language, text]
    return texts
