"""Words for samples of customers: who was measured where there are too many to measure all, and what that costs."""

from __future__ import annotations

from analysis.report.blocks import Block, Blocks, Sentence, blocks
from analysis.report.values import Value, count, number, percent, points
from analysis.report.wording import Message, msgid
from analysis.sampling import Sample

__all__ = ["carried_over", "checked_on", "learnt_on", "measured_on", "served", "started_on"]

#: Digits of a margin in standard deviations or of a correlation.
_DIGITS = 4


def measured_on(sample: Sample, *, level: float) -> Blocks:
    """For a page that looks at the sample alone. Nothing where everybody was measured."""
    if sample.whole:
        return blocks()
    share, spread = sample.margin(spread=0.5, level=level), sample.margin(level=level)
    return blocks(
        _sentence(
            "sample",
            msgid(
                "This page measures a sample: {n} of all {of} customers, chosen by a fixed rule that is as good as "
                "chance (the smallest hashes of their keys), so that other pages with a sample of this size look at "
                "the same customers. In {level} of such draws the draw moves a share by at most {share}, and a mean by "
                "at most {spread} standard deviations of a customer. The intervals on this page hold this error."
            ),
            sample,
            claim="n < of and share > none and spread > none",
            level=Value("percent", level),
            share=points(share, digits=2),
            spread=number(spread, digits=_DIGITS),
            none=number(0.0),
        )
    )


def learnt_on(sample: Sample, *, level: float) -> Blocks:
    """For a page whose methods learn and are judged on the sample, and then serve everybody."""
    if sample.whole:
        return blocks()
    return blocks(
        _sentence(
            "learnt_on_sample",
            msgid(
                "Methods learn from, and are judged on, a sample: {n} of all {of} customers, chosen by a fixed rule "
                "that is as good as chance (the smallest hashes of their keys), so that other pages with a sample of "
                "this size look at the same customers. In {level} of such draws the draw moves a share of all these "
                "customers by at most {share}. The intervals on this page hold this error; they are those of methods "
                "that learnt from the sample, which is less than there is to learn from. What was learnt is then "
                "applied to everybody."
            ),
            sample,
            claim="n < of and share > none",
            level=Value("percent", level),
            share=points(sample.margin(spread=0.5, level=level), digits=2),
            none=number(0.0),
        )
    )


def served(sample: Sample, *, of_all: bool, missed: int, on_sale: int) -> Blocks:
    """Who is served and by what, on a page whose methods were compared on the sample.

    Parameters
    ----------
    of_all : bool
        Whether what the method knows of products rests on the purchases of all customers.
    missed : int
        Products on sale that it cannot offer, because nobody of the sample bought them.
    on_sale : int
    """
    if sample.whole:
        return blocks()
    words = _SERVED["all" if of_all else "some" if missed else "sample"]
    claim = "n < of and missed == 0" if of_all or not missed else "n < of and missed > 0 and missed <= on_sale"
    return blocks(_sentence("served_sample", words, sample, claim=claim, missed=count(missed), on_sale=count(on_sale)))


#: What offers rest on.
_SERVED = msgid(
    {
        "all": "Methods were compared on the {n} customers of the sample. The method that makes the offers, and the "
        "list of best sellers, count what all {of} customers have bought until today, so no product is out of reach "
        "because nobody in the sample bought it. Everyone who has bought anything gets offers; the figures and the "
        "table of segments count all customers.",
        "some": "Methods were compared on the {n} customers of the sample, and the method that makes the offers learnt "
        "from what these have bought until today. Of {on_sale} products on sale it cannot offer {missed}, which none "
        "of the customers whose purchases it uses has bought; the list of best sellers, which counts the purchases of "
        "all {of} customers, can. Everyone who has bought anything gets offers; the figures and the table of segments "
        "count all customers.",
        "sample": "Methods were compared on the {n} customers of the sample, and the method that makes the offers "
        "learnt from what these have bought until today; they bought every product on sale. The list of best sellers "
        "counts the purchases of all {of} customers. Everyone who has bought anything gets offers; the figures and the "
        "table of segments count all customers.",
    }
)


def checked_on(sample: Sample, *, level: float) -> Blocks:
    """For a page whose forecasts are of all customers, and were held against what came on the sample."""
    if sample.whole:
        return blocks()
    return blocks(
        _sentence(
            "checked_on_sample",
            msgid(
                "Models are fitted to all {of} customers, and what is to come is what is expected of all of them. "
                "Earlier forecasts are held against what came for a sample, {n} customers, chosen by a fixed rule that "
                "is as good as chance (the smallest hashes of their keys). In {level} of such draws the draw moves a "
                "mean by at most {spread} standard deviations of a customer, and the intervals hold this error."
            ),
            sample,
            claim="n < of and spread > none",
            level=Value("percent", level),
            spread=number(sample.margin(level=level), digits=_DIGITS),
            none=number(0.0),
        )
    )


def carried_over(sample: Sample, *, seed: int) -> Blocks:
    """For a page whose estimates are of all customers, and whose intervals were measured on a part of them."""
    if sample.whole:
        return blocks()
    return blocks(
        _sentence(
            "intervals_from_sample",
            msgid(
                "Every estimate on this page is of all {of} customers. Only how far resamples scatter was measured on "
                "a sample, {n} of them drawn at random (seed {seed}), and carried over to all. That moves no estimate. "
                "It makes the interval of a quantile wider or narrower by about {width}, that of a mean by less; the "
                "interval of the most frequent value is that of the sample."
            ),
            sample,
            claim="n < of and width > none",
            seed=count(seed),
            width=percent(sample.size**-0.25, digits=0),
            none=number(0.0),
        )
    )


def started_on(sample: Sample, *, formed: bool = True) -> Blocks:
    """For a division that all customers made, from starts that were compared on a part of them.

    Parameters
    ----------
    formed : bool
        False where the page shows segments that were frozen earlier.
    """
    if sample.whole:
        return blocks()
    words = msgid(
        "All {of} customers are divided. Which start of K-means is best was found on a sample, {n} of them drawn at "
        "random; from there all customers went on until nobody changed the segment, so that everybody is with the "
        "nearest mean. Intervals of the later period were measured on at most as many customers of each segment and "
        "carried over to all of it: that moves no mean, and the width of an interval by less than {width}."
        if formed
        else "All {of} customers are put into the segments. Intervals of the later period were measured on at most {n} "
        "customers of each segment, drawn at random, and carried over to all of it: that moves no mean, and the width "
        "of an interval by less than {width}."
    )
    width = percent(sample.size**-0.25, digits=0)
    return blocks(_sentence("starts_on_sample", words, sample, claim="n < of", width=width))


def _sentence(name: str, words: str, sample: Sample, *, claim: str, **values: Value) -> Block:
    return Sentence(name, Message(words, {"n": count(sample.size), "of": count(sample.of), **values}, claim))
