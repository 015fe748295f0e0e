"""The question: what counts as the event that is to be foretold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classification.columns import floats, kind_of
from analysis.errors import AnalysisError

__all__ = ["Event", "Outcome", "Remark"]

Floats = NDArray[np.float64]
Event = Literal["above", "not_above"]


@dataclass(frozen=True)
class Remark:
    """Something that happened to a column, a cut-off or a model, and the figure behind it.

    Obstacles (nothing could be fitted): no_rows, one_class (value: the share of the event), too_few_events (value:
    the fewer of events and others in the rows that `other` names, `train` or `test`), no_columns.

    Rows: target_missing (value: rows left out), sampled (`column`: train or test, value: rows used, `other`: rows that
    there are), purged (`column`: the cut-off whose label window ends after the test cut-off), single_cutoff (judged on
    held-out customers of the same period; `other`: too_few_events where there are earlier cut-offs, too poor to teach),
    shared_customers (value: test customers that are also in the training rows, at earlier cut-offs), origin_skipped
    (`column`: cut-off, `other`: why).

    Columns: not_usable (`other`: why), constant, all_missing, infinite (value: how many values became gaps), log
    (value: skewness), indicator (value: gaps filled with the median, and a term of their own), pooled (value: levels
    taken together as other), too_many_levels (value: levels), days (a date became days before the cut-off), undated
    (the same at every cut-off: when it was known cannot be seen), ahead (tells the coming label well, and the past one
    less well; value: AUC, `other`: AUC of the past label).

    Models: not_converged, no_baseline (`other`: the column that is not there), no_odds_ratios (`other`: too_few_events
    or separated), terms_left_out (of the odds ratios, as made of others or separating; value: how many), recalibrated
    (`other`: platt or isotonic), scores_lack (`other`: columns).
    """

    code: str
    column: str = ""
    value: float = 0.0
    other: str = ""


@dataclass(frozen=True)
class Outcome:
    """The label of a customer at a cut-off: 1 where the event comes, 0 where it does not, NaN where that is unknown.

    Parameters
    ----------
    column : str
        Measured strictly after the cut-off: `target_orders`, `target_amount`, or a column of zeros and ones.
    above : float or None
        The event is a value above this; None for a column that holds zeros and ones.
    event : "above" or "not_above"
        `not_above` turns the question round: churn is that `target_orders` is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> later = pd.DataFrame({"target_orders": [2, 0, None]})
    >>> Outcome("target_orders").label(later).tolist()
    [1.0, 0.0, nan]
    >>> Outcome("target_orders", event="not_above").label(later).tolist()
    [0.0, 1.0, nan]
    """

    column: str
    above: float | None = 0.0
    event: Event = "above"

    @property
    def last_column(self) -> str:
        """Name of the column that says the same of the period of equal length before the cut-off."""
        return self.column.replace("target_", "previous_", 1)

    def label(self, frame: pd.DataFrame) -> Floats:
        """The label of each row.

        Raises
        ------
        AnalysisError
            If the column is absent, is no number, or holds other values than 0 and 1 where `above` is None.
        """
        return self._label(frame, self.column)

    def last(self, frame: pd.DataFrame) -> Floats | None:
        """The label of the period before the cut-off, or None where the table does not have it."""
        name = self.last_column
        if name == self.column or name not in frame.columns or kind_of(frame[name]) != "number":
            return None
        return self._label(frame, name)

    def _label(self, frame: pd.DataFrame, name: str) -> Floats:
        if name not in frame.columns:
            raise AnalysisError(
                f"classification: the table has no column {name}; it has {', '.join(map(str, frame.columns))}"
            )
        column = frame[name]
        if kind_of(column) not in ("number", "nothing"):
            raise AnalysisError(f"classification: {name} holds {column.dtype}, and a label needs numbers or 0 and 1")
        values = floats(column) if kind_of(column) == "number" else np.full(len(column), np.nan)
        if self.above is None:
            if strange := sorted(set(values[~np.isnan(values)].tolist()) - {0.0, 1.0}):
                raise AnalysisError(
                    f"classification: {name} holds {strange[0]:g}, and a label is 0 or 1; say which values count with "
                    "`above`"
                )
            hits = values
        else:
            hits = np.where(np.isnan(values), np.nan, values > self.above)
        return np.asarray(1 - hits if self.event == "not_above" else hits, dtype=float)
