"""Rules about one column: each looks at the distinct texts, never at rows one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cleaning.cells.columns import EMPTY, NONE, CodedColumn, Found, Ints, found_by_value
from analysis.cleaning.cells.distance import near
from analysis.cleaning.cells.kinds import (
    Domain,
    Extract,
    Format,
    Missing,
    NotNull,
    Pattern,
    Range,
    Rule,
    Type,
    Typo,
    Unique,
)
from analysis.cleaning.cells.readings import day_of, not_other_codes, number_of, plain, written

__all__ = ["SINGLE", "nearest_unique"]

Store = dict[str, CodedColumn]
Bools = NDArray[np.bool_]
_TRUTHS = {"yes", "no", "y", "n", "true", "false", "t", "f", "1", "0"}


def _by_text(name: str, column: CodedColumn, texts: Sequence[str | None], wrong: Bools, trust: float) -> Found:
    return found_by_value(name, column, wrong, column.codes_of(texts), trust)


def missing(rule: Missing, store: Store, name: str) -> Found:
    """Texts that only say "missing"."""
    column = store[name]
    tokens = {plain(token) for token in rule.tokens}
    wrong = np.array([plain(text) in tokens for text in column.values], bool)
    return found_by_value(name, column, wrong, np.full(len(wrong), EMPTY), rule.trust)


def not_null(rule: NotNull, store: Store, name: str) -> Found:
    """Gaps."""
    rows = np.flatnonzero(store[name].codes == EMPTY)
    nothing = np.zeros(len(rows), np.int64)
    return Found(name, rows, np.full(len(rows), NONE), np.zeros(len(rows)), nothing, nothing)


def formatted(rule: Format, store: Store, name: str) -> Found:
    """Texts that the steps change."""
    column = store[name]
    remove = re.compile(rule.remove) if rule.remove else None
    texts = [written(text, rule.steps, remove, decimal_mark=rule.decimal_mark) for text in column.values]
    wrong = np.array([new != old for new, old in zip(texts, column.values, strict=True)], bool)
    return _by_text(name, column, texts, wrong, rule.trust)


def pattern(rule: Pattern, store: Store, name: str) -> Found:
    """Texts that the pattern does not match as a whole."""
    column, shape = store[name], re.compile(rule.pattern)
    right = np.array([shape.fullmatch(text) is not None for text in column.values], bool)
    texts: list[str | None] = [None] * len(right)
    for code in np.flatnonzero(~right).tolist():
        text = column.values[code]
        for search, replacement in rule.replace:
            text = re.sub(search, replacement, text)
        texts[code] = text if text and shape.fullmatch(text) else None
    if rule.nearest:
        _take_nearest(rule, column, right, texts)
    return _by_text(name, column, texts, ~right, rule.trust)


def _take_nearest(rule: Pattern, column: CodedColumn, right: Bools, texts: list[str | None]) -> None:
    counts = column.counts()
    targets = np.flatnonzero(right & (counts >= rule.min_count))
    queries = np.flatnonzero(~right & np.array([text is None for text in texts], bool) & (counts > 0))
    chosen, _ = nearest_unique(
        [column.values[i] for i in queries], [column.values[i] for i in targets], max_distance=rule.max_distance
    )
    for query, target in zip(queries.tolist(), chosen.tolist(), strict=True):
        texts[query] = column.values[targets[target]] if target >= 0 else None


def nearest_unique(
    queries: Sequence[str], targets: Sequence[str], *, max_distance: int, max_share: float = 0.5
) -> tuple[Ints, Ints]:
    """Position of the nearest target of each query, -1 where none is near or several are equally near; and the edits.

    >>> nearest_unique(["yxs", "nx", "xx"], ["yes", "no", "na"], max_distance=2)[0].tolist()
    [0, -1, -1]
    """
    chosen, edits = np.full(len(queries), -1), np.zeros(len(queries), np.int64)
    lengths = np.array([len(text) for text in targets], np.int64)
    limits = np.minimum(max_distance, np.maximum(1, (lengths * max_share).astype(np.int64)))
    query, target, apart = near(queries, targets, limits=limits)
    if not len(query):
        return chosen, edits
    least = np.full(len(queries), np.iinfo(np.int64).max)
    np.minimum.at(least, query, apart)
    best = apart == least[query]
    alone = np.bincount(query[best], minlength=len(queries)) == 1
    take = best & alone[query]
    chosen[query[take]], edits[query[take]] = target[take], apart[take]
    return chosen, edits


def domain(rule: Domain, store: Store, name: str) -> Found:
    """Texts that are not on the list; spellings of one that is are repaired, and slips near exactly one."""
    column, allowed = store[name], rule.allowed
    right = np.array([text in set(allowed) for text in column.values], bool)
    meant = {plain(value): value for value in reversed(allowed)}
    meant |= {plain(other): value for value, others in rule.synonyms.items() for other in others}
    texts: list[str | None] = [None if ok else meant.get(plain(t)) for t, ok in zip(column.values, right, strict=True)]
    trust = np.full(len(right), rule.trust)
    if rule.max_distance:
        queries = [code for code in np.flatnonzero(~right).tolist() if texts[code] is None]
        spellings = list(meant)
        chosen, edits = nearest_unique(
            [plain(column.values[code]) for code in queries], spellings, max_distance=rule.max_distance
        )
        for code, target, apart in zip(queries, chosen.tolist(), edits.tolist(), strict=True):
            if target >= 0:
                texts[code] = meant[spellings[target]]
                trust[code] *= 1 - apart / (2 * max(len(spellings[target]), apart))
    return found_by_value(name, column, ~right, column.codes_of(texts), trust)


def in_range(rule: Range, store: Store, name: str) -> Found:
    """Numbers or dates beyond the bounds, and what is neither."""
    column = store[name]
    texts: list[str | None] = [None] * len(column.values)
    wrong = np.zeros(len(texts), bool)
    for code, text in enumerate(column.values):
        value = _measure(rule, text)
        wrong[code] = not _within(rule, value)
        if wrong[code] and isinstance(value, float):
            fits = [value * factor for factor in rule.factors if _within(rule, value * factor)]
            texts[code] = f"{fits[0]:.10g}".replace(".", rule.decimal_mark) if len(fits) == 1 else None
    return _by_text(name, column, texts, wrong, rule.trust)


def _measure(rule: Range, text: str) -> float | str | None:
    if rule.is_date:
        day = day_of(text, date_order=rule.date_order)
        return None if day is None else day.isoformat()
    return number_of(text, units=rule.units, decimal_mark=rule.decimal_mark)


def _within(rule: Range, value: float | str | None) -> bool:
    if value is None:
        return False
    return (rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)  # type: ignore[operator]


def typed(rule: Type, store: Store, name: str) -> Found:
    """Texts that do not read as the type."""
    numbers = {text: number_of(text, decimal_mark=rule.decimal_mark) for text in store[name].values}
    reads: dict[str, Callable[[str], bool]] = {
        "number": lambda text: numbers[text] is not None,
        "integer": lambda text: (value := numbers[text]) is not None and value.is_integer(),
        "date": lambda text: day_of(text, date_order=rule.date_order) is not None,
        "boolean": lambda text: plain(text) in _TRUTHS,
    }
    column = store[name]
    wrong = np.array([not reads[rule.type](text) for text in column.values], bool)
    return found_by_value(name, column, wrong, np.full(len(wrong), NONE), rule.trust)


def unique(rule: Unique, store: Store, name: str) -> Found:
    """Later rows with the key of an earlier one; rows whose key has a gap are not asked."""
    keys = pd.DataFrame({key: store[key].codes for key in rule.columns})
    whole = (keys >= 0).all(axis=1)
    rows = np.flatnonzero((keys.duplicated() & whole).to_numpy())
    nothing = np.zeros(len(rows), np.int64)
    return Found(name, rows, np.full(len(rows), NONE), np.zeros(len(rows)), nothing, nothing)


def typo(rule: Typo, store: Store, name: str) -> Found:
    """Rare texts near a frequent one; two frequent ones equally near leave it open which is meant."""
    column = store[name]
    counts, values = column.counts(), column.values
    wrong, proposals = np.zeros(len(values), bool), np.full(len(values), NONE)
    votes, trust = np.zeros(len(values), np.int64), np.zeros(len(values))
    lengths = np.array([len(text) for text in values], np.int64)
    frequent = np.flatnonzero((counts >= rule.ratio) & (lengths >= rule.min_length))
    most = int(counts.max(initial=0) / rule.ratio)
    rare = np.flatnonzero(
        (counts > 0) & (counts <= min(most, rule.max_count or most)) & (lengths >= rule.min_length)
    )  # fmt: skip
    limits = np.minimum(rule.max_distance, np.maximum(1, (lengths[frequent] * rule.max_share).astype(np.int64)))
    query, target, edits = near([values[i] for i in rare], [values[i] for i in frequent], limits=limits)
    query, target = rare[query], frequent[target]
    keep = (counts[query] * rule.ratio <= counts[target]) & (query != target)
    if not rule.digits:
        keep &= not_other_codes([values[i] for i in query], [values[i] for i in target])
    query, target, edits = query[keep], target[keep], edits[keep]
    # the nearest first, then the most frequent
    order = np.lexsort((-counts[target], edits, query))
    query, target, edits = query[order], target[order], edits[order]
    first = np.r_[True, query[1:] != query[:-1]] if len(query) else np.zeros(0, bool)
    tied = np.zeros(len(query), bool)
    tied[:-1] = ~first[1:] & (edits[1:] == edits[:-1])
    wrong[query] = True
    sure = first & ~tied
    q, t = query[sure], target[sure]
    proposals[q], votes[q] = t, counts[t]
    trust[q] = rule.trust * counts[t] / (counts[t] + counts[q]) * (1 - edits[sure] / (2 * lengths[t]))
    return found_by_value(name, column, wrong, proposals, trust, votes=votes, group=votes + counts)


def extracted(rule: Extract, store: Store, name: str) -> Found:
    """Gaps (or, if asked, all values) whose source column holds what the pattern takes."""
    source, column, search = store[rule.source], store[name], re.compile(rule.pattern)
    hits = [search.search(text) for text in source.values]
    taken = column.codes_of([(hit.group(1) or "").strip() or None if hit else None for hit in hits])
    proposals = np.r_[taken, NONE][source.codes]
    rows = np.flatnonzero((proposals >= 0) & (proposals != column.codes) & (rule.always | (column.codes == EMPTY)))
    nothing = np.zeros(len(rows), np.int64)
    return Found(name, rows, proposals[rows], np.full(len(rows), rule.trust), nothing, nothing)


#: How each kind of rule about one column finds what is wrong in a column.
SINGLE: dict[type[Rule], Callable[..., Found]] = {
    Missing: missing,
    NotNull: not_null,
    Format: formatted,
    Pattern: pattern,
    Domain: domain,
    Range: in_range,
    Type: typed,
    Unique: unique,
    Typo: typo,
    Extract: extracted,
}
