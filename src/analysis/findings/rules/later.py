"""What a later period says of the rules: how many held up, how surely, and what the customers behind them change."""

from __future__ import annotations

import pandas as pd

from analysis.findings.rules.shared import CHARTED, LISTED, name_rules, one_per_set, verdicts
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, number, percent, points, times
from analysis.report.wording import message, msgid, phrase
from analysis.rules import Checked

__all__ = ["by_customer", "held_up", "not_held_up"]

_CORRECTIONS = msgid({"holm": "Holm", "bh": "Benjamini and Hochberg", "by": "Benjamini and Yekutieli"})
#: A change of confidence up to this, as a difference of shares, is called hardly any.
_LITTLE = 0.01


def held_up(checked: Checked) -> Blocks:
    """How many rules held up, and the later lift and confidence of the best."""
    if not len(checked.rules):
        words = msgid("There are no rules to judge by the later period.")
        return blocks(Note("nothing_to_judge", message(words), "warning"))
    if checked.later.n == 0:
        words = msgid("There are no later baskets, so no rule could be judged.")
        return blocks(Note("no_later_baskets", message(words), "warning"))
    low, high = checked.held_up_interval or (None, None)
    share = percent(checked.n_held_up / len(checked.rules), low, high, level=checked.level)
    return blocks(
        KeyFigure(
            "held_up",
            "Rules that held up later",
            share,
            "rules.held_up.v2",
            n=len(checked.rules),
            direction="up",
        ),
        _lead(checked, share),
        _shrinkage(checked),
        _unseen(checked),
        _confidence_chart(checked),
        _lift_chart(checked),
        _criterion(checked),
        _share_interval(checked),
        _size_effect(checked),
    )


def not_held_up(checked: Checked) -> Blocks:
    """The rules that a later period did not confirm."""
    table = checked.table
    failed = table[~table["held_up"]] if len(table) else table
    if failed.empty:
        return blocks()
    shown = one_per_set(failed).head(LISTED)
    return blocks(
        Table(
            "not_held_up",
            message("Combinations that did not hold up"),
            shown.drop(columns=["antecedent_ids", "consequent_ids"]).assign(rule=name_rules(shown, short=False)),
            {
                "rule": Column("Rule"),
                "confidence": Column("When found", "percent"),
                "later_antecedent_count": Column("Later baskets", "count"),
                "later_confidence": Column(
                    "Later", "percent", low="later_confidence_low", high="later_confidence_high"
                ),
                "later_lift": Column("Lift later", "number", digits=1),
                "p_adjusted": Column("p", "p_value"),
            },
            order="Confidence when found and later; p corrected for all rules",
            group_size="customers",
        ),
        sentence(
            "unconfirmed",
            "Rules that did not hold up, counting each direction: {failed}. They may have belonged to a season or a "
            "promotion, or to chance; nothing should be built on them without a new test.",
            claim="failed > 0",
            failed=count(len(failed)),
        ),
    )


def by_customer(checked: Checked) -> Blocks:
    """How much it matters that one customer's baskets are alike."""
    if not len(checked.rules) or checked.later.n == 0:
        return blocks()
    if checked.permutation is None:
        words = msgid(
            "Customers are not known, so baskets had to be taken for independent. Where a few customers buy often, "
            "intervals are then too narrow and p-values too small."
        )
        return blocks(Note("no_customers", message(words), "limit"))
    figures, exchange = checked.figures, checked.permutation
    fisher = int((figures["p_adjusted"] < checked.alpha).sum())
    both = int(((figures["p_adjusted"] < checked.alpha) & (figures["p_customers"] < checked.alpha)).sum())
    template = msgid(
        "Counting baskets as independent, {fisher} of {n} rules pass the test; {both} of these also pass a test that "
        "exchanges whole customers {times} times and so allows for their habits."
    )
    return blocks(
        _widening(figures["widening"].dropna()),
        _same_customers(checked),
        sentence(
            "exchange",
            template,
            claim="both <= fisher and fisher <= n",
            fisher=count(fisher),
            both=count(both),
            n=count(len(figures)),
            times=count(exchange.permutations),
        ),
        Note(
            "exchange_method",
            message(
                "Customers are exchanged with others who have the same number of baskets; {exchanged} of the later "
                "baskets belong to a customer with such a partner, the others stay in place, which makes the test "
                "cautious. Its p-values are corrected over all {n} rules (Westfall and Young).",
                exchanged=percent(exchange.exchanged),
                n=count(len(figures)),
            ),
        ),
    )


def _lead(checked: Checked, held_up: Value) -> Block:
    share = float(held_up.value)
    arguments = {"held": count(checked.n_held_up), "n": count(len(checked.rules)), "share": held_up}
    if checked.n_held_up == 0:
        words = msgid("None of the {n} rules held up in the later period, so nothing should be built on them.")
        return sentence("verdict", words, claim="held == 0", role="lead", **arguments)
    if share >= 0.5 and held_up.low is not None and held_up.low < 0.5:
        words = msgid(
            "Most of what was found came back, but how much would again is uncertain: {held} of {n} rules ({share}) "
            "held up in baskets that came later."
        )
        return sentence("verdict", words, claim="share >= 0.5 and share.low < 0.5", role="lead", **arguments)
    if share >= 0.8:
        words = msgid(
            "What is bought together is stable: {held} of {n} rules ({share}) held up in baskets that came later."
        )
        return sentence("verdict", words, claim="share >= 0.8", role="lead", **arguments)
    if share >= 0.5:
        words = msgid(
            "Most of what is bought together is stable: {held} of {n} rules ({share}) held up in later baskets."
        )
        return sentence("verdict", words, claim="share >= 0.5 and share < 0.8", role="lead", **arguments)
    words = msgid(
        "Little of what is bought together is stable: only {held} of {n} rules ({share}) held up in baskets that came "
        "later; act on these alone."
    )
    return sentence("verdict", words, claim="share < 0.5 and held > 0", role="lead", **arguments)


def _shrinkage(checked: Checked) -> Blocks | None:
    table = checked.table
    seen = table[table["seen"]]
    if seen.empty:
        return None
    difference = float((seen["later_confidence"] - seen["confidence"]).median())
    arguments = {"difference": points(difference), "n": count(len(seen)), "little": points(_LITTLE)}
    if difference < -_LITTLE:
        words = msgid(
            "From finding to the later period, confidence changed by {difference} (median of {n} rules): the best of "
            "many look better than they are."
        )
        claim = "difference < 0 - little"
    elif difference <= _LITTLE:
        words = msgid(
            "From finding to the later period, confidence hardly changed: by {difference} (median of {n} rules)."
        )
        claim = "difference >= 0 - little and difference <= little"
    else:
        words = msgid("From finding to the later period, confidence rose by {difference} (median of {n} rules).")
        claim = "difference > little"
    return blocks(
        KeyFigure(
            "confidence_change",
            "Change of confidence, median rule",
            points(difference),
            "rules.confidence_change.v1",
            n=len(seen),
            note=message("later period against the period of finding"),
        ),
        sentence("shrinkage", words, claim=claim, role="finding", **arguments),
    )


def _unseen(checked: Checked) -> Block | None:
    unseen = int((~checked.figures["seen"].astype(bool)).sum())
    if not unseen:
        return None
    words = msgid(
        "Rules whose first part stands in no later basket, for example because a product is no longer sold: {unseen}. "
        "They count as not held up."
    )
    return Note("unseen", message(words, claim="unseen > 0", unseen=count(unseen)), "limit")


def _criterion(checked: Checked) -> Note:
    words = msgid(
        "A rule held up if, in the later baskets, the lower bound of its lift is above {one} ({level} interval), and "
        "Fisher's exact test and a test against what the sizes of baskets alone explain are below {alpha} after the "
        "correction of {correction} over all {n} retained rules."
    )
    if checked.permutation is not None:
        words = msgid(
            "A rule held up if, in the later baskets, the lower bound of its lift is above {one} ({level} interval), "
            "and Fisher's exact test and a test against what the sizes of baskets alone explain are below {alpha} "
            "after the correction of {correction} over all {n} retained rules, and an exchange of whole customers says "
            "so too at the same level."
        )
    return Note(
        "criterion",
        message(
            words,
            one=number(1, digits=0),
            level=percent(checked.level),
            alpha=percent(checked.alpha),
            correction=phrase(_CORRECTIONS[checked.correction]),
            n=count(checked.family),
        ),
    )


def _share_interval(checked: Checked) -> Note:
    words = msgid(
        "The interval of the share that held up allows for rules that stand and fall together because they share "
        "products: {n} rules count for {groups} independent ones."
    )
    groups = number(checked.independent_groups, digits=0)
    claim = "groups <= n"
    return Note("held_up_interval", message(words, claim=claim, n=count(len(checked.rules)), groups=groups))


def _size_effect(checked: Checked) -> Block | None:
    """How much of lift the sizes of baskets explain, and how many rules fail for that alone."""
    figures = checked.figures.dropna(subset=["size_lift"])
    if figures.empty:
        return None
    others = (figures["later_lift_low"] > 1) & (figures["p_adjusted"] < checked.alpha)
    if checked.permutation is not None:
        others &= figures["p_customers"] < checked.alpha
    alone = int((others & ~figures["held_up"].astype(bool)).sum())
    words = msgid(
        "Large baskets hold more of everything: if every later basket kept its size and its lines were dealt out anew, "
        "the typical rule would have a lift of {size}. Rules that passed all other tests but not the one against that: "
        "{alone}."
    )
    size = times(float(figures["size_lift"].median()))
    return Note("size_effect", message(words, claim="alone >= 0", size=size, alone=count(alone)))


def _lift_chart(checked: Checked) -> Figure | None:
    shown = one_per_set(checked.table).dropna(subset=["later_lift", "later_lift_low", "later_lift_high"]).head(CHARTED)
    if shown.empty:
        return None
    rows = pd.DataFrame(
        {
            "category": name_rules(shown),
            "estimate": shown["later_lift"].to_numpy(),
            "low": shown["later_lift_low"].to_numpy(),
            "high": shown["later_lift_high"].to_numpy(),
            "found": shown["lift"].to_numpy(),
            "baskets": shown["later_count"].to_numpy(),
            "rule": name_rules(shown, short=False),
            "customers": shown["customers"].to_numpy(),
        }
    )
    return Figure(
        "lift_later",
        "interval",
        message(
            "{above} of the {shown} strongest combinations clearly meet more often than by chance later on",
            claim="above <= shown and above >= 0",
            above=count(int((rows["low"] > 1).sum())),
            shown=count(len(rows)),
        ),
        message(
            "Lift in {n} later baskets with {level} interval by customer; a lift of {one} is what chance would give",
            n=count(checked.later.n),
            level=percent(checked.level),
            one=number(1, digits=0),
        ),
        "Dots with whiskers, one for each combination, in the order of their rank when found.",
        rows,
        {
            "category": Column("Rule"),
            "estimate": Column("Lift later", "number", digits=1),
            "low": Column("Lower bound", "number", digits=1),
            "high": Column("Upper bound", "number", digits=1),
            "found": Column("Lift when found", "number", digits=1),
            "baskets": Column("Later baskets with both", "count"),
            "rule": Column("Rule in full"),
        },
        {"reference": 1, "reference_label": "as by chance"},
        group_size="customers",
    )


def _confidence_chart(checked: Checked) -> Figure | None:
    shown = one_per_set(checked.table).dropna(subset=["later_confidence"]).head(CHARTED)
    if shown.empty:
        return None
    inside = int(shown["confidence"].between(shown["later_confidence_low"], shown["later_confidence_high"]).sum())
    rows = pd.DataFrame(
        {
            "category": name_rules(shown),
            "first": shown["confidence"].to_numpy(),
            "second": shown["later_confidence"].to_numpy(),
            "low": shown["later_confidence_low"].to_numpy(),
            "high": shown["later_confidence_high"].to_numpy(),
            "lift": shown["later_lift"].to_numpy(),
            "conviction": shown["conviction"].to_numpy(),
            "verdict": verdicts(shown),
            "rule": name_rules(shown, short=False),
            "customers": shown["customers"].to_numpy(),
        }
    )
    return Figure(
        "confidence_later",
        "dumbbell",
        message(
            "Later baskets are in line with what was found for {inside} of the {shown} strongest combinations",
            claim="inside <= shown and inside >= 0",
            inside=count(inside),
            shown=count(len(shown)),
        ),
        message(
            "Of baskets with the first product, the share that also hold the second: when found, and in {n} later "
            "baskets with {level} interval; in line is what the interval holds, and a wide one holds much",
            n=count(checked.later.n),
            level=percent(checked.level),
        ),
        "Two dots for each rule, joined by a line: its confidence when it was found and in the later period.",
        rows,
        {
            "category": Column("Rule"),
            "first": Column("When found", "percent"),
            "second": Column("Later", "percent"),
            "low": Column("Lower bound later", "percent"),
            "high": Column("Upper bound later", "percent"),
            "lift": Column("Lift later", "number", digits=1),
            "conviction": Column("Conviction when found", "number", digits=1),
            "verdict": Column("Verdict", "phrase"),
            "rule": Column("Rule in full"),
        },
        {"first_label": "when found", "second_label": "later"},
        group_size="customers",
    )


def _same_customers(checked: Checked) -> Block | None:
    """How far the later period is a judge of its own."""
    customers = checked.later.table["customer"]
    known = customers[customers >= 0]
    share = float(known.isin(checked.rules.baskets.table["customer"]).mean())
    if not share > 0:
        return None
    words = msgid(
        "Of the later baskets of known customers, {share} are of customers in whose earlier baskets the rules were "
        "found. The later period says what still holds among them; a taste that few share can recur and pass."
    )
    return Note("same_customers", message(words, claim="share > 0", share=percent(share)), "limit")


def _widening(ratio: pd.Series) -> Block | None:
    if ratio.empty:
        return None
    middle, largest = float(ratio.median()), float(ratio.max())
    arguments = {"middle": times(middle, digits=2), "largest": times(largest, digits=2), "n": count(len(ratio))}
    if middle >= 1.05:
        words = msgid(
            "One customer's baskets are alike, so intervals of lift are {middle} as wide as if baskets were "
            "independent (median of {n} rules; at most {largest})."
        )
        return sentence("widening", words, claim="middle >= 1.05 and largest >= middle", role="finding", **arguments)
    words = msgid(
        "That one customer's baskets are alike matters little here: intervals of lift are {middle} as wide as if "
        "baskets were independent (median of {n} rules; at most {largest})."
    )
    return sentence("widening", words, claim="middle < 1.05 and largest >= middle", role="finding", **arguments)
