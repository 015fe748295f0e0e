"""A file of purchases such as no test data has and real data brings, for a profile of its own."""

from __future__ import annotations

import csv
import io

from browser.hostile import NAMES

__all__ = ["HOSTILE_COLUMNS", "hostile_lines"]

#: Ours on the left, the file's on the right.
HOSTILE_COLUMNS = {
    "invoice_id": "发票号",
    "customer_id": "客户",
    "product_id": "商品",
    "description": "商品名称",
    "timestamp": "时间",
    "quantity": "数量",
    "unit_price": "单价",
    "country": "国家",
}
COUNTRIES = ("中国", "<b>France</b>", "=1+1", "Österreich")


def hostile_lines() -> list[str]:
    """1,500 ordinary lines with names that try to break a page or a spreadsheet, and a few lines of every other kind.

    Those are returns, prices from a hundredth of a penny to twenty billion, prices that are no numbers, and one basket
    of 5,000 products.
    """
    rows: list[tuple[object, ...]] = []
    for n in range(1500):
        product = (n * 7) % 23
        day = f"2025-{1 + n % 9:02d}-{1 + (n * 5) % 27:02d} 10:00"
        name = f"{NAMES[product % len(NAMES)]} {product}"
        rows.append((n // 3, f"客户{n % 40}", product, name, day, 1 + n % 4, f"{1 + n % 9}.5", COUNTRIES[n % 40 % 4]))
    for n, price in enumerate(("inf", "1e400", "NaN", "free", "0.0001", "19999999999.99")):
        rows.append((8000 + n, "客户1", 1, "odd", "2025-03-01 10:00", 1, price, COUNTRIES[1]))
    rows += [
        (f"C{n}", f"客户{n}", (n * 7) % 23, NAMES[0], "2025-08-20 10:00", -1 - n, "2.5", "中国") for n in range(20)
    ]
    rows += [(9000, "客户7", f"g{n}", "giant", "2025-06-01 10:00", 1, 1, COUNTRIES[3]) for n in range(5000)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HOSTILE_COLUMNS.values(), *rows])
    return text.getvalue().splitlines()
