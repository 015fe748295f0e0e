"""Which baskets were searched, which sets of products they hold, and the rules that this gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd

from analysis.findings.rules.shared import LISTED, name_rules, one_per_set, single_consequents
from analysis.report.blocks import Block, Blocks, Column, Figure, KeyFigure, Note, Table, blocks, sentence
from analysis.report.values import Value, count, day, number, percent, text
from analysis.report.wording import Message, message, msgid, phrase
from analysis.rules import Baskets, Itemsets, Rules, compare_algorithms, wilson

__all__ = ["found", "mined", "overview"]

_SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
#: Names, the same in every language.
_ALGORITHMS = {"eclat": "Eclat", "fpgrowth": "FP-growth", "apriori": "Apriori"}
_RANKED = msgid(
    {
        "lift": "lift",
        "leverage": "leverage",
        "confidence": "confidence",
        "p_value": "p-value",
        "kulczynski": "Kulczynski's measure",
    }
)
_MEASURES = msgid(
    {
        "conviction": "Conviction",
        "zhang": "Zhang",
        "certainty": "Certainty",
        "kulczynski": "Kulczynski",
        "imbalance": "Imbalance ratio",
        "cosine": "Cosine",
        "jaccard": "Jaccard",
        "all_confidence": "All-confidence",
        "phi": "Phi",
        "odds_ratio": "Odds ratio",
    }
)


def overview(data: Baskets, mining: Baskets, later: Baskets) -> Blocks:
    """Baskets, their sizes, what was set aside, and the cut between finding and judging."""
    if data.n == 0:
        return blocks(
            Note("no_baskets", message("There are no baskets to analyse, so this page has no rules."), "warning"),
            _set_aside(data),
        )
    return blocks(
        KeyFigure("baskets", "Baskets analysed", count(data.n), "rules.baskets.v1"),
        _described(data),
        _set_aside(data),
        _customers(data),
        _cut(mining, later),
        _sizes(data),
    )


def found(itemsets: Itemsets, others: Sequence[Itemsets] = (), *, compared: bool = False) -> Blocks:
    """How many sets of products are frequent; where they were `compared`, whether others found the same."""
    several = sum(number for length, number in itemsets.by_length.items() if length > 1)
    threshold = {"least": count(itemsets.min_count), "baskets": count(itemsets.baskets.n)}
    if not several:
        words = msgid(
            "No two products stand together in at least {least} of the {baskets} baskets, so there are no rules. "
            "With a smaller minimum support, rarer combinations come into view."
        )
        return blocks(
            Note("no_itemsets", message(words, claim=None, **threshold), "warning"),
            _agreement(itemsets, others, compared),
        )
    return blocks(
        KeyFigure(
            "itemsets", "Frequent product combinations", count(several), "rules.itemsets.v1", n=itemsets.baskets.n
        ),
        sentence(
            "combinations",
            "Combinations of two or more products that stand in at least {least} of the {baskets} baskets: {sets}; the "
            "largest hold {longest} products.",
            claim="sets > 0 and longest > 1",
            role="finding",
            sets=count(several),
            longest=count(max(length for length, number in itemsets.by_length.items() if number)),
            **threshold,
        ),
        _families(itemsets),
        _stopped(itemsets),
        _agreement(itemsets, others, compared),
    )


def mined(rules: Rules, kept: Rules, *, rank_by: str) -> Blocks:
    """The rules that stay after pruning, best first, single and several consequents apart."""
    if not len(kept):
        return blocks(
            KeyFigure("rules_retained", "Rules retained", count(0), "rules.retained.v1", n=kept.baskets.n),
            _no_rules(rules),
        )
    table = kept.table
    low, high = wilson(table["count"], table["antecedent_count"])
    table = table.assign(confidence_low=low, confidence_high=high)
    single = single_consequents(table)
    return blocks(
        KeyFigure("rules_retained", "Rules retained", count(len(kept)), "rules.retained.v1", n=kept.baskets.n),
        _retained(rules, kept, rank_by),
        _rule_table("best_rules", message("Strongest rules in the period of finding"), table[single]),
        _rule_table(
            "wider_rules",
            message("Strongest rules with several further products, in the period of finding"),
            table[~single],
        ),
        _measures_table(table),
        Note(
            "searched",
            message(
                "Measured in the baskets they were found in, rules look better than they are: the best of {searched} "
                "conceivable ones are shown. The later period is the fair judge.",
                searched=number(float(rules.searched)),
            ),
            "limit",
        ),
    )


def _described(data: Baskets) -> Block:
    size = data.table["size"].to_numpy()
    return sentence(
        "baskets_described",
        "The {baskets} baskets hold {products} different products; {single} of the baskets hold one product only, "
        "which says nothing about what goes together.",
        claim="products > 0 and baskets > 0",
        baskets=count(data.n),
        products=count(int((data.item_counts > 0).sum())),
        single=percent(float((size == 1).mean())),
    )


def _median(size: np.ndarray) -> Value:
    middle = float(np.median(size))
    return number(middle, digits=0 if middle.is_integer() else 1)


def _set_aside(data: Baskets) -> Block | None:
    if data.max_size is None:
        return None
    aside = len(data.set_aside)
    if not aside:
        return sentence(
            "set_aside",
            "No basket holds more than {limit} products, so none was set aside.",
            claim="aside == 0",
            limit=count(data.max_size),
            aside=count(0),
        )
    return sentence(
        "set_aside",
        "Baskets set aside because they hold more than {limit} products: {aside}, which is {share} of all; the largest "
        "holds {largest}. So large an order says little about what a customer combines.",
        claim="aside > 0 and largest > limit",
        limit=count(data.max_size),
        aside=count(aside),
        share=percent(aside / (aside + data.n)),
        largest=count(int(data.set_aside["size"].max())),
    )


def _customers(data: Baskets) -> Block:
    known = float((data.table["customer"] >= 0).mean())
    if not data.has_customers:
        words = msgid("No basket is known to belong to a customer, so baskets are taken for independent of each other.")
        return Note("customers_unknown", message(words), "limit")
    return sentence(
        "basket_customers",
        "The customer is known for {known} of the baskets ({customers} customers); each other basket counts as a "
        "customer of its own.",
        claim="known > 0",
        known=percent(known),
        customers=count(data.n_customers),
    )


def _cut(mining: Baskets, later: Baskets) -> Block:
    if not (mining.n and later.n):
        words = msgid("All baskets fall on one side of the cut between finding and judging, so no rule can be judged.")
        return Note("no_later_period", message(words), "warning")
    return sentence(
        "periods",
        "Rules are found in {mining} baskets from {first} to {until} and judged by {later} baskets from {since} to "
        "{last}, in which they were not found.",
        claim="mining > 0 and later > 0 and until < since",
        mining=count(mining.n),
        later=count(later.n),
        first=day(mining.table["day"].min().date()),
        until=day(mining.table["day"].max().date()),
        since=day(later.table["day"].min().date()),
        last=day(later.table["day"].max().date()),
    )


def _sizes(data: Baskets) -> Figure:
    size = data.table["size"].to_numpy()
    edges = [edge for edge in _SIZES if edge < size.max()] + [int(size.max())]
    place = np.searchsorted(edges, size)
    starts = [1, *[edge + 1 for edge in edges[:-1]]]
    names = [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(starts, edges, strict=True)]
    share = np.bincount(place, minlength=len(edges)) / data.n
    rows = pd.DataFrame({"category": names, "value": share, "baskets": np.bincount(place, minlength=len(edges))})
    return Figure(
        "basket_sizes",
        "bar",
        message(
            "Half of all baskets hold {median} products or fewer"
            if np.median(size) > 1
            else "At least half of all baskets hold one product only",
            claim="half >= 0.5",
            median=_median(size),
            half=percent(float((size <= np.median(size)).mean())),
        ),
        message("Share of {n} baskets by number of different products", n=count(data.n)),
        "Horizontal bars, one for each range of basket sizes, from one product to the largest basket.",
        rows,
        {
            "category": Column("Products in the basket"),
            "value": Column("Share of baskets", "percent"),
            "baskets": Column("Baskets", "count"),
        },
    )


def _families(itemsets: Itemsets) -> Block:
    """How far the itemsets can be told by fewer."""
    closed, maximal = (sum(int(flags.sum()) for flags in family) for family in (itemsets.closed, itemsets.maximal))
    return Note(
        "families",
        message(
            "Of all {sets} frequent sets, single products included, {closed} are closed (no longer set stands in as "
            "many baskets) and {maximal} maximal (no longer set is frequent).",
            claim="maximal <= closed and closed <= sets",
            sets=count(len(itemsets)),
            closed=count(closed),
            maximal=count(maximal),
        ),
    )


def _stopped(itemsets: Itemsets) -> Block | None:
    if itemsets.max_length == itemsets.asked_length:
        return None
    words = msgid(
        "There are more combinations of up to {asked} products than the parameters allow, so the search ended with "
        "those of {reached}. With a larger minimum support, longer ones come into view."
    )
    reached, asked = count(itemsets.max_length), count(itemsets.asked_length)
    return Note("search_stopped", message(words, claim="reached < asked", reached=reached, asked=asked), "warning")


def _agreement(first: Itemsets, others: Sequence[Itemsets], compared: bool) -> Block | None:
    if not others:
        words = msgid("With {sets} combinations, no second algorithm was run to compare: that would take long.")
        return Note("not_compared", message(words, sets=count(len(first))), "limit") if compared else None
    names = {"first": text(_ALGORITHMS[first.algorithm]), "rest": _named(others)}
    different = [other for other in others if not compare_algorithms(first, other)]
    if not different:
        return Note(
            "algorithms_agree",
            message(
                "{first} and, in an independent implementation, {rest} found the same {sets} combinations with the "
                "same counts, single products included.",
                claim="sets == others",
                sets=count(len(first)),
                others=count(len(others[-1])),
                **names,
            ),
        )
    words = msgid(
        "{first} found {sets} combinations and {other} found {others}, or with other counts: one of them is wrong."
    )
    other = different[0]
    numbers = {"sets": count(len(first)), "others": count(len(other)), "other": text(_ALGORITHMS[other.algorithm])}
    return Note("algorithms_differ", message(words, claim=None, first=names["first"], **numbers), "warning")


def _named(others: Sequence[Itemsets]) -> Value:
    """The names of several algorithms as a part of a sentence."""
    names = [text(_ALGORITHMS[other.algorithm]) for other in others]
    return reduce(lambda first, last: phrase(message("{first} and {last}", first=first, last=last)), names)


def _retained(rules: Rules, kept: Rules, rank_by: str) -> Block:
    arguments = {"found": count(len(rules)), "eligible": count(kept.eligible), "kept": count(len(kept))}
    if len(kept) < kept.eligible:
        words = msgid(
            "Rules found: {found}. After leaving out those that a simpler rule says as well, {eligible} remain; the "
            "best {kept} by {order} are retained and judged by the later period."
        )
        order = phrase(_RANKED[rank_by])
        claim = "found >= eligible and eligible > kept"
        return sentence("retained", words, claim=claim, role="finding", order=order, **arguments)
    words = msgid(
        "Rules found: {found}. After leaving out those that a simpler rule says as well, {kept} are retained and "
        "judged by the later period."
    )
    return sentence("retained", words, claim="found >= kept and kept == eligible", role="finding", **arguments)


def _no_rules(rules: Rules) -> Note:
    if len(rules):
        words = msgid("Each of the {found} rules is said as well by a simpler one, so none is retained.")
        return Note("no_rules", message(words, claim="found > 0", found=count(len(rules))), "warning")
    words = msgid(
        "No combination reaches the minimum confidence and lift, so there are no rules in these {baskets} baskets. "
        "With smaller minimums, weaker rules come into view."
    )
    return Note("no_rules", message(words, baskets=count(rules.baskets.n)), "warning")


def _rule_table(id: str, caption: Message, table: pd.DataFrame) -> Table | None:
    if table.empty:
        return None
    shown = one_per_set(table).head(LISTED)
    return Table(
        id,
        caption,
        shown.drop(columns=["antecedent_ids", "consequent_ids"]).assign(rule=name_rules(shown, short=False)),
        {
            "rule": Column("Rule"),
            "count": Column("Baskets", "count"),
            "support": Column("Support", "percent", digits=1),
            "confidence": Column("Confidence", "percent", low="confidence_low", high="confidence_high"),
            "lift": Column("Lift", "number", digits=1),
            "leverage": Column("Leverage", "points", digits=1),
        },
        order="The first by rank, one rule for each combination of products; baskets are those with both",
    )


def _measures_table(table: pd.DataFrame) -> Table:
    """Every usual measure of the strongest rules."""
    shown = one_per_set(table).head(LISTED)
    wide = ("conviction", "odds_ratio")
    return Table(
        "rule_measures",
        message("Further measures of the strongest rules, in the period of finding"),
        shown.drop(columns=["antecedent_ids", "consequent_ids"]).assign(rule=name_rules(shown, short=False)),
        {"rule": Column("Rule")}
        | {name: Column(label, "number", digits=1 if name in wide else 2) for name, label in _MEASURES.items()},
        order="The first by rank, one rule for each combination; a dash where a rule never failed",
    )
