"""How well can a rating be foretold, and better than by means?

The ratings are divided once: by time where they are dated (train strictly before a day, test from it on), else by a
seeded draw. Options are chosen by dividing the training part in the same way again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.bootstrap import column_means, column_means_less, intervals, root_means, root_means_less
from analysis.errors import AnalysisError
from analysis.recommendation.evaluation import Bootstrap
from analysis.recommendation.interactions import as_day
from analysis.recommendation.ratings import Biases, Ratings, biases, factor_forecasts, neighbour_forecasts
from analysis.recommendation.study import Remark

__all__ = ["RATING_BASELINES", "RATING_METHODS", "RatingStudy", "rating_study"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

RATING_BASELINES = ("mean", "product_mean", "customer_mean")
RATING_METHODS = (*RATING_BASELINES, "biases", "customer_neighbours", "product_neighbours", "factors")
#: Fewer ratings than this in either part, and nothing is measured.
FEWEST = 20
#: Multiplications beyond which neighbours are left out.
MOST_PRODUCTS = 5e9

_SHRINKAGE = ((15.0, 10.0), (5.0, 5.0), (50.0, 25.0))
_NEIGHBOURS = ((40, 100.0), (40, 25.0), (20, 100.0))
_FACTORS = ((4, 10.0), (8, 10.0), (8, 30.0), (8, 3.0))


@dataclass(frozen=True)
class RatingStudy:
    """The answer, or the reason why there is none.

    Attributes
    ----------
    obstacle : Remark or None
        no_ratings, too_few_ratings (value: how many), constant_ratings (value): tables are then empty.
    remarks : tuple of Remark
        no_products (ratings are of the shop: only customers can differ), no_customers (nobody is named),
        one_rating_each (hardly anybody rated twice before the split, so customers cannot differ),
        repeated (value: ratings of a customer and product beyond the one kept), not_numbers (value: left out),
        too_many (value: neighbours would cost so many multiplications).
    split : {"time", "random"} or None
    counts : dict
        train, test, customers, products, known_customers and known_products (test ratings whose customer or product
        was rated before), mean.
    choices : DataFrame
        method, options, rmse, best: inside the training part.
    errors : DataFrame
        method, kind, options, measure ("rmse" or "mae"), estimate, low, high, n.
    differences : DataFrame
        method, baseline, measure, difference (below 0 the method is better), low, high.
    chosen : str
        The method with the lowest error inside the training part.
    baseline : str
        The mean with the lowest error on the test part itself: the hardest to beat.
    """

    obstacle: Remark | None = None
    remarks: tuple[Remark, ...] = ()
    split: Literal["time", "random"] | None = None
    counts: dict[str, float] = field(default_factory=dict)
    choices: pd.DataFrame | None = None
    errors: pd.DataFrame | None = None
    differences: pd.DataFrame | None = None
    chosen: str = ""
    baseline: str = ""


def rating_study(
    frame: pd.DataFrame,
    *,
    rating: str = "rating",
    customer: str | None = "customer_key",
    product: str | None = "product_id",
    day: str | None = None,
    cutoff: date | str | None = None,
    test_share: float = 0.2,
    replicates: int = 1000,
    level: float = 0.95,
    random_state: int,
) -> RatingStudy:
    """Compare forecasts of ratings on ratings that they were not fitted to.

    Parameters
    ----------
    frame : DataFrame
        One row a rating.
    rating, customer, product : str
        Names of columns; without a customer (anonymous reviews) or product (ratings of the shop) that side is None.
    day : str, optional
        When it was given; then the split is by time.
    cutoff : date, optional
        First day of the test part; by default the day from which on `test_share` of the ratings lie.
    test_share : float
        Of the ratings, for a random split or where no cut-off is given.
    replicates, level, random_state
        Of the bootstrap, which draws customers with all their ratings.

    Returns
    -------
    RatingStudy

    Raises
    ------
    AnalysisError
        If a column is missing or the share does not lie between 0.05 and 0.5.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> who, what = generator.integers(0, 40, 600), generator.integers(0, 12, 600)
    >>> value = np.clip((3 + who % 3 - what % 2 + generator.normal(0, 0.5, 600)).round(), 1, 5)
    >>> found = rating_study(
    ...     pd.DataFrame({"customer_key": who, "product_id": what, "rating": value}), replicates=200, random_state=1)
    >>> found.split, found.baseline, found.chosen
    ('random', 'customer_mean', 'product_neighbours')
    """
    if not 0.05 <= test_share <= 0.5:
        raise AnalysisError(f"rating_study: test_share must lie between 0.05 and 0.5; got {test_share}")
    rows, remarks = _read(frame, rating, customer, product, day)
    if not len(rows):
        return RatingStudy(Remark("no_ratings"), remarks)
    if np.ptp(rows["value"].to_numpy()) == 0:
        return RatingStudy(Remark("constant_ratings", float(rows["value"].iloc[0])), remarks)
    train, test, kind = _divide(rows, None if cutoff is None else as_day(cutoff, "cutoff"), test_share, random_state)
    if min(len(train), len(test)) < FEWEST:
        return RatingStudy(Remark("too_few_ratings", len(rows)), remarks)
    sides = _sides(train, customer, product)
    remarks += tuple(Remark(code) for code in sides.remarks)
    methods = {name for name in RATING_METHODS if sides.allow(name)}
    known, _ = _coded(train, test)
    if methods & {"customer_neighbours", "product_neighbours"} and (cost := _cost(known)) > MOST_PRODUCTS:
        methods -= {"customer_neighbours", "product_neighbours"}
        remarks += (Remark("too_many", cost),)
    inner = _divide(train, None, test_share, random_state)
    choices = _choose(inner[0], inner[1], methods, sides, random_state)
    best = choices[choices["best"]].set_index("method")["place"]
    forecasts = {
        name: value
        for name, place, _, value in _forecasts(train, test, methods, sides, random_state)
        if place == best.get(name, 0)
    }
    result = RatingStudy(None, remarks, kind, _counts(train, test), choices.drop(columns="place"))
    return _judged(result, test, forecasts, customer, Bootstrap(replicates, level, random_state))


@dataclass(frozen=True)
class _Sides:
    """Which differences can be told apart: those of customers, those of products."""

    customers: bool
    products: bool
    remarks: tuple[str, ...]

    def allow(self, method: str) -> bool:
        """Whether a method has what it needs."""
        return {
            "mean": True, "product_mean": self.products, "customer_mean": self.customers,
            "biases": self.customers or self.products,
        }.get(method, self.customers and self.products)  # fmt: skip


def _sides(train: pd.DataFrame, customer: str | None, product: str | None) -> _Sides:
    remarks = []
    if product is None:
        remarks.append("no_products")
    if customer is None:
        remarks.append("no_customers")
    # A customer can be told from the others only where a second rating says so: a tenth of the ratings, at least.
    again = customer is not None and train["customer"].duplicated().mean() >= 0.1
    if customer is not None and not again:
        remarks.append("one_rating_each")
    return _Sides(again, product is not None, tuple(remarks))


def _read(
    frame: pd.DataFrame, rating: str, customer: str | None, product: str | None, day: str | None
) -> tuple[pd.DataFrame, tuple[Remark, ...]]:
    """Columns value, customer, product and (where dated) day, sorted, each customer and product once a day."""
    wanted = [name for name in (rating, customer, product, day) if name is not None]
    if missing := [name for name in wanted if name not in frame.columns]:
        there = ", ".join(map(str, frame.columns))
        raise AnalysisError(f"rating_study: no column {', '.join(missing)}; there are {there}")
    value = pd.to_numeric(frame[rating], errors="coerce").astype(float)
    rows = pd.DataFrame({"value": value.where(np.isfinite(value))})
    rows["customer"] = np.arange(len(frame)) if customer is None else frame[customer].to_numpy()
    rows["product"] = 0 if product is None else frame[product].to_numpy()
    if day is not None:
        rows["day"] = pd.to_datetime(frame[day]).to_numpy()
    complete = rows.dropna()
    remarks = [Remark("not_numbers", len(rows) - len(complete))] if len(complete) < len(rows) else []
    ordered = complete.sort_values([*(["day"] if day else []), "customer", "product", "value"], kind="stable")
    # Of the shop everything is one product: each rating then stands for itself.
    once = ordered if product is None else ordered.drop_duplicates(["customer", "product"], keep="last")
    if len(once) < len(ordered):
        remarks.append(Remark("repeated", len(ordered) - len(once)))
    return once.reset_index(drop=True), tuple(remarks)


def _divide(
    rows: pd.DataFrame, cutoff: np.datetime64 | None, share: float, random_state: int
) -> tuple[pd.DataFrame, pd.DataFrame, Literal["time", "random"]]:
    if "day" in rows.columns:
        at = rows["day"].iloc[int(len(rows) * (1 - share))].normalize() if cutoff is None else pd.Timestamp(cutoff)
        before = (rows["day"] < at).to_numpy()
        if cutoff is not None or before.any():
            return rows[before].reset_index(drop=True), rows[~before].reset_index(drop=True), "time"
    order = np.random.default_rng(random_state).permutation(len(rows))
    count = round(len(rows) * share)
    test, train = np.sort(order[:count]), np.sort(order[count:])
    return rows.iloc[train].reset_index(drop=True), rows.iloc[test].reset_index(drop=True), "random"


def _coded(train: pd.DataFrame, test: pd.DataFrame) -> tuple[Ratings, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Training ratings with codes, a pair rated more than once at its mean, and the test pairs (−1 where unknown)."""
    customer, customers = pd.factorize(train["customer"], sort=True)
    product, products = pd.factorize(train["product"], sort=True)
    pairs = pd.DataFrame({"c": customer, "p": product, "v": train["value"]}).groupby(["c", "p"], sort=True)["v"].mean()
    codes = [pairs.index.get_level_values(level).to_numpy(dtype=np.intp) for level in ("c", "p")]
    known = Ratings(codes[0], codes[1], pairs.to_numpy(dtype=float), (len(customers), len(products)))
    wanted = pd.Index(customers).get_indexer(test["customer"]), pd.Index(products).get_indexer(test["product"])
    return known, wanted


def _cost(known: Ratings) -> float:
    return float(sum((np.bincount(code).astype(float) ** 2).sum() for code in (known.customer, known.product)))


def _forecasts(
    train: pd.DataFrame, test: pd.DataFrame, methods: set[str], sides: _Sides, random_state: int
) -> Iterator[tuple[str, int, str, Floats]]:
    """Method, number and text of its options, and forecasts within the scale of the training ratings."""
    known, (who, what) = _coded(train, test)
    low, high = known.value.min(), known.value.max()
    first = _biases(known, sides, *_SHRINKAGE[0])

    def around(of: Literal["customers", "products"], k: int, shrinkage: float) -> Floats:
        return neighbour_forecasts(known, first, who, what, of=of, neighbours=k, shrinkage=shrinkage)

    def by_factors(size: int, strength: float) -> Floats:
        return factor_forecasts(known, first, who, what, size=size, regularisation=strength, random_state=random_state)

    def mean_of(side: str) -> Floats:
        one = biases(
            known,
            customer_shrinkage=0.0 if side == "customer" else None,
            product_shrinkage=0.0 if side == "product" else None,
        )
        return one.forecast(who, what)

    offers: dict[str, tuple[tuple[Any, ...], str, Callable[..., Floats]]] = {
        "mean": (((),), "", lambda: np.full(len(test), known.value.mean())),
        "product_mean": (((),), "", lambda: mean_of("product")),
        "customer_mean": (((),), "", lambda: mean_of("customer")),
        "biases": (_SHRINKAGE, "shrinkage {} and {}", lambda *pair: _biases(known, sides, *pair).forecast(who, what)),
        "customer_neighbours": (_NEIGHBOURS, "neighbours {}, shrinkage {}", lambda *pair: around("customers", *pair)),
        "product_neighbours": (_NEIGHBOURS, "neighbours {}, shrinkage {}", lambda *pair: around("products", *pair)),
        "factors": (_FACTORS, "size {}, regularisation {}", by_factors),
    }
    for name in RATING_METHODS:
        if name in methods:
            options, text, forecast = offers[name]
            for place, pair in enumerate(options):
                yield name, place, text.format(*pair), np.clip(forecast(*pair), low, high)


def _biases(known: Ratings, sides: _Sides, customer: float, product: float) -> Biases:
    return biases(
        known,
        customer_shrinkage=customer if sides.customers else None,
        product_shrinkage=product if sides.products else None,
    )


def _choose(
    train: pd.DataFrame, test: pd.DataFrame, methods: set[str], sides: _Sides, random_state: int
) -> pd.DataFrame:
    columns = ["method", "options", "rmse", "place"]
    rows = []
    if len(train) >= FEWEST and len(test) >= FEWEST:
        for name, place, text, forecast in _forecasts(train, test, methods, sides, random_state):
            error = float(np.sqrt(np.mean((forecast - test["value"].to_numpy()) ** 2)))
            rows.append((name, text, error, place))
    table = pd.DataFrame(rows, columns=columns)
    order = table.sort_values("rmse", kind="stable")
    return table.assign(best=table.index.isin(order.drop_duplicates("method").index))


def _counts(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    return {
        "train": len(train),
        "test": len(test),
        "customers": train["customer"].nunique(),
        "products": train["product"].nunique(),
        "known_customers": int(test["customer"].isin(train["customer"]).sum()),
        "known_products": int(test["product"].isin(train["product"]).sum()),
        "mean": float(train["value"].mean()),
    }


def _judged(
    result: RatingStudy, test: pd.DataFrame, forecasts: Mapping[str, Floats], customer: str | None, draws: Bootstrap
) -> RatingStudy:
    """Errors on the test part with intervals, and paired differences to the best mean there."""
    names, actual = list(forecasts), test["value"].to_numpy()
    off = np.column_stack([forecasts[name] - actual for name in names])
    root = np.sqrt((off**2).mean(axis=0))
    hardest = min((name for name in names if name in RATING_BASELINES), key=lambda name: root[names.index(name)])
    others = [place for place, name in enumerate(names) if name != hardest]
    base = [names.index(hardest)] * len(others)
    squares, sizes = slice(0, len(names)), slice(len(names), 2 * len(names))
    asked = {"rmse": root_means(squares), "mae": column_means(sizes)}
    if others:
        asked["rmse_less"] = root_means_less(squares, others, base)
        asked["mae_less"] = column_means_less(sizes, others, base)
    together = customer is not None and test["customer"].duplicated().any()
    found = intervals(
        np.column_stack([off**2, np.abs(off)]), asked, replicates=draws.replicates, level=draws.level,
        random_state=draws.random_state, method="auto", groups=test["customer"] if together else None,
    )  # fmt: skip
    table = result.choices
    assert table is not None  # made by `rating_study`
    options = dict(table.loc[table["best"], ["method", "options"]].to_numpy())
    errors, apart = [], []
    for measure in ("rmse", "mae"):
        item = found[measure]
        for place, name in enumerate(names):
            kind = "baseline" if name in RATING_BASELINES else "model"
            bounds = (item.estimate[place], item.low[place], item.high[place])
            errors.append((name, kind, options.get(name, ""), measure, *bounds, len(test)))
        for place, other in enumerate(others):
            gap = found[f"{measure}_less"]
            apart.append((names[other], hardest, measure, gap.estimate[place], gap.low[place], gap.high[place]))
    best = table.sort_values("rmse", kind="stable")["method"]
    return replace(
        result,
        errors=pd.DataFrame(errors, columns=["method", "kind", "options", "measure", "estimate", "low", "high", "n"]),
        differences=pd.DataFrame(apart, columns=["method", "baseline", "measure", "difference", "low", "high"]),
        chosen=str(best.iloc[0]) if len(best) else hardest,
        baseline=hardest,
    )
