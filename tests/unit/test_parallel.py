"""Work on several cores: the order, the errors, and the same bytes for any number of workers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

from analysis import bootstrap, clustering, parallel, regression
from analysis.errors import AnalysisError


@pytest.fixture(params=["forked", "started"])
def processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Processes for however little work, made in either way."""
    monkeypatch.setattr(parallel, "WORTH_PROCESSES", 0.0)
    monkeypatch.setattr(parallel, "_forks", lambda: request.param == "forked")
    return str(request.param)


def test_results_come_in_the_order_of_the_items(monkeypatch: pytest.MonkeyPatch, processes: str) -> None:
    monkeypatch.setenv(parallel.WORKERS, "3")
    found = parallel.each(lambda number: (number, os.getpid()), range(20))
    assert [number for number, _ in found] == list(range(20))
    assert {process for _, process in found} - {os.getpid()}
    assert list(parallel.in_order(lambda number: number**2, iter(range(20)))) == [n**2 for n in range(20)]


def test_workers_do_not_start_workers_of_their_own(monkeypatch: pytest.MonkeyPatch, processes: str) -> None:
    monkeypatch.setenv(parallel.WORKERS, "3")
    assert parallel.each(lambda _: parallel.workers(), range(4)) == [3, 1, 1, 1]
    assert parallel.workers() == 3


def test_an_error_in_a_worker_is_raised(monkeypatch: pytest.MonkeyPatch, processes: str) -> None:
    def fail(number: int) -> int:
        if number == 3:
            raise AnalysisError("the column is empty")
        return number

    monkeypatch.setenv(parallel.WORKERS, "2")
    with pytest.raises(AnalysisError, match="the column is empty"):
        parallel.each(fail, range(5))
    with pytest.raises(AnalysisError, match="the column is empty"):
        list(parallel.in_order(fail, range(5)))


def test_threads_hold_no_more_items_than_there_are_workers_and_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(parallel.WORKERS, "2")
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for got, _ in enumerate(parallel.in_order(lambda number: number, items())):
        assert len(made) <= got + 3


def test_threads_know_what_numpy_does_about_divisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(parallel.WORKERS, "2")
    with np.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(parallel.in_order(lambda n: float(np.divide(1.0, n)), np.arange(2.0))) == [np.inf, 1]


@pytest.mark.parametrize("asked", ["0", "two", "-1", "1.5"])
def test_a_number_of_workers_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    monkeypatch.setenv(parallel.WORKERS, asked)
    with pytest.raises(AnalysisError, match="ANALYSIS_WORKERS must be a whole number"):
        parallel.workers()


def test_without_a_number_the_cores_that_are_allowed_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(parallel.WORKERS, raising=False)
    assert 1 <= parallel.workers() <= (os.cpu_count() or 1)


def customers() -> pd.DataFrame:
    random = np.random.default_rng(3)
    group = random.integers(0, 3, 200)
    values = random.normal(size=(200, 3)) + 4 * group[:, None]
    frame = pd.DataFrame(values, columns=["recency_days", "frequency", "monetary"])
    return frame.assign(customer_key=range(200), y=values @ [1.0, 0.0, -1.0] + random.normal(size=200))


def bootstrapped() -> list[bytes]:
    values = np.random.default_rng(1).lognormal(3, 1, 2000)
    statistics = {"mean": bootstrap.mean, "median": bootstrap.median, "spread": bootstrap.variance}
    found = bootstrap.intervals(values, statistics, replicates=6000, random_state=2, method="auto")
    return [np.array([item.low, item.high, item.standard_error]).tobytes() for item in found.values()]


def divided() -> list[bytes]:
    found = clustering.segment(
        customers(), columns=["recency_days", "frequency", "monetary"], order_by="monetary", random_state=1,
        references=5, gap_references=3, replicates=3, k_max=4,
    )  # fmt: skip
    steadiness = clustering.stability(found.prepared, found.partition, replicates=6, random_state=1)
    beside = clustering.reference_stability(found.prepared, k=3, draws=3, replicates=3, random_state=1)
    tables = [found.choice.table, steadiness.table]
    return [table.to_csv().encode() for table in tables] + [steadiness.rand.tobytes(), beside.drawn.tobytes()]


def penalised() -> list[bytes]:
    design = regression.design(customers(), target="y", columns=["recency_days", "frequency", "monetary"])
    fit = regression.lasso(design, random_state=1)
    chosen = regression.selection_frequency(fit, replicates=12, random_state=1)
    return [fit.cross_validation.to_csv().encode(), fit.table.to_csv().encode(), chosen.to_csv().encode()]


@pytest.mark.parametrize("work", [bootstrapped, divided, penalised])
def test_any_number_of_workers_gives_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], list[bytes]]
) -> None:
    monkeypatch.setattr(parallel, "WORTH_PROCESSES", 0.0)
    found = []
    for number in ("1", "2", "3"):
        monkeypatch.setenv(parallel.WORKERS, number)
        found.append(work())
    assert found[0] == found[1] == found[2]
