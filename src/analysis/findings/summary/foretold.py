"""What goes with later spend and satisfaction, and how well they can be foretold."""

from __future__ import annotations

import pandas as pd

from analysis.findings.summary.drawn import Figures, flagged, taken_over
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, listing
from analysis.report.wording import message, msgid, phrase

__all__ = ["foretold"]

_OUTCOMES = msgid(
    {
        "spend": "later spend",
        "orders": "the number of later orders",
        "satisfaction": "later satisfaction",
    }
)
#: What goes with an outcome, by its direction, for one feature and for several.
_GOES = msgid(
    {
        "higher": (
            "{features}: more of it goes with higher {outcome}, all else alike, and other customers confirm it.",
            "{features}: more of each goes with higher {outcome}, all else alike, and other customers confirm it.",
        ),
        "lower": (
            "{features}: more of it goes with lower {outcome}, all else alike, and other customers confirm it.",
            "{features}: more of each goes with lower {outcome}, all else alike, and other customers confirm it.",
        ),
    }
)
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
        nothing = message("Nothing could be said about later spend or satisfaction: the regression page says why.")
        return blocks(Note("nothing_foretold", nothing, "warning"))
    return blocks(*(_outcome(name, table, regression, alpha) for name, table in effects.items()))


def _outcome(name: str, table: pd.DataFrame, regression: Figures, alpha: float) -> list[Block]:
    held = flagged(table[(table["kind"] != "missing") & (table["p_holm"] < alpha)], "holds")
    found: list[Block] = list(taken_over(regression, f"{name}_error_against_baseline"))
    outcome = phrase(_OUTCOMES[name])
    for sign, direction in ((1, "higher"), (-1, "lower")):
        some = held[held["estimate"] * sign > 0].head(NAMED)
        if len(some):
            found.append(_going_with(name, direction, some["term"], outcome))
    if held.empty:
        none = message("No single feature goes with {outcome} in a way that other customers confirm.", outcome=outcome)
        found.append(Note(f"{name}_nothing", none, "limit"))
    return found


def _going_with(name: str, direction: str, features: pd.Series, outcome: Value) -> Block:
    return sentence(
        f"{name}_{direction}",
        _GOES[direction][len(features) > 1],
        claim="n > none",
        features=listing(features),
        outcome=outcome,
        n=count(len(features)),
        none=count(0),
    )
