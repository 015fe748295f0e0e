"""Parameters of the methods that look ahead: who will buy, what to offer, what customers are worth."""

from __future__ import annotations

from analysis.pipeline.params.types import Level, Replicates, Section, Seed

__all__ = ["Classification", "Lifetime", "Recommendation"]


class Classification(Section):
    """Notebook 08: who will buy again, and how well that can be told."""

    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1


class Recommendation(Section):
    """Notebook 09: what to offer to whom, and whether it beats a list of best sellers."""

    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1


class Lifetime(Section):
    """Notebook 10: what customers are worth in the time to come."""

    level: Level = 0.95
    replicates: Replicates = 1000
    seed: Seed = 1
