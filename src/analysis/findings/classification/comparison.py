"""How well each model foretells a later period, beside guesses that need no model: the lead, the figures, the table."""

from __future__ import annotations

import pandas as pd

from analysis.classification import Verdict
from analysis.findings.classification.answer import Answer
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Table, blocks
from analysis.report.values import Value, count, listing, number, percent, term
from analysis.report.wording import msgid

__all__ = ["MEASURES", "comparison", "model_term"]

#: Measures in the order of their columns.
MEASURES = msgid({"average_precision": "PR-AUC", "roc_auc": "ROC-AUC", "brier": "Brier score", "log_loss": "Log loss"})
_BASELINES = frozenset({"prevalence", "recency", "last_period"})
_KINDS = msgid({"model": "Models", "baseline": "Without a model"})
#: Decimals of measures.
_DIGITS = 3


def model_term(name: str) -> str:
    """The term id of a model or baseline."""
    return f"baseline_{name}" if name in _BASELINES else f"model_{name}"


def comparison(answer: Answer) -> Blocks:
    """The verdict in words, the chosen model in figures, and all models and baselines in one table."""
    if not answer.known:
        return blocks()
    verdict = answer.verdict
    return blocks(
        _verdict(answer, verdict),
        _figures(answer),
        _probabilities(answer),
        _chart(answer, verdict),
        _table(answer, verdict),
        _choice(answer),
    )


def measured(answer: Answer, model: str, measure: str) -> Value:
    """A measure of a model with its interval."""
    row = answer.comparison.value(model, measure)
    return number(float(row["estimate"]), float(row["low"]), float(row["high"]), level=answer.level, digits=_DIGITS)


def _verdict(answer: Answer, verdict: Verdict) -> Block:
    """Whether a model beats the best guess without one; each branch claims what it says."""
    other = float(answer.comparison.value(verdict.baseline, verdict.measure)["estimate"])
    arguments = {
        "model": term(model_term(verdict.chosen)),
        "baseline": term(model_term(verdict.baseline)),
        "measure": term(f"measure_{verdict.measure}"),
        "value": measured(answer, verdict.chosen, verdict.measure),
        "other": number(other, digits=_DIGITS),
        "gap": number(verdict.difference, verdict.low, verdict.high, level=answer.level, digits=_DIGITS),
        "beaters": count(len(verdict.beaters)),
        "none": count(0),
    }
    if verdict.beats:
        words = msgid(
            "The {model} foretells better than any simple guess who will {will}: {measure} {value}, against {other} "
            "for “{baseline}”, {better} better."
        )
        arguments["better"] = percent(verdict.better)
        claim = "better > none and (gap.low > 0 or gap.high < 0)"
    elif verdict.beaters:
        words = msgid(
            "The {model}, chosen before the test period, does not clearly foretell better than “{baseline}” who will "
            "{will}: {measure} {value} against {other}. In the test period {others} did better; whether that lasts "
            "must show in the next one."
        )
        arguments["others"] = listing(model_term(name) for name in verdict.beaters)
        claim = "beaters > none"
    elif verdict.low <= 0 <= verdict.high:
        words = msgid(
            "No model clearly foretells better than “{baseline}” who will {will}: the {model} has {measure} {value} "
            "against {other}, a difference that could be chance. The simple guess is enough."
        )
        claim = "gap.low <= 0 and gap.high >= 0 and beaters == none"
    else:
        words = msgid(
            "No model foretells better than “{baseline}” who will {will}: the {model} does worse, {measure} {value} "
            "against {other}. Use the simple guess."
        )
        claim = "(gap.low > 0 or gap.high < 0) and beaters == none"
    return answer.sentence("verdict", words, claim=claim, role=answer.role, **arguments)


def _figures(answer: Answer) -> list[Block]:
    """Key figures: all of them for the question that leads the page, the first for one told in short."""
    n = answer.n_test
    chosen = answer.message("{model}, test period", model=term(model_term(answer.chosen)))
    figures: list[Block] = [
        KeyFigure(
            answer.block(name), answer.message("{measure}, {short}", measure=term(f"measure_{name}")),
            measured(answer, answer.chosen, name), answer.metric(name), n, chosen,
            "down" if name == "brier" else "up",
        )
        for name in ("average_precision", "roc_auc", "brier")
    ]  # fmt: skip
    if answer.brief:
        return figures[:1]
    return [*_against(answer), *figures]  # what needs no knowledge of measures comes first


def _against(answer: Answer) -> list[Block]:
    """What the model gains over the best guess, and over the date of the last order alone."""
    found, model = answer.comparison, term(model_term(answer.chosen))
    baseline = found.best_baseline("brier")
    row, base = found.difference(answer.chosen, baseline, "brier"), float(found.value(baseline, "brier")["estimate"])
    ends = [float(row[part]) / base for part in ("difference", "low", "high")]
    compared = answer.message("Brier score, compared with: {baseline}", baseline=term(model_term(baseline)))
    figures: list[Block] = [
        KeyFigure(
            answer.block("error_against_baseline"), answer.message("Error of the chances against no model, {short}"),
            percent(*ends, level=answer.level), answer.metric("error_against_baseline"), answer.n_test, compared,
            "down",
        )
    ]  # fmt: skip
    if (found.differences["baseline"] == "recency").any():
        row = found.difference(answer.chosen, "recency", "average_precision")
        ends = [float(row[part]) for part in ("difference", "low", "high")]
        beyond = answer.message("{model} less “{guess}”", model=model, guess=term("baseline_recency"))
        figures.append(
            KeyFigure(
                answer.block("over_recency"), answer.message("PR-AUC gained, {short}"),
                number(*ends, level=answer.level, digits=_DIGITS), answer.metric("over_recency"), answer.n_test, beyond,
                "up",
            )
        )  # fmt: skip
    return figures


def _probabilities(answer: Answer) -> Block:
    """Whether the probabilities themselves, not only their order, beat the share that everybody would get."""
    row = answer.comparison.difference(answer.chosen, "prevalence", "brier")
    skill = float(answer.comparison.value(answer.chosen, "brier")["skill"])
    better, worse = float(row["high"]) < 0, float(row["low"]) > 0
    if better:
        claim = "difference.high < 0"
        words = msgid(
            "The probabilities of the {model} are closer to what came than one and the same chance for everybody: "
            "Brier score {brier}, a skill of {skill}."
        )
    elif worse:
        claim = "difference.low > 0"
        words = msgid(
            "The probabilities of the {model} are further from what came than one and the same chance for everybody: "
            "Brier score {brier}, a skill of {skill}."
        )
    else:
        claim = "difference.low <= 0 and difference.high >= 0"
        words = msgid(
            "The probabilities of the {model} are not clearly closer to what came than one and the same chance for "
            "everybody: Brier score {brier}, a skill of {skill}."
        )
    return answer.sentence(
        "probabilities",
        words,
        claim=claim,
        model=term(model_term(answer.chosen)),
        brier=measured(answer, answer.chosen, "brier"),
        skill=percent(skill),
        difference=number(*(float(row[part]) for part in ("difference", "low", "high")), level=answer.level),
    )


def _wide(answer: Answer, verdict: Verdict) -> pd.DataFrame:
    """One row a model or baseline, every measure with its interval, and the difference from the best baseline."""
    rows = answer.comparison.measures
    first = rows[rows["measure"] == verdict.measure]
    wide = pd.DataFrame({"model": first["model"], "kind": first["kind"]}).set_index("model")
    for measure in MEASURES:
        part = rows[rows["measure"] == measure].set_index("model")[["estimate", "low", "high"]]
        wide[[measure, f"{measure}_low", f"{measure}_high"]] = part
    against = answer.comparison.differences
    pick = (against["baseline"] == verdict.baseline) & (against["measure"] == verdict.measure)
    wide = wide.join(against[pick].set_index("model")[["difference", "low", "high", "p_holm"]])
    wide = wide.reset_index()
    wide["name"] = [model_term(name) for name in wide["model"]]
    wide["group"] = wide["kind"].map(_KINDS)
    wide["order"] = wide["kind"].map({"model": 0, "baseline": 1})
    down = verdict.measure in ("brier", "log_loss")
    return wide.sort_values(["order", verdict.measure, "name"], ascending=[True, down, True], kind="stable")


def _chart(answer: Answer, verdict: Verdict) -> Block:
    wide = _wide(answer, verdict)
    data = wide.rename(
        columns={
            "name": "category",
            verdict.measure: "estimate",
            f"{verdict.measure}_low": "from",
            f"{verdict.measure}_high": "to",
        }
    )[["category", "group", "estimate", "from", "to"]].rename(columns={"from": "low", "to": "high"})
    clear = len(verdict.beaters)
    models = int((wide["kind"] == "model").sum())
    return Figure(
        id=answer.block("models"),
        chart="interval",
        title=answer.message(
            "{clear} of {n} models tell better than “{baseline}” who will {will}",
            claim="clear <= n",
            clear=count(clear),
            n=count(models),
            baseline=term(model_term(verdict.baseline)),
        ),
        subtitle=answer.message(
            "{measure} on {n} customers of the test period, with {level} intervals; better: differences that stand "
            "after Holm’s correction over the models",
            measure=term(f"measure_{verdict.measure}"),
            n=count(int(answer.comparison.measures["n"].iloc[0])),
            level=percent(answer.level),
        ),
        description=(
            "One dot a model, and below them the guesses without a model, each with a whisker for its interval; the "
            "dashed line is the best of the guesses. Whiskers share the luck of the draw, so overlapping ones can "
            "still differ; the table below gives the differences."
        ),
        data=data,
        columns={
            "category": Column("Model", "term"),
            "group": Column("Kind", "phrase"),
            "estimate": Column(MEASURES[verdict.measure], "number", low="low", high="high", digits=_DIGITS),
        },
        options={
            "reference": float(answer.comparison.value(verdict.baseline, verdict.measure)["estimate"]),
            "reference_label": "best without a model",
        },
    )


def _table(answer: Answer, verdict: Verdict) -> Block:
    columns = {"name": Column("Model", "term"), "group": Column("Kind", "phrase")}
    for measure, label in MEASURES.items():
        columns[measure] = Column(label, "number", low=f"{measure}_low", high=f"{measure}_high", digits=_DIGITS)
    columns["difference"] = Column(
        answer.message("{measure} less that of the best guess", measure=term(f"measure_{verdict.measure}")),
        "number", low="low", high="high", digits=_DIGITS,
    )  # fmt: skip
    columns["p_holm"] = Column("p, Holm", "p_value")
    return Table(
        answer.block("table"),
        answer.message(
            "Who will {will}: models and guesses without a model on the same {n} customers of the test period, which "
            "none of them had seen",
            n=count(int(answer.comparison.measures["n"].iloc[0])),
        ),
        _wide(answer, verdict),
        columns,
    )


def _choice(answer: Answer) -> Block:
    return answer.note(
        "choice",
        msgid(
            "To tell who will {will}, the {model} was chosen for its log loss inside the period learnt from, among {n} "
            "models; the test period had no say. Which guess is the best one was seen in the test period, which makes "
            "it harder to beat."
        ),
        model=term(model_term(answer.chosen)),
        n=count(int((answer.comparison.measures["kind"] == "model").sum() / len(MEASURES))),
    )
