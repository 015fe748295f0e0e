"""Cleaning: raw tables in, typed tables and a ledger out that closes to the row and the penny.

>>> import pandas as pd
>>> raw = pd.DataFrame({
...     "customer_id": ["7", "7", "8", None],
...     "product_id": ["A", "A", "B", "A"],
...     "invoice_id": ["1", "1", "2", "3"],
...     "timestamp": ["01/12/2010 08:26", "01/12/2010 08:26", "02/12/2010 09:00", "03/12/2010 10:00"],
...     "quantity": ["2", "2", "1", "5"],
...     "unit_price": ["£1.50", "£1.50", "0", "1.50"],
... })
>>> result = clean({"transactions": raw})
>>> result.frame("sales")[["basket_key", "customer_key", "product_id", "quantity", "amount"]].to_dict("split")["data"]
[[1, 1.0, 'A', Decimal('2.0000'), Decimal('3.0000')], [2, nan, 'A', Decimal('5.0000'), Decimal('7.5000')]]
>>> ledger = result.ledger
>>> ledger.loc[ledger["rows"] > 0, ["kind", "rule", "rows", "amount"]].to_dict("split")["data"][2:5]
[['removed', 'duplicate_repeat', 1, Decimal('3.0000')], ['removed', 'non_positive_price', 1, Decimal('0.0000')], \
['kept', 'kept_with_customer', 1, Decimal('3.0000')]]
"""

from __future__ import annotations

from analysis.cleaning._clean import CleaningResult, clean
from analysis.cleaning.options import CleaningOptions

__all__ = ["CleaningOptions", "CleaningResult", "clean"]
