"""Customers whose chance to buy is known, and the features of a whole profile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

__all__ = ["AS_OF", "HORIZON", "features_of", "noisy", "scores", "shop"]

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("notebooks", "params", "dvc.yaml", "requirements.lock", "pyproject.toml")
#: Day before which the simulated data end, and the length of a label window.
AS_OF, HORIZON = date(2025, 1, 1), 90


def scores(seed: int, n: int, base: float = 0.3) -> tuple[Floats, Floats]:
    """Labels, and the probabilities that made them."""
    rng = np.random.default_rng(seed)
    p = expit(logit(base) + 1.3 * rng.normal(size=n))
    return (rng.random(n) < p).astype(float), p


def noisy(seed: int, n: int, base: float) -> tuple[Floats, Floats]:
    """Labels, and probabilities that are right but for noise."""
    y, p = scores(seed, n, base)
    return y, expit(logit(p) + 0.5 * np.random.default_rng([seed, 1]).normal(size=n))


def shop(seed: int, customers: int, *, signal: float) -> pd.DataFrame:
    """Customers at four cut-offs, with the probability that made their label."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(scale=0.3, size=customers)
    parts = []
    for back in (4, 3, 2, 1):
        recency, visits = rng.exponential(60, customers).round(), rng.gamma(1.5, 4, customers)
        chance = expit(signal * (0.6 - 1.2 * (np.log1p(recency) - 3.6) + 2.0 * (visits > 6) + taste))
        parts.append(
            pd.DataFrame({
                "customer_key": np.arange(customers), "cutoff": AS_OF - timedelta(days=HORIZON * back),
                "recency_days": recency, "visits": visits, "noise": rng.normal(size=customers), "chance": chance,
                "target_orders": (rng.random(customers) < chance).astype(int),
            })
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def features_of(profile: str, folder: Path, *, raw: dict[str, Path] | None = None) -> Path:
    """Copy the project into a new folder, run a profile's stages there up to its features, and say where these are.

    `raw` names files to be found under data/raw; what a profile generates is generated.
    """
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "src").symlink_to(ROOT / "src")
    for name, path in (raw or {}).items():
        (folder / "data" / "raw").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "raw" / name).symlink_to(path)
    chosen = ["--profile", profile]
    for stage in (
        ["notebooks"],
        ["inputs", *chosen],
        ["ingest", *chosen],
        ["run", "cleaning", *chosen],
        ["features", *chosen],
    ):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "analysis", *stage], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{profile}, {' '.join(stage)}:\n{done.stdout}{done.stderr}")
    return folder / "build" / profile / "features"
