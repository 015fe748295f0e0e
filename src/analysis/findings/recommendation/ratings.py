"""What customers say that they like: ratings of products, and how well they can be foretold."""

from __future__ import annotations

import pandas as pd

from analysis.recommendation import RatingStudy
from analysis.report.blocks import Block, Blocks, Column, Note, Sentence, Table, blocks, sentence
from analysis.report.values import Value, count, number, percent, term
from analysis.report.wording import Message, message, msgid

__all__ = ["ratings"]

_OBSTACLES = msgid(
    {
        "no_ratings": "No rating of a product is a number, so nothing can be learnt from ratings.",
        "too_few_ratings": "Ratings of products: {value}. That is too few to learn from some and to test on others.",
        "constant_ratings": "Every rating of a product is {value}, so ratings tell no products apart.",
    }
)
_SAMPLES = msgid(
    {
        "time": "{train} ratings of {products} products by {customers} customers are learnt from, the {test} given "
        "later are foretold; of these, {known} come from customers who had rated before.",
        "random": "{train} ratings of {products} products by {customers} customers are learnt from, {test} others, "
        "drawn by chance, are foretold; of these, {known} come from customers among those learnt from.",
    }
)
#: What is said of the chosen forecast beside the best mean, and the claim that goes with it.
_VERDICTS = msgid(
    {
        "better": "Forecasts of a rating by {chosen} typically miss by {error}, less than {baseline} ({base}) by more "
        "than chance; the difference is {difference}.",
        "same": "Forecasts of a rating by {chosen} typically miss by {error}, not clearly less than {baseline} "
        "({base}); the difference is {difference}.",
        "worse": "Forecasts of a rating by {chosen} typically miss by {error}, more than {baseline} ({base}), which "
        "needs no model; the difference is {difference}.",
    }
)
_CLAIMS = {
    "better": "difference.high < 0",
    "same": "difference.low <= 0 and difference.high >= 0",
    "worse": "difference.low > 0",
}


def ratings(feedback: pd.DataFrame | None, study: RatingStudy | None, *, level: float) -> Blocks:
    """Whether ratings can be learnt from, and how well they are foretold beside means.

    Parameters
    ----------
    feedback : DataFrame or None
        The clean table; None where the profile has none.
    study : RatingStudy or None
        Of the ratings that name a product; None where there are none.
    level : float
    """
    if feedback is None or "rating" not in feedback or feedback["rating"].notna().sum() == 0:
        return blocks(
            sentence(
                "no_ratings",
                "This data holds no ratings. What customers buy is all that offers can follow from; whether they liked "
                "it is not known.",
            )
        )
    if study is None:
        return blocks(_of_the_shop(feedback))
    if study.obstacle is not None:
        words = _OBSTACLES[study.obstacle.code]
        value = study.obstacle.value
        shown = number(value) if study.obstacle.code == "constant_ratings" else count(int(value))
        used = {"value": shown} if "{value}" in words else {}
        return blocks(Sentence("ratings_obstacle", Message(words, used)))
    return blocks(_sample(study), _verdict(study, level), _table(study, level), _use(study))


def _of_the_shop(feedback: pd.DataFrame) -> Block:
    known = feedback[feedback["rating"].notna()]
    return sentence(
        "shop_ratings",
        "The {n} ratings of {customers} customers are of the shop, not of single products, so no product can be "
        "recommended by them. They would have to name the product that was rated.",
        claim="customers <= n",
        n=count(len(known)),
        customers=count(int(known["customer_key"].nunique())),
    )


def _sample(study: RatingStudy) -> Block:
    words = _SAMPLES[study.split or "random"]
    counts = {name: count(int(study.counts[name])) for name in ("train", "test", "customers", "products")}
    known = count(int(study.counts["known_customers"]))
    return Sentence("ratings_sample", Message(words, {"known": known, **counts}, "known <= test"))


def _error(study: RatingStudy, method: str, level: float) -> Value:
    assert study.errors is not None
    rows = study.errors[(study.errors["measure"] == "rmse") & (study.errors["method"] == method)]
    return number(*(float(rows[name].iloc[0]) for name in ("estimate", "low", "high")), level=level, digits=2)


def _verdict(study: RatingStudy, level: float) -> Block:
    base, baseline = _error(study, study.baseline, level), term(f"rating_{study.baseline}")
    if study.chosen == study.baseline:
        return sentence(
            "ratings_verdict",
            "No method did better than {baseline} on the earlier ratings, and that forecast typically misses by {base} "
            "on the later ones.",
            claim="base >= 0",
            baseline=baseline,
            base=base,
        )
    assert study.differences is not None
    rows = study.differences[(study.differences["measure"] == "rmse") & (study.differences["method"] == study.chosen)]
    middle, low, high = (float(rows[name].iloc[0]) for name in ("difference", "low", "high"))
    found = "better" if high < 0 else "worse" if low > 0 else "same"
    return sentence(
        "ratings_verdict",
        _VERDICTS[found],
        claim=_CLAIMS[found],
        chosen=term(f"rating_{study.chosen}"),
        error=_error(study, study.chosen, level),
        baseline=baseline,
        base=base,
        difference=number(middle, low, high, level=level, digits=2),
    )


def _table(study: RatingStudy, level: float) -> Block:
    assert study.errors is not None and study.differences is not None
    parts = []
    for measure in ("rmse", "mae"):
        part = study.errors[study.errors["measure"] == measure].set_index("method")[["estimate", "low", "high"]]
        parts.append(part.rename(columns={"estimate": measure, "low": f"{measure}_low", "high": f"{measure}_high"}))
    apart = study.differences[study.differences["measure"] == "rmse"].set_index("method")[["difference", "low", "high"]]
    parts.append(apart.rename(columns={"low": "difference_low", "high": "difference_high"}))
    table = pd.concat(parts, axis=1)
    table.insert(0, "name", [f"rating_{method}" for method in table.index])
    table = table.sort_values(["rmse", "name"], kind="stable").reset_index(drop=True)
    columns = {
        "name": Column("Forecast by", "term"),
        "rmse": Column("RMSE", "number", low="rmse_low", high="rmse_high", digits=2),
        "mae": Column("MAE", "number", low="mae_low", high="mae_high", digits=2),
        "difference": Column(
            "RMSE less that of the best mean", "number", low="difference_low", high="difference_high", digits=3
        ),
    }
    caption = message(
        "How far forecasts of {n} ratings miss, in points of the scale, {level} intervals; the best mean is {baseline}",
        n=count(int(study.counts["test"])),
        level=percent(level),
        baseline=term(f"rating_{study.baseline}"),
    )
    return Table("ratings_table", caption, table, columns, order="smallest error first")


def _use(study: RatingStudy) -> list[Block]:
    chosen = message(
        "Ratings are given by customers who chose to buy and to answer. Offers here follow purchases; ratings show "
        "which products disappoint those who bought them."
    )
    notes: list[Block] = [Note("ratings_limit", chosen, "limit")]
    lost = next((remark.value for remark in study.remarks if remark.code == "repeated"), 0)
    if lost:
        repeated = message(
            "Where a customer rated a product more than once, the last rating counts; {n} earlier ones are left out.",
            n=count(int(lost)),
        )
        notes.append(Note("ratings_repeated", repeated))
    if any(remark.code == "one_rating_each" for remark in study.remarks):
        once = message("Hardly anybody rated twice, so ratings cannot tell customers apart, only products.")
        notes.append(Note("ratings_once", once, "limit"))
    if any(remark.code == "too_many" for remark in study.remarks):
        many = message("There are too many ratings to compare all pairs, so neighbours are left out.")
        notes.append(Note("ratings_too_many", many, "limit"))
    return notes
