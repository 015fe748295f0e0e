"""What forecasts lean on: permutation importance with intervals, and which way the chance goes with each column."""

from __future__ import annotations

import pandas as pd

from analysis.classification.judging import SHUFFLED
from analysis.findings.classification.answer import Answer
from analysis.findings.classification.columns import kind_of
from analysis.findings.classification.comparison import model_term
from analysis.report.blocks import Block, Blocks, Column, Figure, blocks
from analysis.report.values import count, listing, percent, term, times
from analysis.report.wording import message, msgid

__all__ = ["leaning"]

_WAYS = msgid(
    {
        "up": "more goes with a higher chance",
        "down": "more goes with a lower chance",
        "mixed": "no one direction",
        "levels": "differs by value",
    }
)
_TOLD_WAYS = msgid(
    {
        "up": "More goes with a higher chance to {will}, all else alike: {columns}.",
        "down": "More goes with a lower chance to {will}, all else alike: {columns}.",
    }
)
#: Why there are no odds ratios, by the remark's reason.
_NO_ODDS = msgid(
    {
        "separated": "Odds ratios to {will} cannot be estimated, because a column separates the two.",
        "few": "Odds ratios to {will} cannot be estimated, because too few differ for that many columns.",
    }
)
#: Columns told in words.
_TOLD = 5


def leaning(answer: Answer) -> Blocks:
    """Which columns the chosen model's forecasts rest on, and which way they go."""
    if not answer.known or answer.importance.empty:
        return blocks()
    return blocks(
        _told(answer), _chart(answer), _ways(answer), _line(answer),
        _odds(answer), _notes(answer),
    )  # fmt: skip


def _directions(answer: Answer) -> dict[str, str]:
    if answer.found.dependence is None or answer.found.dependence.empty:
        return {}
    return dict(answer.found.dependence.groupby("column", sort=False)["direction"].first())


def _told(answer: Answer) -> Block:
    table = answer.importance
    matters = table[table["matters"]]
    if matters.empty:
        words = msgid(
            "Shuffling no single column among the customers clearly worsens the forecasts of the {model}: none matters "
            "by itself."
        )
        return answer.sentence(
            "leaning",
            words,
            claim="matters == none",
            model=term(model_term(answer.chosen)),
            matters=count(0),
            none=count(0),
        )
    first = matters.iloc[0]
    base = float(first["increase"]) / float(first["relative"])
    words = msgid(
        "Forecasts of the {model} lean on {column} most: shuffled among the customers, their Brier score is {worse} "
        "worse. In all, {matters} of {n} columns, or groups of columns that say nearly the same, clearly matter."
    )
    return answer.sentence(
        "leaning",
        words,
        claim="worse.low > zero and matters <= n",
        model=term(model_term(answer.chosen)),
        column=listing(first["columns"]),
        worse=percent(*(float(first[name]) / base for name in ("increase", "low", "high")), level=answer.level),
        matters=count(len(matters)),
        n=count(len(table)),
        zero=count(0),
    )


def _chart(answer: Answer) -> Block:
    table, ways = answer.importance, _directions(answer)
    first = table.iloc[0]
    base = float(first["increase"]) / float(first["relative"]) if first["relative"] else float("nan")
    data = pd.DataFrame(
        {
            "category": [message("{columns}", columns=listing(columns)) for columns in table["columns"]],
            "estimate": table["relative"],
            "low": table["low"] / base,
            "high": table["high"] / base,
            "way": [
                _WAYS.get(ways.get(columns[0], ""), "") if len(columns) == 1 else "" for columns in table["columns"]
            ],
        }
    )
    matters = int(table["matters"].sum())
    return Figure(
        id=answer.block("importance_chart"),
        chart="interval",
        title=answer.message(
            "{matters} of {n} columns clearly matter to the forecast who will {will}",
            claim="matters <= n",
            matters=count(matters),
            n=count(len(table)),
        ),
        subtitle=answer.message(
            "How much worse the Brier score becomes when a column is shuffled among {n} customers of the test period, "
            "with {level} intervals; {model}",
            n=count(min(answer.n_test, SHUFFLED)),
            level=percent(answer.level),
            model=term(model_term(answer.chosen)),
        ),
        description=(
            "One dot a column, or group of columns that say nearly the same, most important first, with a whisker for "
            "its interval. At the dashed line shuffling changes nothing."
        ),
        data=data,
        columns={
            "category": Column("Column", "phrase"),
            "estimate": Column("Brier score worse by", "percent", low="low", high="high", digits=1),
            "way": Column("Direction", "phrase"),
        },
        options={"reference": 0, "reference_label": "no difference"},
    )


def _ways(answer: Answer) -> list[Block]:
    """Which way the chance goes with the columns that matter and have one direction."""
    ways = _directions(answer)
    single = [
        columns[0] for columns in answer.importance.loc[answer.importance["matters"], "columns"] if len(columns) == 1
    ]
    said: list[Block] = []
    for way, words in _TOLD_WAYS.items():
        columns = [name for name in single[:_TOLD] if ways.get(name) == way]
        if columns:
            said.append(
                answer.sentence(
                    f"way_{way}",
                    words,
                    claim="n > none",
                    columns=listing(columns),
                    n=count(len(columns)),
                    none=count(0),
                )
            )
    return said


def _line(answer: Answer) -> Block | None:
    """How the chance moves with the most important column of numbers."""
    table = answer.found.dependence
    if table is None or table.empty:
        return None
    numeric = table[table["direction"] != "levels"]
    if numeric.empty:
        return None
    name = str(numeric["column"].iloc[0])
    part = numeric[numeric["column"] == name]
    x = pd.to_numeric(part["value"])
    if len(part) < 3 or x.nunique() < 3:
        return None
    seen = pd.DataFrame(
        {
            "x": x,
            "y": part["observed"],
            "low": part["low"],
            "high": part["high"],
            "n": part["n"],
            "series": msgid("observed"),
        }
    )
    made = pd.DataFrame(
        {
            "x": x,
            "y": part["predicted"],
            "low": None,
            "high": None,
            "n": part["n"],
            "series": msgid("foretold, all else alike"),
        }
    )
    data = pd.concat([seen.astype(object), made.astype(object)], ignore_index=True)
    first, last = part.iloc[0], part.iloc[-1]
    return Figure(
        id=answer.block("dependence_chart"),
        chart="line",
        title=answer.message(
            "From the lowest to the highest {column} the forecast chance goes from {start} to {end}",
            claim="start >= zero and end >= zero",
            column=term(name),
            start=percent(float(first["predicted"])),
            end=percent(float(last["predicted"])),
            zero=count(0),
        ),
        subtitle=answer.message(
            "Share that {did} by {column}, observed with exact {level} intervals, and the mean forecast if all "
            "customers had that value and kept all others; {n} customers of the test period",
            column=term(name),
            level=percent(answer.level),
            n=count(answer.n_test),
        ),
        description=(
            "The column's value across; upwards the share with the outcome that was observed near that value, with a "
            "band for its interval, and the mean forecast with everything else unchanged. Where the two part, other "
            "columns that go with this one make the difference."
        ),
        data=data,
        columns={
            "series": Column("Line", "phrase"),
            "x": Column("Value", kind_of(name)),
            "y": Column(answer.message("Share of {who}"), "percent", low="low", high="high"),
            "n": Column("Customers", "count"),
        },
        group_size="n",
    )


def _odds(answer: Answer) -> Block | None:
    """Odds ratios of a logistic regression between the quartiles of each column."""
    table = answer.found.odds
    if table is None or table.empty:
        return None
    data = table.drop(columns=["low", "high"]).rename(
        columns={"term": "category", "change": "estimate", "change_low": "low", "change_high": "high"}
    )
    data = data.assign(again=data["holds"].map({True: msgid("yes"), False: msgid("no")}))
    measured = ~data["kind"].isin(["level", "missing"])
    data["kind"] = [kind_of(name) if known else "number" for name, known in zip(data["column"], measured, strict=True)]
    data[["from_value", "to_value"]] = data[["from_value", "to_value"]].where(measured)
    data = data.sort_values(["p", "category"], kind="stable")
    holds = int(table["holds"].sum())
    return Figure(
        id=answer.block("odds_chart"),
        chart="interval",
        title=answer.message(
            "{holds} of {n} effects of a logistic regression stand in the test period too",
            claim="holds <= n",
            holds=count(holds),
            n=count(len(table)),
        ),
        subtitle=answer.message(
            "Odds to {will} at the upper quartile of a column over those at the lower one (or with a mark over "
            "without), all else alike, with {level} intervals; {n} rows learnt from",
            level=percent(answer.level),
            n=count(int(table["n"].iloc[0])),
        ),
        description=(
            "One dot a column, most certain first, on a logarithmic scale, with a whisker for its interval and a "
            "dashed line where there is no difference. The table adds the same from the test period and p-values after "
            "Holm’s correction."
        ),
        data=data[
            [
                "category",
                "estimate",
                "low",
                "high",
                "kind",
                "from_value",
                "to_value",
                "p_holm",
                "later",
                "later_low",
                "later_high",
                "again",
            ]
        ],
        columns={
            "category": Column("Column", "term"),
            "estimate": Column("Odds ratio", "times", low="low", high="high", digits=2),
            "from_value": Column("From", "number", kinds="kind"),
            "to_value": Column("To", "number", kinds="kind"),
            "p_holm": Column("p, Holm", "p_value"),
            "later": Column("In the test period", "times", low="later_low", high="later_high", digits=2),
            "again": Column("Shown again", "phrase"),
        },
        options={"reference": times(1).value, "reference_label": "no difference", "log_x": True},
    )


def _notes(answer: Answer) -> list[Block]:
    notes: list[Block] = [
        answer.note(
            "importance_method",
            msgid(
                "Columns with a rank correlation of nearly one are shuffled together, because either could stand in "
                "for the other. Importance says what this model uses, not what makes customers {will}."
            ),
        )
    ]
    for remark in answer.remarks("no_odds_ratios"):
        words = _NO_ODDS["separated" if remark.other == "separated" else "few"]
        notes.append(answer.note("no_odds", words, "limit"))
    if answer.found.odds is not None and len(answer.found.odds):
        notes.append(
            answer.note(
                "odds_method",
                msgid(
                    "Odds ratios come from a logistic regression without penalty; standard errors allow for customers "
                    "who stand at several cut-offs. “Shown again” means: both intervals lie on the same side, and the "
                    "effect stands after Holm’s correction over all of them."
                ),
            )
        )
    return notes
