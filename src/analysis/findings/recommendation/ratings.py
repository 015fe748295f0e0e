"""What customers say that they like: ratings of products, where there are any."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Blocks, blocks, sentence
from analysis.report.values import count

__all__ = ["ratings"]


def ratings(feedback: pd.DataFrame | None) -> Blocks:
    """Whether ratings can be learnt from, and how well they are foretold.

    Parameters
    ----------
    feedback : DataFrame or None
        The clean table; None where the profile has none.
    """
    if feedback is None or "rating" not in feedback or feedback["rating"].notna().sum() == 0:
        words = (
            "This data holds no ratings. What customers buy is all that offers can follow from; whether they liked it "
            "is not known."
        )
        return blocks(sentence("no_ratings", words))
    known = feedback[feedback["rating"].notna()]
    if "product_id" not in known or known["product_id"].notna().sum() == 0:
        words = (
            "The {n} ratings of {customers} customers are of the shop, not of single products, so no product can be "
            "recommended by them. They would have to name the product that was rated."
        )
        n, customers = count(len(known)), count(int(known["customer_key"].nunique()))
        return blocks(sentence("shop_ratings", words, claim="customers <= n", n=n, customers=customers))
    return blocks()
