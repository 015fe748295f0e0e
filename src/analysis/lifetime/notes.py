"""What a fit could not do, or where it asks for care: a code for the page, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.lifetime.optimise import Maximum

__all__ = ["FEW_CUSTOMERS", "FEW_REPEATERS", "Note", "notes_of"]

#: Fewer customers, or customers with a repeat purchase, tell four parameters apart only roughly.
FEW_CUSTOMERS, FEW_REPEATERS = 200, 50
#: A parameter this far from 1 (as a factor) is on its way to 0 or infinity, or tells nothing.
_EXTREME = 1e4

_TEXTS = {
    "few_customers": "{value:,.0f} customers are few for this model; the standard errors rest on large samples",
    "few_repeaters": "{value:,.0f} customers with a repeat purchase are few for this model; the standard errors rest "
    "on large samples",
    "not_converged": "the search for the maximum did not settle: another step would still raise the log-likelihood by "
    "about {value:.2g}; do not rely on the estimates",
    "open": "the data leave {about} open: very different values fit as well, so that no standard error is given; "
    "predictions rest on what the data do determine",
    "towards_zero": "the best fit drives {about} towards 0; the estimate is where the search ended",
    "towards_infinity": "the best fit drives {about} towards infinity; the estimate is where the search ended",
    "nobody_leaves": "the model sees hardly any sign that customers leave: it counts {value:.2%} of them as gone",
    "starts_disagree": "{value:.0f} of the starting points ended at a lower likelihood; the highest is reported",
    "penalised": "the estimates are pulled towards 0 by a penalty of {value:g}; the standard errors are those of the "
    "penalised likelihood",
    "mean_infinite": "{about} is {value:.3g}, at or below 1: the mean over customers of what the model describes is "
    "infinite, and totals rest on the customers seen",
}


@dataclass(frozen=True)
class Note:
    """One remark on a fit.

    Attributes
    ----------
    code : str
        few_customers, few_repeaters, not_converged, open, towards_zero, towards_infinity, starts_disagree, penalised,
        nobody_leaves, mean_infinite.
    about : str
        The parameters, or empty.
    value : float
    """

    code: str
    about: str
    value: float

    @property
    def text(self) -> str:
        """The remark in words.

        >>> Note("few_customers", "", 12).text
        '12 customers are few for this model; the standard errors rest on large samples'
        """
        return _TEXTS[self.code].format(about=self.about, value=self.value)


def notes_of(
    found: Maximum, table: pd.DataFrame, *, customers: float, repeaters: float, penalty: float = 0.0
) -> tuple[Note, ...]:
    """What `found` and its table of parameters ask to be said."""
    notes = []
    if customers < FEW_CUSTOMERS:
        notes.append(Note("few_customers", "", customers))
    if repeaters < FEW_REPEATERS:
        notes.append(Note("few_repeaters", "", repeaters))
    if not found.stationary:
        notes.append(Note("not_converged", "", found.gain))
    left_open = table["standard_error"].isna()
    small = (table["estimate"] < 1 / _EXTREME) & (left_open | (table["low"] < table["estimate"] / 100))
    large = (table["estimate"] > _EXTREME) & (left_open | (table["high"] > table["estimate"] * 100))
    for code, rows in (("open", left_open), ("towards_zero", small), ("towards_infinity", large)):
        if rows.any():
            notes.append(Note(code, ", ".join(table.loc[rows, "parameter"]), float(rows.sum())))
    if elsewhere := int((~found.starts["agrees"]).sum()):
        notes.append(Note("starts_disagree", "", elsewhere))
    if penalty:
        notes.append(Note("penalised", "", penalty))
    return tuple(notes)
