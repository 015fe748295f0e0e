"""The options that an earlier period chose for a method, in plain words."""

from __future__ import annotations

from analysis.report.values import Value, count, number
from analysis.report.wording import Words, message, msgid, phrase

__all__ = ["LIKENESSES", "WEIGHTS", "options_in_words"]

#: What two products, or two customers, are compared by.
LIKENESSES = msgid(
    {
        "cosine": "by cosine",
        "jaccard": "by Jaccard",
        "adjusted_cosine": "by adjusted cosine",
        "conditional": "by the share who also bought them",
    }
)
#: What a purchase counts.
WEIGHTS = msgid(
    {
        "binary": "every product owned counts the same",
        "count": "every further purchase counts as much as the first",
        "log": "bought more often counts more",
        "tfidf": "what few buy counts more (TF-IDF)",
        "bm25": "what few buy counts more (BM25)",
    }
)
#: Whose neighbours are looked for, with and without shrinkage.
_NEIGHBOURS = msgid(
    {
        "customers": "The {n} nearest customers {likeness}; {weights}",
        "products": "The {n} nearest products {likeness}; {weights}",
        "customers_shrunk": "The {n} nearest customers {likeness}; {weights}; shrinkage {shrinkage}",
        "products_shrunk": "The {n} nearest products {likeness}; {weights}; shrinkage {shrinkage}",
    }
)


def options_in_words(method: str, options: str) -> Words:
    """The options of a method, from `Candidate.text`.

    >>> options_in_words("item_neighbours", "similarity cosine, weighting log, shrinkage 0.0, neighbours 9").template
    'The {n} nearest products {likeness}; {weights}'
    """
    if not options:
        return msgid("Thresholds were set beforehand: nothing to choose")
    chosen = dict(option.split(" ", 1) for option in options.split(", "))
    weights = phrase(WEIGHTS[chosen["weighting"]])
    if method == "factors":
        return message(
            "{n} factors, pulled towards zero with strength {strength}; {weights} (weight {alpha})",
            n=count(int(chosen["size"])),
            strength=_plain(chosen["regularisation"]),
            alpha=_plain(chosen["alpha"]),
            weights=weights,
        )
    whose = "customers" if method == "user_neighbours" else "products"
    return message(
        _NEIGHBOURS[f"{whose}_shrunk" if float(chosen["shrinkage"]) else whose],
        n=count(int(chosen["neighbours"])),
        likeness=phrase(LIKENESSES[chosen["similarity"]]),
        weights=weights,
        shrinkage=_plain(chosen["shrinkage"]),
    )


def _plain(option: str) -> Value:
    """A number without decimals that say nothing."""
    value = float(option)
    return number(value, digits=0 if value.is_integer() else 2)
