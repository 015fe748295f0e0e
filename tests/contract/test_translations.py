"""Every text of ours can be translated, is translated, and keeps what fills it."""

from __future__ import annotations

import pytest
from scripts import translations


def test_every_text_is_translated() -> None:
    assert translations.check() == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('sentence("id", "One {n}.", n=count(1))', ["One {n}."]),
        ('message("A" if many else "B")', ["A", "B"]),
        ('Column(label="Head", kind="count", unit="minutes")', ["Head", "minutes"]),
        ('WORDS = msgid({"a": "One", "b": ("Two", "Three")})', ["One", "Two", "Three"]),
        ('Table("t", message("C"), data, columns, order="best first")', ["C", "best first"]),
        (
            'Figure("f", "bar", t, s, "What is drawn.", d, c, options={"reference_label": "chance"})',
            ["What is drawn.", "chance"],
        ),
        ('style.say("{low} to {high}", low=low, high=high)', ["{low} to {high}"]),
        ('text("data")', []),
        ("message(template)", []),
    ],
)
def test_texts_are_found_where_they_stand(source: str, found: list[str]) -> None:
    assert sorted(translations.in_code(source, "a.py")) == sorted(found)


@pytest.mark.parametrize(
    "source", ['message(f"About {name}.")', 'sentence("id", "About " + name)', 'Column(f"{a} × {b}")']
)
def test_a_text_put_together_from_pieces_is_refused(source: str) -> None:
    (found,) = translations.in_code(source, "a.py")
    assert isinstance(found, translations.Pieces) and "a.py, line 1" in found


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ("{n} rows", "", "has no translation"),
        ("{n} rows", "{m}行", "placeholders"),
        ("Yes, no", "是,否", "half-width"),
        ("Share (of all)", "占比(全部)", "half-width"),
        ("{n} rows.", "{n}行。", None),
        ("p < 0.05", "p值小于0.05", None),
    ],
)
def test_faults_of_a_translation_are_named(english: str, chinese: str, fault: str | None) -> None:
    catalog = translations.read("zh-Hans", "no such topic")
    catalog.add(english, chinese)
    found = list(translations.faults_of(catalog, {english: {"a.py"}}, "zh-Hans"))
    assert (fault is None and found == []) or (fault is not None and len(found) == 1 and fault in found[0])


def test_what_is_missing_or_left_over_is_named() -> None:
    catalog = translations.read("zh-Hans", "no such topic")
    catalog.add("Gone", "没有了")
    found = list(translations.faults_of(catalog, {"New": {"b.py", "a.py"}}, "zh-Hans"))
    assert found == [
        "'New' of a.py, b.py is not in it; run: python scripts/translations.py update",
        "'Gone' is no longer used; run: python scripts/translations.py update",
    ]
