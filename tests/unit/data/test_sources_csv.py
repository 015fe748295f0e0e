"""Delimited text: the grammar against Python's csv module, both paths against each other, damage, encodings."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.text_files import HEADER, put, read

from analysis.data.sources.csv_file import plan_csv
from analysis.data.sources.grammar import Fault, split_record
from analysis.data.sources.lines import Line
from analysis.data.sources.records import MAX_JOINED_LINES, RecordAssembler
from analysis.data.sources.specs import SourceSpec
from analysis.errors import AnalysisError

slow_ok = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


# --- the grammar -----------------------------------------------------------------------------------------


@given(st.text(alphabet="ab\",; \t'", max_size=14))
@settings(max_examples=1500, deadline=None)
def test_grammar_is_that_of_the_csv_module(text: str) -> None:
    ours = split_record(text, ",")
    if isinstance(ours, Fault):
        with pytest.raises(csv.Error):
            next(csv.reader([text], strict=True))
    else:
        theirs = next(csv.reader([text]), []) or [""]
        assert ours == theirs


# --- round trips -----------------------------------------------------------------------------------------

ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    *("cp1252", "gb18030", "shift_jis", "cp500"),
]


def text_for(encoding: str) -> st.SearchStrategy[str]:
    """Text that the encoding can hold, rich in the characters that matter to CSV."""
    letters = {"cp1252": "éü€ß", "cp500": "éü", "shift_jis": "表ソ能カ"}.get(encoding, "é北京购买😀")
    return st.text(alphabet=st.sampled_from('ab1"",;|\t\n\r ' + letters), max_size=8)


@st.composite
def written(draw: st.DrawFn) -> tuple[list[list[str]], str, str, bytes]:
    encoding = draw(st.sampled_from(ENCODINGS))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    field = text_for(encoding)
    rows = draw(st.lists(st.lists(field, min_size=3, max_size=3), max_size=12))
    assume(all(sum(map(len, row)) < 40 for row in rows) and HEADER not in rows)
    # The writer leaves line ends other than its own unquoted, unless it quotes all.
    broken = any("\r" in one or "\n" in one for row in rows for one in row)
    quoting = csv.QUOTE_ALL if broken else draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        quoting=quoting,
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
    )
    writer.writerow(HEADER)
    writer.writerows(rows)
    text = buffer.getvalue()
    if draw(st.booleans()):
        text = text.rstrip("\r\n") if not rows or rows[-1][-1].rstrip("\r\n") == rows[-1][-1] else text
    return rows, encoding, delimiter, text.encode(encoding)


@given(written(), st.sampled_from([64, 1 << 20]))
@slow_ok
def test_what_was_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[list[str]], str, str, bytes], size: int
) -> None:
    rows, encoding, delimiter, data = case
    path = put(tmp_path_factory.getbasetemp(), data, "written.csv")
    # A record of spread lines that look like records themselves is ambiguous, and told apart elsewhere.
    assume(all(len("".join(row).splitlines()) < 4 for row in rows))
    found, _, apart, counts = read(path, encoding=encoding, delimiter=delimiter, block_bytes=size)
    assert apart == []
    assert found == [tuple(one or None for one in row) for row in rows]
    assert counts.lines == len(
        data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    )


@given(st.binary(max_size=60), st.lists(st.sampled_from(list('a1,"\n\r é\0')), max_size=60), st.integers(1, 40))
@slow_ok
def test_any_bytes_close_the_books_and_both_paths_agree(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, salted: list[str], size: int
) -> None:
    data = b"id,what,n\n" + "".join(salted).encode() + b"\n1,b,2\n" + noise
    path = put(tmp_path_factory.getbasetemp(), data, "noise.csv")
    careful = read(path, careful=True, encoding="utf-8", delimiter=",")
    assert read(path, encoding="utf-8", delimiter=",") == careful
    assert read(path, encoding="utf-8", delimiter=",", block_bytes=size) == careful


pieces = st.sampled_from(
    [
        "1,b,2\n",
        "3,c,4\r\n",
        "5,d,6\r",
        '7,"e\n',
        '",8\n',
        '9,"f"\n',
        "\n",
        "x",
        '"',
        '""',
        ",",
        "id,what,n\n",
        '1,",2\n',
    ]
)


@given(st.lists(pieces, max_size=40), st.integers(1, 60))
@slow_ok
def test_both_paths_agree_where_good_and_bad_lines_alternate(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], size: int
) -> None:
    path = put(tmp_path_factory.getbasetemp(), "id,what,n\n" + "".join(parts), "mixed.csv")
    careful = read(path, careful=True, encoding="utf-8", delimiter=",")
    assert read(path, encoding="utf-8", delimiter=",") == careful
    assert read(path, encoding="utf-8", delimiter=",", block_bytes=size) == careful


simple = st.text(alphabet=st.sampled_from("ab1 é北'"), min_size=1, max_size=6)
fields = st.one_of(simple, st.sampled_from(['say "no"', "a,b", '7" tall', "", 'x""y']))


@given(
    st.lists(st.lists(fields, min_size=3, max_size=3), min_size=1, max_size=60),
    st.data(),
    st.sampled_from(["open", "many", "few", "after", "nul", "bytes"]),
)
@slow_ok
def test_one_damaged_line_costs_one_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], data: st.DataObject, kind: str
) -> None:
    assume(all(any(row) for row in rows))
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    lines = buffer.getvalue().encode().split(b"\n")[:-1]
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = {
        "open": b'1,"never closed,3',
        "many": lines[at] + b",x",
        "few": b"1,x",
        "after": b'1,"a" b,3',
        "nul": b"1,a\0b,3",
        # 81 is no byte of UTF-8 alone, nor of cp1252, nor with 2C of GB18030.
        "bytes": b"1,a\x81,3",
    }[kind]
    path = put(tmp_path_factory.getbasetemp(), b"id,what,n\n" + b"\n".join(lines) + b"\n", "damaged.csv")
    found, numbers, apart, _ = read(path, encoding="utf-8", delimiter=",")
    assert [one.line for one in apart] == [at + 2]
    assert found == [tuple(x or None for x in row) for i, row in enumerate(rows) if i != at]
    assert numbers == [i + 2 for i in range(len(rows)) if i != at]
    offset = apart[0].offset
    assert offset is not None and path.read_bytes()[offset:].startswith(lines[at])


# --- bad lines, one by one -------------------------------------------------------------------------------


def test_an_unterminated_quote_does_not_lose_what_follows(tmp_path: Path) -> None:
    """10,000 rows with one unterminated quote: a reader was seen to lose 9,909 of them."""
    lines = [f"{k},thing {k},{k % 7}" for k in range(10_000)]
    lines[90] = '90,"thing 90,6'
    found, _, apart, counts = read(put(tmp_path, "id,what,n\n" + "\n".join(lines) + "\n"))
    assert len(found) == 9_999
    assert [(one.line, one.reason, one.raw) for one in apart] == [(92, "unterminated quote", lines[90])]
    assert counts.lines == 10_001


def test_a_quote_that_closes_by_chance_far_below_does_not_swallow_rows(tmp_path: Path) -> None:
    lines = [f"{k},thing,{k}" for k in range(20)]
    lines[3] = '3,"thing,3'
    lines[12] = '12,7",12'
    found, _, apart, _ = read(put(tmp_path, "id,what,n\n" + "\n".join(lines)))
    assert [one.line for one in apart] == [5]
    assert ("12", '7"', "12") in found and len(found) == 19


def test_a_quote_that_closes_by_chance_with_other_fields_costs_one_row(tmp_path: Path) -> None:
    data = 'id,what,n\n1,"never,3\n2,good,2\n3,",foo",4\n5,"never,3\n6,"\nfoo",4\n'
    found, _, apart, _ = read(put(tmp_path, data))
    assert found == [("2", "good", "2"), ("3", ",foo", "4"), ("6", "\nfoo", "4")]
    assert [(one.line, one.reason) for one in apart] == [(2, "unterminated quote"), (5, "unterminated quote")]


def test_old_line_ends_are_counted_where_blank_lines_even_them_out(tmp_path: Path) -> None:
    found, numbers, _, counts = read(put(tmp_path, "id,what,n\n1,a,2\r3,b,4\n\n5,c,6\n"))
    assert found == [("1", "a", "2"), ("3", "b", "4"), ("5", "c", "6")]
    assert numbers == [2, 3, 5] and (counts.lines, counts.blank) == (5, 1)


def test_quoted_text_may_run_over_many_lines_up_to_the_limit(tmp_path: Path) -> None:
    long = "\n".join(f"line {k}" for k in range(MAX_JOINED_LINES))
    found, numbers, apart, counts = read(put(tmp_path, f'id,what,n\n1,"{long}",2\n3,b,4\n'))
    assert found == [("1", long, "2"), ("3", "b", "4")] and apart == []
    assert numbers == [2, MAX_JOINED_LINES + 2] and counts.embedded_newlines == MAX_JOINED_LINES - 1
    longer = "\n".join(f"line {k}" for k in range(MAX_JOINED_LINES + 1))
    found, _, apart, _ = read(put(tmp_path, f'id,what,n\n1,"{longer}",2\n3,b,4\n'))
    assert found == [("3", "b", "4")] and len(apart) == MAX_JOINED_LINES + 1


def test_a_ragged_record_of_several_lines_is_kept_apart_whole(tmp_path: Path) -> None:
    found, _, apart, counts = read(put(tmp_path, 'id,what,n\n1,"two\nlines",2,extra\n3,b,4\n'))
    assert found == [("3", "b", "4")]
    assert [(one.line, one.raw) for one in apart] == [(2, '1,"two\nlines",2,extra')]
    assert apart[0].reason == "too many fields: 4, expected 3"
    assert (counts.lines, counts.quarantined, counts.embedded_newlines) == (4, 1, 1)


def test_blank_lines_trailing_delimiters_and_headers_that_come_again(tmp_path: Path) -> None:
    data = "\n\nid,what,n\n1,a,2\n\n   \n3,b,4,,\n\ufeffid,what,n\r\n5,c,6"
    found, numbers, apart, counts = read(put(tmp_path, data))
    assert found == [("1", "a", "2"), ("3", "b", "4"), ("5", "c", "6")] and apart == []
    assert numbers == [4, 7, 9]
    assert (counts.lines, counts.header_lines, counts.blank, counts.trailing_delimiters) == (9, 2, 4, 1)


def test_nameless_last_columns_may_be_missing(tmp_path: Path) -> None:
    found, _, apart, _ = read(put(tmp_path, "id,what,n,,\n1,a,2\n3,b,4,,\n5,c,6,note,\n"))
    assert found == [("1", "a", "2"), ("3", "b", "4"), ("5", "c", "6")] and apart == []


def test_excel_separator_line_names_the_delimiter(tmp_path: Path) -> None:
    found, numbers, _, counts = read(put(tmp_path, "sep=;\r\nid;what;n\r\n1;a,b;2\r\n"))
    assert found == [("1", "a,b", "2")] and numbers == [3] and counts.header_lines == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(tmp_path: Path, delimiter: str) -> None:
    rows = [HEADER, ["1", "a b", "2"], ["3", "c. d", "4"]]
    found, *_ = read(put(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert found == [("1", "a b", "2"), ("3", "c. d", "4")]


def test_a_header_over_two_lines_and_a_header_alone(tmp_path: Path) -> None:
    columns = {"id": "id", "n": "long\nname"}
    found, numbers, _, counts = read(put(tmp_path, 'id,"long\nname"\n1,2\n'), columns=columns)
    assert found == [("1", "2")] and numbers == [3] and counts.embedded_newlines == 1
    found, _, _, counts = read(put(tmp_path, "id,what,n\n"))
    assert found == [] and (counts.lines, counts.header_lines) == (1, 1)


def test_a_file_without_header(tmp_path: Path) -> None:
    path = put(tmp_path, "milk,bread\nbeer\n\nmilk\n", "baskets.csv")
    found, numbers, _, counts = read(
        path, columns={"post": "basket"}, header=False, column_names=("basket",), delimiter="\t"
    )
    assert found == [("milk,bread",), ("beer",), ("milk",)] and numbers == [1, 2, 4]
    assert (counts.header_lines, counts.blank) == (0, 1)


# --- encodings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("用户编号,商品,数量\n张三,苹果手机,1\n李四,洗衣机,2\n", "gb18030", "gb18030"),
        ("用户编号,商品,数量\n张三,苹果手机,1\n", "utf-8", "utf-8"),
        ("用户编号,商品,数量\n张三,苹果手机,1\n", "utf-8-sig", "utf-8"),
        ("用户编号,商品,数量\n张三,苹果手机,1\n", "utf-16", "utf-16-le"),
        ("kunde,ware,zahl\nMüller,Käse – fein,1\nJosé,crème brûlée,2\n", "cp1252", "cp1252"),
        ("kunde,ware,zahl\nMüller,Käse,1\n" * 30, "utf-16-be", "utf-16-be"),
        ("клиент,товар,число\nИванов,яблоко зелёное,1\nПетров,груша,2\n", "cp1251", "cp1251"),
    ],
)
def test_the_encoding_is_guessed(tmp_path: Path, text: str, encoding: str, told: str) -> None:
    path = put(tmp_path, text.encode(encoding))
    first, *rest = [line.split(",") for line in text.splitlines()]
    spec = SourceSpec(files=(), columns={name: name for name in first})
    assert plan_csv(path, spec, compression="none", name="a").codec.name == told
    assert plan_csv(path, spec, compression="none", name="a", whole=False).codec.name == told
    found, *_ = read(path, columns={name: name for name in first})
    assert found == [tuple(row) for row in rest if row != first]


def test_stray_lines_of_another_encoding_are_read_and_counted(tmp_path: Path) -> None:
    good = "".join(f"{k},Käse,{k}\n" for k in range(50))
    data = b"id,what,n\n" + good.encode() + "50,crème “x”,2\n".encode("cp1252") + b"51,\x81,1\n52,a,1\n"
    found, _, apart, counts = read(put(tmp_path, data))
    assert ("50", "crème “x”", "2") in found and counts.redecoded == 1 and len(found) == 52
    assert [(one.line, one.raw) for one in apart] == [(53, "51,\\x81,1")]
    assert apart[0].reason == "undecodable: not utf-8 nor cp1252"
    chinese = "".join(f"{k},洗衣机,{k}\n" for k in range(50))
    data = b"id,what,n\n" + chinese.encode() + "50,苹果手机,2\n".encode("gb18030")
    assert ("50", "苹果手机", "2") in read(put(tmp_path, data))[0]


def test_a_torn_utf16_file_loses_only_its_last_line(tmp_path: Path) -> None:
    data = "id,what,n\r\n1,北,2\r\n3,b,4\r\n5,c".encode("utf-16")[:-1]
    found, _, apart, _ = read(put(tmp_path, data))
    assert found == [("1", "北", "2"), ("3", "b", "4")] and [one.line for one in apart] == [4]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_bytes_of_two_characters_are_no_line_end(tmp_path: Path, encoding: str) -> None:
    """In UTF-16 the second byte of one character and the first of the next may look like a line feed."""
    lines = ["id,what,n", *(f"{k},\u0a41\u4100\u000b\u0a0a\u0d0d,{k}" for k in range(40))]
    path = put(tmp_path, "\n".join(lines).encode(encoding))
    for size in (16, 60, 1000):
        found, *_ = read(path, encoding=encoding, delimiter=",", block_bytes=size)
        assert found == [(str(k), "\u0a41\u4100\u000b\u0a0a\u0d0d", str(k)) for k in range(40)]


def test_a_bar_inside_a_gb18030_character_is_no_delimiter(tmp_path: Path) -> None:
    char = b"\x81\x7c".decode("gb18030")
    found, *_ = read(put(tmp_path, f"id|what|n\n1|{char}|2\n".encode("gb18030")), encoding="gb18030", delimiter="|")
    assert found == [("1", char, "2")]


def test_what_the_profile_says_against_what_the_file_says(tmp_path: Path) -> None:
    path = put(tmp_path, "id,what,n\n1,é,2\n".encode("utf-8-sig"))
    with pytest.raises(AnalysisError, match="byte order mark of utf-8; set `encoding: utf-8`"):
        read(path, encoding="cp1252")


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zst"])
def test_compressed_files_and_cut_off_ones(tmp_path: Path, name: str) -> None:
    plain = b"id,what,n\n" + b"".join(b"%d,thing,%d\n" % (k, k * 7919) for k in range(20_000))
    half = len(plain) // 2
    pack = gzip.compress if name.endswith("gz") else lambda data: pa.compress(data, codec="zstd", asbytes=True)
    path = put(tmp_path, pack(plain[:half]) + pack(plain[half:]), name)
    assert len(read(path)[0]) == 20_000
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(AnalysisError, match="cut off or damaged"):
        read(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.data.sources.lines.LONGEST_LINE", 1000)
    path = put(tmp_path, "id,what,n\n1," + "x" * 5000)
    with pytest.raises(AnalysisError, match="longer than"):
        read(path, block_bytes=100)


# --- the fast path ---------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list('a;"\n\r \ufeff')), max_size=40), st.integers(1, 3), st.integers(1, 12))
@slow_ok
def test_both_paths_agree_on_other_widths(
    tmp_path_factory: pytest.TempPathFactory, salted: list[str], width: int, size: int
) -> None:
    path = put(tmp_path_factory.getbasetemp(), "b;" + "".join(salted), "widths.csv")
    names = tuple("xyz"[:width])
    options = {"columns": {one: one for one in names}, "header": False, "column_names": names}
    careful = read(path, careful=True, encoding="utf-8", delimiter=";", **options)
    assert read(path, encoding="utf-8", delimiter=";", block_bytes=size, **options) == careful


def test_clean_blocks_take_the_fast_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes, CRLF and other encodings included; a bad line costs the fast path its neighbourhood only."""
    careful_lines = []
    inner = RecordAssembler.feed

    def spy(self: RecordAssembler, lines: Iterable[Line], *, final: bool = False) -> None:
        kept = list(lines)
        careful_lines.extend(kept)
        inner(self, kept, final=final)

    monkeypatch.setattr(RecordAssembler, "feed", spy)
    body = [f'{k},"Käse ""fein"", {k}",{k % 9}' for k in range(60_000)]
    data = "\r\n".join(["id,what,n", *body]).encode("cp1252")
    found, *_ = read(put(tmp_path, data))
    assert len(found) == 60_000 and found[7] == ("7", 'Käse "fein", 7', "7")
    assert careful_lines == []
    body[30_000] = "30000,too,many,fields"
    found, *_ = read(put(tmp_path, "\r\n".join(["id,what,n", *body]).encode("cp1252")))
    assert len(found) == 59_999
    assert 0 < len(careful_lines) < 2_000
