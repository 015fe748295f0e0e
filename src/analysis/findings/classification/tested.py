"""How it was tested: the periods learnt from and judged on, what the guard looked at, and what was left out."""

from __future__ import annotations

import pandas as pd

from analysis.findings.classification.answer import Answer
from analysis.findings.classification.comparison import MEASURES, model_term
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks
from analysis.report.values import count, day, listing, percent, term
from analysis.report.wording import message, msgid, phrase

__all__ = ["earlier", "obstacle", "question", "tested"]

#: Why nothing can be said, by the obstacle's code.
_OBSTACLES = msgid(
    {
        "no_rows": (
            "No cut-off leaves a whole period of {horizon} before and after it, so who will {will} cannot be learnt or "
            "judged. A shorter horizon, or more data, would help."
        ),
        "no_target_spend": "This data holds no amounts of money, so who will spend much cannot be asked.",
        "no_target_respond": (
            "This data holds no feedback with a date and a rating, so who will respond cannot be asked."
        ),
        "one_class": (
            "Of {n} customers all did the same: {share} {did}. There is nothing to tell apart, so nothing is foretold."
        ),
        "too_few_events": (
            "In {part}, too few customers differ: only {value} {did}, or did not. That is too few to learn "
            "from or to judge by, so nothing is foretold."
        ),
        "no_columns": "No column says anything of who will {will}, so nothing is foretold.",
        "too_few_customers": "Only {value} customers are known, too few to learn from, so nothing is foretold.",
    }
)
_PARTS = msgid({"train": "the period learnt from", "test": "the period to be judged on", "": "the period looked at"})
#: What the guard looked at.
_CHECKS = msgid(
    {
        "names": "No column is measured after the cut-off by its name",
        "copies": "No column is the outcome in another form (rank correlation)",
        "dates": "No column holds a date from the cut-off on",
        "windows": "Every outcome is complete before the data end",
        "separation": "No column tells the coming period well and the past one clearly less (AUC)",
        "missingness": "No gap tells the coming period well and the past one clearly less (AUC)",
    }
)
#: What the outcome of a cut-off is for, by its role.
_OUTCOMES = msgid(
    {
        "train": "outcome learnt from",
        "test": "outcome judged on",
        "both": "outcome of both, different customers",
        "purged": "outcome not used",
        "unused": "outcome too early to use",
    }
)
_KNOWN = msgid("known before")
#: What became of columns, by the remark's code.
_COLUMNS = msgid(
    {
        "not_usable": "Left out because they cannot be used as numbers, dates or categories: {columns}.",
        "all_missing": "Left out because no customer has a value: {columns}.",
        "constant": "Left out because they are the same for every customer: {columns}.",
        "too_many_levels": "Left out because hardly two customers share a value: {columns}.",
    }
)
_HOW = msgid(
    {
        "log": "Taken on a logarithmic scale by models that need it, because they are skewed: {columns}.",
        "indicator": "Some customers have no value; they get the middle one, and a mark that says so: {columns}.",
        "pooled": "Rare values are taken together: {columns}.",
        "infinite": "Infinite numbers are taken as not known: {columns}.",
        "days": "Dates are taken as days before the cut-off: {columns}.",
    }
)
_DOUBTS = msgid(
    {
        "undated": "The same at every cut-off, so that when it became known cannot be seen: {of}.",
        "ahead": "Tells the coming period well and the past one less well, which deserves a look: {of}.",
        "not_converged": "Did not settle, and may do better: {of}.",
        "no_baseline": "Guesses that this data does not allow: {of}.",
    }
)


def question(answer: Answer) -> Blocks:
    """How many do it at all, and which columns could not be used."""
    if answer.study is None:
        return blocks(answer.note("obstacle", _OBSTACLES[f"no_target_{answer.words.id}"], "warning"))
    if answer.found.obstacle is not None:
        return blocks(obstacle(answer), _absent(answer), _left_out(answer))
    return blocks(_share(answer), _absent(answer), _left_out(answer))


def obstacle(answer: Answer) -> Block:
    """Why nothing is foretold."""
    found = answer.found.obstacle
    assert found is not None
    words = _OBSTACLES.get(found.code, _OBSTACLES["no_columns"])
    possible = {
        "horizon": answer.horizon,
        "part": phrase(_PARTS.get(found.other, _PARTS[""])),
        "n": count(int(answer.found.periods["customers"].max()) if len(answer.found.periods) else 0),
        "share": percent(found.value),
        "value": count(int(found.value)),
    }
    used = {name: value for name, value in possible.items() if f"{{{name}}}" in words}
    why = answer.message(words, claim=None, **used)
    if answer.brief:
        return Note(answer.block("obstacle"), why, "warning")
    whole = message("{why} The sections that would rest on it stay empty.", why=phrase(why))
    return Note(answer.block("obstacle"), whole, "warning")


def _share(answer: Answer) -> list[Block]:
    row = answer.found.periods.iloc[-1]
    share = percent(float(row["share"]), float(row["low"]), float(row["high"]), level=answer.level)
    said = answer.sentence(
        "share",
        "Of {n} customers known on {cutoff}, {share} {did} in the {horizon} from then on.",
        claim="share.low <= share.high",
        role=answer.role,
        n=count(int(row["customers"])),
        cutoff=day(row["cutoff"]),
        share=share,
        horizon=answer.horizon,
    )
    figure = KeyFigure(
        answer.block("prevalence"), answer.message("Share of {who} in the test period"), share,
        answer.metric("prevalence"), int(row["customers"]),
        answer.message("within {horizon}", horizon=answer.horizon), "up",
    )  # fmt: skip
    return [said, figure]


def _absent(answer: Answer) -> Block | None:
    if not answer.absent:
        return None
    return answer.note("absent", msgid("Asked for, but not in this data: {columns}."), "limit",
                       columns=listing(answer.absent))  # fmt: skip


def _left_out(answer: Answer) -> list[Block]:
    found: list[Block] = []
    if answer.brief:  # the first question has said it
        return found
    for role, texts in (("limit", _COLUMNS), ("method", _HOW)):
        for code, words in texts.items():
            columns = [remark.column for remark in answer.remarks(code)]
            if columns:
                found.append(answer.note(code, words, role, columns=listing(dict.fromkeys(columns))))
    return found


def tested(answer: Answer) -> Blocks:
    """The periods drawn, the guard's checks, and what the test does not show."""
    if not answer.known:
        return blocks()
    return blocks(_how(answer), _windows(answer), _guard(answer), _notes(answer))


def _how(answer: Answer) -> Block:
    if answer.found.kind == "other_customers":
        poor = any(remark.other == "too_few_events" for remark in answer.remarks("single_cutoff"))
        words = msgid(
            "Earlier cut-offs hold too few customers to learn from: models learn from {train} customers drawn at "
            "random and are judged on {n} others of the same period. Whether what they learnt holds later cannot be "
            "said."
            if poor
            else "There is one cut-off alone: models learn from {train} customers drawn at random and are judged on "
            "{n} others of the same period. Whether what they learnt holds later cannot be said."
        )
        return answer.sentence(
            "tested",
            words,
            claim="n > zero",
            train=count(answer.found.n_train),
            n=count(answer.n_test),
            zero=count(0),
        )
    periods = answer.found.periods
    test = periods[periods["role"] == "test"].iloc[-1]
    taught = periods[periods["role"] == "train"]
    return answer.sentence(
        "tested",
        "Models learn from {cutoffs} earlier cut-offs and are judged once, on {n} customers as known on {cutoff} and "
        "on what they did until {until}. Columns use only what lay strictly before a cut-off, outcomes only what came "
        "from it on, and the last period learnt from ended by {ended}.",
        claim="ended <= cutoff",
        cutoffs=count(len(taught)),
        n=count(answer.n_test),
        cutoff=day(test["cutoff"]),
        until=day(test["label_until"]),
        ended=day(taught["label_until"].max()),
    )


def _windows(answer: Answer) -> Block:
    """One row a cut-off: what was known, and the outcome, learnt from or judged on."""
    rows = []
    reach = pd.Timedelta(days=2 * answer.found.horizon_days)
    first = pd.Timestamp(answer.found.periods["cutoff"].min()) - reach
    for row in answer.found.periods.to_dict("records"):
        at, until = pd.Timestamp(row["cutoff"]), pd.Timestamp(row["label_until"])
        outcome = _OUTCOMES[row["role"]]
        shared = {"category": row["cutoff"], "customers": row["customers"], "share": row["share"], "low": row["low"],
                  "high": row["high"]}  # fmt: skip
        rows.append({**shared, "series": _KNOWN, "start": first, "end": at})
        rows.append({**shared, "series": outcome, "start": at, "end": until})
    order = [_KNOWN, *_OUTCOMES.values()]
    data = pd.DataFrame(rows)
    data = data.iloc[data["series"].map(order.index).argsort(kind="stable")]
    shares = answer.found.periods["share"]
    return Figure(
        id=answer.block("windows"),
        chart="spans",
        title=answer.message(
            "From {least} to {most} {did}, depending on the period",
            claim="least <= most",
            least=percent(float(shares.min())),
            most=percent(float(shares.max())),
        ),
        subtitle=answer.message(
            "Cut-offs and the periods around them; what is known reaches back to the first purchase, also where the "
            "drawing begins later; outcomes are those of {horizon} each",
            horizon=answer.horizon,
        ),
        description=(
            "One row a cut-off on a calendar: a bar for what was known before it and a bar for the period of the "
            "outcome, in one colour where models learn from it and in another where they are judged on it."
        ),
        data=data[["category", "series", "start", "end", "customers", "share", "low", "high"]],
        columns={
            "category": Column("Cut-off", "date"),
            "series": Column("Used for", "phrase"),
            "start": Column("From", "date"),
            "end": Column("Until before", "date"),
            "customers": Column("Customers", "count"),
            "share": Column(answer.message("Share of {who}"), "percent", low="low", high="high"),
        },
        group_size="customers",
    )


def _guard(answer: Answer) -> list[Block]:
    if answer.found.guard is None:
        return []
    table = answer.found.guard.table.assign(
        words=[_CHECKS.get(check, check) for check in answer.found.guard.table["check"]],
        result=[msgid("passed" if passed else "failed") for passed in answer.found.guard.table["passed"]],
    )
    table["nearest"] = table["worst"].where(table["worst"] != "")
    passed = int(answer.found.guard.table["passed"].sum())
    return [
        answer.sentence(
            "guard",
            "A guard looks for columns that know the future before anything is fitted, and would stop the run: all "
            "{passed} checks passed.",
            claim="passed == n",
            passed=count(passed),
            n=count(len(table)),
        ),
        Table(
            answer.block("guard_table"),
            answer.message("What the guard looked at, and the column that came nearest to a limit"),
            table,
            {
                "words": Column("Check", "phrase"),
                "looked_at": Column("Columns or cut-offs", "count"),
                "nearest": Column("Nearest", "term"),
                "value": Column("Its value", "number", digits=2),
                "level": Column("Limit", "number", digits=2),
                "result": Column("Result", "phrase"),
            },
        ),
    ]


def _notes(answer: Answer) -> list[Block]:
    """What the rows, the columns and the models call for."""
    return [*_rows(answer), *_doubtful(answer)]


def _rows(answer: Answer) -> list[Block]:
    notes: list[Block] = []
    for remark in answer.remarks("sampled"):
        words = msgid(
            "There are very many rows to learn from, so customers were drawn: {used} of {all} rows are used."
            if remark.column == "train"
            else "There are very many rows to judge by, so customers were drawn: {used} of {all} rows are used."
        )
        notes.append(
            answer.note(f"sampled_{remark.column}", words, used=count(int(remark.value)), all=count(int(remark.other)))
        )
    if purged := answer.remarks("purged"):
        words = msgid("Cut-offs that teach nothing, because their outcome reaches into the test period: {n}.")
        notes.append(answer.note("purged", words, n=count(len(purged))))
    if shared := answer.remarks("shared_customers"):
        words = msgid(
            "Of {n} customers of the test period {shared} also stand in the periods learnt from, as they were then: so "
            "it is in use, where tomorrow’s customers are mostly today’s."
        )
        notes.append(answer.note("shared", words, n=count(answer.n_test), shared=count(int(shared[0].value))))
    if lost := answer.remarks("target_missing"):
        words = msgid("Left out because the outcome is not known: {n} rows.")
        notes.append(answer.note("target_missing", words, "limit", n=count(int(lost[0].value))))
    return notes


def _doubtful(answer: Answer) -> list[Block]:
    """Columns and models whose word counts for less."""
    notes: list[Block] = []
    for code, words in _DOUBTS.items():
        names = [remark.column for remark in answer.remarks(code)]
        if code in ("not_converged", "no_baseline"):
            names = [model_term(name) for name in names]
        if names:
            notes.append(
                answer.note(
                    code, words, "warning" if code == "not_converged" else "limit", of=listing(dict.fromkeys(names))
                )
            )
    return notes


def earlier(answer: Answer) -> Blocks:
    """The same judged at earlier cut-offs, everything chosen anew each time."""
    if not answer.known or answer.found.rolling is None or answer.found.rolling["cutoff"].nunique() < 2:
        return blocks()
    measure = answer.verdict.measure
    table = answer.found.rolling[answer.found.rolling["measure"] == measure]
    rows = []
    for cutoff, part in table.groupby("cutoff", sort=True):
        chosen = part[part["chosen"]].iloc[0]
        guesses = part[part["kind"] == "baseline"]
        down = measure in ("brier", "log_loss")
        best = guesses.sort_values("estimate", ascending=down, kind="stable").iloc[0]
        gap = float(best["estimate"] - chosen["estimate"]) * (1 if down else -1)
        own = {"model": model_term(chosen["model"]), **chosen[["n", "estimate", "low", "high"]]}
        other = {"baseline": model_term(best["model"]), "other": best["estimate"], "other_low": best["low"],
                 "other_high": best["high"]}  # fmt: skip
        rows.append({"cutoff": cutoff, **own, **other, "better": gap > 0})
    data = pd.DataFrame(rows)
    better = int(data["better"].sum())
    return blocks(
        answer.sentence(
            "earlier",
            "Asked at {n} cut-offs in turn, each with only what lay before it, the model chosen there did better than "
            "every simple guess {better} times.",
            claim="better <= n",
            n=count(len(data)),
            better=count(better),
        ),
        Table(
            answer.block("earlier_table"),
            answer.message("{measure} at each cut-off in turn: the model chosen there, and the best guess without one",
                            measure=term(f"measure_{measure}")),
            data,
            {
                "cutoff": Column("Cut-off", "date"),
                "n": Column("Customers", "count"),
                "model": Column("Model chosen", "term"),
                "estimate": Column(MEASURES[measure], "number", low="low", high="high", digits=3),
                "baseline": Column("Best guess", "term"),
                "other": Column(
                    answer.message("Its {measure}", measure=term(f"measure_{measure}")), "number", low="other_low",
                    high="other_high", digits=3,
                ),
            },
        ),
        _skipped(answer),
    )  # fmt: skip


def _skipped(answer: Answer) -> Note | None:
    found = answer.remarks("origin_skipped")
    if not found:
        return None
    words = msgid("Cut-offs with too few who did or did not, which are left out: {n}.")
    return answer.note("skipped", words, "limit", n=count(len(found)))
