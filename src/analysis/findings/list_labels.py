"""What the columns of exported lists are called, and which of their words are codes with a display name.

A list is a result with a row a customer: scores, segments, forecasts, offers. What has a display name elsewhere (a
feature, a model) keeps it.
"""

from analysis.report.wording import msgid

__all__ = ["CODES", "HEADS", "PREFIXES"]

#: Heads of columns, by column.
HEADS: dict[str, str] = msgid(
    {
        "customer": "Customer",
        "rank": "Rank",
        # classification
        "cutoff": "Cut-off",
        "label": "What happened (1: yes)",
        "probability": "Probability",
        "part": "Tenth of the list",
        "observed": "Share for whom it happened in the test",
        "observed_low": "Share in the test, lower bound",
        "observed_high": "Share in the test, upper bound",
        # clustering
        "segment": "Segment",
        "rfm_segment": "RFM segment",
        # lifetime value
        "days_known": "Days since the first purchase",
        "days_quiet": "Days since the last purchase",
        "transactions": "Purchases so far",
        "purchases": "Purchases that came",
        "probability_active": "Probability of being active",
        "expected_purchases": "Expected purchases",
        "purchases_low": "Expected purchases, lower bound",
        "purchases_high": "Expected purchases, upper bound",
        "expected_value": "Expected value",
        "value_low": "Expected value, lower bound",
        "value_high": "Expected value, upper bound",
        "value_if_active": "Expected value if active",
        "probability_of_purchase": "Probability of a purchase",
        "value_of_a_purchase": "Value of a purchase",
        "expected_amount": "Expected spend",
        "amount": "Spend",
        "state": "State",
        "decile": "Tenth by expected value (1: most)",
        # recommendation
        "product_id": "Product code",
        "product": "Product",
        "score": "Score",
        "method": "Method",
        "reason": "Offered as",
        "because": "Because of product code",
        "because_product": "Because of product",
    }
)

#: Columns whose words are codes, and what a display name has before such a code.
CODES: dict[str, str] = {"segment": "", "rfm_segment": "", "reason": "reason_", "method": "list_", "state": "state_"}

#: What display names have before a column that is named after a model or a baseline.
PREFIXES = ("model_", "baseline_")
