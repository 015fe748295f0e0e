"""Settings that are tried together give what each gives alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from analysis.classification.models import MODELS
from analysis.classification.settings import forecasts
from analysis.classification.tuning import settings_of


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    terms = rng.normal(size=(1200, 5))
    terms[:, 1] = np.round(terms[:, 1])
    label = (rng.random(1200) < 1 / (1 + np.exp(-terms[:, 0] - 0.5 * terms[:, 1]))).astype(int)
    return terms[:800], label[:800], terms[800:]


@pytest.mark.parametrize("name", MODELS)
def test_together_as_alone(name: str, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    teach, label, judge = rows
    settings = settings_of(name, criterion="gain_ratio")[::-1]  # in another order than by size
    found = forecasts(name, settings, teach, label, judge, random_state=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = [
            MODELS[name].make(setting, len(teach), 3).fit(teach, label).predict_proba(judge)[:, 1]
            for setting in settings
        ]
    assert len({part.tobytes() for part in alone}) > 1
    np.testing.assert_array_equal(found, alone)


def test_more_neighbours_than_half_of_the_rows() -> None:
    teach, label = np.arange(10.0)[:, None], np.repeat([0, 1], 5)
    found = forecasts("neighbours", settings_of("neighbours", criterion="gini"), teach, label, teach, random_state=0)
    assert {tuple(part) for part in np.round(found, 12)} == {(0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1)}
