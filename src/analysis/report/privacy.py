"""Small groups: rows that describe too few customers are withheld before anything is drawn, listed or exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.report.formatting import Style

__all__ = ["shown", "without_small_groups"]


def shown(data: pd.DataFrame, group_size: str | None, style: Style) -> tuple[pd.DataFrame, int]:
    """The rows that may be shown, and how many were withheld.

    Parameters
    ----------
    data : DataFrame
    group_size : str or None
        The column that counts the customers behind each row; None where rows are not groups of customers.
    style : Style
        Holds the least size of a group. Empty groups (0 customers) describe nobody and stay.

    Examples
    --------
    >>> rows, withheld = shown(pd.DataFrame({"n": [0, 3, 5]}), "n", Style(min_group_size=5))
    >>> rows["n"].tolist(), withheld
    ([0, 5], 1)
    """
    if group_size is None:
        return data, 0
    sizes = pd.to_numeric(data[group_size], errors="coerce")
    small = sizes.isna() | ((sizes > 0) & (sizes < style.min_group_size))
    return data.loc[~small].reset_index(drop=True), int(small.sum())


def without_small_groups(document: Mapping[str, Any], style: Style) -> dict[str, Any]:
    """A document as JSON, fit to be kept beside published pages: small groups are gone from its data too."""
    items = [_shown_item(item, style) for item in document["items"]]
    return {**document, "items": items}


def _shown_item(item: Mapping[str, Any], style: Style) -> dict[str, Any]:
    block = item.get("block", {})
    if not block.get("group_size"):
        return dict(item)
    data = pd.DataFrame(block["data"]["rows"], columns=block["data"]["columns"], dtype=object)
    kept, _ = shown(data, block["group_size"], style)
    rows = kept.astype(object).where(kept.notna(), None).to_numpy().tolist()
    return {**item, "block": {**block, "data": {"columns": block["data"]["columns"], "rows": rows}}}
