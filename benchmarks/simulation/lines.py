"""Many transaction lines, as messy as real ones: `python -m benchmarks.simulation.lines --lines 1000000 --to FOLDER`.

A file of n lines is made of blocks, each from its own seed and each a stretch of the two years that the file covers,
so that memory does not grow with n and the same arguments give the same lines. What is planted, in shares of all lines:
exact copies (1.2 % beside their original, 0.6 % in a stretch that is exported twice), cancellations (2 %, six in seven
of a line that was sold before), orders without customer (8 %), postage and fees (0.3 %), numbers and times that cannot
be read, prices of zero or less, quantities of zero or less, customer ids that a spreadsheet made a number.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

__all__ = ["NON_PRODUCTS", "SCHEMA", "blocks", "write_csv", "write_parquet"]

Ints = NDArray[np.int64]

#: Product codes that are not products.
NON_PRODUCTS = ("POST", "DOT", "M", "BANK CHARGES")
TEXTS = (
    "customer_id", "product_id", "timestamp", "invoice_id", "description", "category", "quantity", "unit_price",
    "line_amount", "country",
)  # fmt: skip
SCHEMA = pa.schema(
    [*((name, pa.string()) for name in TEXTS), ("source_file", pa.string()), ("source_line", pa.int64())]
)
SOURCE = "lines.csv"
CUSTOMERS_PER_LINE = 0.03
BLOCK, ROW_GROUP = 1 << 17, 1 << 16
START, DAYS = datetime(2023, 1, 1), 731
OPENS, OPEN_MINUTES = 8 * 60, 12 * 60
COPIES, EXPORTED_TWICE, CANCELLED = 0.012, 0.006, 0.02
NO_CUSTOMER, NO_PRODUCT, FLOATING_ID = 0.08, 0.003, 0.01
LINES_PER_ORDER = 8
PRODUCTS, PRICES = 4000, (1.0, 0.9, 0.85, 1.15)
LARGEST = 9999
BAD_NUMBERS, BAD_TIMES = ("?!", "1O", "ERR", "12..5"), ("31/02/2024 10:00", "soon", "2024-13-01 09:00:00")
WORDS = (
    ("RED", "BLUE", "VINTAGE", "SMALL", "LARGE", "GLASS", "WOODEN", "STRIPED", "PAPER", "METAL"),
    ("HEART", "STAR", "ROSE", "BIRD", "GARDEN", "KITCHEN", "RETRO", "CHRISTMAS", "TEA", "PARTY"),
    ("LANTERN", "MUG", "BAG", "CLOCK", "CANDLE", "FRAME", "BOX", "TRAY", "BUNTING", "SIGN"),
)
CATEGORIES = ("Home > Light", "Home > Kitchen", "Bags", "Home > Decoration", "Stationery > Paper", "Garden")
COUNTRIES = ("United Kingdom", "Germany", "France", "Ireland", "Spain", "Netherlands", "Norway", "Japan")


@dataclass(frozen=True)
class _Catalogue:
    """Texts of each product; its prices are at `code * len(PRICES)`, what is no price behind them."""

    codes: pa.Array
    names: pa.Array
    categories: pa.Array
    prices: pa.Array
    quantities: pa.Array
    n_prices: int


def _catalogue(seed: int) -> _Catalogue:
    rng = np.random.default_rng([seed, 0])
    everything = PRODUCTS + len(NON_PRODUCTS)
    letters = rng.choice(["", "", "", "A", "B", "C"], everything)
    codes = [f"{10000 + 17 * i}{letters[i]}" for i in range(PRODUCTS)] + list(NON_PRODUCTS)
    words = [rng.integers(0, len(part), everything) for part in WORDS]
    names = [
        f"{' '.join(part[w[i]] for part, w in zip(WORDS, words, strict=True))} {i % 40}" for i in range(everything)
    ]
    categories = [CATEGORIES[w % len(CATEGORIES)] for w in words[2]]
    base = np.exp(rng.normal(0.8, 0.9, everything))
    prices = [f"{max(b * factor, 0.04):.2f}" for b in base for factor in PRICES]
    # now and then with the sign of the currency
    prices = [f"£{text}" if i % 53 == 0 else text for i, text in enumerate(prices)]
    whole = [str(i) for i in range(-2 * LARGEST, 2 * LARGEST + 1)]
    return _Catalogue(
        *map(pa.array, (codes, names, categories, [*prices, *BAD_NUMBERS, "0", "-11.06"], [*whole, *BAD_NUMBERS])),
        n_prices=len(prices),
    )


def _orders(rng: np.random.Generator, lines: int) -> Ints:
    """The order of each line, from 0, not decreasing."""
    sizes = rng.geometric(1 / LINES_PER_ORDER, lines)
    ends = np.cumsum(sizes)
    return np.searchsorted(ends, np.arange(lines), side="right")


def _moments(rng: np.random.Generator, n: int, span: tuple[float, float]) -> Ints:
    """Minutes of opening time since the start, in order."""
    return np.sort(rng.uniform(span[0], span[1], n) * DAYS * OPEN_MINUTES).astype(np.int64)


def _time_texts(rng: np.random.Generator, minutes: Ints) -> pa.Array:
    """Most as ISO, some as 31/12/2023 17:05 or 2023/12/31 17:05, a few unreadable."""
    clock = minutes // OPEN_MINUTES * 1440 + OPENS + minutes % OPEN_MINUTES
    moments = pa.array(np.datetime64(START, "s") + (clock * 60).astype("timedelta64[s]"))
    texts = [pc.strftime(moments, form) for form in ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%Y/%m/%d %H:%M")]
    bad = pa.array(BAD_TIMES).take(pa.array(rng.integers(0, len(BAD_TIMES), len(minutes))))
    spelled = rng.choice(4, len(minutes), p=(0.9, 0.0795, 0.02, 0.0005))
    return pc.choose(pa.array(spelled), *texts, bad)


def _customer_texts(rng: np.random.Generator, customer: Ints) -> tuple[pa.Array, pa.Array]:
    """Texts of ids and countries of orders."""
    texts = pc.cast(pa.array(customer + 10000), pa.string())
    floating = pa.array(rng.random(len(customer)) < FLOATING_ID)
    texts = pc.if_else(floating, pc.binary_join_element_wise(texts, ".0", ""), texts)
    known = pa.array(rng.random(len(customer)) >= NO_CUSTOMER)
    abroad = np.where(customer % 11 == 0, 1 + customer // 11 % (len(COUNTRIES) - 1), 0)
    return pc.if_else(known, texts, None), pa.array(COUNTRIES).take(pa.array(abroad))


def _customers(rng: np.random.Generator, n: int, n_customers: int) -> Ints:
    """A few buy often: customer i with a probability that falls like 1 / sqrt(i), in an order that ids do not show."""
    place = (n_customers * rng.random(n) ** 2).astype(np.int64)
    step = 7919
    while np.gcd(step, n_customers) > 1:
        step += 2
    return place * step % n_customers


@dataclass
class _Lines:
    """Numbers of the lines of a block: places in the texts of the catalogue and of the orders."""

    order: Ints
    product: Ints
    quantity: Ints
    price: Ints
    named: Ints

    def take(self, places: Ints) -> _Lines:
        return _Lines(*(values[places] for values in (self.order, self.product, self.quantity, self.price, self.named)))


def _sold(rng: np.random.Generator, n: int, kept: _Catalogue) -> _Lines:
    """Lines that were sold, a few of them faulty."""
    product = (PRODUCTS * rng.random(n) ** 2.5).astype(np.int64)
    product[rng.random(n) < NO_PRODUCT] += PRODUCTS
    product = np.where(product >= PRODUCTS, PRODUCTS + product % len(NON_PRODUCTS), product)
    quantity = np.clip(np.exp(rng.normal(1.4, 1.1, n)), 1, LARGEST).astype(np.int64)
    price = product * len(PRICES) + rng.choice(len(PRICES), n, p=(0.7, 0.15, 0.1, 0.05))
    fault = rng.random(n)
    zero, negative, unreadable = fault < 0.0005, (fault >= 0.0005) & (fault < 0.0015), (fault > 0.9995)
    quantity = np.where(zero, 0, np.where(negative, -quantity, quantity)) + 2 * LARGEST
    quantity = np.where(unreadable, 4 * LARGEST + 1 + np.arange(n) % len(BAD_NUMBERS), quantity)
    fault = rng.random(n)
    price = np.where(fault < 0.0004, kept.n_prices + np.arange(n) % len(BAD_NUMBERS), price)
    price = np.where(fault > 0.9975, kept.n_prices + len(BAD_NUMBERS) + np.arange(n) % 2, price)
    return _Lines(_orders(rng, n), product, quantity, price, (rng.random(n) >= 0.002).astype(np.int64))


def _cancelled(rng: np.random.Generator, sold: _Lines, n: int) -> _Lines:
    """Cancellations of lines: the quantity turned, one in seven of a quantity that was not sold."""
    whole = np.flatnonzero((sold.quantity > 2 * LARGEST) & (sold.quantity <= 3 * LARGEST))
    places = np.sort(rng.choice(whole, n, replace=False))
    back = sold.take(places)
    size = back.quantity - 2 * LARGEST
    back.quantity = 2 * LARGEST - np.where(np.arange(n) % 7 == 6, 500 + size, size)
    return back


def _block(seed: int, number: int, n: int, span: tuple[float, float], n_customers: int, kept: _Catalogue) -> pa.Table:
    rng = np.random.default_rng([seed, 1, number])
    n_copies, n_twice, n_back = (round(n * share) for share in (COPIES, EXPORTED_TWICE, CANCELLED))
    sold = _sold(rng, n - n_copies - n_twice - n_back, kept)
    n_orders = int(sold.order[-1]) + 1
    moments = _moments(rng, n_orders, span)
    ids, countries = _customer_texts(rng, _customers(rng, n_orders, n_customers))
    back = _cancelled(rng, sold, n_back)
    owners = np.concatenate([np.arange(n_orders), back.order])
    last = int(span[1] * DAYS * OPEN_MINUTES)
    later = 1 + (rng.random(n_back) ** 2 * (last - moments[back.order])).astype(np.int64)
    moments = np.concatenate([moments, np.minimum(moments[back.order] + later, last - 1)])
    # what is cancelled stands in a document of its own
    back.order = n_orders + np.arange(n_back)
    copied = np.sort(rng.integers(0, len(sold.order), n_copies))
    lines = _together(sold, sold.take(copied), back)
    beside = np.concatenate([np.arange(len(sold.order)), copied, np.arange(n_back) + len(sold.order)])
    row = np.lexsort((beside, moments[lines.order]))
    lines = lines.take(np.concatenate([row, row[len(row) - n_twice :]]))
    names = pc.cast(pa.array(500_000 + number * BLOCK + np.arange(len(moments))), pa.string())
    marks = pa.array(np.where(np.arange(len(moments)) < n_orders, "", "C"), pa.string())
    orders = {
        "customer_id": ids.take(pa.array(owners)),
        "timestamp": _time_texts(rng, moments),
        "invoice_id": pc.binary_join_element_wise(marks, names, ""),
        "country": countries.take(pa.array(owners)),
    }
    return _table(lines, orders, kept, first_line=number * BLOCK + 2)


def _together(*parts: _Lines) -> _Lines:
    return _Lines(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def _table(lines: _Lines, orders: dict[str, pa.Array], kept: _Catalogue, *, first_line: int) -> pa.Table:
    n = len(lines.order)
    order, product = pa.array(lines.order), pa.array(lines.product)
    columns = {
        **{name: texts.take(order) for name, texts in orders.items()},
        "product_id": kept.codes.take(product),
        "description": pc.if_else(pa.array(lines.named == 1), kept.names.take(product), None),
        "category": kept.categories.take(product),
        "quantity": kept.quantities.take(pa.array(lines.quantity)),
        "unit_price": kept.prices.take(pa.array(lines.price)),
        "line_amount": pa.nulls(n, pa.string()),
        "source_file": pa.repeat(SOURCE, n),
        "source_line": pa.array(np.arange(n, dtype=np.int64) + first_line),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def blocks(n_lines: int, *, n_customers: int | None = None, seed: int = 1) -> Iterator[pa.Table]:
    """Lines in the order of their file, in tables of at most `BLOCK` rows.

    Parameters
    ----------
    n_lines : int
        Rows of all tables together, at least 1000.
    n_customers : int, optional
        Customers there are; by default 30 for each 1000 lines. Not all of them need buy.
    seed : int
        For everything that is drawn.

    Yields
    ------
    Table
        The columns of `SCHEMA`: raw texts, the file and the line.

    Raises
    ------
    ValueError
        For too few lines or customers.
    """
    if n_lines < 1000:
        raise ValueError(f"n_lines is {n_lines}; it must be at least 1000")
    customers = round(n_lines * CUSTOMERS_PER_LINE) if n_customers is None else n_customers
    if customers < 1:
        raise ValueError(f"n_customers is {customers}; it must be at least 1")
    kept = _catalogue(seed)
    for number in range(-(-n_lines // BLOCK)):
        first, last = number * BLOCK, min((number + 1) * BLOCK, n_lines)
        yield _block(seed, number, last - first, (first / n_lines, last / n_lines), customers, kept)


def write_parquet(path: Path, n_lines: int, *, n_customers: int | None = None, seed: int = 1) -> None:
    """Write the lines as ingestion would: all text, with `source_file` and `source_line`; see `blocks`."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1) as writer:
        for table in blocks(n_lines, n_customers=n_customers, seed=seed):
            writer.write_table(table, row_group_size=ROW_GROUP)


def write_csv(path: Path, n_lines: int, *, n_customers: int | None = None, seed: int = 1, quoted: bool = False) -> None:
    """Write the same lines as a UTF-8 file with a head and commas; see `blocks`.

    No value holds a comma, a quote or a line end; with `quoted` every value that is not empty stands in quotes.
    """
    columns = [name for name in TEXTS if name != "line_amount"]
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    options = pa.csv.WriteOptions(include_header=False, quoting_style="all_valid" if quoted else "none")
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        with pa.csv.CSVWriter(file, schema, write_options=options) as writer:
            for table in blocks(n_lines, n_customers=n_customers, seed=seed):
                writer.write_table(table.select(columns))


def main() -> None:
    """Write `transactions.parquet`, or `lines.csv` with `--csv`, into a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation.lines", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, help="by default 30 for each 1000 lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--csv", action="store_true", help="as text instead of Parquet")
    parser.add_argument("--quoted", action="store_true", help="with --csv: every value in quotes")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    wanted = {"n_customers": asked.customers, "seed": asked.seed}
    if asked.csv:
        write_csv(asked.to / SOURCE, asked.lines, quoted=asked.quoted, **wanted)
    else:
        write_parquet(asked.to / "transactions.parquet", asked.lines, **wanted)


if __name__ == "__main__":
    main()
