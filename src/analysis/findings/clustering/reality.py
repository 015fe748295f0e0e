"""Are the segments real: the verdict in plain words, its checks, and each segment's stability."""

from __future__ import annotations

import pandas as pd

from analysis.clustering import SegmentName, Stability, Verdict
from analysis.clustering.stability import STABLE, UNSTABLE
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, number, percent, term
from analysis.report.wording import message, msgid

__all__ = ["reality"]

_WORDS = msgid(
    {
        "clear": (
            "The {n} customers fall into {k} clear segments: the same segments come back when customers are drawn "
            "again at random, and made-up data without groups shows nothing as clear."
        ),
        "soft": (
            "The {n} customers form {k} segments that are real but have soft edges: they are clearer than in made-up "
            "data without groups and come back when customers are drawn again at random, yet many customers lie "
            "between two."
        ),
        "none": (
            "There are no convincing clusters here: the {k} segments of {n} customers divide a continuum, as age bands "
            "do. Use them to speak about customers, not as kinds of people."
        ),
    }
)


def reality(verdict: Verdict, steadiness: Stability | None, names: tuple[SegmentName, ...]) -> Blocks:
    """The answer, its grounds, and which segments come back."""
    if verdict.level == "too_few" or steadiness is None:
        words = msgid("Whether there are groups cannot be judged with so few different customers.")
        return blocks(Note("not_judged", message(words), "warning"))
    return blocks(
        _verdict(verdict, steadiness, names),
        KeyFigure(
            "stability",
            "Stability of the segments",
            number(steadiness.mean, digits=2),
            "clustering.stability.v2",
            n=steadiness.rows,
            note=message(
                "mean adjusted Rand index of {replicates} bootstrap samples, {level} of which lie between {low} and "
                "{high}; one: always the same segments, zero: as by chance",
                replicates=count(steadiness.replicates),
                level=percent(steadiness.level, digits=0),
                low=number(steadiness.interval[0], digits=2),
                high=number(steadiness.interval[1], digits=2),
            ),
            direction="up",
        ),
        _per_segment(steadiness, names),
        _checks(verdict),
        Note(
            "verdict_rule",
            message(
                "Segments are called convincing if both comparisons with data without groups, or the gap statistic, "
                "speak for them, and silhouette and stability reach their thresholds."
            ),
        ),
        _beside(verdict),
    )


def _verdict(verdict: Verdict, steadiness: Stability, names: tuple[SegmentName, ...]) -> Block:
    weakest, silhouette = steadiness.weakest, _value(verdict, "silhouette")
    claims = {
        "clear": "silhouette >= reasonable and weakest >= stable",
        "soft": "silhouette > substantial and weakest >= doubtful",
        "none": "silhouette <= substantial or weakest < doubtful or agreement < doubtful or grounds == nothing",
    }
    return sentence(
        "verdict",
        _WORDS[verdict.level],
        claim=claims[verdict.level],
        role="lead",
        n=count(int(steadiness.table["customers"].sum())),
        k=count(len(names)),
        silhouette=number(silhouette),
        weakest=number(weakest),
        agreement=number(steadiness.mean),
        substantial=number(0.25),
        reasonable=number(0.5),
        stable=number(STABLE),
        doubtful=number(UNSTABLE),
        grounds=count(int(_references(verdict)) + int(verdict.passed("gap"))),
        nothing=count(0),
    )


def _per_segment(steadiness: Stability, names: tuple[SegmentName, ...]) -> Figure:
    table = steadiness.table
    data = pd.DataFrame(
        {
            "category": [names[segment].term for segment in table["segment"]],
            "estimate": table["jaccard"],
            "low": table["low"],
            "high": table["high"],
            "customers": table["customers"],
        }
    )
    weakest = data.loc[data["estimate"].idxmin()]
    values = {"segment": term(weakest["category"]), "jaccard": number(weakest["estimate"], digits=2)}
    values |= {"stable": number(STABLE), "doubtful": number(UNSTABLE)}
    if weakest["estimate"] >= STABLE:
        title = message("All segments come back in new samples", claim="jaccard >= stable", **values)
    elif weakest["estimate"] >= UNSTABLE:
        claim = "jaccard >= doubtful and jaccard < stable"
        title = message("{segment} come back least surely ({jaccard})", claim=claim, **values)
    else:
        title = message("{segment} often dissolve in new samples ({jaccard})", claim="jaccard < doubtful", **values)
    return Figure(
        "stability_by_segment",
        "interval",
        title,
        message(
            "Mean overlap (Jaccard index) with the most similar segment of {n} bootstrap samples; the line spans the "
            "middle {level} of these samples, which is no confidence interval",
            n=count(steadiness.replicates),
            level=percent(steadiness.level, digits=0),
        ),
        message(
            "One dot a segment; to the right of the line at {stable} a segment is stable, below {doubtful} it should "
            "not be trusted.",
            stable=number(STABLE, digits=2),
            doubtful=number(UNSTABLE, digits=1),
        ),
        data,
        {
            "category": Column("Segment", "term"),
            "estimate": Column("Jaccard index", "number", low="low", high="high", digits=2),
            "customers": Column("Customers", "count"),
        },
        {"reference": STABLE, "reference_label": "stable from here"},
        group_size="customers",
    )


def _checks(verdict: Verdict) -> Table:
    table = pd.DataFrame(
        {
            "check": [f"check_{name}" for name in verdict.table["check"]],
            "value": verdict.table["value"],
            "kind": "number",  # rows of very different size, each with its own decimals
            "threshold": verdict.table["threshold"],
            "outcome": ["outcome_passed" if good else "outcome_not_passed" for good in verdict.table["passed"]],
        }
    )
    columns = {
        "check": Column("Check", "term"),
        "value": Column("Value", "number", kinds="kind"),
        "threshold": Column("Threshold", "number", kinds="kind"),
        "outcome": Column("Outcome", "term"),
    }
    return Table("checks", message("Checks behind the verdict"), table, columns)


def _beside(verdict: Verdict) -> Note | None:
    row = verdict.table[verdict.table["check"] == "steadier"]
    if row.empty or bool(row["passed"].iloc[0]):
        return None
    words = msgid(
        "Data without groups can be cut as reliably (adjusted Rand index up to {highest}, here {here}): stability "
        "alone would not show that segments are real."
    )
    values = {"highest": number(row["threshold"].iloc[0], digits=2), "here": number(row["value"].iloc[0], digits=2)}
    return Note("stability_alone", message(words, claim="here <= highest", **values), "limit")


def _references(verdict: Verdict) -> bool:
    """Whether every kind of data without groups that was compared is rejected."""
    made = verdict.table[verdict.table["check"].isin(["reference", "cloud"])]
    return len(made) > 0 and bool(made["passed"].all())


def _value(verdict: Verdict, check: str) -> float:
    return float(verdict.table.loc[verdict.table["check"] == check, "value"].iloc[0])
