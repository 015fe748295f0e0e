"""Tables of what two engines could read differently: blanks, clocks, signs, cases, quotes, huge and empty values."""

from __future__ import annotations

import pandas as pd

__all__ = ["OPTIONS", "tables"]

#: Blanks of Unicode, ends of lines, marks without width.
BLANKS = [" ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x85", "\xa0", "\u1680", *map(chr, range(0x2000, 0x200B)),
          "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "\x1c", "\x1f"]  # fmt: skip
NUMBERS = [
    "1", "+1", "-1", "--1", "+-1", "1.", ".5", "-.5", ".", "", "-", "1.5", "1,5", "1,500", "1,500.25", "1.500,25",
    "15,00", "1 000", "1\xa0000", "1'000", "1\u2009000", "1,,000", "1,000,00", "0x10", "1e3", "1E3", "1e-3", "1d",
    "1f", "1L", "NaN", "Infinity", "inf", "٣", "３", "１，５００．２５", "−4", "－4",
    "(12.50)", "( 12.50 )", "(-3)", "((3))",
    "()", "£5", "5£", "£ 5", "-£5", "£-5", "$1,000.00", "¥3", "￥3", "元3", "3元", "€3", "₹3", "3 kg", "1/2", "½",
    "2.00005", "2.00004999", "-2.00005", "0.00005", "0.00004", "-0.00005", "-0", "0", "99999999999999",
    "999999999999999", "99999999999999.99999", "99999999999999.9999", "12345678901234567890123456789012345678901",
    "000000000000001", "1_000", "true", "NULL", "null", "n/a", "?", "1\n", "1\r\n", "\n1", "1$", "1\\", "\\1",
    '"1"', "'1'", "1;DROP",
]  # fmt: skip
TIMES = [
    "2024-03-05", "2024-3-5", "2024/03/05", "2024.03.05", "2024年3月5日", "2024年03月05日 08:26", "20240305",
    "05/03/2024", "5/3/2024", "5-3-2024", "05.03.2024", "31/01/2024", "01/31/2024", "30/02/2024", "29/02/2024",
    "29/02/2023", "2024-02-30", "2024-13-01", "2024-00-10", "2024-10-00", "0000-01-01", "0001-01-01", "1000-01-01",
    "1582-10-10", "1900-02-29", "2100-02-29", "2999-12-31", "3000-01-01", "9999-12-31", "12024-01-01",
    "-2024-01-01", "24-03-05", "05/03/24", "45356", "2024-03-05T08:26", "2024-03-05T08:26:00Z",
    "2024-03-05t08:26:00z", "2024-03-05 08:26:00+01:00", "2024-03-05 08:26:00 +0100", "2024-03-05 08:26:00-08:00",
    "2024-03-05 08:26:00.123456789", "2024-03-05 08:26:00.", "2024-03-05 24:00", "2024-03-05 24:00:00",
    "2024-03-05 23:59:59", "2024-03-05 23:59:60", "2024-03-05 08:60", "2024-03-05 8:6", "2024-03-05 8",
    "2024-03-05 8:26 PM", "2024-03-05 8:26pm", "2024-03-05 12:00 AM", "2024-03-05 12:30 PM", "2024-03-05 0:30 AM",
    "2024-03-05 13:00 PM", "2024-03-05\n", "2024-03-05 08:26\n", "2024-03-05\t08:26", "2024-03-05  08:26",
    "2024-03-05\xa008:26", "2024-03-05\u300008:26", "2024-03-05\u202f08:26", "２０２４-03-05", "2024-03-05 08：26",
    "2024-03-31 02:30:00", "2024-10-27 02:30:00", "1969-12-31 23:59:59", "1970-01-01", "2024-03-05 UTC",
    "2024-03-05 08:26 CET", "March 5, 2024", "5 Mar 2024", "", "-", "NULL", "now", "today", "epoch", "infinity",
    "2024-03",
]  # fmt: skip
TEXTS = [
    "A", "a", "é", "É", "e\u0301", "ß", "ẞ", "SS", "ı", "İ", "i", "I", "ﬁ", "ǆ", "ǅ", "Σ", "σ", "ς", "ŉ", "茶", "茶 ",
    " 茶", "𝒳", "😀", "😀 x", "Ａ", "ａ", "a  b", "a   b", "a\tb", "a\nb", "a\\b", "a\\nb", "\\", "a'b", "a''b", 'a"b',
    "a`b", "a;b", "a--b", "a/*b*/", "{a}", "%", "_", "a\x01\x02b", "NULL", "Null", "n/a", "N/A",
    "#N/A", "none", "-", "--", "?", "无", "空", "unknown", "UNKNOWN", "nan", "0", "00", "007", "7.0", "7.00", "7.",
    "7.5", "7.0\n", "C1", "c2", "CX", "C", "A1", "a2", "Ç1", "POST", "post", "Post", "pOST ", "gift_1", "GIFT_1",
    "M", "m", "x" * 300, "a" + chr(0x7F), "a\ufffdb",
]  # fmt: skip
OPTIONS = {
    "non_product_codes": ["POST", "M"],
    "non_product_patterns": ["^gift_", "[.]5$"],
    "valid_ranges": {"customers": {'购买 "次数"': [0, 1000.5]}},
    "missing": {"customers": {'购买 "次数"': "median", "城市": "mode"}, "feedback": {"text": 'constant:it\'s "so"'}},
}


def tables() -> dict[str, pd.DataFrame]:
    """Raw tables, all text: one odd value a row, each row beside sound values, and copies and cancellations of all."""
    sound = {
        "customer_id": "7", "product_id": "P1", "timestamp": "2024-03-01 10:00", "invoice_id": "1",
        "description": "tea", "category": "a > b", "quantity": "2", "unit_price": "1.50", "line_amount": None,
        "country": "UK",
    }  # fmt: skip
    odd = {
        "quantity": NUMBERS, "unit_price": NUMBERS, "timestamp": TIMES,
        # what leaves DECIMAL(18, 4) when it is summed stops both engines
        "line_amount": [number for number in NUMBERS if not number.startswith("99999999999999")],
        **{name: [*TEXTS, *(f"{b}x{b}y{b}" for b in BLANKS), *BLANKS]
           for name in ("customer_id", "product_id", "invoice_id", "description", "category", "country")},
    }  # fmt: skip
    rows = [
        {**sound, "customer_id": str(n % 11), "invoice_id": str(1000 + n // 3), name: value or None}
        for name, values in odd.items()
        for n, value in enumerate([*values, *(f"{b}2{b}" for b in BLANKS)])
    ]
    again = [dict(row) for row in rows[::3]]
    cancelled = [{**row, "invoice_id": f"C{row['invoice_id']}", "quantity": "-2"} for row in rows[::2]]
    early = [
        {
            **sound,
            "timestamp": f"2023-0{1 + n % 9}-1{n % 10} 09:0{n % 10}",
            "invoice_id": str(n),
            "customer_id": str(n % 30),
        }
        for n in range(200)
    ]
    lines = pd.DataFrame([*early, *rows, *again, *cancelled], dtype=object)
    return {
        "transactions": lines.assign(source_file="lines.csv", source_line=range(2, len(lines) + 2)),
        "customers": _customers(),
        "feedback": _feedback(),
        "browsing": _browsing(),
    }


def _customers() -> pd.DataFrame:
    values = [*NUMBERS, *(f"{b}3{b}" for b in BLANKS)]
    ids = [str(n % 40) for n in range(len(values))]
    words = [(TEXTS + BLANKS)[n % len(TEXTS + BLANKS)] or None for n in range(len(values))]
    return pd.DataFrame(
        {
            "customer_id": ids,
            '购买 "次数"': [v or None for v in values],
            "城市": words,
            "age": [str(n) for n in range(len(values))],
        },
        dtype=object,
    )


def _feedback() -> pd.DataFrame:
    rows = [
        (str(n % 25), time or None, str(n % 7), (TEXTS[n % len(TEXTS)] if n % 3 else None))
        for n, time in enumerate(TIMES * 3)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "timestamp", "rating", "text"], dtype=object)


def _browsing() -> pd.DataFrame:
    rows = [
        (
            str(n % 25),
            f"2024-02-{1 + n % 28:02d} 1{n % 10}:00",
            (f"s{n // 4}" if n % 5 else None),
            number or None,
            str(n % 9),
        )
        for n, number in enumerate(NUMBERS * 2)
    ]
    return pd.DataFrame(
        rows, columns=["customer_id", "timestamp", "session_id", "duration_seconds", "pages"], dtype=object
    )
