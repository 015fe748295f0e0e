"""What `make bench` writes is what was measured, with the processes that a job starts; goals are judged by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.bench import __main__ as bench
from benchmarks.bench import table
from benchmarks.bench.measure import BenchmarkError, Record, Skipped, grown, measure, together
from benchmarks.bench.work import Goal, Limit

import benchmark_works
from benchmark_works import GREEDY

WORKS = {work.name: work for work in benchmark_works.works()}


def measured(name: str) -> list[Record | Skipped]:
    return list(measure("tests.benchmark_works", WORKS[name], 3))


@pytest.fixture(scope="module")
def faster() -> list[Record | Skipped]:
    return measured("faster")


def record(found: list[Record | Skipped], subject: str, peer: str = "") -> Record:
    (one,) = (r for r in found if isinstance(r, Record) and (r.subject, r.peer) == (subject, peer))
    return one


def test_a_quicker_subject_meets_its_goal_and_a_peer_that_is_not_there_is_named(faster: list[Record | Skipped]) -> None:
    ours = record(faster, "analysis", "slow")
    assert ours.ratio is not None and ours.ratio > 2 and ours.met is True and ours.runs == 3
    assert record(faster, "slow").ratio is None
    assert [one.why for one in faster if isinstance(one, Skipped)] == ["a_package_of_nobody is not installed"]


def test_a_slower_subject_misses_its_goal() -> None:
    assert record(measured("slower"), "analysis", "quick").met is False


def test_memory_is_what_the_job_adds_and_a_limit_is_judged_without_a_peer() -> None:
    found = measured("greedy")
    ours = record(found, "analysis", "lean")
    assert ours.peak_mb == pytest.approx(GREEDY, rel=0.2) and ours.met is False
    alone = record(found, "analysis")
    assert alone.met is False and alone.goal == f"at most {GREEDY // 2} MB"


def test_the_memory_of_the_whole_process_counts_where_the_work_says_so() -> None:
    (alone,) = measured("whole")
    assert isinstance(alone, Record) and alone.runs == 1 and alone.met is False and (alone.peak_mb or 0) > 5


def test_processes_that_a_job_starts_count(faster: list[Record | Skipped]) -> None:
    found = measured("children")
    ours = record(found, "analysis", "here")
    assert ours.peak_mb is not None and ours.peak_mb > 0.8 * GREEDY
    assert ours.ratio is not None and ours.ratio < 0.5, "the CPU of the child is not counted"
    records = [one for one in [*faster, *found] if isinstance(one, Record)]
    (growth,) = grown(list(WORKS.values()), records)
    assert growth.ratio is not None and growth.ratio > 1.5 and growth.met is False


def test_subjects_that_disagree_end_the_run() -> None:
    with pytest.raises(BenchmarkError, match="at odds: wrong found 8, another 7"):
        measured("at odds")


def test_a_work_without_data_is_skipped_with_a_word() -> None:
    assert measured("no data") == [Skipped("no data", "the data is elsewhere")]


def test_the_mean_over_works_is_geometric() -> None:
    work = WORKS["faster"]
    records = [Record("faster", "analysis", "slow", 3, 1, 1, 1, ratio) for ratio in (2.0, 8.0)]
    (mean,) = together("some", [work], records)
    assert mean.ratio == pytest.approx(4) and mean.met is True


@pytest.mark.parametrize(
    ("goal", "ratio", "own", "met"),
    [
        (Goal(), 0.1, 1e6, None),
        (Goal(speed=1), 1.0, 1e6, True),
        (Goal(speed=1), 0.99, 0, False),
        (Goal(memory_share=0.1), 0.1, 10, True),
        (Goal(memory_share=0.1), 9, 10.1, False),
        (Goal(memory_share=0.1, memory_floor_mb=30), 9, 30, True),
    ],
)
def test_goals(goal: Goal, ratio: float, own: float, met: bool | None) -> None:
    assert goal.met(ratio, own, 100) is met


def test_limits() -> None:
    limit = Limit(seconds=2, peak_mb=10)
    figures = {"seconds": 2.0, "cpu_seconds": 99.0, "peak_mb": 10.0}
    assert limit.met(figures) and not limit.met(figures | {"peak_mb": 11})
    assert str(limit) == "at most 2 s by the clock; at most 10 MB"


def test_records_replace_those_of_the_same_work_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    bench.write([Record("a", "analysis", "", 3, 1, 1, 1), Record("b", "analysis", "", 3, 1, 1, 1)], path)
    bench.write([Record("a", "analysis", "", 3, 2.00004, 1, 1)], path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [(one["work"], one["seconds"]) for one in kept] == [("a", 2.0), ("b", 1)]
    assert set(kept[0]) >= {
        "work",
        "subject",
        "peer",
        "runs",
        "seconds",
        "cpu_seconds",
        "peak_mb",
        "ratio",
        "goal",
        "met",
    }


def test_the_readme_s_table_is_that_of_the_record() -> None:
    if not bench.RESULTS.exists():
        pytest.skip("nothing has been measured yet")
    newest = table.markdown(json.loads(bench.RESULTS.read_text(encoding="utf-8")))
    text = table.README.read_text(encoding="utf-8")
    assert table.in_readme(text, newest) == text, "run make bench, or write the table anew"


def test_a_row_has_our_figures_each_peer_s_ratio_and_the_missed_goal() -> None:
    records = [
        {"work": "w", "subject": "analysis", "peer": peer, "seconds": 0.5, "cpu_seconds": 0.25, "peak_mb": 1234.0,
         "ratio": ratio, "goal": goal, "met": met}
        for peer, ratio, goal, met in [("x", 2.0, "g1", True), ("y", 0.5, "g2", False)]
    ]  # fmt: skip
    assert table.markdown(records).splitlines()[-1] == "| w | 0.5 | 0.25 | 1,234 | x 2, y 0.5 | missed: g2 |"
    with pytest.raises(ValueError, match="no place"):
        table.in_readme("nothing here", "t")
