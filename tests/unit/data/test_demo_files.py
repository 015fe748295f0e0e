"""The demo's raw files: the same bytes everywhere, and as damaged as their truth says.

The files are read here by the csv module and plain pandas, not by the project's own ingestion and cleaning.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.demo import Truth, generate
from analysis.errors import AnalysisError

END = date(2025, 12, 20)
COLUMNS = ["invoice", "product", "description", "category", "quantity", "time", "price", "customer", "country"]
MISSING = {"", "NA", "unknown", "-"}
NOT_PRODUCTS = {"POST", "DOT", "M", "BANK CHARGES", "gift_0001_20"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, generate(folder, seed=1, customers=1500, months=18, end=END)


def _decoded(data: bytes, encoding: str) -> str:
    """Text of a file in which single lines may be cp1252."""
    if encoding != "utf-8":
        return data.decode(encoding)
    lines = []
    for line in data.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode("cp1252") + "\N{REPLACEMENT CHARACTER}")
    return "\n".join(lines)


def _records(text: str, delimiter: str = ",") -> tuple[list[list[str]], Counter[str]]:
    """Fields of each good record, and what else the text holds; an odd quote is closed by the next line or never."""
    seen: Counter[str] = Counter()
    lines = text.split("\n")[:-1]
    good, width, i = [], len(lines[0].split(delimiter)), 1
    while i < len(lines):
        line = lines[i]
        i += 1
        if not line:
            seen["blank"] += 1
            continue
        if line.count('"') % 2:
            if lines[i].count('"') % 2:
                line, i = line + "\n" + lines[i], i + 1
                seen["embedded_newlines"] += 1
            else:
                seen["unterminated_quote"] += 1
                continue
        fields = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter))
        if len(fields) != width:
            seen["ragged"] += 1
            continue
        seen["cp1252_bytes"] += "\N{REPLACEMENT CHARACTER}" in line
        good.append([field.replace("\N{REPLACEMENT CHARACTER}", "") for field in fields])
    seen["lines"] = len(lines)
    return good, seen


def _text(path: Path, encoding: str) -> str:
    return _decoded(path.read_bytes(), encoding).replace("\r\n", "\n")


@pytest.fixture(scope="module")
def sales(made: tuple[Path, Truth]) -> tuple[pd.DataFrame, Counter[str]]:
    """All good rows of both transaction files with their file's number, and the sum of what was met."""
    folder, planted = made
    frames, seen = [], Counter[str]()
    for number, file in enumerate(planted.files[:2]):
        rows, counts = _records(_text(folder / file.path, file.encoding))
        frames.append(pd.DataFrame(rows, columns=COLUMNS).assign(file=number))
        seen += counts
        assert (file.lines, file.rows) == (counts["lines"], len(rows))
        assert (file.blank, file.embedded_newlines) == (counts["blank"], counts["embedded_newlines"])
        assert file.unreadable == counts["ragged"] + counts["unterminated_quote"]
        assert file.lines == file.header_lines + file.rows + file.unreadable + file.embedded_newlines + file.blank
    return pd.concat(frames, ignore_index=True), seen


def _times(texts: pd.Series) -> pd.Series:
    """Timestamps by one pattern after the other; NaT where none fits."""
    times = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[s]")
    for pattern in ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%Y%m%d", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日"):
        read = pd.to_datetime(texts, format=pattern, errors="coerce").astype("datetime64[s]")
        times = times.fillna(read)
    return times


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_bytes_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path; from analysis.data.demo import generate;"
        "generate(Path(sys.argv[1]), seed=7, customers=150, months=12, end=date(2025, 12, 20))"
    )
    surroundings = (
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "4711", "TZ": "Asia/Shanghai", "LANG": "de_DE.UTF-8", "OMP_NUM_THREADS": "2"},
    )
    runs = []
    for i, extra in enumerate(surroundings):
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / str(i))], env=kept | extra, check=True)
        runs.append(_hashes(tmp_path / str(i)))
    assert len(runs[0]) == 18
    assert runs[0] == runs[1]


def test_seed_matters(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), seed=seed, customers=60, months=6, end=END)
    one, two = _hashes(tmp_path / "1"), _hashes(tmp_path / "2")
    assert one.keys() == two.keys()
    assert not set(one.values()) & set(two.values())


def test_small_enough(made: tuple[Path, Truth]) -> None:
    folder, planted = made
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 9_000_000
    assert 60_000 < planted.ledger["rows"] < 90_000


def test_truth_file_is_the_returned_truth(made: tuple[Path, Truth]) -> None:
    folder, planted = made
    text = (folder / "truth" / "truth.json").read_text(encoding="utf-8")
    assert text == planted.to_json()
    assert json.loads(text)["ledger"] == planted.ledger


def test_every_file_decodes_and_has_the_stated_rows(made: tuple[Path, Truth]) -> None:
    folder, planted = made
    on_disk = {path for path in _hashes(folder) if not path.startswith("truth/")}
    assert on_disk == {file.path for file in planted.files}
    assert {file.encoding for file in planted.files} == {"utf-8", "utf-8-sig", "utf-16", "cp1252", "gb18030"}
    for file in planted.files[2:]:
        frame = pd.read_csv(folder / file.path, encoding=file.encoding, sep=file.delimiter, dtype=str)
        assert len(frame) == file.rows == file.lines - 1


def test_files_have_the_marks_of_their_encoding(made: tuple[Path, Truth]) -> None:
    folder, _ = made
    starts = {"browse_data.csv": b"\xef\xbb\xbf", "customer_feedback.csv": b"\xff\xfe", "transactions_2024.csv": b"inv"}
    for name, mark in starts.items():
        assert (folder / name).read_bytes().startswith(mark)
    header = (folder / "订单_2025.csv").read_bytes().split(b"\r\n", 1)[0].decode("gb18030")
    assert header == "订单号,商品编号,商品名称,类别,数量,下单时间,单价,客户编号,国家"


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("transaction_data.csv", "customer_id,transaction_date,product_id"),
        ("transactions.csv", "customer_id,product_id,time,amount"),
        ("customer_feedback.csv", "购买次数,购买金额,浏览时长,满意度评分"),
        ("test_customer_feedback.csv", "购买次数,购买金额,浏览时长,满意度评分"),
        ("customer_data.csv", "customer_id,age,income,purchase_frequency,amount"),
        ("purchase_data.csv", "customer_id,product_id,purchase_date,amount"),
        ("browse_data.csv", "customer_id,browse_time,pages,duration_seconds"),
        ("social_data.csv", "customer_id,post,likes,comments,shares"),
        ("feedback_data.csv", "customer_id,rating,comment"),
        ("user_behavior_data.csv", "user_id,product_id,purchase_time"),
        ("social_media_data.csv", "user_id,post,likes,comments,shares"),
    ],
)
def test_shapes(made: tuple[Path, Truth], name: str, columns: str) -> None:
    folder, planted = made
    file = next(file for file in planted.files if file.path == f"shapes/{name}")
    text = (folder / file.path).read_bytes().decode(file.encoding)
    assert text.split("\n", 1)[0] == columns
    assert 40 < file.lines <= 200


def test_damage_counts(made: tuple[Path, Truth], sales: tuple[pd.DataFrame, Counter[str]]) -> None:
    rows, seen = sales
    times, quantity = _times(rows["time"]), pd.to_numeric(rows["quantity"], errors="coerce")
    price = pd.to_numeric(rows["price"], errors="coerce")
    usual = price.groupby(rows["product"]).transform("median")
    found = {
        "ragged": seen["ragged"],
        "unterminated_quote": seen["unterminated_quote"],
        "cp1252_bytes": seen["cp1252_bytes"],
        "embedded_newline": seen["embedded_newlines"],
        "over_long_line": int((rows["description"].str.len() > 10_000).sum()),
        "missing_customer": int(rows["customer"].isin(MISSING).sum()),
        "missing_description": int((rows["description"] == "").sum()),
        "customer_id_decimal": int(rows["customer"].str.endswith(".0").sum()),
        "customer_id_blanks": int(rows["customer"].str.startswith(" ").sum()),
        "unreadable_timestamp": int(times.isna().sum()),
        "unreadable_quantity": int(quantity.isna().sum()),
        "unreadable_price": int(price.isna().sum()),
        "outside_date_range": int(((times < "2024-06-20") | (times >= "2025-12-20")).sum()),
        "zero_price": int((price == 0).sum()),
        "negative_price": int(((price < 0) & ~rows["invoice"].str.startswith("A")).sum()),
        "price_slip": int(((price > 50 * usual) & ~rows["product"].isin({"B", *NOT_PRODUCTS})).sum()),
        "giant_basket": int(rows["invoice"].str.startswith("72000").sum()),
        "format_day_first": int((times.notna() & rows["time"].str.contains("/")).sum()),
        "format_chinese": int(rows["time"].str.endswith("日").sum()),
    }
    found |= {f"not_a_product {code}": int((rows["product"] == code).sum()) for code in NOT_PRODUCTS}
    stated = made[1].damage["transactions"]
    # some quantities are as large without being damaged
    assert stated["outlier_quantity"]["rows"] <= quantity.between(600, 2000).sum()
    assert found == {name: stated[name]["rows"] for name in found}


def test_ledger_closes_and_a_plain_cleaning_agrees(
    made: tuple[Path, Truth], sales: tuple[pd.DataFrame, Counter[str]]
) -> None:
    planted = made[1]
    assert planted.ledger["rows"] == sum(n for rule, n in planted.ledger.items() if rule != "rows")
    rows, seen = sales
    removed = Counter(quarantined=seen["ragged"] + seen["unterminated_quote"])

    def drop(rule: str, mask: pd.Series) -> None:
        nonlocal rows
        removed[rule] += int(mask.sum())
        rows = rows.loc[~mask]

    copies = rows.groupby(COLUMNS)["file"].transform("min")
    drop("duplicate_overlap", rows["file"] > copies)
    drop("duplicate_repeat", rows.duplicated(COLUMNS))
    rows = rows.assign(
        when=_times(rows["time"]), n=pd.to_numeric(rows["quantity"], errors="coerce"),
        each=pd.to_numeric(rows["price"], errors="coerce"),
        who=rows["customer"].str.strip().str.removesuffix(".0").mask(rows["customer"].isin(MISSING)),
    )  # fmt: skip
    drop("unreadable_timestamp", rows["when"].isna())
    drop("unreadable_quantity", rows["n"].isna())
    drop("unreadable_price", rows["each"].isna())
    drop("outside_date_range", (rows["when"] < "2024-06-20") | (rows["when"] >= "2025-12-20"))
    drop("adjustment", rows["invoice"].str.startswith("A"))
    drop("not_a_product", rows["product"].isin(NOT_PRODUCTS))
    matched, unmatched = _match(rows)
    drop("cancelled_original", rows.index.to_series().isin(matched.values()))
    drop("cancellation", rows.index.to_series().isin(matched))
    drop("cancellation_unmatched", rows.index.to_series().isin(unmatched))
    drop("non_positive_price", rows["each"] <= 0)
    drop("return", rows["n"] < 0)
    removed["kept"] = len(rows)
    assert dict(removed) == {rule: n for rule, n in planted.ledger.items() if rule != "rows"}
    assert rows["who"].nunique() == planted.clean["customers"]
    assert set(rows["who"].dropna()) <= planted.segment_of.keys()
    assert rows["invoice"].nunique() == planted.clean["baskets"]
    assert round((rows["n"] * rows["each"] * 100).sum()) == planted.clean["amount_pence"]


def _match(rows: pd.DataFrame) -> tuple[dict[int, int], list[int]]:
    """Cancellation → its latest earlier original that no other took, and cancellations without one."""
    open_lines: dict[tuple[str, str, float, float], list[int]] = {}
    matched, unmatched = {}, []
    ordered = rows.sort_values(["when", "n"], ascending=[True, False], kind="stable")
    for index, who, product, n, each, cancels in zip(
        ordered.index, ordered["who"], ordered["product"], ordered["n"], ordered["each"],
        ordered["invoice"].str.startswith("C"), strict=True,
    ):  # fmt: skip
        key = (who, product, abs(n), each)
        if not cancels:
            if n > 0:
                open_lines.setdefault(key, []).append(index)
        elif open_lines.get(key):
            matched[index] = open_lines[key].pop()
        else:
            unmatched.append(index)
    return matched, unmatched


def test_damage_of_the_other_tables(made: tuple[Path, Truth]) -> None:
    folder, planted = made
    frames = {
        file.table: pd.read_csv(
            folder / file.path, encoding=file.encoding, sep=file.delimiter, dtype=str, keep_default_na=False
        )
        for file in planted.files[2:6]
    }
    feedback, customers, browsing = frames["feedback"], frames["customers"], frames["browsing"]
    for name, frame in frames.items():
        assert frame.duplicated().sum() == planted.damage[name]["duplicate"]["rows"]
    plain = feedback.drop_duplicates()
    assert (
        plain["满意度评分"].isin(["", "NA", "-", "未知"]).sum() == planted.damage["feedback"]["missing_rating"]["rows"]
    )
    wild = plain["满意度评分"].isin(["0", "11", "55", "-1"]).sum()
    assert wild == planted.damage["feedback"]["rating_out_of_range"]["rows"]
    assert browsing["duration_seconds"].eq("259200").sum() == planted.damage["browsing"]["bot_session"]["rows"]
    known = customers["customer_id"].isin(planted.segment_of.keys())
    rows = customers.drop_duplicates("customer_id")
    assert (~known & ~customers.duplicated()).sum() >= planted.damage["customers"]["never_bought"]["rows"]
    assert rows["age"].isin(["199", "-1", "250"]).sum() == planted.damage["customers"]["impossible_age"]["rows"]
    assert rows["age"].isin(MISSING).sum() == planted.damage["customers"]["missing_age"]["rows"]
    assert rows["income"].str.contains(",").sum() == planted.damage["customers"]["grouped_income"]["rows"]


@pytest.mark.parametrize(
    ("customers", "months", "end", "first"),
    [(40, 6, date(2024, 8, 31), "2024"), (60, 7, date(2025, 1, 1), "2024"), (50, 30, date(2026, 2, 28), "2023")],
)
def test_other_sizes_and_periods(tmp_path: Path, customers: int, months: int, end: date, first: str) -> None:
    planted = generate(tmp_path, seed=3, customers=customers, months=months, end=end)
    assert sum(s.customers for s in planted.segments) == customers
    assert planted.files[0].path == f"transactions_{first}.csv"
    assert min(file.rows for file in planted.files[:2]) > 0
    days = re.findall(r"\d{4}-\d\d-\d\d", (tmp_path / planted.files[0].path).read_bytes().decode("latin-1"))
    inside = [day for day in days if planted.start.isoformat() <= day < planted.end.isoformat()]
    assert len(inside) > 0.9 * len(days)


def test_arguments_out_of_range_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"seed is -1.*customers is 5.*months is 2"):
        generate(tmp_path, seed=-1, customers=5, months=2, end=END)
    assert not any(tmp_path.iterdir())
