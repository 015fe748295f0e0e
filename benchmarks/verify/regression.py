"""Regression against statsmodels, scikit-learn and published figures, over many random data sets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, LassoCV, Ridge
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import OLSInfluence, variance_inflation_factor
from statsmodels.stats.stattools import jarque_bera

from analysis import regression
from benchmarks.verify.table import Table, digits

Floats = NDArray[np.float64]

#: Random data sets that every quantity is compared on.
DATA_SETS = 60
#: Agreement that leaves no doubt that both compute the same.
AGREEMENT = 1e-8
#: Rows, terms, terms with an effect, correlation of neighbours, signal to noise: where the two penalties are compared.
SCENES = ((100, 20, 5, 0.5, 1.0), (1000, 15, 5, 0.5, 0.3), (200, 40, 5, 0.9, 2.0), (100, 20, 0, 0.5, 0.0))
SIMULATIONS = 30


def tables() -> list[Table]:
    """Agreement with statsmodels and scikit-learn, diabetes as published, and the two penalties compared."""
    packages = f"statsmodels {statsmodels.__version__}"
    return [
        Table(
            "regression_statsmodels",
            f"Largest relative difference over {DATA_SETS} random data sets with gaps, ties and unlike scales",
            packages,
            _against_statsmodels(),
            f"relative difference below {AGREEMENT:g}",
        ),
        Table(
            "regression_scikit_learn",
            f"Largest difference of standardised coefficients over {DATA_SETS} random data sets, ÷ the largest of them",
            f"scikit-learn {sklearn.__version__}, tolerance 1e-14",
            _against_scikit_learn(),
            "difference below 1e-6; the same penalty chosen by cross-validation in every data set",
        ),
        Table(
            "regression_diabetes",
            "load_diabetes(): least squares and LASSO at a penalty of 1",
            "scikit-learn's published figures (Efron et al. 2004 data), to the digits published",
            _diabetes(),
            "equal to the last digit published; LASSO within 0.02 (published at the default tolerance)",
        ),
        Table(
            "regression_penalties",
            f"LASSO at the penalty of least error and at one standard error from it, mean of {SIMULATIONS} simulations",
            "planted truth; error: root mean squared, ÷ that of a forecast that knows the truth",
            pd.DataFrame([_scene(*scene) for scene in SCENES]),
        ),
        Table(
            "regression_prediction_intervals",
            "Share of new rows inside their 95 % prediction intervals, 400 data sets of 60 rows",
            "nominal level; `observed` follows the residuals' own shape",
            _prediction_coverage(),
            "the suited interval covers 94 to 96.5 %",
        ),
    ]


def random_frame(seed: int) -> tuple[pd.DataFrame, list[str]]:
    """A table with correlated columns of unlike scales, ties, a two-valued column, a copy, gaps and unequal spread."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(40, 200)), int(rng.integers(2, 6))
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1)) * rng.uniform(0, 2)
    y = 3 + x @ rng.normal(size=p) + rng.standard_t(4, size=n) * (0.3 + np.abs(x[:, 0]))
    frame = pd.DataFrame(x * 10.0 ** rng.integers(-6, 7, size=p), columns=[f"x{i}" for i in range(p)])
    frame["ties"] = rng.poisson(1.5, size=n).astype(float)
    frame["two"] = (rng.random(n) < 0.3).astype(float)
    frame["copy"] = 2 * frame["x0"]
    frame.loc[rng.random(n) < 0.1, "ties"] = np.nan
    frame["group"] = rng.integers(0, max(8, n // 6), size=n)
    return frame.assign(y=np.where(rng.random(n) < 0.05, np.nan, y)), [*frame.columns[: p + 3]]


def difference(ours: Any, theirs: Any) -> float:
    """Largest difference, ÷ the larger of the two sizes; of values that are both 0 but for rounding, none."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    size = np.maximum(np.abs(a), np.abs(b))
    return float(np.max(np.abs(a - b) / np.where(size > 0, size, 1.0)))


def _against_statsmodels() -> pd.DataFrame:
    worst: dict[str, float] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of statsmodels' own loops over rows
        for seed in range(DATA_SETS):
            for name, ours, theirs in pairs(seed):
                worst[name] = max(worst.get(name, 0.0), difference(ours, theirs))
    frame = pd.DataFrame({"quantity": list(worst), "data_sets": DATA_SETS, "largest_difference": list(worst.values())})
    return frame.assign(met=frame["largest_difference"] < AGREEMENT)


def pairs(seed: int) -> Iterator[tuple[str, Any, Any]]:
    """Every quantity by this project and by statsmodels on one data set."""
    frame, columns = random_frame(seed)
    made = regression.design(frame, target="y", columns=columns)
    groups = frame["group"].to_numpy()
    # statsmodels gets the columns as a reader would make them: the copy out, gaps as the median and a mark
    matrix, known = frame[[name for name in columns if name != "copy"]], frame["y"].notna()
    if frame.loc[known, "ties"].isna().any():
        matrix = matrix.assign(mark=frame["ties"].isna().astype(float))
    median = frame.loc[known, "ties"].median()
    exog = sm.add_constant(matrix.fillna({"ties": median})[known].to_numpy(dtype=float))
    scale = np.append(1.0, exog[:, 1:].std(axis=0))  # so that its pseudo-inverse does not drop small columns
    model = sm.OLS(frame.loc[known, "y"].to_numpy(), exog / scale)
    plain = model.fit()
    fit = regression.ols(made, covariance="classical")
    yield "coefficients", fit.table["estimate"], plain.params / scale
    yield "R², adjusted R²", (fit.r_squared, fit.adjusted_r_squared), (plain.rsquared, plain.rsquared_adj)
    yield "F and its p-value", (fit.f, fit.f_p), (plain.fvalue, plain.f_pvalue)
    yield "intervals", fit.table[["low", "high"]].to_numpy(), plain.conf_int() / scale[:, None]
    kinds = ["classical", "HC0", "HC1", "HC2", "HC3"]
    lone = regression.influence(fit).table["leverage"].max() > 1 - 1e-9
    if lone:  # a row alone decides a coefficient: statsmodels divides what rounding left of its residual
        kinds = kinds[:3]
    for kind in kinds:
        theirs = plain if kind == "classical" else model.fit(cov_type=kind, use_t=True)
        ours = regression.ols(made, covariance=kind)  # type: ignore[arg-type]
        yield f"standard errors, {kind}", ours.table["standard_error"], theirs.bse / scale
        if kind == "HC3":
            yield "p-values, HC3", ours.table["p"], theirs.pvalues
            yield "Wald test, HC3", ours.wald, float(np.squeeze(theirs.fvalue))
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups[known]}, use_t=True)
    ours = regression.ols(made, covariance="cluster", clusters=groups)
    yield "standard errors, clustered", ours.table["standard_error"], clustered.bse / scale
    yield "p-values, clustered", ours.table["p"], clustered.pvalues
    yield from _diagnostics(fit, plain, exog, frame, scale, lone=lone)


def _diagnostics(
    fit: regression.LinearFit, plain: Any, exog: Floats, frame: pd.DataFrame, scale: Floats, *, lone: bool
) -> Iterator[tuple[str, Any, Any]]:
    found, theirs = regression.influence(fit).table, OLSInfluence(plain)
    yield "VIF", fit.slopes["vif"], [variance_inflation_factor(exog / scale, i) for i in range(1, exog.shape[1])]
    yield "leverage", found["leverage"], theirs.hat_matrix_diag
    if not lone:
        yield "Cook's distance", found["cook"], theirs.cooks_distance[0]
        yield "studentized residuals", found["studentized"], theirs.resid_studentized_external
        yield "DFFITS", found["dffits"], theirs.dffits[0]
    checks = regression.residual_checks(fit)
    yield (
        "Breusch–Pagan",
        (checks.breusch_pagan, checks.breusch_pagan_p),
        het_breuschpagan(plain.resid, exog / scale)[:2],
    )
    test = jarque_bera(plain.resid)
    yield "Jarque–Bera", (checks.jarque_bera, checks.skewness, checks.kurtosis), (test[0], test[2], test[3])
    guess = fit.predict(frame[frame["y"].notna()])
    limits = plain.get_prediction(exog / scale).summary_frame()
    yield "interval of the mean", guess[["low", "high"]], limits[["mean_ci_lower", "mean_ci_upper"]]
    yield "prediction interval", guess[["single_low", "single_high"]], limits[["obs_ci_lower", "obs_ci_upper"]]


def _against_scikit_learn() -> pd.DataFrame:
    worst = {"ridge": 0.0, "LASSO": 0.0, "LASSO path": 0.0}
    same = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn cannot reach this tolerance where columns are near copies
        for seed in range(DATA_SETS):
            for name, value in penalised_pairs(seed):
                worst[name] = max(worst[name], value)
            same += same_choice(seed)
    frame = pd.DataFrame({"quantity": list(worst), "data_sets": DATA_SETS, "largest_difference": list(worst.values())})
    frame["met"] = frame["largest_difference"] < 1e-6
    chosen = {"quantity": "LassoCV's penalty", "data_sets": DATA_SETS, "same": same, "met": same == DATA_SETS}
    return pd.concat([frame, pd.DataFrame([chosen])], ignore_index=True)


def _standardised(seed: int) -> tuple[regression.Design, Floats, Floats]:
    frame, columns = random_frame(seed)
    made = regression.design(frame, target="y", columns=columns)
    return made, (made.matrix - made.matrix.mean(axis=0)) / made.matrix.std(axis=0), made.response


def penalised_pairs(seed: int) -> Iterator[tuple[str, float]]:
    made, z, y = _standardised(seed)
    settings = {"tol": 1e-14, "max_iter": 100_000}
    lasso = regression.lasso(made, penalty=0.1 * float(y.std()), random_state=0)
    path = lasso.path.pivot(index="penalty", columns="term", values="standardised")[list(made.names)]
    for place in (40, 70, 95):
        penalty = float(path.index[::-1][place])
        theirs = Lasso(alpha=penalty, **settings).fit(z, y).coef_
        yield "LASSO path", _beside(path.loc[penalty], theirs)
    theirs = Lasso(alpha=lasso.penalty, **settings).fit(z, y).coef_
    yield "LASSO", _beside(lasso.slopes["standardised"], theirs)
    for penalty in (0.5, 50.0):
        ours = regression.ridge(made, penalty=penalty, random_state=0).slopes["standardised"]
        yield "ridge", _beside(ours, Ridge(alpha=penalty, solver="svd").fit(z, y).coef_)


def _beside(ours: Any, theirs: Any) -> float:
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return float(np.abs(a - b).max() / (np.abs(b).max() or 1.0))


def same_choice(seed: int) -> bool:
    """Whether LassoCV chooses the same penalty on the same folds and grid (unscaled, as it does not scale in folds)."""
    made, z, y = _standardised(seed)
    scaled = regression.design(
        pd.DataFrame(z, columns=list(made.names)).assign(y=y), target="y", columns=list(made.names)
    )
    fit = regression.lasso(scaled, folds=5, scaled=False, random_state=seed)
    fold_of = np.random.default_rng(seed).permutation(len(y)) % 5
    folds = [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(5)]
    grid = fit.cross_validation["penalty"].to_numpy()
    theirs = LassoCV(alphas=grid, cv=folds, tol=1e-10, max_iter=100_000).fit(z, y)
    # LassoCV weighs folds equally, and here folds differ by a row: what it would choose by rows
    sizes = np.array([len(test) for _, test in folds])
    best = theirs.alphas_[np.argmin(theirs.mse_path_ @ sizes)]
    return bool(abs(fit.penalty - best) <= 1e-9 * best)


def _diabetes() -> pd.DataFrame:
    frame = load_diabetes(as_frame=True).frame
    made = regression.design(frame, target="target", columns=list(frame.columns[:-1]))
    fit = regression.ols(made)
    lasso = regression.lasso(made, penalty=1.0, scaled=False, random_state=0).slopes.set_index("term")["estimate"]
    rows: list[tuple[str, float, float, float]] = [
        ("R²", 0.5177484222, fit.r_squared, 5e-11),
        ("intercept", 152.133484, float(fit.table["estimate"].iloc[0]), 5e-7),
    ]
    for name, published in {"bmi": 367.704, "bp": 6.299, "s5": 307.605}.items():
        rows.append((f"LASSO {name}", published, float(lasso[name]), 0.02))
    others = [name for name in lasso.index if name not in {"bmi", "bp", "s5"}]
    rows.append(("LASSO, all others", 0.0, float(lasso[others].abs().max()), 0.0))
    table = pd.DataFrame(rows, columns=["quantity", "published", "found", "within"])
    table["digits"] = [digits(row.found, row.published) for row in table.itertuples()]
    return table.assign(met=(table["found"] - table["published"]).abs() <= table["within"])


def _scene(n: int, p: int, effects: int, correlation: float, signal: float) -> dict[str, object]:
    found = np.mean([_simulate(n, p, effects, correlation, signal, seed) for seed in range(SIMULATIONS)], axis=0)
    names = ("error_least", "error_one_se", "error_ols", "false_least", "false_one_se", "true_least", "true_one_se")
    scene = {"rows": n, "terms": p, "with_effect": effects, "correlation": correlation, "signal_to_noise": signal}
    return scene | dict(zip(names, found.round(3), strict=True))


def _simulate(n: int, p: int, effects: int, correlation: float, signal: float, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    spread = correlation ** np.abs(np.subtract.outer(np.arange(p), np.arange(p)))
    root = np.linalg.cholesky(spread)
    truth = np.zeros(p)
    if effects:
        truth[np.linspace(0, p - 1, effects).astype(int)] = rng.choice([-1, 1], effects) * rng.uniform(
            0.5, 1.5, effects
        )
    noise = float(np.sqrt(truth @ spread @ truth / signal)) if effects else 1.0
    x, new = rng.normal(size=(n, p)) @ root.T, rng.normal(size=(2000, p)) @ root.T
    names = [f"x{i}" for i in range(p)]
    frame = pd.DataFrame(x, columns=names).assign(y=x @ truth + noise * rng.normal(size=n))
    made, rows = regression.design(frame, target="y", columns=names), pd.DataFrame(new, columns=names)

    def error(guess: Any) -> float:
        return float(np.sqrt(1 + np.mean((np.asarray(guess) - new @ truth) ** 2) / noise**2))

    fits = [regression.lasso(made, choice=choice, random_state=seed) for choice in ("minimum", "one_standard_error")]
    kept = [fit.slopes["kept"].to_numpy(dtype=bool) for fit in fits]
    return [
        *(error(fit.predict(rows)) for fit in fits),
        error(regression.ols(made).predict(rows)["predicted"]),
        *(float((part & (truth == 0)).sum()) for part in kept),
        *(float((part & (truth != 0)).sum()) for part in kept),
    ]


def _prediction_coverage() -> pd.DataFrame:
    noises: dict[str, tuple[Callable[..., Floats], str]] = {
        "normal": (lambda rng, size: rng.normal(size=size), "normal"),
        "skewed (exponential)": (lambda rng, size: rng.exponential(size=size), "observed"),
        "heavy tails (t, 3)": (lambda rng, size: rng.standard_t(3, size=size), "observed"),
    }
    rows = []
    for name, (draw, suited) in noises.items():
        inside = {"normal": 0.0, "observed": 0.0}
        for seed in range(400):
            rng = np.random.default_rng(seed)
            x = rng.normal(size=(160, 2))
            frame = pd.DataFrame(x, columns=["a", "b"]).assign(y=x @ [1.0, -1.0] + draw(rng, 160))
            fit = regression.ols(regression.design(frame.iloc[:60], target="y", columns=["a", "b"]))
            new = frame.iloc[60:]
            for spread in inside:
                guess = fit.predict(new, spread=spread)  # type: ignore[arg-type]
                inside[spread] += float(new["y"].between(guess["single_low"], guess["single_high"]).mean()) / 400
        rows.append({"noise": name, **inside, "suited": suited, "met": 0.94 <= inside[suited] <= 0.965})
    return pd.DataFrame(rows)
