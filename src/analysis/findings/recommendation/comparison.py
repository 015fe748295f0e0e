"""How many customers would have found something new among their offers: methods beside lists that need no model."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analysis.findings.recommendation.shared import BEYOND, MEASURES, gain, list_term, pick, share
from analysis.recommendation import Study, Verdict
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import count, day, days, listing, percent
from analysis.report.wording import message, msgid

__all__ = ["comparison"]

#: What is said of the best method beside the best list without a model, and the claim that goes with it.
_VERDICTS = msgid(
    {
        "better": "Choosing for each customer is better beyond chance, by {difference} of these customers: the offers "
        "below are made that way ({model}).",
        "same": "A simple list does as well: the difference of {difference} could be chance, so the offers below are "
        "{baseline}, less what the customer owns.",
        "worse": "A simple list does better: choosing for each customer reaches fewer of these customers, beyond "
        "chance ({difference}), so the offers below are {baseline}, less what the customer owns.",
    }
)
_ORDERS = msgid(
    {
        "better": "By the order of the whole list (nDCG), the method that did best on the earlier period ({model}) "
        "gives a better order than {baseline}; the difference is {difference}.",
        "same": "By the order of the whole list (nDCG), the method that did best on the earlier period ({model}) gives "
        "no clearly better or worse order than {baseline}; the difference is {difference}.",
        "worse": "By the order of the whole list (nDCG), the method that did best on the earlier period ({model}) "
        "gives a worse order than {baseline}: what is bought stands lower on the list; the difference is {difference}.",
    }
)
_CLAIMS = {
    "better": "difference.low > 0",
    "same": "difference.low <= 0 and difference.high >= 0",
    "worse": "difference.high < 0",
}
#: Measures whose gains stand beside those in hit rate.
_GAINS = msgid({"recall": "Gain in recall", "ndcg": "Gain in nDCG"})


def comparison(study: Study, verdict: Verdict | None, *, horizon_days: int, level: float) -> Blocks:
    """The answer, the key figures, all methods and measures in one table, and what they say together."""
    nothing = sentence("not_compared", "Without such purchases there is nothing to compare methods by.")
    if study.obstacle is not None:
        return blocks(nothing)
    if verdict is None or study.quality is None or "new" not in study.baseline:
        nobody = sentence(
            "lead",
            "Nobody bought something new to them in the later period, so methods cannot be compared by it.",
            role="lead",
        )
        return blocks(nobody, nothing)
    return blocks(
        _lead(study, verdict, horizon_days, level),
        _verdict(verdict, level),
        _figures(study, verdict, level),
        _hits(study, verdict, level),
        _table(study, level),
        _gains(study, verdict, level),
        _measures(study, verdict, level),
        _afterwards(study, verdict, level),
        _missing(study),
    )


def _evaluated(study: Study, wanted: str = "new") -> int:
    return len(study.evaluations[wanted].customers)  # type: ignore[index]


def _lead(study: Study, verdict: Verdict, horizon_days: int, level: float) -> Block:
    shared = {
        "n": count(_evaluated(study)),
        "length": days(horizon_days),
        "cutoff": day(date.fromisoformat(str(study.cutoff)[:10])),
        "k": count(study.k),
        "base": share(study, verdict.baseline, "hit_rate", level=level),
        "baseline": list_term(verdict.baseline),
    }
    if not verdict.model:
        return sentence(
            "lead",
            "Of {n} customers who bought something new in the {length} from {cutoff} on, {base} would have found at "
            "least one of it among {k} products of one list for all ({baseline}).",
            claim="base >= 0",
            role="lead",
            **shared,
        )
    return sentence(
        "lead",
        "Of {n} customers who bought something new in the {length} from {cutoff} on, {rate} would have found at least "
        "one of it among {k} offers chosen for each ({model}); the best list without a model ({baseline}) reaches "
        "{base}.",
        claim="rate >= 0 and base >= 0",
        role="lead",
        rate=share(study, verdict.model, "hit_rate", level=level),
        model=list_term(verdict.model),
        **shared,
    )


def _verdict(verdict: Verdict, level: float) -> Block:
    baseline = list_term(verdict.baseline)
    if verdict.outcome == "no_model":
        return sentence(
            "verdict",
            "No method could be fitted to what single customers bought, so everybody is offered {baseline}.",
            role="lead",
            baseline=baseline,
        )
    difference = gain({"difference": verdict.difference, "low": verdict.low, "high": verdict.high}, level=level)
    values = {"difference": difference, "model": list_term(verdict.model), "baseline": baseline}
    return sentence("verdict", _VERDICTS[verdict.outcome], claim=_CLAIMS[verdict.outcome], role="lead", **values)


def _figures(study: Study, verdict: Verdict, level: float) -> list[Block]:
    n = _evaluated(study)
    made: list[Block] = [
        KeyFigure(
            "hit_rate",
            "Customers who would have found something new",
            share(study, verdict.offered, "hit_rate", level=level),
            "recommendation.hit_rate.v1",
            n,
            message("among {k} offers: {method}", k=count(study.k), method=list_term(verdict.offered)),
            "up",
        )
    ]
    if verdict.model:
        difference = {"difference": verdict.difference, "low": verdict.low, "high": verdict.high}
        made.append(
            KeyFigure(
                "gain",
                "Gain of choosing for each customer",
                gain(difference, level=level),
                "recommendation.gain.v1",
                n,
                message(
                    "{model} less {baseline}", model=list_term(verdict.model), baseline=list_term(verdict.baseline)
                ),
                "up",
            )
        )
    return made


def _rows(study: Study, wanted: str) -> pd.DataFrame:
    """One row a method: measures side by side with their bounds, in falling order of the hit rate."""
    assert study.quality is not None and study.methods is not None
    table = study.quality[study.quality["wanted"] == wanted]
    wide = table.pivot(index="method", columns="measure", values=["estimate", "low", "high"])
    rows = pd.DataFrame({"method": wide.index})
    for measure in (*MEASURES, *BEYOND, "own_share"):
        rows[measure] = wide["estimate", measure].to_numpy(dtype=float)
        rows[f"{measure}_low"] = wide["low", measure].to_numpy(dtype=float)
        rows[f"{measure}_high"] = wide["high", measure].to_numpy(dtype=float)
    kinds = study.methods[study.methods["wanted"] == wanted].set_index("method")["kind"]
    rows["kind"] = [f"kind_{kinds[method]}" for method in rows["method"]]
    rows["name"] = [f"list_{method}" for method in rows["method"]]
    return rows.sort_values(["hit_rate", "name"], ascending=[False, True], kind="stable", ignore_index=True)


def _hits(study: Study, verdict: Verdict, level: float) -> Block:
    rows = _rows(study, "new")
    best = rows.iloc[0]
    data = rows.rename(
        columns={"name": "category", "hit_rate": "estimate", "hit_rate_low": "low", "hit_rate_high": "high"}
    )
    reference = float(pick(study.quality, wanted="new", method=verdict.baseline, measure="hit_rate")["estimate"])
    return Figure(
        "hits",
        "interval",
        message(
            "Most customers: {method}, {rate}; best list without a model: {base}",
            claim="rate >= base",
            method=list_term(str(best["method"])),
            rate=percent(float(best["hit_rate"]), digits=0),
            base=percent(reference, digits=0),
        ),
        message(
            "Share of {n} customers who would have found something new to them among {k} offers, {level} intervals",
            n=count(_evaluated(study)),
            k=count(study.k),
            level=percent(level),
        ),
        "One dot a method with its interval, the largest share first; a dashed line stands at the best list without a "
        "model. Whiskers share the luck of the draw, so overlapping ones can still differ; the next chart shows "
        "differences.",
        data[["category", "kind", "estimate", "low", "high"]],
        {
            "category": Column("Method", "term"),
            "kind": Column("Looks at the customer", "term"),
            "estimate": Column("Hit rate", "percent", low="low", high="high", digits=1),
        },
        {"reference": reference, "reference_label": "best list without a model"},
    )


def _table(study: Study, level: float) -> Block:
    rows = _rows(study, "new")
    columns = {"name": Column("Method", "term"), "kind": Column("Looks at the customer", "term")}
    for measure, label in MEASURES.items():
        columns[measure] = Column(label, "percent", low=f"{measure}_low", high=f"{measure}_high", digits=1)
    columns["coverage"] = Column("Coverage", "percent", digits=1)
    columns["novelty"] = Column("Novelty", "number", low="novelty_low", high="novelty_high", unit="bits", digits=1)
    columns["diversity"] = Column("Diversity", "percent", low="diversity_low", high="diversity_high", digits=0)
    columns["own_share"] = Column("Places filled itself", "percent", digits=0)
    bounds = [bound for column in columns.values() for bound in (column.low, column.high) if bound]
    caption = message(
        "All methods and lists without a model, {k} offers, {n} customers, {level} intervals",
        k=count(study.k),
        n=count(_evaluated(study)),
        level=percent(level),
    )
    return Table("methods", caption, rows[[*columns, *bounds]], columns, order="by hit rate")


def _gains(study: Study, verdict: Verdict, level: float) -> Block | None:
    assert study.differences is not None
    table = study.differences[study.differences["wanted"] == "new"]
    hit = table[table["measure"] == "hit_rate"].set_index("method")
    if hit.empty:
        return None
    data = pd.DataFrame({"method": hit.index, "category": [f"list_{method}" for method in hit.index]})
    for name, part in (("estimate", "difference"), ("low", "low"), ("high", "high")):
        data[name] = hit[part].to_numpy(dtype=float)
    columns = {
        "category": Column("Method", "term"),
        "estimate": Column("Gain in hit rate", "points", low="low", high="high", digits=1),
    }
    for measure, label in _GAINS.items():
        other = table[table["measure"] == measure].set_index("method").reindex(hit.index)
        for end, part in (("", "difference"), ("_low", "low"), ("_high", "high")):
            data[f"{measure}{end}"] = other[part].to_numpy(dtype=float)
        columns[measure] = Column(label, "points", low=f"{measure}_low", high=f"{measure}_high", digits=2)
    data = data.sort_values(["estimate", "category"], ascending=[False, True], kind="stable")
    above = int((data["low"] > 0).sum())
    return Figure(
        "gains",
        "interval",
        message(
            "{above} of {n} methods reach more customers than {baseline}, beyond chance"
            if above
            else "No method reaches more customers than {baseline}, beyond chance",
            claim="above > 0" if above else "above == 0",
            above=count(above),
            n=count(len(data)),
            baseline=list_term(verdict.baseline),
        ),
        message(
            "Difference in hit rate from the best list without a model ({baseline}), the same {n} customers, {level} "
            "intervals, not corrected for the number of methods",
            baseline=list_term(verdict.baseline),
            n=count(_evaluated(study)),
            level=percent(level),
        ),
        "One dot a method: right of zero it reaches more customers than the best list without a model.",
        data.drop(columns="method"),
        columns,
        {"reference": 0, "reference_label": "no gain"},
    )


def _measures(study: Study, verdict: Verdict, level: float) -> Block | None:
    """Whether the other measures of accuracy say the same as the hit rate."""
    if not verdict.model:
        return None
    ndcg = pick(study.differences, wanted="new", method=verdict.model, measure="ndcg")
    found = "better" if float(ndcg["low"]) > 0 else "worse" if float(ndcg["high"]) < 0 else "same"
    return sentence(
        "by_order",
        _ORDERS[found],
        claim=_CLAIMS[found],
        model=list_term(verdict.model),
        baseline=list_term(verdict.baseline),
        difference=gain(ndcg, level=level),
    )


def _afterwards(study: Study, verdict: Verdict, level: float) -> Block | None:
    """A method that came out ahead on the later period alone: seen after the fact."""
    assert study.differences is not None and study.methods is not None
    table = study.differences
    kinds = study.methods[study.methods["wanted"] == "new"].set_index("method")["kind"]
    rows = table[(table["wanted"] == "new") & (table["measure"] == "hit_rate")]
    rows = rows[[kinds[method] == "model" for method in rows["method"]]]
    if rows.empty:
        return None
    best = rows.loc[rows["difference"].idxmax()]
    if best["method"] == verdict.model or float(best["low"]) <= 0:
        return None
    return sentence(
        "afterwards",
        "On the later period {method} would have reached more still ({difference} above {baseline}). That was seen "
        "afterwards, so some of it is luck: the next period shows whether it stays.",
        claim="difference.low > 0",
        method=list_term(str(best["method"])),
        difference=gain(best, level=level),
        baseline=list_term(verdict.baseline),
    )


def _missing(study: Study) -> Block | None:
    """Methods that the data does not allow."""
    assert study.methods is not None
    there = set(study.methods["method"])
    lacking = [name for name in ("recent_popularity", "trend", "rules") if name not in there]
    if not lacking:
        return None
    names = listing(f"list_{name}" for name in lacking)
    return Note("lacking_methods", message("Not possible with this data: {methods}.", methods=names), "limit")
