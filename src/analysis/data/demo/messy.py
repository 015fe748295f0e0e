"""Damage to the transactions, as real exports have it, each kind at a stated rate and counted exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.data.demo.catalogue import COUNTRIES
from analysis.data.demo.purchases import GUEST
from analysis.data.demo.records import moments
from analysis.data.demo.world import World

__all__ = ["DAMAGE", "OVERLAP_DAYS", "Transactions", "missing_tokens", "split_minute", "transactions"]

OVERLAP_DAYS = 8
"""Days whose lines stand in both files."""

DAMAGE = {
    "duplicate_repeat": 0.006,
    "unreadable_timestamp": 0.0006,
    "unreadable_quantity": 0.0006,
    "unreadable_price": 0.0003,
    "outside_date_range": 0.0003,
    "zero_price": 0.002,
    "negative_price": 0.0001,
    "price_slip": 0.0004,
    "outlier_quantity": 0.0001,
    "cp1252_bytes": 0.0002,
    "embedded_newline": 0.0002,
    "ragged": 0.0002,
    "unterminated_quote": 0.0,
    "over_long_line": 0.0,
}
"""Share of the clean sale lines that each kind of damage befalls; at least one line each, and never two on one line."""

_NOT_PRODUCTS = (
    ("POST", "POSTAGE", 0.02, 1800, True),
    ("DOT", "DOTCOM POSTAGE", 0.002, 2450, False),
    ("M", "Manual", 0.002, 640, True),
    ("BANK CHARGES", "Bank Charges", 0.0006, 1500, False),
    ("gift_0001_20", "Dotcomgiftshop Gift Voucher £20.00", 0.002, 2000, False),
)
"""Codes that are no products: code, description, share of invoices, pence, whether known customers have them."""

_FORMATS = ("iso", "day_first", "compact", "chinese", "chinese_minutes")
_FORMAT_SHARES = ((0.86, 0.10, 0.04, 0.0, 0.0), (0.58, 0.10, 0.06, 0.11, 0.15))
_MISSING = ("NA", "unknown", "-", "")
_BAD_TIMES = ("31/02/2025 10:00", "n/a", "2025-13-45 09:30:00", "??", "yesterday")
_BAD_QUANTITIES = ("six", "1O", "12 pcs", "#N/A", "")
_BAD_PRICES = ("free", "N/A", "#REF!")


@dataclass(frozen=True)
class Transactions:
    """Damaged rows of both files.

    `rows` has the text columns of the files plus `file` (bit 1: first, bit 2: second), `kind` and `damage`, in file
    order; `rates` what was aimed at, by kind of damage.
    """

    rows: pd.DataFrame
    rates: dict[str, float]


def missing_tokens(rng: np.random.Generator, count: int) -> np.ndarray:
    """The words by which exports say that a value is missing, mostly nothing at all."""
    return np.array(_MISSING, dtype=object)[rng.choice(4, size=count, p=[0.15, 0.1, 0.1, 0.65])]


def split_minute(world: World) -> int:
    """The minute at which the second file begins: New Year where it lies well inside, else a third of the period."""
    start, end = world.when.start.toordinal(), world.when.end.toordinal()
    year = world.when.end.replace(month=1, day=1).toordinal()
    inside = start + 0.2 * (end - start) < year < end - 0.2 * (end - start)
    return ((year if inside else start + (end - start) // 3) - 719_163) * 1440


def transactions(
    world: World, records: pd.DataFrame, *, damage: np.random.Generator, formats: np.random.Generator
) -> Transactions:
    """Turn records into the damaged rows of the two files.

    Parameters
    ----------
    world : World
    records : DataFrame
        From `transaction_records`.
    damage, formats : numpy.random.Generator
        For what is damaged, and for how values are written.
    """
    rows = pd.concat([records, *_extra_records(world, records, rng=damage)], ignore_index=True).sort_values(
        ["minute", "invoice"], kind="stable", ignore_index=True
    )
    split = split_minute(world)
    rows["file"] = np.where(rows["minute"] < split + OVERLAP_DAYS * 1440, 1, 0) + np.where(
        rows["minute"] >= split, 2, 0
    )
    rows["damage"] = _assign(world, rows, rng=damage)
    rows = _written(world, rows, rng=formats)
    _apply(rows, rng=damage)
    rows = rows.loc[rows.index.repeat(np.where(rows["damage"] == "duplicate_repeat", 2, 1))]
    rows = rows.reset_index(drop=True)
    rates = (
        DAMAGE | {"missing_customer": 0.15} | {f"not_a_product {code}": share for code, _, share, _, _ in _NOT_PRODUCTS}
    )
    return Transactions(rows, rates)


def _extra_records(world: World, records: pd.DataFrame, *, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Records that no customer behaviour explains: fees, adjustments, write-offs, giant baskets, keying errors."""
    invoices = records.loc[records["kind"].isin(["sale", "original"])].drop_duplicates("invoice")
    guests = invoices.loc[invoices["customer"] == GUEST]
    extra = []
    for code, text, share, pence, known in _NOT_PRODUCTS:
        pool = invoices if known else guests
        count = min(max(round(share * len(invoices)), 1), len(pool))
        chosen = pool.iloc[np.sort(rng.choice(len(pool), size=count, replace=False))]
        price = np.rint(pence * rng.uniform(0.6, 1.6, count)).astype(np.int64)
        extra.append(
            chosen.assign(product=-1, code=code, description=text, quantity=1, price=price, kind="not_a_product")
        )
    for mark, kind, count in (("A", "adjustment", 6), ("", "return", max(round(0.0008 * len(records)), 1))):
        chosen = invoices.iloc[np.sort(rng.choice(len(invoices), size=count))]
        number = _numbers(chosen["minute"], start=700_001 if mark else 710_001)
        row = chosen.assign(invoice=mark + number, customer=GUEST, kind=kind, country=COUNTRIES[0])
        if mark:
            price = rng.integers(50_000, 1_200_000, count) * np.where(np.arange(count) % 3 == 0, 1, -1)
            extra.append(row.assign(product=-1, code="B", description="Adjust bad debt", quantity=1, price=price))
        else:
            extra.append(row.assign(quantity=-rng.integers(1, 200, count), description="damaged"))
    return [*extra, _giant_baskets(world, guests, rng=rng), *_keying_errors(records, rng=rng)]


def _numbers(minute: pd.Series, *, start: int) -> pd.Series:
    return pd.Series(np.arange(start, start + len(minute)).astype(str), index=minute.index, dtype=object)


def _giant_baskets(world: World, guests: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """Two invoices with most of the shop on them."""
    parts = []
    for i in range(2):
        row = guests.iloc[[int(rng.integers(len(guests)))]]
        product = np.sort(rng.permutation(len(world.shop.name) - len(world.shop.discontinued))[: 180 - 30 * i])
        basket = row.loc[row.index.repeat(len(product))].reset_index(drop=True)
        parts.append(
            basket.assign(
                invoice=str(720_001 + i), product=product, quantity=rng.integers(1, 9, len(product)),
                price=world.shop.price[product], kind="giant_basket",
                description=np.array(world.shop.name, dtype=object)[product],
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _keying_errors(records: pd.DataFrame, *, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Two absurd quantities of known customers, each on its own invoice and cancelled within minutes."""
    known = records.loc[(records["kind"] == "sale") & (records["customer"] != GUEST)]
    chosen = known.iloc[np.sort(rng.choice(len(known), size=2, replace=False))]
    quantity = np.array([74_215, 80_995])
    number = _numbers(chosen["minute"], start=730_001)
    return [
        chosen.assign(invoice=number, quantity=quantity, kind="original", keyed=True),
        chosen.assign(
            invoice="C" + number, quantity=-quantity, kind="cancellation", minute=chosen["minute"] + 14, keyed=True
        ),
    ]


def _assign(world: World, rows: pd.DataFrame, *, rng: np.random.Generator) -> np.ndarray:
    """Choose which plain sale lines are damaged, and how; no line twice, none of the overlap."""
    plain = np.flatnonzero((rows["kind"] == "sale") & (rows["file"] != 3))
    guest = (rows["customer"] == GUEST).to_numpy()
    small = (rows["quantity"] * rows["price"]).to_numpy() < 600
    first = (rows["file"] == 1).to_numpy()
    # what would drown a customer's own figures stays with guests; broken bytes and quotes are of the UTF-8 file
    allowed = {
        "price_slip": guest | small, "outlier_quantity": guest, "cp1252_bytes": first,
        "unterminated_quote": first & guest, "over_long_line": first & guest, "ragged": guest,
    }  # fmt: skip
    damage = np.full(len(rows), "", dtype=object)
    free = rng.permutation(plain)
    # the choosiest first, so that enough is left for each
    for name in sorted(DAMAGE, key=lambda name: (name not in allowed, name)):
        fit = allowed.get(name)
        pool = free if fit is None else free[fit[free]]
        chosen = pool[: max(round(DAMAGE[name] * len(plain)), 1)]
        damage[chosen] = name
        free = free[damage[free] == ""]
    return damage


def _written(world: World, rows: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """The rows as text, in the formats of their invoice."""
    invoice = pd.factorize(rows["invoice"])[0]
    count = invoice.max() + 1
    pick = rng.random(count)[invoice]
    second = (rows["file"] == 2).to_numpy()
    plain = (rows["file"] == 3).to_numpy() | rows["keyed"].notna().to_numpy()
    form = np.zeros(len(rows), dtype=np.int64)
    for flag, shares in enumerate(_FORMAT_SHARES):
        form = np.where(second == bool(flag), np.searchsorted(np.cumsum(shares)[:-1], pick, side="right"), form)
    form = np.where(plain, 0, form)
    style = np.where(plain, 0.5, rng.random(count)[invoice])
    token = missing_tokens(rng, count)[invoice]
    text = pd.DataFrame(
        {
            "invoice_id": rows["invoice"],
            "product_id": np.array([*world.shop.product_id, ""], dtype=object)[rows["product"]],
            "description": _noisy(rows["description"].to_numpy(dtype=object), rng=rng),
            "category": np.array([*world.shop.category, ""], dtype=object)[rows["product"]],
            "quantity": rows["quantity"].astype(str),
            "timestamp": _dates(rows["minute"].to_numpy(), form),
            "unit_price": [f"{'-' if p < 0 else ''}{abs(p) // 100}.{abs(p) % 100:02d}" for p in rows["price"].tolist()],
            "customer_id": _ids(world, rows["customer"].to_numpy(), style, token, first=~second),
            "country": rows["country"],
            "file": rows["file"], "kind": rows["kind"], "damage": rows["damage"],
            "form": np.array(_FORMATS, dtype=object)[form],
        }
    )  # fmt: skip
    text["product_id"] = rows["code"].where(rows["code"].notna(), text["product_id"])
    return text.astype({"product_id": object, "invoice_id": object})


def _noisy(description: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Stray blanks, other cases, and now and then nothing at all."""
    how = rng.random(len(description))
    edits = (
        (0.000, 0.012, lambda text: f" {text} "), (0.012, 0.022, str.lower), (0.022, 0.030, str.title),
        (0.030, 0.038, lambda text: text.replace(" ", "  ", 1)), (0.038, 0.041, lambda text: ""),
    )  # fmt: skip
    noisy = description.copy()
    for low, high, edit in edits:
        hit = np.flatnonzero((how >= low) & (how < high))
        noisy[hit] = [edit(text) for text in description[hit]]
    return noisy


def _dates(minute: np.ndarray, form: np.ndarray) -> np.ndarray:
    """Timestamps in each row's format; `compact` and `chinese` have no time of day."""
    texts = []
    for iso, how in zip(moments(minute).tolist(), form.tolist(), strict=True):
        year, month, day, clock = iso[:4], iso[5:7], iso[8:10], iso[11:]
        if how == 0:
            texts.append(f"{iso[:10]} {clock}:00")
        elif how == 1:
            texts.append(f"{day}/{month}/{year} {clock}")
        elif how == 2:
            texts.append(year + month + day)
        else:
            chinese = f"{year}年{int(month)}月{int(day)}日"
            texts.append(f"{chinese} {clock}" if how == 4 else chinese)
    return np.array(texts, dtype=object)


def _ids(world: World, customer: np.ndarray, style: np.ndarray, token: np.ndarray, *, first: np.ndarray) -> np.ndarray:
    """Customer ids: some with stray blanks, in the first file some with '.0'; missing ones in several words."""
    plain = world.who.customer_id[customer].astype(str).astype(object)
    written = np.where(style < 0.02, " " + plain + " ", plain)
    written = np.where((style > 0.96) & first, plain + ".0", written)
    return np.asarray(np.where(customer == GUEST, np.where(style == 0.5, "", token), written))


def _apply(rows: pd.DataFrame, *, rng: np.random.Generator) -> None:
    """Damage the texts of the assigned rows in place."""

    def hit(name: str) -> np.ndarray:
        return np.flatnonzero(rows["damage"] == name)

    def put(name: str, column: str, values: tuple[str, ...]) -> None:
        where = hit(name)
        rows.loc[where, column] = [values[i % len(values)] for i in range(len(where))]

    put("unreadable_timestamp", "timestamp", _BAD_TIMES)
    put("unreadable_quantity", "quantity", _BAD_QUANTITIES)
    put("unreadable_price", "unit_price", _BAD_PRICES)
    put("outside_date_range", "timestamp", ("1970-01-01 00:00:00", "2099-12-31 23:59:00"))
    put("zero_price", "unit_price", ("0.00", "0"))
    where = hit("negative_price")
    rows.loc[where, "unit_price"] = "-" + rows.loc[where, "unit_price"]
    where = hit("price_slip")
    rows.loc[where, "unit_price"] = rows.loc[where, "unit_price"].str.replace(".", "") + ".00"
    where = hit("outlier_quantity")
    rows.loc[where, "quantity"] = rng.integers(600, 2_000, len(where)).astype(str)
    # none of these bytes can be read as GB18030 either, so a reader must come to cp1252
    put("cp1252_bytes", "description", ("CAFÉ MUG, £5 OFF", "CAFÉ SIGN – BLUE", "ROSÉ GLASS £9 EACH"))
    put("embedded_newline", "description", ("SET OF 3\nCAKE TINS", "GIFT SET\n(2 PIECES)"))
    put("over_long_line", "description", ("LABEL TEXT PASTED BY MISTAKE " * 700,))
