"""Reading by blocks gives what reading line by line gives, whatever is in the file and wherever blocks end."""

from __future__ import annotations

import codecs
import encodings.aliases
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tests.text_files import put, read

from analysis.data.sources import block_reader
from analysis.data.sources.encodings import Codec
from analysis.data.sources.line_marks import line_marks, quotes_in_order
from analysis.data.sources.lines import Line, decode_lines, line_ends, split_lines, to_utf8
from analysis.data.sources.records import Counts, RecordAssembler, Shape

thorough = settings(
    deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ENDS = ["\n", "\r\n", "\r", "\n\r", ""]
ODD_FIELDS = ['"', '""', '"a"', '"a""b"', '"a', 'a"', '7" x', '"a" ', '"a" b', ' "a"', '"a;b,c"', '"\n"', '"x\r\ny"',
              "\0", "\ufeff", "\x0b", "\u2028", "\x85", "\x1a", "'", "\\", "#", "NULL", "NA", " ", "\t"]  # fmt: skip
PLAIN_FIELDS = ["", "a", "1", "ab c", "é", "北京", "x-1.5"]
CODECS = ["utf-8", "utf-8", "utf-8", "cp1252", "gb18030", "shift_jis", "utf-16-le", "utf-32-be", "iso2022_jp", "johab"]


@contextmanager
def small_groups() -> Iterator[None]:
    """Read by Arrow what else only many lines would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_reader, "_FEW", 1)
        patch.setattr(block_reader, "_HEAD", 8)
        yield


@st.composite
def hostile(draw: st.DrawFn) -> tuple[bytes, dict[str, object]]:
    """A file with any kind of oddity in it, and how the profile names it."""
    encoding = draw(st.sampled_from(CODECS))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", " "]))
    width = draw(st.integers(1, 4))
    nameless = draw(st.integers(0, 2))
    field = st.one_of(st.sampled_from(PLAIN_FIELDS), st.sampled_from(PLAIN_FIELDS), st.sampled_from(ODD_FIELDS))
    header = [f"n{k}" for k in range(width)] + [""] * nameless
    record = st.one_of(
        st.lists(st.sampled_from(PLAIN_FIELDS), min_size=width, max_size=width),
        st.lists(field, min_size=width, max_size=width),
        st.lists(field, max_size=width + 4),
        st.just(header),
        st.lists(st.just(""), max_size=width + 2),
    )
    common = draw(st.sampled_from(ENDS))
    end = st.one_of(st.just(common), st.just(common), st.sampled_from(ENDS))
    lines = draw(st.lists(st.tuples(record, end), max_size=25))
    mark = draw(st.sampled_from(["", "", "\ufeff", "\n", "\n \r\n"]))
    text = mark + delimiter.join(header) + (common or "\n")
    text += "".join(delimiter.join(fields) + end for fields, end in lines)
    data = text.encode(encoding, errors="ignore")
    first = len((mark + delimiter.join(header) + (common or "\n")).encode(encoding, errors="ignore"))
    noises = st.sampled_from([b"\xe9", b"\x81", b"\0", b'"', b"\xff\xfe", b"\x1b$B"])
    for at, noise in draw(st.lists(st.tuples(st.integers(first, len(data)), noises), max_size=3)):
        data = data[:at] + noise + data[at:]
    columns = {name: name for name in header[:width]}
    return data, {"encoding": encoding, "delimiter": delimiter, "columns": columns}


@given(hostile(), st.one_of(st.integers(1, 80), st.just(1 << 20)))
@thorough
def test_fast_is_careful_on_hostile_files(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[bytes, dict[str, object]], size: int
) -> None:
    data, options = case
    path = put(tmp_path_factory.getbasetemp(), data, "hostile.csv")
    careful = read(path, careful=True, **options)
    counts = careful.counts
    assert counts.lines == len(split_lines(data.removeprefix(codecs.BOM_UTF8), _codec(str(options["encoding"]))))
    assert counts.lines == (
        counts.rows + counts.quarantined + counts.embedded_newlines + counts.blank + counts.header_lines
    )
    assert read(path, block_bytes=size, **options) == careful
    with small_groups():
        assert read(path, block_bytes=size, **options) == careful


def _codec(name: str) -> Codec:
    return Codec(codecs.lookup(name).name, "profile", (), 0, 2 if "16" in name else 4 if "32" in name else 1)


@given(st.integers(0, 2**32), st.sampled_from([1 << 9, 1 << 12, 1 << 20]), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(deadline=None, max_examples=12)
def test_fast_is_careful_where_few_lines_are_odd(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int, end: str
) -> None:
    """Thousands of lines: quoted, with and without last fields, and single ones with every kind of damage."""
    rng = random.Random(seed)
    good = ['{k},"thing ""{k}"", fine",{k}', "{k},thing {k},", '"{k}","Käse","{k}"', "{k},thing,{k},", "{k},北京,{k},,"]
    bad = [
        *("{k},few", "{k},many,,,,x", "", "  ", "n0,n1,n2", '{k},"open,{k}', '{k},"two\nlines",{k}', '{k},7" x,{k}'),
        *("\ufeff{k},mark,1", "{k},nul\0,1", '{k},"after" x,1', '"{k}"  ,blank after,1', "{k},lone\rreturn,1"),
    ]
    weights = [rng.random() ** 3 + 0.001 for _ in good]
    share = rng.choice([0.001, 0.02, 0.3])
    lines = [rng.choice(bad) if rng.random() < share else rng.choices(good, weights)[0] for _ in range(3000)]
    data = end.join(["n0,n1,n2,", *(line.replace("{k}", str(k)) for k, line in enumerate(lines))]).encode()
    for _ in range(rng.choice([0, 0, 5, 200])):
        at = rng.randrange(20, len(data))
        data = data[:at] + rng.choice([b"\xe9", b"\x81", b'"']) + data[at:]
    path = put(tmp_path_factory.getbasetemp(), data, "long.csv")
    options = {"columns": {f"n{k}": f"n{k}" for k in range(3)}, "encoding": "utf-8", "delimiter": ","}
    careful = read(path, careful=True, **options)
    assert read(path, block_bytes=size, **options) == careful


NOT_BY_LINES = ("iso2022_kr", "utf-7", "hz", "idna", "punycode", "unicode-escape", "raw-unicode-escape")


def _all_codecs() -> list[str]:
    found = set()
    for alias in sorted(set(encodings.aliases.aliases.values())):
        try:
            info = codecs.lookup(alias)
            "a\n".encode(info.name)
        except (LookupError, UnicodeError, ValueError):
            continue
        if info._is_text_encoding and not info.name.startswith(NOT_BY_LINES):
            found.add({"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(info.name, info.name))
    return sorted(found)


@pytest.mark.parametrize("encoding", _all_codecs())
def test_fast_is_careful_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    """Any bytes, half of them ASCII, with line ends and delimiters as the encoding writes them."""
    rng = random.Random(encoding)
    codec = _codec(encoding)
    line, comma = codec.newline, ",".encode(encoding)
    for _ in range(25):
        parts = [f"a,b{line.decode(encoding)}".encode(encoding)]
        for _ in range(rng.randrange(40)):
            raw = bytes(rng.randrange(128 if rng.random() < 0.7 else 256) for _ in range(rng.randrange(6)))
            parts += [raw, comma, rng.choice([b"\x1b$B", b"\\", b"~", b"x"]), rng.choice([line, line, b"\r", b""])]
        path = put(tmp_path, b"".join(parts))
        options = {"columns": {"a": "a", "b": "b"}, "encoding": encoding, "delimiter": ","}
        assert read(path, block_bytes=rng.choice([7, 40, 1 << 20]), **options) == read(path, careful=True, **options)


# --- the parts ---------------------------------------------------------------------------------------------


@given(st.text(alphabet='ab,"\n\r', max_size=30))
@settings(deadline=None, max_examples=2000)
@example('"a""",b\n')
@example('a,"\n')
def test_sure_lines_are_records_alone(text: str) -> None:
    """What is sure of a line is what the careful path finds, whatever number of fields it has."""
    assume(text)
    data, codec = text.encode(), _codec("utf-8")
    marks = line_marks(data, line_ends(data, codec), ord(","))
    lines = decode_lines(data, codec, number=1, offset=0)
    assert len(lines) == len(marks.ends)
    for line, sure, width in zip(lines, marks.sure.tolist(), marks.fields.tolist(), strict=True):
        if sure:
            assembler = RecordAssembler(Shape(",", width, width), Counts())
            assembler.feed([line])
            assert not assembler.pending and len(assembler.rows) == 1 and not assembler.quarantined
    if quotes_in_order(np.frombuffer(data + b'""', dtype=np.uint8), ord(",")) and '"' in text:
        assert text.count('"') % 2 == 0


@given(st.binary(max_size=40), st.sampled_from(["utf-8", "cp1252", "gb18030", "shift_jis", "utf-16-le", "utf-16-be"]))
@settings(deadline=None, max_examples=600)
def test_lines_keep_their_places_in_utf8(data: bytes, encoding: str) -> None:
    assume(data)
    codec = _codec(encoding)
    assert split_lines(data, codec) == [
        data[a:b] for a, b in zip([0, *line_ends(data, codec)], line_ends(data, codec), strict=False)
    ]
    text = to_utf8(data, codec)
    assert text is not None
    theirs = decode_lines(data, codec, number=1, offset=0)
    ours = split_lines(text.data, _codec("utf-8"))
    assert len(ours) == len(theirs)
    for place, (raw, line) in enumerate(zip(ours, theirs, strict=True)):
        if place in text.undecodable:
            assert line.fault.startswith("undecodable")
        else:
            assert raw.decode().removeprefix("\ufeff") == line.text


def test_only_odd_lines_are_read_with_care(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One damaged line in a hundred costs no more than itself and what an open quote takes along."""
    fed = []
    inner = RecordAssembler.feed

    def spy(self: RecordAssembler, lines: Iterable[Line], *, final: bool = False) -> None:
        kept = list(lines)
        fed.extend(kept)
        inner(self, kept, final=final)

    monkeypatch.setattr(RecordAssembler, "feed", spy)
    lines = [f'{k},"thing ""{k}"", fine",{k}' for k in range(20_000)]
    for k in range(50, 20_000, 100):
        lines[k] = [f"{k},few", f'{k},7" nail,1', f"{k},many,1,2", ""][k // 100 % 4]
    data = "n0,n1,n2\n" + "\n".join(lines) + "\n"
    options = {"columns": {f"n{k}": f"n{k}" for k in range(3)}}
    found = read(put(tmp_path, data), **options)
    assert len(fed) == 200
    assert (found.counts.rows, found.counts.quarantined, found.counts.blank) == (19_850, 100, 50)
