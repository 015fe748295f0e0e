"""Features: what is known of each customer at a date, and what the customer did after it.

Every number is computed from rows strictly before `as_of`. The same SQL runs twice: at `as_of`, and at the cutoff
`as_of - horizon_days`, where the horizon that follows gives targets that no feature has seen.

>>> from datetime import date
>>> import pandas as pd
>>> sales = pd.DataFrame({
...     "customer_id": ["ann", "ann", "bob"], "product_id": ["tea", "milk", "tea"], "amount": [3.0, 4.5, 3.0],
...     "timestamp": pd.to_datetime(["2024-01-01 09:00", "2024-01-05 10:00", "2024-01-03 08:00"])})
>>> customer_features(sales, as_of=date(2024, 1, 11))[["customer_id", "recency_days", "frequency", "monetary"]]
  customer_id  recency_days  frequency  monetary
0         ann             6          2       7.5
1         bob             8          1       3.0
"""

from analysis.features.build import build
from analysis.features.plain import customer_features
from analysis.features.result import FeatureResult

__all__ = ["FeatureResult", "build", "customer_features"]
