"""The summary names an effect only if it stands out after correction and other customers confirm it."""

from __future__ import annotations

import pandas as pd

from analysis.findings import summary
from analysis.report.blocks import Sentence


def test_only_corrected_and_confirmed_effects_are_named() -> None:
    effects = pd.DataFrame(
        {
            "term": ["frequency", "recency_days", "age"],
            "kind": ["log1p", "identity", "identity"],
            "estimate": [1.1, -0.1, 0.2],
            "p_holm": [0.001, 0.083, 0.001],
            "holds": [True, True, None],
        }
    )
    found = summary.foretold({"spend": effects}, {}, alpha=0.05)
    named = [block.message.arguments["features"].value for block in found if isinstance(block, Sentence)]
    assert named == [("frequency",)]
