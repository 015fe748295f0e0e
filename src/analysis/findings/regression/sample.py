"""Who is looked at, which columns could be used, and why some could not."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.findings.regression.outcomes import Outcome
from analysis.regression import Remark, Study
from analysis.report.blocks import Block, Blocks, Note, blocks, sentence
from analysis.report.values import Value, count, listing, number, term
from analysis.report.wording import Message, message, msgid

__all__ = ["sample"]

#: Why a column was left out, by the remark's code.
_LEFT_OUT = msgid(
    {
        "not_a_number": "Left out because they hold text, not numbers: {columns}.",
        "all_missing": "Left out because no customer has a value: {columns}.",
        "constant": "Left out because they are the same for every customer: {columns}.",
        "collinear": "Left out because they follow exactly from {others}: {columns}.",
        "out_of_range": "Left out because their numbers are too large or too small to compute with: {columns}.",
    }
)
#: What makes results less firm, by the remark's code.
_WARNINGS = msgid(
    {
        "near_singular": (
            "The columns overlap so much that single effects cannot be told apart (condition number {number}). Read "
            "the forecasts, not the effects."
        ),
        "collinear_overall": (
            "Some columns overlap (condition number {number}): their effects are less certain than each would be alone."
        ),
        "few_digits": (
            "Rounding of the data leaves only {number} digits of some numbers of the linear regression, fewest for "
            "{column}. A column measured from a nearer zero would help."
        ),
        "not_converged": (
            "The log-linear regression did not settle after {number} steps; its effects are not reliable."
        ),
        "lasso_not_optimal": "The LASSO did not settle, because columns are nearly copies of each other.",
        "exact_fit": ("The columns give {outcome} exactly; check whether one of them was computed from it."),
    }
)
#: Why nothing is estimated, by the obstacle's code.
_OBSTACLES = msgid(
    {
        "no_target": "Nothing is estimated, because {outcome} is not known for any customer.",
        "target_not_a_number": "Nothing is estimated, because {outcome} holds text where numbers belong.",
        "target_out_of_range": (
            "Nothing is estimated, because {outcome} reaches {value}, which is too large or too small a number to "
            "compute with."
        ),
        "constant_target": "Among {n} customers {outcome} is the same for everybody, so there is nothing to explain.",
        "no_columns": "No column can be used to explain {outcome}, so nothing is estimated.",
        "too_few_rows": (
            "Customers with known {outcome} that remain to learn from: {value}. That is too few for that many columns "
            "(at least {needed} are needed), so nothing is estimated."
        ),
        "too_few_held_out": (
            "Customers with known {outcome} that remain to check what was learnt: {value}. That is too few, so nothing "
            "is estimated."
        ),
    }
)


def sample(study: Study | None, outcome: Outcome, *, absent: Sequence[str] = ()) -> Blocks:
    """How many customers, which columns, what was left out; a warning where nothing can be estimated.

    Parameters
    ----------
    study : Study or None
        None where the data has no such outcome.
    outcome : Outcome
    absent : sequence of str
        Columns that were asked for and that this data does not have.
    """
    if study is None:
        return _no_outcome(outcome)
    return blocks(
        _obstacle(study, outcome) if study.obstacle else _who(study, outcome),
        _missing_target(study, outcome),
        _absent(outcome, absent),
        *(_left_out(study, outcome, code, words) for code, words in _LEFT_OUT.items()),
        _infinite(study, outcome),
        _gaps(study, outcome),
        _warnings(study, outcome),
    )


def _no_outcome(outcome: Outcome) -> Blocks:
    words = message(
        "This data does not hold what {outcome} could be read from, so nothing can be said about what goes with it.",
        outcome=outcome.name,
    )
    return blocks(Note(outcome.block("no_outcome"), words, "warning"))


def _obstacle(study: Study, outcome: Outcome) -> Block:
    obstacle = study.obstacle
    assert obstacle is not None
    words = _filled(
        _OBSTACLES[obstacle.code],
        outcome=outcome.name,
        n=count(study.rows),
        value=number(obstacle.value) if obstacle.code == "target_out_of_range" else count(int(obstacle.value)),
        needed=count(int(obstacle.other) if obstacle.other.isdigit() else 0),
    )
    return Note(outcome.block("obstacle"), words, "warning")


def _filled(template: str, **possible: Value) -> Message:
    """The template with those of the arguments that it names."""
    return Message(template, {name: value for name, value in possible.items() if f"{{{name}}}" in template})


def _who(study: Study, outcome: Outcome) -> Block:
    assert study.linear is not None
    first = study.checks[0]
    return sentence(
        outcome.block("sample"),
        "What is known of {n} customers before the cut-off date is set beside {outcome} after it. The model learns "
        "from {train} of them, drawn at random; the other {test} show whether what it learnt holds.",
        claim="train + test <= n",
        outcome=outcome.name,
        n=count(study.rows),
        train=count(study.linear.n),
        test=count(first.n_test),
    )


def _missing_target(study: Study, outcome: Outcome) -> Block | None:
    lost = _one(study, "target_missing")
    if lost is None:
        return None
    words = message(
        "{n} customers are left out because their {outcome} is not known; it is never filled in. If those who answered "
        "differ from those who did not, the results hold for those who answered.",
        outcome=outcome.name,
        n=count(int(lost.value)),
    )
    return Note(outcome.block("target_missing"), words, "limit")


def _absent(outcome: Outcome, absent: Sequence[str]) -> Block | None:
    if not absent:
        return None
    words = message("Asked for, but not in this data: {columns}.", columns=listing(absent))
    return Note(outcome.block("absent"), words, "limit")


def _left_out(study: Study, outcome: Outcome, code: str, words: str) -> Block | None:
    found = [remark for remark in study.remarks if remark.code == code]
    if not found:
        return None
    arguments = {"columns": listing(dict.fromkeys(remark.column for remark in found))}
    if code == "collinear":
        arguments["others"] = listing(dict.fromkeys(name for remark in found for name in remark.other.split(", ")))
    return Note(outcome.block(f"left_out_{code}"), Message(words, arguments), "limit")


def _infinite(study: Study, outcome: Outcome) -> Block | None:
    found = [remark for remark in study.remarks if remark.code == "infinite"]
    if not found:
        return None
    words = message(
        "For {outcome}: infinite numbers are taken as not known: {n}, in {columns}.",
        outcome=outcome.name,
        n=count(int(sum(remark.value for remark in found))),
        columns=listing(dict.fromkeys(remark.column for remark in found)),
    )
    return Note(outcome.block("infinite"), words, "limit")


def _gaps(study: Study, outcome: Outcome) -> Block | None:
    filled = [remark for remark in study.remarks if remark.code in {"indicator", "filled"}]
    if not filled:
        return None
    own = any(remark.code == "indicator" for remark in filled)
    words = message(
        "For {outcome}: some customers have no value in {columns}; they get the middle value of the others, and a mark "
        "of its own says that the value was missing."
        if own
        else "For {outcome}: some customers have no value in {columns}; they get the middle value of the others.",
        outcome=outcome.name,
        columns=listing(remark.column for remark in filled),
    )
    return Note(outcome.block("gaps"), words, "method")


def _warnings(study: Study, outcome: Outcome) -> list[Block]:
    notes: list[Block] = []
    for code, template in _WARNINGS.items():
        if (remark := _one(study, code)) is not None:
            words = _filled(template, outcome=outcome.name, number=number(remark.value), column=term(remark.column))
            notes.append(Note(outcome.block(code), words, "warning"))
    if (remark := _one(study, "no_loglinear")) is not None:
        words = message(
            "A log-linear regression needs amounts of zero or more, and some are below zero. The linear regression "
            "stands alone."
            if remark.value < 0
            else "A log-linear regression has no finite answer here, because a column sets customers without any apart "
            "from all others. The linear regression stands alone."
        )
        notes.append(Note(outcome.block("no_loglinear"), words, "warning"))
    if (remark := _one(study, "earlier_lacks")) is not None:
        words = message(
            "For {outcome}, an earlier period cannot be learnt from, because it lacks {columns}.",
            outcome=outcome.name,
            columns=listing(remark.other.split(", ")),
        )
        notes.append(Note(outcome.block("earlier_lacks"), words, "limit"))
    return notes


def _one(study: Study, code: str) -> Remark | None:
    return next((remark for remark in study.remarks if remark.code == code), None)
