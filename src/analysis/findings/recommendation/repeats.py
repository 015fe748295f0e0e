"""Products bought again: lists that may hold what the customer owns, beside the plain list of what was bought most."""

from __future__ import annotations

import pandas as pd

from analysis.findings.recommendation.shared import MEASURES, gain, list_term, pick, share
from analysis.recommendation import Study, Verdict
from analysis.report.blocks import Block, Blocks, Column, Note, Table, blocks, sentence
from analysis.report.values import count, percent
from analysis.report.wording import message, msgid

__all__ = ["repeats"]

#: What is said of the best method beside the best list without a model, and the claim that goes with it.
_VERDICTS = msgid(
    {
        "better": "For any products, choosing by other customers and products ({model}, right for {rate}) foretells it "
        "better than the best list without a model: {baseline}, right for {base}; the difference is {difference}.",
        "same": "For any products, choosing by other customers and products ({model}, right for {rate}) does no better "
        "than the best list without a model: {baseline}, right for {base}; the difference is {difference}.",
        "worse": "For any products, choosing by other customers and products ({model}, right for {rate}) does worse "
        "than the best list without a model: {baseline}, right for {base}; the difference is {difference}.",
    }
)
_CLAIMS = {
    "better": "difference.low > 0",
    "same": "difference.low <= 0 and difference.high >= 0",
    "worse": "difference.high < 0",
}


def repeats(study: Study, verdict: Verdict | None, *, level: float) -> Blocks:
    """How often the next purchase is one made before, and whose lists foretell it."""
    if verdict is None or study.quality is None or study.users is None:
        return blocks(sentence("again_none", "Nothing was measured, so lists of any products cannot be compared."))
    return blocks(_how_many(study, level), _verdict(study, verdict, level), _table(study, level), _two_lists(study))


def _how_many(study: Study, level: float) -> Block:
    assert study.users is not None
    codes = study.users[study.users["wanted"] == "any"].set_index("code")["customers"]
    back, only = int(codes["came_back"]), int(codes["only_again"])
    return sentence(
        "again_customers",
        "Of {back} customers who came back, {only} bought nothing new to them. Lists of any products, which may repeat "
        "what the customer owns, are judged by everything that they bought.",
        claim="only <= back",
        back=count(back),
        only=count(only),
    )


def _verdict(study: Study, verdict: Verdict, level: float) -> Block:
    baseline = list_term(verdict.baseline)
    base = share(study, verdict.baseline, "hit_rate", level=level, wanted="any")
    if not verdict.model:
        return sentence(
            "again_verdict",
            "The best list without a model, {baseline}, would have held something bought by {base}.",
            claim="base >= 0",
            baseline=baseline,
            base=base,
        )
    rate = share(study, verdict.model, "hit_rate", level=level, wanted="any")
    found = pick(study.differences, wanted="any", method=verdict.model, measure="hit_rate")
    return sentence(
        "again_verdict",
        _VERDICTS[verdict.outcome],
        claim=_CLAIMS[verdict.outcome],
        model=list_term(verdict.model),
        rate=rate,
        baseline=baseline,
        base=base,
        difference=gain(found, level=level),
    )


def _table(study: Study, level: float) -> Block:
    assert study.quality is not None
    rows = study.quality[study.quality["wanted"] == "any"]
    parts = []
    for measure in ("hit_rate", "recall", "ndcg"):
        part = rows[rows["measure"] == measure].set_index("method")[["estimate", "low", "high"]]
        parts.append(part.rename(columns={"estimate": measure, "low": f"{measure}_low", "high": f"{measure}_high"}))
    table = pd.concat(parts, axis=1)
    table["name"] = [f"list_{method}" for method in table.index]
    table = table.sort_values(["hit_rate", "name"], ascending=[False, True], kind="stable").reset_index(drop=True)
    columns = {"name": Column("Method", "term")} | {
        measure: Column(MEASURES[measure], "percent", low=f"{measure}_low", high=f"{measure}_high", digits=1)
        for measure in ("hit_rate", "recall", "ndcg")
    }
    caption = message(
        "Lists that may repeat what the customer owns, by all later purchases: {k} products, {level} intervals",
        k=count(study.k),
        level=percent(level),
    )
    return Table("again_methods", caption, table, columns, order="by hit rate")


def _two_lists(study: Study) -> Block:
    words = message(
        "To foretell what is bought again needs no model and sells nothing that would not be bought anyway: use the "
        "plain list as a reminder (order again), and keep offers for products that are new to the customer."
    )
    return Note("again_use", words)
