"""Bad input to every public function: an answer or an `AnalysisError`, never a library's traceback or a silent NaN."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import clustering
from analysis.errors import AnalysisError


def table(rows: int, *, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.lognormal(size=(rows, 3)), columns=["recency_days", "frequency", "monetary"])
    return frame.assign(customer_key=range(rows))


COLUMNS = ["recency_days", "frequency", "monetary"]
FAST = {"references": 19, "gap_references": 2, "replicates": 2, "k_max": 4}
FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "no_rows": lambda: table(0),
    "one_row": lambda: table(1),
    "two_rows": lambda: table(2),
    "constant": lambda: table(50).assign(**dict.fromkeys(COLUMNS, 2.0)),
    "all_missing": lambda: table(50).assign(**dict.fromkeys(COLUMNS, np.nan)),
    "infinite": lambda: table(50).assign(**dict.fromkeys(COLUMNS, np.inf)),
    "text": lambda: table(50).assign(**dict.fromkeys(COLUMNS, "much")),
    "one_column_left": lambda: table(50).assign(frequency="much", monetary=np.nan),
    "two_places": lambda: table(50).assign(**dict.fromkeys(COLUMNS, lambda f: f.index % 2 * 1.0)),
    "huge": lambda: table(50).assign(monetary=lambda f: f["monetary"] * 1e150),
    "tiny": lambda: table(50).assign(monetary=lambda f: f["monetary"] * 1e-150),
    "negative": lambda: table(50).assign(monetary=lambda f: -f["monetary"]),
    "missing_here_and_there": lambda: (
        table(50).mask(np.random.default_rng(1).random((50, 4)) < 0.1).assign(customer_key=range(50))
    ),
    "true_or_false": lambda: table(50).assign(monetary=lambda f: f["monetary"] > 1),
}


@pytest.mark.parametrize("missing", ["median", "drop"])
@pytest.mark.parametrize("scaling", ["standard", "robust", "none"])
@pytest.mark.parametrize("name", sorted(FRAMES))
def test_every_frame_is_segmented_or_kept_whole(name: str, scaling: str, missing: str) -> None:
    preparation = {"scaling": scaling, "missing": missing}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = clustering.segment(FRAMES[name](), columns=COLUMNS, preparation=preparation, **FAST)
        assert np.isfinite(found.prepared.matrix).all() and len(found.terms) == found.partition.k
        assert len(found.partition.labels) == len(found.prepared.frame)
        measured = ["inertia", "silhouette", "calinski_harabasz", "davies_bouldin"]
        assert found.choice.table.empty or np.isfinite(found.choice.table[measured].astype(float)).all().all()
        clustering.segment_value(found.prepared.frame, found.partition.labels, monetary=None, medians=())


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_every_algorithm_answers_or_says_why_not(name: str) -> None:
    ready = clustering.prepare(FRAMES[name](), columns=COLUMNS)
    calls: dict[str, Callable[[], Any]] = {
        "kmeans": lambda: clustering.kmeans(ready, k=2),
        "ward": lambda: clustering.hierarchical(ready, k=2),
        "micro": lambda: clustering.hierarchical(ready, k=2, max_rows=10, micro=20),
        "mixture": lambda: clustering.gaussian_mixture(ready, k=2),
        "dbscan": lambda: clustering.dbscan(ready),
        "k_distance": lambda: clustering.k_distance(ready),
        "one_group": lambda: clustering.one_group(ready),
    }
    for call in calls.values():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                found = call()
            except AnalysisError:
                continue
        if isinstance(found, clustering.Partition):
            assert np.isfinite(found.inertia) and len(found.labels) == len(ready.frame)


READY = clustering.prepare(table(60), columns=COLUMNS)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: clustering.kmeans(READY, k=0), "0 groups were asked for"),
        (lambda: clustering.kmeans(READY, k=61), "61 groups were asked for, but there are 60"),
        (lambda: clustering.kmeans(READY, k=2, n_init=0), "n_init"),
        (lambda: clustering.gaussian_mixture(READY, k=2, n_init=0), "n_init"),
        (lambda: clustering.kmeans(READY, k=2, order_by="worth"), "no column worth"),
        (lambda: clustering.hierarchical(READY, k=2, link="median"), "link must be one of ward"),
        (lambda: clustering.hierarchical(READY, k=9, max_rows=10, micro=5), "9 groups were asked for from 5 micro"),
        (lambda: clustering.dbscan(READY, radius=0), "radius must be above 0"),
        (lambda: clustering.dbscan(READY, min_samples=0), "min_samples must be at least 1"),
        (lambda: clustering.dbscan(READY, min_samples=60), "less than the number of customers"),
        (lambda: clustering.choose_k(READY, rule="best"), "rule must be one of"),
        (lambda: clustering.choose_k(READY, k_min=1), "k_min must be at least 2"),
        (lambda: clustering.choose_k(READY, k=30), "k must lie between"),
        (lambda: clustering.choose_k(READY, rule="gap", gap_references=0), "needs the gap statistic"),
        (lambda: clustering.reference_draw(READY.matrix, kind="odd", random=np.random.default_rng(1)), "kind must be"),
        (lambda: clustering.score_rfm(table(9), cuts={"spend": [1.0]}), "rfm_cuts names spend"),
        (lambda: clustering.score_rfm(table(9).assign(monetary=np.nan)), "has no value|is missing"),
        (lambda: clustering.prepare(table(9), columns=["monetary"], scaling="odd"), "scaling must be"),
    ],
)
def test_wrong_options_are_named(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        call()


def test_a_column_twice_in_the_frame_is_named() -> None:
    double = pd.concat([table(40), table(40)["monetary"]], axis=1)
    with pytest.raises(AnalysisError, match="two columns of the name monetary"):
        clustering.prepare(double, columns=COLUMNS)


def test_a_slip_of_the_pen_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(AnalysisError, match=r"recency_day, which is no feature.*Did you mean 'recency_days'"):
        clustering.available(table(3), ["recency_day"], order_by="monetary")
    with pytest.raises(AnalysisError, match=r"order_by names monetry.*Did you mean 'monetary'"):
        clustering.available(table(3), COLUMNS, order_by="monetry")
    assert clustering.available(table(3), [*COLUMNS, "browsing_minutes"], order_by="monetary")[1] == [
        "browsing_minutes"
    ]
