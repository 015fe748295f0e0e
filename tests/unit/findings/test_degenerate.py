"""Pages 02 and 03 on data that no method suits: said in words, never a traceback or a silent NaN."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from tests.translated import left_in_english

from analysis import correlation, description
from analysis.findings import correlation as correlation_findings
from analysis.findings import description as description_findings
from analysis.report.blocks import Blocks, blocks
from analysis.report.page import fragment


def customers(n: int, **columns: object) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    orders = generator.poisson(2, n) + 1
    spend = np.round(orders * generator.lognormal(3, 1, n), 2)
    frame = pd.DataFrame({
        "customer_key": np.arange(1, n + 1), "frequency": orders, "monetary": spend,
        "average_order_value": spend / orders, "recency_days": generator.integers(1, 300, n),
        "tenure_days": generator.integers(300, 600, n), "satisfaction": generator.integers(1, 6, n).astype(float),
    })  # fmt: skip
    return frame.assign(**columns)


TABLES = {
    "one customer": customers(1),
    "two customers": customers(2),
    "three customers": customers(3),
    "eight customers": customers(8),
    "twelve customers": customers(12),
    "perfect order in eight": customers(8, tenure_days=np.arange(8), recency_days=np.arange(8)),
    "all constant": customers(40).assign(
        frequency=2, monetary=10.0, average_order_value=5.0, recency_days=7, tenure_days=9, satisfaction=3.0
    ),
    "all missing": customers(40, satisfaction=np.nan, recency_days=np.nan, tenure_days=pd.NA),
    "one value known": customers(40, satisfaction=[4.0] + [np.nan] * 39),
    "infinite": customers(40, satisfaction=np.inf, recency_days=[np.inf, -np.inf] * 20),
    "text": customers(40, satisfaction="good", recency_days=[str(day) for day in range(40)]),
    "no money spent": customers(40, monetary=0.0, average_order_value=0.0),
    "enormous": customers(40).assign(monetary=lambda table: table["monetary"] * 1e300),
    "tiny": customers(40).assign(monetary=lambda table: table["monetary"] * 1e-300),
    "negative": customers(40).assign(monetary=lambda table: -table["monetary"]),
    "objects": customers(40).astype({"monetary": object, "satisfaction": object}),
    "never in common": customers(
        40, satisfaction=[1.0, 2] * 10 + [np.nan] * 20, recency_days=[np.nan] * 20 + [3, 4] * 10
    ),
}


def description_page(table: pd.DataFrame) -> Blocks:
    """What notebook 02 shows of customers."""
    options = {"replicates": 60, "random_state": 1}
    value, currency = "monetary", True
    top = {by: description.top_group(table, value=value, by=by) for by in (value, "average_order_value")}
    average = {"by": "average_order_value", "orders": "frequency"}
    names = [name for name in table.columns if not name.endswith("_key")]
    shown = [name for name in names if np.isfinite(pd.to_numeric(table[name], errors="coerce").astype(float)).any()]
    return blocks(
        description_findings.spending(description.spending(table, **options)),
        description_findings.concentration(description.concentration(table[value], **options), currency=currency),
        description_findings.groups(
            description.deciles(table, value=value), top, currency=currency,
            by_average=description.deciles(table, value=value, **average),
        ),
        description_findings.column_histograms({name: description.histogram(table[name]) for name in shown}),
        description_findings.summary(description.numeric_summary(table, names, **options)),
    )  # fmt: skip


def correlation_page(table: pd.DataFrame) -> Blocks:
    """What notebook 03 shows of customers."""
    names = [name for name in table.columns if not name.endswith("_key")]
    common = {"interval": "percentile", "replicates": 60, "random_state": 1}
    usable, _ = correlation.usable_columns(table, names)
    confirmation = correlation.confirm(table, names, **common)
    held_up = confirmation.table[confirmation.table["confirmed"]]
    partials = correlation.partial_pairs(table, held_up, controls=["frequency", "tenure_days"], method="spearman")
    result = correlation.correlate(table, names, methods=["spearman", "pearson", "kendall"], **common)
    half = correlation.halves(table["customer_key"], random_state=1)
    found, checked = (
        correlation.dependence(table[part], usable, permutations=99, random_state=1) for part in (half, ~half)
    )
    return blocks(
        correlation_findings.confirmed(confirmation),
        correlation_findings.shapes(correlation.pair_shapes(table, held_up)),
        correlation_findings.partials(partials),
        correlation_findings.matrix(result, method="spearman"),
        correlation_findings.all_pairs(result),
        correlation_findings.hidden(found, checked),
    )


def words_of(page: Blocks) -> str:
    names = [block.id for block in page]
    assert len(names) == len(set(names)), "two blocks of one id"
    html = fragment(page)
    text = re.sub(r"<style.*?</style>|href=\"data:[^\"]*\"", "", html, flags=re.S)
    return re.sub(r"<[^>]+>", " ", text)


@pytest.mark.parametrize("case", list(TABLES))
@pytest.mark.parametrize("page", [description_page, correlation_page])
def test_pages_of_unsuitable_data(page, case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = page(TABLES[case])
        words = words_of(found)
    assert left_in_english(found) == []
    assert not re.search(r"\b(nan|None|inf|NaT|<NA>)\b", words), case


@pytest.mark.parametrize(
    ("case", "page", "said"),
    [
        ("two customers", correlation_page, "Only 2 customers in common"),
        ("two customers", description_page, "Too few values for an interval"),
        ("all constant", correlation_page, "The same for everyone"),
        ("all constant", description_page, "The same value for everyone"),
        ("all missing", correlation_page, "Without any value"),
        ("all missing", description_page, "Without any value"),
        ("infinite", correlation_page, "Infinite values"),
        ("infinite", description_page, "Infinite values"),
        ("text", correlation_page, "No numbers"),
        ("text", description_page, "No numbers"),
        ("never in common", correlation_page, "Only 0 customers in common"),
        ("no money spent", description_page, "cannot be said"),
        ("negative", description_page, "not negative"),
    ],
)
def test_what_does_not_apply_is_said(case, page, said):
    assert said in re.sub(r"\s+", " ", words_of(page(TABLES[case])))
