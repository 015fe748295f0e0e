"""Numbers of other packages on seeded data, for `benchmarks.verify.recommendation`.

The packages are not in the lock. In an environment of their own::

    python -m venv peers
    peers/bin/pip install scikit-surprise==1.1.5 implicit==0.7.3 ranx==0.3.21
    peers/bin/python -m benchmarks.simulation.recommendation_peers

writes `recommendation_peers.json` beside this file.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.simulation.preferences import purchases, ranked, rated

RECORD = Path(__file__).with_suffix(".json")
#: Of the factorisations that are compared: factors, λ, α.
SETTINGS = ((8, 5.0, 1.0), (16, 20.0, 4.0))
SMALL = (3000, 500, 60_000)


def surprise() -> dict[str, float]:
    """RMSE of held-out ratings."""
    from surprise import BaselineOnly, Dataset, KNNBaseline, Reader

    data = rated()
    frame = pd.DataFrame({"customer": data.customer, "product": data.product, "value": data.value})[~data.held_out]
    known = Dataset.load_from_df(frame, Reader(rating_scale=(-100, 100))).build_full_trainset()
    base = {"method": "als", "reg_i": 10, "reg_u": 15, "n_epochs": 10}
    models: dict[str, Any] = {"biases": BaselineOnly(bsl_options=base, verbose=False)}
    for name, user_based in (("customer_neighbours", True), ("product_neighbours", False)):
        alike = {"name": "pearson_baseline", "user_based": user_based, "shrinkage": 100}
        models[name] = KNNBaseline(k=40, sim_options=alike, bsl_options=base, verbose=False)
    found = {}
    for name, model in models.items():
        model.fit(known)
        pairs = zip(data.customer[data.held_out], data.product[data.held_out], strict=True)
        off = np.array([model.predict(*pair).est for pair in pairs]) - data.value[data.held_out]
        found[name] = float(np.sqrt(np.mean(off**2)))
    return found


def implicit() -> dict[str, Any]:
    """The loss of factorisations after many sweeps, and a customer's factors for given products' factors."""
    from implicit.als import AlternatingLeastSquares

    counts = sparse.csr_matrix(purchases(*SMALL, tastes=10))
    losses = []
    for size, strength, alpha in SETTINGS:
        # `implicit` takes the confidence itself: what Hu, Koren and Volinsky write as 1 + α r.
        confidence = counts.copy()
        confidence.data = 1 + alpha * counts.data
        model = AlternatingLeastSquares(
            factors=size, regularization=strength, alpha=1.0, iterations=60, use_cg=False, num_threads=1,
            random_state=1, dtype=np.float64,
        )  # fmt: skip
        model.fit(confidence, show_progress=False)
        x, y = np.asarray(model.user_factors), np.asarray(model.item_factors)
        dense = counts.toarray()
        penalty = strength * ((x**2).sum() + (y**2).sum())
        losses.append(float(((1 + alpha * dense) * ((dense > 0) - x @ y.T) ** 2).sum() + penalty))
    return {"losses": losses}


def ranx() -> dict[str, float]:
    """Means of measures of the same lists."""
    from ranx import Qrels, Run, evaluate

    lists, bought = ranked()
    truth = {f"c{i:03d}": {f"p{j}": 1 for j in np.flatnonzero(row)} for i, row in enumerate(bought)}
    run = {f"c{i:03d}": {f"p{j}": float(-rank) for rank, j in enumerate(row)} for i, row in enumerate(lists)}
    names = ["hit_rate@10", "precision@10", "recall@10", "map@10", "ndcg@10"]
    found = evaluate(Qrels(truth), Run(run), names)
    return {name.removesuffix("@10"): float(found[name]) for name in names}


def main() -> None:
    record = {
        "versions": {name: version(name) for name in ("scikit-surprise", "implicit", "ranx")},
        "surprise": surprise(),
        "implicit": implicit(),
        "ranx": ranx(),
    }
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
