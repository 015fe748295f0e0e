"""The worked examples give the outputs that stand in the file, nbval would notice if they did not, and they are right.

The formulas are compared with SciPy, statsmodels, scikit-learn and NumPy, or with fractions worked out here; the
misprints that the notebook corrects are those that `MISPRINTS` lists.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import cluster, decomposition, linear_model, metrics, tree
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.tools import add_constant

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "notebooks" / "07_worked_examples.ipynb"


def nbval(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook and compare its outputs with those in the file."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    environment.pop("SOCIAL_DATABASE", None)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "--rootdir", str(path.parent)]
    return subprocess.run(
        [*command, str(path)], cwd=path.parent, env=environment, capture_output=True, text=True, check=False
    )


def notebook() -> dict[str, Any]:
    return dict(json.loads(EXAMPLES.read_text(encoding="utf-8")))


def code_cells() -> list[dict[str, Any]]:
    return [cell for cell in notebook()["cells"] if cell["cell_type"] == "code"]


def text_of(cell: dict[str, Any]) -> str:
    """What a cell printed; a kernel may have sent it in several pieces."""
    return "".join("".join(output["text"]) for output in cell["outputs"])


def output_of(part: str) -> str:
    """The output of the one code cell that holds a text."""
    (cell,) = [cell for cell in code_cells() if part in "".join(cell["source"])]
    return text_of(cell)


def numbers(part: str, line: str = "") -> list[float]:
    """The numbers in the output of a cell, or in the lines of it that begin with a text."""
    lines = [text for text in output_of(part).splitlines() if text.lstrip().startswith(line)]
    assert lines, line
    found = re.findall(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?", "\n".join(lines))
    return [float(number.replace(",", "")) for number in found]


def test_every_cell_prints_text_alone_and_nothing_of_the_machine() -> None:
    cells = code_cells()
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        source = "".join(cell["source"])
        kinds = {(output["output_type"], output.get("name")) for output in cell["outputs"]}
        assert kinds == {("stream", "stdout")}, source
        text = text_of(cell)
        assert text.strip() and not re.search(r"/tmp|/home|0x[0-9a-f]{6}|\bnan\b|(?<!\d)-0\.0+\b", text), text
        # Without a line like this, nbval would let any output pass.
        assert "NBVAL_" not in source and not cell["metadata"].get("tags"), source


def test_the_outputs_in_the_file_are_those_that_come_out() -> None:
    result = nbval(EXAMPLES)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert f"{len(code_cells())} passed" in result.stdout


def test_a_wrong_output_in_the_file_is_noticed(tmp_path: Path) -> None:
    right, wrong = "variance  population 2.2", "variance  population 2.3"
    short = notebook()
    short["cells"] = short["cells"][:6]
    text = json.dumps(short, ensure_ascii=False)
    assert text.count(right) == 1
    copy = tmp_path / EXAMPLES.name
    copy.write_text(text.replace(right, wrong), encoding="utf-8")
    result = nbval(copy)
    assert result.returncode == 1, result.stdout[-4000:] + result.stderr[-4000:]
    assert "1 failed, 2 passed" in result.stdout and "mismatch 'stdout'" in result.stdout


#: Right values that must stand in the output of a cell, and what is often printed instead, which must be named.
MISPRINTS = {
    "shop = pd.DataFrame": (["mean of sales 200", "slope 5.0 intercept 50.0"], ["mean 220", "slope 2.2", "110"]),
    "marks = pd.DataFrame": (["slope 5.0 intercept 55.0"], ["slope 12.5", "intercept 70"]),
    "printed: mean 3": (["3.375, 3.5, 5.0, 2.234375, 1.494783"], ["mean 3", "variance 2", "1.41"]),
    "rules.from_lists": (["support    0.3333", "confidence 0.5000"], ["3/6", "3/3"]),
    "cdist([[100, 10]]": (["20.0998", "80.3990", "120.5985"], ["6.63", "29.4", "36.6"]),
    "often printed: {ann": (["150 ÷ 3 = 50"], ["divided by 1"]),
}


@pytest.mark.parametrize("part", MISPRINTS)
def test_the_known_misprints_are_corrected_and_named(part: str) -> None:
    right, printed = MISPRINTS[part]
    for text in right:
        assert text in output_of(part)
    everything = notebook()["cells"]
    (place,) = [
        i for i, cell in enumerate(everything) if cell["cell_type"] == "code" and part in "".join(cell["source"])
    ]
    around = everything[max(place - 1, 0) : place + 2]
    words = "\n".join("".join(cell["source"]) for cell in around)
    assert "wrong because" in words
    for text in printed:
        assert text in words, text
    if part != "shop = pd.DataFrame":  # the next cell asserts its distance from the point of the means
        assert "assert" in "".join(everything[place]["source"])


def test_averages_and_quantiles() -> None:
    answers = np.array([1, 2, 2, 3, 4, 5, 5, 5])
    found = numbers("description.moments", "variance") + numbers("description.moments", "sd")
    expected = [f(answers, ddof=ddof) for f in (np.var, np.std) for ddof in (0, 1)]
    assert found == pytest.approx(expected, abs=5e-7)
    assert numbers("description.moments", "mode")[0] == stats.mode(answers).mode
    assert numbers("bootstrap.quantile")[1::2] == np.quantile([10, 20, 30, 40, 50], [0.25, 0.5, 0.9]).tolist()
    spend = np.array([1, 1, 1, 1, 6])
    half_mean_difference = np.abs(spend[:, None] - spend).mean() / (2 * spend.mean())
    assert numbers("description.lorenz", "Gini") == pytest.approx([half_mean_difference] * 2)


def test_bootstrap() -> None:
    few = np.array([1, 2, 6])
    assert numbers("from itertools", "spread")[0] == pytest.approx(np.std(few) / np.sqrt(3), abs=5e-5)
    ten = np.array([10, 20, 20, 30, 40, 50, 60, 70, 90, 310])
    for method, line in (("percentile", "percentile"), ("BCa", "bca")):
        theirs = stats.bootstrap((ten,), np.mean, method=method, n_resamples=20_000, rng=np.random.default_rng(5))
        mean, _, low, high = numbers("for method in", line)
        assert mean == ten.mean()
        # Both ends are random: they agree to a few per cent of the width.
        assert [low, high] == pytest.approx(list(theirs.confidence_interval), abs=6)


def test_correlation() -> None:
    x = np.arange(1, 6)
    for name, y in {"double": 2 * x, "square": x**2, "mixed": np.array([2, 1, 4, 3, 5])}.items():
        expected = [f(x, y).statistic for f in (stats.pearsonr, stats.spearmanr, stats.kendalltau)]
        assert numbers("correlation.correlate(frame)", name) == pytest.approx(expected, abs=5e-5)
    p = [0.52, 0.12, 0.0001, 0.03, 0.14]
    corrected = multipletests(p, method="fdr_bh")[1]
    assert numbers("multiplicity.adjust")[1::2] == pytest.approx(corrected, abs=5e-5)


def test_regression() -> None:
    price, sales = np.array([10, 20, 30, 40, 50]), np.array([110, 140, 200, 260, 290])
    fit = OLS(sales, add_constant(price)).fit()
    for i, name in enumerate(("intercept", "price")):
        expected = [fit.params[i], fit.bse[i], *fit.conf_int()[i]]
        assert numbers("uneven = ", name) == pytest.approx(expected, abs=5e-4)
    assert numbers("uneven = ", "MSE") == pytest.approx([fit.ssr / 5, fit.rsquared], abs=5e-5)
    x, y = np.array([[-1.0], [0], [0], [1]]), np.array([-2.0, 0, 0, 2])
    found = np.array(numbers("regression.ridge")).reshape(4, 5)
    for penalty, ridge, _, lasso, _ in found[1:]:
        assert linear_model.Ridge(alpha=penalty).fit(x, y).coef_[0] == pytest.approx(ridge, abs=5e-4)
        assert linear_model.Lasso(alpha=penalty).fit(x, y).coef_[0] == pytest.approx(lasso, abs=5e-4)


def test_groups() -> None:
    points = np.array([[1.0], [2], [9], [10]])
    theirs = cluster.KMeans(2, n_init=10, random_state=0).fit(points)
    assert numbers("clustering.kmeans(ready, k=2", "from the package")[-1] == pytest.approx(theirs.inertia_)
    silhouettes = metrics.silhouette_samples(points, theirs.labels_)
    assert numbers("Distances(ready.matrix)") == pytest.approx([*silhouettes, silhouettes.mean()], abs=5e-5)
    dense = cluster.DBSCAN(eps=1, min_samples=3).fit([[1], [2], [3], [10]])
    assert numbers("clustering.dbscan", "groups") == dense.labels_.tolist()
    assert dense.core_sample_indices_.tolist() == [1]
    components = decomposition.PCA().fit([[1, 2], [2, 1], [3, 4], [4, 3]])
    expected = [*components.explained_variance_, *components.explained_variance_ratio_]
    assert numbers("np.linalg.eigh", "variances") == pytest.approx(expected, abs=5e-5)
    assert numbers("np.linalg.eigh", "first") == pytest.approx(np.abs(components.components_[0]), abs=5e-5)
    assert numbers("z = ready.matrix", "z-scores") == pytest.approx(stats.zscore([10, 20, 30]), abs=5e-5)


def test_rules() -> None:
    lists = [{"A", "B"}, {"C", "D"}, {"A", "E"}]
    share = {key: Fraction(sum(set(key) <= items for items in lists), 3) for key in ("A", "B", "AB")}
    confidence = share["AB"] / share["A"]
    expected = [
        share["AB"],
        confidence,
        confidence / share["B"],
        share["AB"] - share["A"] * share["B"],
        (1 - share["B"]) / (1 - confidence),
    ]
    found = [
        numbers("rules.from_lists", name)[0] for name in ("support", "confidence", "lift", "leverage", "conviction")
    ]
    assert found == pytest.approx([float(value) for value in expected], abs=5e-5)


def test_decisions() -> None:
    bought = [1, 1, 1, 0, 1, 0, 0, 0]
    channel = np.repeat(np.eye(3), [4, 2, 2], axis=0)
    after = {}
    for criterion in ("entropy", "gini"):
        fitted = tree.DecisionTreeClassifier(criterion=criterion, random_state=0).fit(channel, bought).tree_
        leaves = fitted.children_left == -1
        # Fully grown, the tree has a leaf for each channel, so its leaves hold the impurity after the split.
        assert leaves.sum() == 3
        after[criterion] = float((fitted.impurity * fitted.n_node_samples)[leaves].sum() / 8)
    split = stats.entropy([4, 2, 2], base=2)
    gain = 1 - after["entropy"]
    assert numbers("channel = ", "information gain") == pytest.approx([gain, split, gain / split], abs=5e-5)
    assert numbers("channel = ", "Gini before")[1] == pytest.approx(after["gini"], abs=5e-5)
    coupon = np.array([[1]] * 4 + [[0]] * 4)
    likely = linear_model.LogisticRegression(C=1e9, tol=1e-10).fit(coupon, [1, 1, 1, 0, 1, 0, 0, 0])
    expected = [likely.intercept_[0], likely.coef_[0, 0], np.exp(likely.coef_[0, 0])]
    assert numbers("sm.Logit", "intercept") == pytest.approx(expected, abs=1e-3)
