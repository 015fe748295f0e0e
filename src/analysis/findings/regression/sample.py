"""Who is looked at, which columns could be used, and why some could not."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.findings.regression.outcomes import Outcome
from analysis.regression import Remark, Study
from analysis.report.blocks import Block, Blocks, Note, blocks, message, sentence
from analysis.report.values import count, listing, number, term

__all__ = ["sample"]

#: Why a column was left out, by the remark's code.
_LEFT_OUT = {
    "not_a_number": "Left out because they hold text, not numbers: {columns}.",
    "all_missing": "Left out because no customer has a value: {columns}.",
    "constant": "Left out because they are the same for every customer: {columns}.",
    "collinear": "Left out because other columns already say exactly the same: {columns}.",
}


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
        _gaps(study, outcome),
        _warnings(study, outcome),
    )


def _no_outcome(outcome: Outcome) -> Blocks:
    words = message(
        f"This data does not hold what {outcome.words} could be read from, so nothing can be said about what goes "
        "with it."
    )
    return blocks(Note(outcome.block("no_outcome"), words, "warning"))


def _obstacle(study: Study, outcome: Outcome) -> Block:
    obstacle = study.obstacle
    assert obstacle is not None
    if obstacle.code == "constant_target":
        words = message(
            f"Among {{n}} customers {outcome.words} is the same for everybody, so there is nothing to explain.",
            n=count(study.rows),
        )
    elif obstacle.code == "no_columns":
        words = message(f"No column can be used to explain {outcome.words}, so nothing is estimated.")
    else:
        words = message(
            f"Only {{n}} customers with known {outcome.words} remain to learn from, too few for that many columns "
            f"(at least {{needed}} are needed), so nothing is estimated.",
            n=count(int(obstacle.value)),
            needed=count(int(obstacle.other or 0)),
        )
    return Note(outcome.block("obstacle"), words, "warning")


def _who(study: Study, outcome: Outcome) -> Block:
    assert study.linear is not None
    first = study.checks[0]
    return sentence(
        outcome.block("sample"),
        f"What is known of {{n}} customers before the cut-off date is set beside {outcome.words} after it. The "
        f"model learns from {{train}} of them, drawn at random; the other {{test}} show whether what it learnt "
        "holds.",
        claim="train + test <= n",
        n=count(study.rows),
        train=count(study.linear.n),
        test=count(first.n_test),
    )


def _missing_target(study: Study, outcome: Outcome) -> Block | None:
    lost = _one(study, "target_missing")
    if lost is None:
        return None
    words = message(
        f"{{n}} customers are left out because their {outcome.words} is not known; it is never filled in. If those "
        "who answered differ from those who did not, the results hold for those who answered.",
        n=count(int(lost.value)),
    )
    return Note(outcome.block("target_missing"), words, "limit")


def _absent(outcome: Outcome, absent: Sequence[str]) -> Block | None:
    if not absent:
        return None
    words = message("Asked for, but not in this data: {columns}.", columns=listing(absent))
    return Note(outcome.block("absent"), words, "limit")


def _left_out(study: Study, outcome: Outcome, code: str, words: str) -> Block | None:
    columns = [remark.column for remark in study.remarks if remark.code == code]
    if not columns:
        return None
    return Note(outcome.block(f"left_out_{code}"), message(words, columns=listing(columns)), "limit")


def _gaps(study: Study, outcome: Outcome) -> Block | None:
    filled = [remark for remark in study.remarks if remark.code in {"indicator", "filled"}]
    if not filled:
        return None
    own = any(remark.code == "indicator" for remark in filled)
    words = message(
        f"For {outcome.words}: some customers have no value in {{columns}}; they get the middle value of the others"
        + (", and a mark of its own says that the value was missing." if own else "."),
        columns=listing(remark.column for remark in filled),
    )
    return Note(outcome.block("gaps"), words, "method")


def _warnings(study: Study, outcome: Outcome) -> list[Block]:
    notes: list[Block] = []
    for code, words in (
        ("near_singular", "The columns overlap so much that single effects cannot be told apart (condition number "
         "{number}). Read the forecasts, not the effects."),
        ("collinear_overall", "Some columns overlap (condition number {number}): their effects are less certain than "
         "each would be alone."),
        ("not_converged", "The log-linear regression did not settle after {number} steps; its effects are not "
         "reliable."),
    ):  # fmt: skip
        if (remark := _one(study, code)) is not None:
            notes.append(Note(outcome.block(code), message(words, number=number(remark.value)), "warning"))
    if _one(study, "no_loglinear") is not None:
        words = (
            "A log-linear regression has no finite answer here, because a column sets customers without any apart "
            "from all others. The linear regression stands alone."
        )
        notes.append(Note(outcome.block("no_loglinear"), message(words), "warning"))
    if _one(study, "exact_fit") is not None:
        words = "The columns give {outcome} exactly; check whether one of them was computed from it."
        notes.append(Note(outcome.block("exact_fit"), message(words, outcome=term(study.target)), "warning"))
    return notes


def _one(study: Study, code: str) -> Remark | None:
    return next((remark for remark in study.remarks if remark.code == code), None)
