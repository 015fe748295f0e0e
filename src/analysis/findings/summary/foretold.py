"""What goes with later spend and satisfaction, and how well they can be foretold."""

from __future__ import annotations

import pandas as pd

from analysis.findings.summary.drawn import Figures, flagged, taken_over
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import count, listing
from analysis.report.wording import message

__all__ = ["foretold"]

_OUTCOMES = {
    "spend": "later spend",
    "orders": "the number of later orders",
    "satisfaction": "later satisfaction",
}
#: Features named in one sentence.
NAMED = 4


def foretold(effects: dict[str, pd.DataFrame], regression: Figures, *, alpha: float) -> Blocks:
    """For each later outcome: the features that other customers confirmed, and the error beside no model.

    Parameters
    ----------
    effects : dict of str to DataFrame
        By outcome id, the regression notebook's table of effects: term, estimate, p_holm, holds.
    regression : mapping
        Its key figures.
    alpha : float
        An effect is named if its Holm-corrected p lies below this and other customers confirm it.
    """
    if not effects:
        words = "Nothing could be said about later spend or satisfaction: the regression page says why."
        return blocks(Note("nothing_foretold", message(words), "warning"))
    return blocks(*(_outcome(name, table, regression, alpha) for name, table in effects.items()))


def _outcome(name: str, table: pd.DataFrame, regression: Figures, alpha: float) -> list[Block]:
    held = flagged(table[(table["kind"] != "missing") & (table["p_holm"] < alpha)], "holds")
    found: list[Block] = list(taken_over(regression, f"{name}_error_against_baseline"))
    for sign, words in ((1, "higher"), (-1, "lower")):
        some = held[held["estimate"] * sign > 0].head(NAMED)
        if len(some):
            found.append(_going_with(f"{name}_{words}", some["term"], f"{words} {_OUTCOMES[name]}"))
    if held.empty:
        words = f"No single feature goes with {_OUTCOMES[name]} in a way that other customers confirm."
        found.append(Note(f"{name}_nothing", message(words), "limit"))
    return found


def _going_with(id: str, features: pd.Series, outcome: str) -> Block:
    each = "each" if len(features) > 1 else "it"
    words = f"{{features}}: more of {each} goes with {outcome}, all else alike, and other customers confirm it."
    return sentence(id, words, claim="n > none", features=listing(features), n=count(len(features)), none=count(0))
