"""Rules about single values: each kind, how proposals meet, and what never happens."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cleaning.cells import CellResult, clean_cells, rules_from, score, suggest_rules
from analysis.cleaning.cells.distance import distances, near
from analysis.errors import AnalysisError


def found(texts: list[str | None], /, **rule: Any) -> list[tuple[int, str | None, bool]]:
    """Row, proposal and whether it was applied, of one rule about one column."""
    result = clean_cells(pd.DataFrame({"x": pd.Series(texts, dtype=object)}), [{"column": "x", **rule}])
    return list(result.table[["row", "proposal", "applied"]].itertuples(index=False, name=None))


def repaired(result: CellResult, column: str) -> list[str]:
    return result.repaired[column].fillna("").tolist()


# Each kind of rule


def test_texts_that_mean_missing() -> None:
    assert found(["1", " N/A ", "na", "banana", None, ""], kind="missing") == [(1, None, True), (2, None, True)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8.2万", "82000"), ("10.0万", "100000"), ("1,234.5 万元", "12345000"), ("-0.00015亿", "-15000"),
        ("3千万", "30000000"), ("1.5百万元", "1500000"), ("2万亿", "2000000000000"), ("8千", "8000"),
        ("0.12345万", "1234.5"), ("5千克", "5"), ("12百分点", "12"), ("3万至4万", None), ("82000", None),
    ],
)  # fmt: skip
def test_chinese_powers_of_ten_belong_to_the_number(text: str, number: str | None) -> None:
    expected = [] if number is None else [(0, number, True)]
    assert found([text], kind="format", steps=["number"]) == expected


def test_gaps() -> None:
    assert found(["a", "", None], kind="not_null") == [(1, None, False), (2, None, False)]


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("  New   York ", {}, "New York"),
        ("ＡＢＣ１", {"steps": ["nfkc", "lower"]}, "abc1"),
        ("12.0 oz. Alumi-Tek", {"steps": ["number"]}, "12"),
        ("1.234,50 EUR", {"steps": ["number"], "decimal_mark": ","}, "1234.5"),
        ("0.05%", {"remove": "%"}, "0.05"),
        ("0.052000000000000005%", {"steps": ["number"]}, "0.052"),
        ("12345678901234567890", {"steps": ["number"]}, None),
        ("3 to 4", {"steps": ["number"]}, None),
        ("1e400", {"steps": ["number"]}, None),
    ],
)
def test_formats(text: str, rule: dict[str, Any], expected: str | None) -> None:
    assert [proposal for _, proposal, _ in found([text], kind="format", **rule)] == ([expected] if expected else [])


def test_patterns_and_their_repairs() -> None:
    values = ["80%", "80%", "95x", "x0%", "9x", "80 %", "80%"]
    rule = {"kind": "pattern", "pattern": "[0-9]+%", "replace": [[" ", ""], ["x$", "%"]], "nearest": True}
    # 95x by the substitution, x0% by the only frequent value near it
    assert found(values, **rule) == [(2, "95%", True), (3, "80%", True), (4, "9%", True), (5, "80%", True)]


def test_lists_forgive_case_and_take_the_only_near_value() -> None:
    rule = {"kind": "domain", "values": ["yes", "no"], "synonyms": {"n.a.": ["unknown", "?"]}}
    values = ["yes", " YES", "yxs", "?", "maybe", "nx"]
    assert found(values, **rule) == [
        (1, "yes", True), (2, "yes", True), (3, "n.a.", True), (4, None, False), (5, "no", True),
    ]  # fmt: skip
    near_two = {"kind": "domain", "values": ["al", "ak"]}
    assert found(["xl", "ax"], **near_two) == [(0, "al", True), (1, None, False)]


def test_ranges_of_numbers_units_and_dates() -> None:
    share = {"kind": "range", "low": 0, "high": 1, "units": {"%": 0.01}, "factors": [0.01]}
    values = ["0.5", "50%", "50", "-1", "inf", "NaN", "1e400", "five", "5000"]
    assert found(values, **share) == [
        (2, "0.5", True), (3, None, False), (4, None, False), (5, None, False),
        (6, None, False), (7, None, False), (8, None, False),
    ]  # fmt: skip
    days = {"kind": "range", "low": "2024-01-01", "high": "2024-12-31"}
    assert [row for row, _, _ in found(["2024-02-29", "31/12/2024", "2023-02-29", "1/1/2025", "soon"], **days)] == [
        2, 3, 4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("number", ["x", "inf"]), ("integer", ["1.5", "x", "inf"]), ("date", ["1.5", "x", "inf", "7", "0"])],
)
def test_types(kind: str, wrong: list[str]) -> None:
    values = ["7", "0", "1.5", "x", "inf", "2024-01-01"]
    kept = values if kind == "date" else values[:-1]
    assert {kept[row] for row, _, _ in found(kept, kind="type", type=kind)} == set(wrong)


def test_keys_that_stand_twice() -> None:
    frame = pd.DataFrame({"a": ["1", "1", "1", ""], "b": ["x", "y", "x", "x"]})
    table = clean_cells(frame, [{"kind": "key", "columns": ["a", "b"]}]).table
    assert table[["row", "column", "action"]].values.tolist() == [[2, "b", "flag"]]


def test_slips_but_not_codes_that_differ_in_a_digit() -> None:
    values = ["birmingham"] * 20 + ["birminghxm", "brimingham", "pn-2"] + ["pn-3"] * 20 + ["pn-x"]
    assert found(values, kind="typo") == [(20, "birmingham", True), (21, "birmingham", True), (43, "pn-3", True)]
    assert (22, "pn-3", True) in found(values, kind="typo", digits=True)


def test_a_slip_near_two_frequent_values_is_found_and_left() -> None:
    assert found(["marc"] * 20 + ["mark"] * 20 + ["marx"], kind="typo") == [(40, None, False)]


def test_values_are_taken_from_another_column() -> None:
    frame = pd.DataFrame({"city": ["Denver CO", "Bath"], "state": ["", ""]})
    rule = {"kind": "extract", "column": "state", "source": "city", "pattern": " ([A-Z]{2})$"}
    assert repaired(clean_cells(frame, [rule]), "state") == ["CO", ""]


# Dependencies


FD = {"kind": "fd", "left": "zip", "right": "city"}


def dependency(zips: str, cities: str, **options: Any) -> CellResult:
    frame = pd.DataFrame({"zip": list(zips), "city": [c if c != "_" else "" for c in cities]})
    return clean_cells(frame, [{**FD, "left_typos": False, **options}])


def test_the_majority_of_a_group_wins_and_fills_gaps() -> None:
    result = dependency("1111222", "AAB_CD_")
    assert repaired(result, "city") == [*list("AAAACD"), ""]
    repairs = result.table[result.table["applied"]]
    assert repairs[["row", "votes", "group"]].values.tolist() == [[2, 2, 3], [3, 2, 3]]
    assert ("groups_undecided", 2) in [(name, values["rows"]) for name, values in result.notes]


def test_gaps_stay_if_asked_and_votes_can_be_demanded() -> None:
    assert repaired(dependency("1111", "AAB_", fill=False), "city") == ["A", "A", "A", ""]
    assert repaired(dependency("1111", "AAB_", min_votes=3), "city") == ["A", "A", "B", ""]
    assert repaired(dependency("11111", "AABCD", min_share=0.5), "city") == list("AABCD")


def test_groups_that_cannot_decide_are_flagged_or_noted() -> None:
    # two against two: any of the four may be wrong; three others against a leader without half of the votes
    assert dependency("2222", "CCDD").table["row"].tolist() == [0, 1, 2, 3]
    assert dependency("2222222", "CCCDEFG", min_share=0.6, max_error=1).table["row"].tolist() == [3, 4, 5, 6]
    noted = dependency("2222", "CCDD", undecided="note")
    assert noted.found == 0 and dict(noted.notes)["groups_undecided"]["rows"] == 4


def test_a_dependency_that_does_not_hold_is_not_applied() -> None:
    result = dependency("1" * 8, "AABCDEFG")
    assert result.changed == 0 and result.notes[0][0] == "dependency_does_not_hold"
    assert result.notes[0][1]["error"] == pytest.approx(6 / 8)


def test_two_columns_determine_a_third_together() -> None:
    frame = pd.DataFrame({"a": list("112211"), "b": list("xxxxyy"), "c": list("PPQQRS")})
    result = clean_cells(frame.assign(c=list("PPQQRR")), [{"kind": "fd", "left": ["a", "b"], "right": "c"}])
    assert result.found == 0
    result = clean_cells(
        pd.concat([frame, frame.assign(c=list("PPQZRR"))]), [{"kind": "fd", "left": ["a", "b"], "right": "c"}]
    )
    assert repaired(result, "c") == list("PPQQRR") * 2


def test_a_slip_in_the_determining_column_is_blamed_there() -> None:
    zips, cities = ["35233"] * 6 + ["3x233", "10001"], ["Birmingham"] * 7 + ["New York"]
    result = clean_cells(pd.DataFrame({"zip": zips, "city": cities}), [FD])
    assert repaired(result, "zip") == ["35233"] * 7 + ["10001"]


def test_dependencies_that_agree_with_a_value_outvote_one_that_does_not() -> None:
    """The telephone is that of another hospital: it is wrong, not the name and town that it would imply."""
    rows = [["1", "north", "Boaz", "100"]] * 6 + [["2", "south", "Opp", "200"]] * 6
    frame = pd.DataFrame(rows, columns=["number", "name", "city", "phone"])
    dirty = frame.copy()
    dirty.loc[0, "phone"] = "200"
    names = list(frame.columns)
    rules = [{"kind": "fd", "left": name, "right": [n for n in names if n != name]} for name in names]
    result = clean_cells(dirty, rules)
    pd.testing.assert_frame_equal(result.repaired, frame)
    assert result.table[["row", "column"]].drop_duplicates().values.tolist() == [[0, "phone"]]


def test_spelling_comes_before_votes() -> None:
    frame = pd.DataFrame({"brewery": ["1"] * 3, "city": ["Mooresville NC", "Mooresville", "Mooresville NC"]})
    rules = [{"kind": "fd", "left": "brewery", "right": "city"}, {"kind": "format", "column": "city", "remove": " NC$"}]
    assert repaired(clean_cells(frame, rules), "city") == ["Mooresville"] * 3


# What goes wrong


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"kind": "patern", "column": "x"}, "rule 1: there is no kind 'patern'; did you mean 'pattern'"),
        ({"kind": "pattern", "column": "x"}, "pattern lacks pattern"),
        ({"kind": "pattern", "column": "x", "pattern": "("}, "not a regular expression"),
        ({"kind": "pattern", "column": "x", "pattern": "a", "replace": [["a", r"\2"]]}, "not a regular expression"),
        ({"kind": "pattern", "column": "x", "patern": "a"}, "no field 'patern'; did you mean 'pattern'"),
        ({"kind": "range", "column": "x"}, "neither low nor high"),
        ({"kind": "range", "column": "x", "low": 2, "high": 1}, "low 2 is above high 1"),
        ({"kind": "range", "column": "x", "low": float("nan")}, "neither a finite number nor a date"),
        ({"kind": "range", "column": "x", "low": "1.1.2024"}, "write YYYY-MM-DD"),
        ({"kind": "format", "column": "x", "steps": ["upercase"]}, "choose from strip"),
        ({"kind": "domain", "column": "x"}, "names no allowed value"),
        ({"kind": "fd", "left": "x", "right": ["x"]}, "on both sides"),
        ({"kind": "fd", "left": "x", "right": ["y"], "min_votes": 0}, "min_votes is 0; it must be at least 1"),
        ({"kind": "extract", "column": "x", "source": "y", "pattern": "a"}, "has no group"),
        ({"kind": "typo", "columns": []}, "names no column"),
        ({"kind": "typo", "column": "x", "trust": 2}, "trust is 2"),
        ("x", "is no rule"),
    ],
)
def test_rules_are_checked(rule: Any, message: str) -> None:
    with pytest.raises(AnalysisError, match="rule 1") as caught:
        rules_from([rule])
    assert message in str(caught.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(AnalysisError, match=r"rule 1: .*; rule 2: "):
        rules_from([{"kind": "typo"}, {"kind": "range", "column": "x"}])


def test_unknown_and_doubled_columns() -> None:
    frame = pd.DataFrame({"city": ["a"]})
    with pytest.raises(AnalysisError, match="'cty', which is not there; did you mean 'city'"):
        clean_cells(frame, [{"kind": "missing", "column": "cty"}])
    with pytest.raises(AnalysisError, match="'city' more than once"):
        clean_cells(pd.concat([frame, frame], axis=1), [{"kind": "missing", "column": "city"}])
    with pytest.raises(AnalysisError, match="targets names the column 'rating'"):
        clean_cells(frame, [], targets=["rating"])


ALL_KINDS: list[dict[str, Any]] = [
    {"kind": "missing", "column": "x"},
    {"kind": "not_null", "column": "x"},
    {"kind": "format", "column": "x", "steps": ["strip", "collapse", "nfkc", "lower", "number"]},
    {"kind": "pattern", "column": "x", "pattern": "[a-z]+", "nearest": True},
    {"kind": "domain", "column": "x", "values": ["ab", "cd"]},
    {"kind": "range", "column": "x", "low": 0, "high": 10, "factors": [0.1]},
    {"kind": "type", "column": "x", "type": "integer"},
    {"kind": "unique", "column": "x"},
    {"kind": "typo", "column": "x", "ratio": 2, "min_length": 1},
    {"kind": "fd", "left": "x", "right": "y"},
    {"kind": "fd", "left": ["x", "y"], "right": "z"},
    {"kind": "extract", "column": "z", "source": "x", "pattern": "(.)"},
]


@pytest.mark.parametrize(
    "values",
    [
        [], ["a"], ["a", "a"], [None, None], [""] * 5, ["a"] * 50, ["1e400", "inf", "NaN", "-inf"],
        ["\x00", "a\nb", "🙂" * 300],
    ],
    ids=["no row", "one row", "two rows", "all missing", "all empty", "constant", "infinite", "odd"],
)  # fmt: skip
def test_degenerate_tables_are_no_traceback_and_no_warning(values: list[str | None]) -> None:
    column = pd.Series(values, dtype=object)
    frame = pd.DataFrame({"x": column, "y": column, "z": column})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = clean_cells(frame, ALL_KINDS)
        score(result.table, result.repaired, frame, frame)
    assert result.repaired.shape == frame.shape


def test_typed_columns_are_read_as_their_text() -> None:
    frame = pd.DataFrame({"age": [30, 200], "height": [1.5, np.nan]}, index=[7, 9])
    result = clean_cells(frame, [{"kind": "range", "columns": ["age", "height"], "low": 0, "high": 120}])
    assert result.table[["row", "column", "value"]].values.tolist() == [[1, "age", "200"]]
    pd.testing.assert_frame_equal(result.repaired, frame)


CELLS = st.sampled_from(["ab", "abc", "abd", "ab ", "AB", "1", "12", "1.0", "200", "n/a", "", "xy", "x1"])
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=0, max_size=25).map(
    lambda rows: pd.DataFrame(rows, columns=["x", "y", "z"], dtype=object)
)


# Scores


def test_scores_by_hand() -> None:
    """Three wrong cells: one rightly repaired, one wrongly, one not found; one right cell harmed, one flagged."""
    clean = pd.DataFrame({"a": ["Bath", "York", "Hull", "Ely", "Wells"]})
    dirty = pd.DataFrame({"a": ["bath", "Yrok", "", "Ely", "Wells"]})
    repaired_table = pd.DataFrame({"a": ["Bath", "Cork", "", "Elx", "Wells"]})
    findings = pd.DataFrame(
        {"row": [0, 1, 3, 4], "column": "a", "rule": "r", "kind": "typo", "applied": [True, True, True, False]}
    )
    held = score(findings, repaired_table, dirty, clean)
    found_row, repaired_row = held.table.to_dict("records")
    assert (found_row["cells"], found_row["right"], found_row["wrong_cells"]) == (4, 2, 3)
    assert (repaired_row["cells"], repaired_row["right"]) == (3, 1)
    assert repaired_row["precision"] == repaired_row["recall"] == repaired_row["f1"] == pytest.approx(1 / 3)
    # Wilson (1927): the roots of (p - 1/3)² = 1.96² p (1 - p) / 3
    assert repaired_row["recall_low"] == pytest.approx(0.06149, abs=1e-5)
    assert repaired_row["recall_high"] == pytest.approx(0.79234, abs=1e-5)
    assert held.by_kind[["kind", "wrong_cells", "found", "repaired"]].values.tolist() == [
        ["gap", 1, 0, 0], ["format", 1, 1, 1], ["typo", 1, 1, 0],
    ]  # fmt: skip
    assert held.harmed["dirty"].tolist() == ["Ely"] and held.left["clean"].tolist() == ["York", "Hull"]
    with pytest.raises(AnalysisError, match="cell by cell"):
        score(findings, repaired_table, dirty, clean.head(2))


def test_columns_of_lists_are_refused_and_bounds_may_be_dates() -> None:
    with pytest.raises(AnalysisError, match="the column 'x' holds lists"):
        clean_cells(pd.DataFrame({"x": [[1], [2]]}), [{"kind": "missing", "column": "x"}])
    assert found(["2024-01-05", "2023-01-05"], kind="range", low=date(2024, 1, 1)) == [(1, None, False)]


# Suggestions


def test_suggestions_are_what_the_table_was_made_by() -> None:
    rng = np.random.default_rng(5)
    town = rng.integers(0, 12, 400)
    frame = pd.DataFrame(
        {
            "id": np.arange(400).astype(str),
            "zip": [f"{10_000 + 7 * i}" for i in town],
            "region": [["north", "south", "east"][i % 3] for i in town],
            "noise": rng.choice(["up", "down", "left"], 400),
            "score": [str(i) if i % 10 else "N/A" for i in range(400)],
        }
    )
    frame.loc[[3, 50], "region"] = ["nroth", "sotuh"]
    frame.loc[9, "zip"] = "1x000"
    found = suggest_rules(frame)
    assert found[found["kind"] == "dependency"]["columns"].tolist() == ["zip → region"]
    assert {("missing", "score"), ("domain", "region"), ("domain", "noise"), ("pattern", "zip")} <= set(
        found[["kind", "columns"]].itertuples(index=False, name=None)
    )
    region = found[(found["kind"] == "domain") & (found["columns"] == "region")].iloc[0]
    assert region["rule"]["values"] == ["east", "north", "south"] and region["contradicted"] == 2
    result = clean_cells(frame, found["rule"])
    assert result.repaired.loc[[3, 50], "region"].tolist() == ["north", "south"]


@settings(deadline=None, max_examples=50)
@given(frame=TABLES)
def test_every_suggestion_is_a_rule(frame: pd.DataFrame) -> None:
    clean_cells(frame, suggest_rules(frame, max_error=0.5, min_gain=0)["rule"])


# What always holds


@settings(deadline=None, max_examples=150)
@given(frame=TABLES, which=st.sets(st.integers(0, len(ALL_KINDS) - 1), min_size=1), target=st.sampled_from("xyz"))
def test_only_listed_cells_change_and_targets_never(frame: pd.DataFrame, which: set[int], target: str) -> None:
    before = frame.copy()
    result = clean_cells(frame, [ALL_KINDS[i] for i in sorted(which)], targets=[target])
    pd.testing.assert_frame_equal(frame, before)
    old, new = frame.fillna("").to_numpy(), result.repaired.fillna("").to_numpy()
    rows, columns = np.nonzero(old != new)
    changed = {(row, "xyz"[column]) for row, column in zip(rows, columns, strict=True)}
    applied = result.table[result.table["applied"]]
    assert changed <= set(applied[["row", "column"]].itertuples(index=False, name=None))
    assert len(changed) == result.changed and target not in {column for _, column in changed}
    assert (result.summary["found"] == result.summary["repaired"] + result.summary["left"]).all()
    assert result.found == len(result.table.drop_duplicates(["row", "column"]))


@settings(deadline=None, max_examples=150)
@given(frame=TABLES)
def test_a_repaired_table_stays_as_it_is(frame: pd.DataFrame) -> None:
    """Of rules that cannot contradict each other: lists, formats and one dependency."""
    rules = [ALL_KINDS[0], ALL_KINDS[2], {"kind": "fd", "left": "x", "right": "y", "left_typos": False}]
    once = clean_cells(frame, rules)
    assert "not_settled" not in dict(once.notes)
    again = clean_cells(once.repaired, rules)
    assert again.changed == 0


@settings(deadline=None, max_examples=60)
@given(frame=TABLES, seed=st.integers(0, 9))
def test_the_order_of_the_rows_does_not_matter_to_votes(frame: pd.DataFrame, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(frame))
    rules = [{"kind": "fd", "left": "x", "right": ["y", "z"]}, {"kind": "missing", "columns": ["x", "y"]}]
    straight = clean_cells(frame, rules).repaired
    shuffled = clean_cells(frame.iloc[order], rules).repaired
    pd.testing.assert_frame_equal(straight.iloc[order].fillna(""), shuffled.fillna(""))


# Distance


def plain_distance(a: str, b: str) -> int:
    """Optimal string alignment as the textbook has it, one pair at a time."""
    rows = [[max(i, j) if not (i and j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


WORDS = st.lists(st.text("abc", max_size=9), unique=True, max_size=20)


@settings(deadline=None, max_examples=200)
@given(left=WORDS, right=WORDS, limit=st.integers(1, 4))
def test_near_pairs_are_those_of_comparing_all_with_all(left: list[str], right: list[str], limit: int) -> None:
    limits = np.array([1 + len(text) % limit for text in right], np.int64)
    query, target, edits = near(left, right, limits=limits)
    got = set(zip(query.tolist(), target.tolist(), edits.tolist(), strict=True))
    expected = {
        (i, j, plain_distance(a, b))
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if plain_distance(a, b) <= limits[j]
    }
    assert got == expected


def test_published_distances() -> None:
    # Damerau (1964) counts each of the four slips as one; CA to ABC is 3 in the restricted form (Boytsov 2011, 2.2)
    pairs = [("smith", "smiht"), ("smith", "smth"), ("smith", "smiith"), ("smith", "smyth"), ("ca", "abc")]
    assert distances(*zip(*pairs, strict=True), limit=4).tolist() == [1, 1, 1, 1, 3]
