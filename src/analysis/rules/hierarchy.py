"""Categories above products: baskets seen one or more levels up, and rules that mix levels.

Source: Srikant and Agrawal (1995), "Mining generalized association rules", VLDB, 407-419: a basket holds, beside its
products, every category they belong to; an itemset never holds an item and its own category, whose rule would be
trivial; and a rule stays only if it says more than its category's rule leads one to expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.errors import AnalysisError
from analysis.rules.baskets import Baskets
from analysis.rules.generation import Rules, members_of

__all__ = ["CATEGORY_MARK", "Hierarchy", "generalise", "hierarchy", "interesting", "mixes_levels", "roll_up"]

#: Follows the name of a category among names of products, where a rule mixes levels.
CATEGORY_MARK = " (category)"

Rule = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Hierarchy:
    """Where each product stands in the tree of categories.

    Attributes
    ----------
    paths : mapping of item id to tuple of str
        Categories of the product, widest first; products without a category are absent.
    depth : int
        Levels of the deepest path; 0 where no product has a category.
    without : int
        Products without a category.
    several : int
        Products that stand in more than one category in the data; the one with most rows counts, ties by text.
    """

    paths: Mapping[Any, tuple[str, ...]]
    depth: int
    without: int
    several: int


def hierarchy(
    frame: pd.DataFrame,
    *,
    item: str = "product_id",
    category: str = "category",
    separator: str = ">",
    max_levels: int | None = None,
    exclude: Iterable[str] = (),
) -> Hierarchy:
    """The tree of categories that rows of (product, category) tell.

    Parameters
    ----------
    frame : DataFrame
        Rows with a product and its category; a category is a path such as "Garden > Birds", or a single name.
    item, category : str
        Names of columns.
    separator : str
        What stands between the levels of a path; blanks around it do not count.
    max_levels : int, optional
        Levels to keep, the widest first.
    exclude : iterable of str
        Products to leave out.

    Returns
    -------
    Hierarchy

    Raises
    ------
    AnalysisError
        If a column is missing or the separator is empty.

    Examples
    --------
    >>> rows = pd.DataFrame({"product_id": ["seeds", "mug"], "category": ["Garden > Birds", "Kitchen"]})
    >>> hierarchy(rows).paths["seeds"], hierarchy(rows).depth
    (('Garden', 'Birds'), 2)
    """
    if missing := [name for name in (item, category) if name not in frame.columns]:
        raise AnalysisError(f"categories need the column(s) {', '.join(missing)}; there are {', '.join(frame.columns)}")
    if not separator.strip():
        raise AnalysisError("separator (between the levels of a category) must hold a character that is no blank")
    left_out = {str(name) for name in exclude}
    rows = frame.loc[frame[item].notna(), [item, category]]
    rows = rows[~rows[item].astype(str).isin(left_out)]
    counted = rows.groupby([item, category], sort=True, observed=True).size().reset_index(name="rows")
    counted["path"] = [_path(text, separator, max_levels) for text in counted[category]]
    counted = counted[counted["path"].map(len) > 0]
    counted = counted.groupby([item, "path"], sort=True)["rows"].sum().reset_index()
    best = counted.sort_values([item, "rows", "path"], ascending=[True, False, True], kind="stable")
    first = best.drop_duplicates(item)
    paths = dict(zip(first[item], first["path"], strict=True))
    return Hierarchy(
        paths,
        depth=max(map(len, paths.values()), default=0),
        without=int(rows[item].nunique() - len(paths)),
        several=int((best.groupby(item).size() > 1).sum()),
    )


def roll_up(data: Baskets, tree: Hierarchy, *, level: int) -> Baskets:
    """The same baskets as sets of categories.

    Parameters
    ----------
    data : Baskets
        Of products.
    tree : Hierarchy
    level : int
        1 for the widest categories; a product whose path is shorter stands under its last category. Products without a
        category are in no column, and a basket of such products alone is empty, but still counts as a basket.

    Returns
    -------
    Baskets
        Amounts are those of all the category's products in the basket. What was set aside stays aside.

    Raises
    ------
    AnalysisError
        If `level` is below 1.
    """
    if level < 1:
        raise AnalysisError(f"level (of categories) must be at least 1, got {level}")
    paths = [tree.paths.get(item, ())[:level] for item in data.items.tolist()]
    nodes = sorted({path for path in paths if path})
    belongs = _membership([{path} for path in paths], nodes)
    matrix = _distinct(data.matrix, belongs)
    return replace(
        data,
        matrix=matrix,
        items=_ids(nodes),
        labels=_labels(nodes),
        table=data.table.assign(size=np.diff(matrix.indptr)),
        amounts=None if data.amounts is None else data.amounts @ belongs,
    )


def generalise(data: Baskets, tree: Hierarchy) -> Baskets:
    """Baskets that hold, beside their products, every category of these, for rules that mix levels.

    Parameters
    ----------
    data : Baskets
        Of products.
    tree : Hierarchy

    Returns
    -------
    Baskets
        Columns of products as before, then one for each category; `parent` says which column is the next wider
        category of which. Sizes stay those in products.
    """
    paths = [tree.paths.get(item, ()) for item in data.items.tolist()]
    nodes = sorted({path[:k] for path in paths for k in range(1, len(path) + 1)})
    place = {node: len(paths) + code for code, node in enumerate(nodes)}
    belongs = _membership([{path[:k] for k in range(1, len(path) + 1)} for path in paths], nodes)
    above = [place.get(path, -1) for path in paths] + [place.get(node[:-1], -1) for node in nodes]
    return replace(
        data,
        matrix=sparse.hstack([data.matrix, _distinct(data.matrix, belongs)], format="csr"),
        items=np.concatenate([data.items, _ids(nodes)]),
        labels=(*data.labels, *[label + CATEGORY_MARK for label in _labels(nodes)]),
        amounts=None if data.amounts is None else sparse.hstack([data.amounts, data.amounts @ belongs], format="csr"),
        parent=np.array(above, dtype=np.int64),
    )


def mixes_levels(rules: Rules) -> np.ndarray:
    """Whether a rule holds both a product and a category, bool, shape (n_rules,)."""
    n_products = _products(rules.baskets)
    members = np.column_stack([rules.antecedents, rules.consequents])
    return np.asarray(((members >= 0) & (members < n_products)).any(axis=1) & (members >= n_products).any(axis=1))


def interesting(rules: Rules, *, factor: float = 1.1) -> np.ndarray:
    """Whether each rule says more than the rule about its wider categories leads one to expect.

    A rule is interesting if it has no interesting ancestor, or if, against each of the nearest of these, its support or
    its confidence is at least `factor` times what is expected. An ancestor has one or more items replaced by their
    category. Expected are the ancestor's support times the item's share of its category, for each item replaced, and
    the ancestor's confidence times the same for items of the consequent (Srikant and Agrawal, 1995, section 2.1).

    Parameters
    ----------
    rules : Rules
        Mined in baskets that `generalise` made.
    factor : float
        1 or more; R in the source.

    Returns
    -------
    ndarray of bool, shape (n_rules,)

    Raises
    ------
    AnalysisError
        If `factor` is below 1.
    """
    if not factor >= 1:
        raise AnalysisError(f"factor (of interest) must be at least 1, got {factor}")
    parent = rules.baskets.parent
    if parent is None or not len(rules):
        return np.ones(len(rules), dtype=bool)
    keys: list[Rule] = list(zip(members_of(rules.antecedents), members_of(rules.consequents), strict=True))
    row_of = {key: row for row, key in enumerate(keys)}
    height = _heights(parent)
    generality = np.array([sum(int(height[item]) for item in (*a, *c)) for a, c in keys])
    verdict = np.zeros(len(rules), dtype=bool)
    support, confidence = (rules.figures[name].to_numpy() for name in ("support", "confidence"))
    counts = rules.baskets.item_counts
    for row in np.lexsort((np.arange(len(keys)), -generality)):
        verdict[row] = all(
            support[row] >= factor * support[other] * share or confidence[row] >= factor * confidence[other] * right
            for other, share, right in _nearest(keys[row], row_of, verdict, parent, counts)
        )
    return verdict


def _nearest(
    rule: Rule, row_of: Mapping[Rule, int], verdict: np.ndarray, parent: np.ndarray, counts: np.ndarray
) -> Iterator[tuple[int, float, float]]:
    """Nearest interesting ancestors: row, share of support expected, share of confidence expected."""
    waiting, seen = [(rule, 1.0, 1.0)], {rule}
    while waiting:
        current, share, right = waiting.pop()
        for above, side, part in _one_step_up(current, parent, counts):
            if above in seen:
                continue
            seen.add(above)
            expected = (share * part, right * (part if side else 1.0))
            row = row_of.get(above)
            if row is not None and verdict[row]:
                yield row, *expected
            else:
                waiting.append((above, *expected))


def _one_step_up(rule: Rule, parent: np.ndarray, counts: np.ndarray) -> Iterator[tuple[Rule, int, float]]:
    """Rules with one item replaced by its category: rule, side (0 antecedent, 1 consequent), item's share of it."""
    for side, members in enumerate(rule):
        for item in members:
            above = int(parent[item])
            if above < 0 or above in rule[0] or above in rule[1]:
                continue
            changed = tuple(sorted(above if member == item else member for member in members))
            lifted = (changed, rule[1]) if side == 0 else (rule[0], changed)
            yield lifted, side, float(counts[item] / counts[above])


def _products(data: Baskets) -> int:
    """Number of columns that are products: categories are the parents, and stand behind them."""
    if data.parent is None or not (data.parent >= 0).any():
        return len(data.items)
    return int(data.parent[data.parent >= 0].min())


def _heights(parent: np.ndarray) -> np.ndarray:
    """Levels below each column, at least; 0 for products."""
    height = np.zeros(len(parent), dtype=np.int64)
    for _ in range(len(parent)):
        raised = height.copy()
        child = parent >= 0
        np.maximum.at(raised, parent[child], height[child] + 1)
        if np.array_equal(raised, height):
            break
        height = raised
    return height


def _path(text: Any, separator: str, max_levels: int | None) -> tuple[str, ...]:
    if not isinstance(text, str):
        text = "" if pd.isna(text) else str(text)
    parts = [" ".join(part.split()) for part in text.split(separator.strip())]
    return tuple(part for part in parts if part)[:max_levels]


def _membership(groups: list[set[tuple[str, ...]]], nodes: list[tuple[str, ...]]) -> sparse.csr_array:
    """Which product (row) belongs to which category (column)."""
    place = {node: code for code, node in enumerate(nodes)}
    rows = [row for row, group in enumerate(groups) for _ in sorted(path for path in group if path)]
    columns = [place[path] for group in groups for path in sorted(path for path in group if path)]
    ones = np.ones(len(rows))
    return sparse.csr_array((ones, (rows, columns)), shape=(len(groups), len(nodes)))


def _distinct(matrix: sparse.csr_array, belongs: sparse.csr_array) -> sparse.csr_array:
    held = sparse.csr_array(matrix.astype(np.int32) @ belongs.astype(np.int32))
    held.sort_indices()
    return held.astype(bool)


def _ids(nodes: list[tuple[str, ...]]) -> np.ndarray:
    return np.array([" > ".join(node) for node in nodes], dtype=object)


def _labels(nodes: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The last name of each path, or the whole path where two end alike."""
    last = pd.Series([node[-1] for node in nodes], dtype=object)
    return tuple(
        " > ".join(node) if twice else node[-1] for node, twice in zip(nodes, last.duplicated(keep=False), strict=True)
    )
