"""The decision tree: drawn, its ends in words, and what each question was weighed against."""

from __future__ import annotations

import math

import pandas as pd

from analysis.classification import Condition, TreeView
from analysis.findings.classification.answer import Answer
from analysis.findings.classification.columns import kind_of, written
from analysis.report.blocks import Block, Blocks, Column, Figure, Table, blocks
from analysis.report.values import Value, count, percent, term, text
from analysis.report.wording import Message, message, msgid, phrase

__all__ = ["tree"]

_CRITERIA = msgid({"gini": "the Gini impurity", "entropy": "the information gain", "gain_ratio": "the gain ratio"})
_YES, _NO = msgid("yes"), msgid("no")
#: A condition in words, by its kind and, of a range, by the ends that it has.
_CONDITIONS = msgid(
    {
        "above": "with {column} above {low}",
        "below": "with {column} at most {high}",
        "between": "with {column} above {low} and at most {high}",
        "known": "with {column} known",
        "unknown": "with {column} unknown",
        "is": "with {column} {level}",
        "is_not": "with {column} not {level}",
    }
)
#: The words name groups of at least so many customers of the test period.
_FEWEST = 20
#: Questions listed at the top of the tree.
_WEIGHED = 8


def tree(answer: Answer) -> Blocks:
    """What the tree asks and finds, on customers it had not seen."""
    found = answer.found.tree if answer.known else None
    if found is None:
        return blocks()
    if len(found.nodes) < 2:
        words = msgid(
            "The tree found no question that tells apart who will {will}, so it gives everybody the same chance."
        )
        return blocks(answer.note("no_split", words, "warning"))
    groups = {
        int(node): message("Group {place}", place=count(place)) for place, node in enumerate(_ends(found), start=1)
    }
    return blocks(
        _told(answer, found, groups), _chart(answer, found, groups), _held(answer, found),
        _rules(answer, found, groups), _weighed(answer, found),
    )  # fmt: skip


def _order(found: TreeView) -> list[tuple[int, str]]:
    """Nodes from the top down, "yes" before "no", each with the branch that leads to it."""
    nodes = found.nodes.set_index("node")
    waiting, ordered = [(int(nodes.index[0]), "")], []
    while waiting:
        node, branch = waiting.pop()
        ordered.append((node, branch))
        row = nodes.loc[node]
        if not row["leaf"]:
            left, right = int(row["left"]), int(row["right"])
            yes, no = (left, right) if row["kind"] == "range" else (right, left)
            waiting += [(no, _NO), (yes, _YES)]
    return ordered


def _ends(found: TreeView) -> list[int]:
    """The ends of the tree in the order of the drawing."""
    leaves = set(found.nodes.loc[found.nodes["leaf"], "node"])
    return [node for node, _ in _order(found) if node in leaves]


def _question(row: pd.Series) -> str:
    """The term that a question asks about."""
    if row["kind"] == "level":
        return f"{row['column']} = {row['level']}"
    return f"{row['column']} unknown" if row["kind"] == "missing" else str(row["column"])


def _drawn(found: TreeView, groups: dict[int, Message]) -> pd.DataFrame:
    nodes = found.nodes.set_index("node")
    rows = []
    for node, branch in _order(found):
        row = nodes.loc[node]
        asks = not row["leaf"]
        ranged = asks and row["kind"] == "range"
        rows.append(
            {
                "node": node, "parent": int(row["parent"]) if row["parent"] >= 0 else None, "branch": branch or None,
                "feature": _question(row) if asks else None,
                "threshold": written(row["column"], float(row["threshold"])) if ranged else None,
                "kind": kind_of(row["column"]) if ranged else "number", "leaf": groups.get(node),
                "n": int(row["n_test"]),
                "value": row["share_test"], "low": row["test_low"], "high": row["test_high"],
                "learnt": int(row["n"]), "learnt_share": row["share"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows).astype(object)


def _chart(answer: Answer, found: TreeView, groups: dict[int, Message]) -> Block:
    data = _drawn(found, groups)
    shares = _named(found.rules)["share_test"].astype(float)
    asked = int((~found.nodes["leaf"]).sum())
    title = (
        answer.message(
            "A few questions part groups of which {least} to {most} {did}",
            claim="least <= most",
            least=percent(float(shares.min())),
            most=percent(float(shares.max())),
        )
        if len(shares)
        else answer.message(
            "The tree asks {n} questions; its groups are small", claim="n > none", n=count(asked), none=count(0)
        )
    )
    return Figure(
        id=answer.block("tree_chart"),
        chart="decision_tree",
        title=title,
        subtitle=answer.message(
            "Decision tree learnt on earlier periods; numbers are of {n} customers of the test period, with exact "
            "(Clopper–Pearson) {level} intervals",
            n=count(answer.n_test),
            level=percent(answer.level),
        ),
        description=(
            "Questions one below the other, indented by depth. From each question one line leads to those who answer "
            "yes and one to those who answer no. Each row gives the customers there and a bar for the share with the "
            "outcome, grey where another question follows; the ends are groups, which the table below puts in words."
        ),
        data=data,
        columns={
            "leaf": Column("Group", "phrase"),
            "branch": Column("Answer", "phrase"),
            "feature": Column("Question about", "term"),
            "threshold": Column("At most", "number", kinds="kind"),
            "n": Column("Customers", "count"),
            "value": Column(answer.message("Are {who}"), "percent", low="low", high="high"),
            "learnt": Column("Learnt from", "count"),
            "learnt_share": Column("Share learnt", "percent"),
        },
        group_size="n",
    )


def _told(answer: Answer, found: TreeView, groups: dict[int, Message]) -> list[Block]:
    """Every end in words, those most likely first by what was learnt; numbers are of the test period."""
    told: list[Block] = []
    for _, row in _named(found.rules).iterrows():
        share = percent(float(row["share_test"]), float(row["test_low"]), float(row["test_high"]), level=answer.level)
        told.append(
            answer.sentence(
                f"tree_{int(row['node'])}",
                "{group}: customers {rule}. Of {n} such customers {share} {did}.",
                claim="n > zero",
                role="finding",
                group=phrase(groups[int(row["node"])]),
                rule=phrase(_rule(row["conditions"])),
                n=count(int(row["n_test"])),
                share=share,
                zero=count(0),
            )
        )
    return told


def _named(rules: pd.DataFrame) -> pd.DataFrame:
    """The ends that words name: those of many customers."""
    return rules[rules["n_test"] >= _FEWEST]


def _rule(conditions: tuple[Condition, ...]) -> str | Message:
    """The conditions of an end in words, one after the other."""
    if not conditions:
        return msgid("of all kinds")
    said = _condition(conditions[-1])
    for item in reversed(conditions[:-1]):
        said = message("{first}, {rest}", first=phrase(_condition(item)), rest=phrase(said))
    return said


def _condition(item: Condition) -> Message:
    column, kind = term(item.column), item.kind
    if kind != "range":
        return message(_CONDITIONS[kind], column=column, level=text(item.level))
    ends = {
        name: Value(kind_of(item.column), written(item.column, end))
        for name, end in (("low", item.low), ("high", item.high))
        if math.isfinite(end)
    }
    kind = "between" if len(ends) > 1 else "above" if "low" in ends else "below"
    return Message(_CONDITIONS[kind], {"column": column, **ends})


def _held(answer: Answer, found: TreeView) -> Block:
    held, n = int(found.rules["holds"].sum()), len(found.rules)
    return answer.sentence(
        "tree_held",
        "In {held} of {n} groups the share in the test period agrees with the one learnt.",
        claim="held <= n",
        held=count(held),
        n=count(n),
    )


def _rules(answer: Answer, found: TreeView, groups: dict[int, Message]) -> Block:
    table = found.rules.copy()
    table["group"] = [groups[int(node)] for node in table["node"]]
    table["agrees"] = table["holds"].map({True: _YES, False: _NO})
    return Table(
        answer.block("tree_rules"),
        answer.message("The groups of the tree: {who} among customers of the test period, and as learnt"),
        table.drop(columns="conditions"),
        {
            "group": Column("Group", "phrase"),
            "n_test": Column("Customers", "count"),
            "share_test": Column(answer.message("Are {who}"), "percent", low="test_low", high="test_high"),
            "share": Column("Share learnt", "percent", low="low", high="high"),
            "agrees": Column("Agrees", "phrase"),
        },
        group_size="n_test",
    )


def _limit(name: str, threshold: float) -> float:
    """A threshold as people read it; none for a question of yes or no."""
    return float("nan") if " " in name else written(name, threshold)


def _weighed(answer: Answer, found: TreeView) -> Block | None:
    """What the first question was weighed against, by all three criteria."""
    table = found.candidates[found.candidates["node"] == 0]
    if table.empty:
        return None
    chosen = table[table["chosen"]].iloc[0]
    rank = {"entropy": "gain", "gini": "gini_decrease"}.get(found.criterion, "gain_ratio")
    table = table.sort_values([f"{rank}_rank", "term"], kind="stable").head(_WEIGHED)
    return Table(
        answer.block("tree_weighed"),
        answer.message(
            "The first question, weighed by three criteria; the tree follows {criterion} and asks about {chosen}",
            criterion=phrase(_CRITERIA[found.criterion]),
            chosen=term(str(chosen["term"])),
        ),
        table.assign(
            asked=table["chosen"].map({True: _YES, False: _NO}),
            kind=[kind_of(str(name)) for name in table["term"]],
            threshold=[_limit(str(row.term), float(row.threshold)) for row in table.itertuples()],
        ),
        {
            "term": Column("Question about", "term"),
            "threshold": Column("At most", "number", kinds="kind"),
            "gain": Column("Information gain (bits)", "number", digits=4),
            "gain_ratio": Column("Gain ratio", "number", digits=4),
            "gini_decrease": Column("Gini decrease", "number", digits=4),
            "n_left": Column("Rows at most", "count"),
            "n_right": Column("Rows above", "count"),
            "asked": Column("Asked", "phrase"),
        },
        order="best by the criterion that the tree follows",
    )
