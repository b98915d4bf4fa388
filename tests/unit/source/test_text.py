from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cucurbit.source.span import Span
from cucurbit.source.text import SourceText, Unit

ENCODINGS = (
    "utf-8",
    "latin-1",
    "cp1252",
    "shift_jis",
    "iso2022_jp",
    "utf-7",
    "koi8-r",
    "gb18030",
    "no-such-codec",
    "hex",
)
UNITS: tuple[Unit, ...] = ("utf-8", "utf-16", "utf-32")
LINES = st.text(alphabet=st.sampled_from("ab é漢😀\n\r\u2028\x0c\x85\t"), max_size=40)
NASTY = st.text(alphabet=st.sampled_from("aé漢😀\ud83d\ude00\udc80\n\r"), max_size=40)


@given(st.binary(max_size=200))
def test_any_bytes_come_back(data: bytes) -> None:
    assert SourceText.decode(data).encode() == data


@given(st.sampled_from(ENCODINGS), st.binary(max_size=60), st.sampled_from(["", "#!/usr/bin/python\n"]))
def test_declared_encodings_come_back(encoding: str, body: bytes, first: str) -> None:
    data = f"{first}# -*- coding: {encoding} -*-\n".encode() + body
    assert SourceText.decode(data).encode() == data


@given(
    st.sampled_from([codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE]),
    st.binary(max_size=40),
)
def test_marked_bytes_come_back(mark: bytes, body: bytes) -> None:
    assert SourceText.decode(mark + body).encode() == mark + body


def test_utf_8_is_the_default() -> None:
    text = SourceText.decode("é = '漢'\n".encode())
    assert (text.text, text.encoding, text.bom, text.problem) == ("é = '漢'\n", "utf-8", False, None)


def test_a_cookie_in_the_second_line_counts_behind_a_comment_only() -> None:
    assert SourceText.decode(b"#!/bin/python\n# vim: set fileencoding=latin-1 :\nx = '\xe9'").text.endswith("'é'")
    ignored = SourceText.decode(b"x = 1\n# coding: latin-1\nx = '\xe9'")
    assert ignored.encoding == "utf-8"
    assert ignored.problem is not None


def test_a_lone_carriage_return_ends_the_cookie_line() -> None:
    assert SourceText.decode(b"# coding: latin-1\rx = '\xe9'").encoding == "iso8859-1"


def test_marks() -> None:
    utf_8 = SourceText.decode(codecs.BOM_UTF8 + b"x = 1")
    assert (utf_8.text, utf_8.bom, utf_8.encoding, utf_8.problem) == ("x = 1", True, "utf-8", None)
    utf_16 = SourceText.decode(codecs.BOM_UTF16_LE + "x = 'é'".encode("utf-16-le"))
    assert (utf_16.text, utf_16.encoding, utf_16.problem) == ("x = 'é'", "utf-16-le", None)
    clash = SourceText.decode(codecs.BOM_UTF8 + b"# coding: latin-1\n")
    assert clash.problem is not None
    assert "latin-1" in clash.problem


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"x = '\xff'", "utf-8"),
        (b"\x00\x01binary", "NUL"),
        (b"# coding: no-such-codec\nx = 1", "no-such-codec"),
        (b"# coding: hex\n78", "hex"),
        (codecs.BOM_UTF16_LE + b"a", "utf-16"),
    ],
)
def test_what_is_not_text_is_said(data: bytes, word: str) -> None:
    problem = SourceText.decode(data).problem
    assert problem is not None
    assert word in problem


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a\nb\r\nc\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb\rc\n", "\r"), ("a\r\nb\n", "\n")],
)
def test_the_dominant_line_ending(text: str, newline: str) -> None:
    assert SourceText(text).newline == newline


def test_lines_end_at_lf_cr_and_crlf_alone() -> None:
    text = SourceText("a\u2028b\x0cc\x85d\ne\rf\r\ng")
    assert text.line_count == 4
    assert [text.line_text(line) for line in range(6)] == ["", "a\u2028b\x0cc\x85d", "e", "f", "g", ""]


@given(LINES, st.data())
def test_offsets_and_positions_are_inverse(text: str, data: st.DataObject) -> None:
    source = SourceText(text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = source.position(offset)
    inside_crlf = text[max(offset - 1, 0) : offset + 1] == "\r\n"
    assert source.offset(line, column) == offset - inside_crlf
    assert source.line_text(line)[:column] == text[offset - inside_crlf - column : offset - inside_crlf]


@given(LINES, st.integers(-3, 60), st.integers(-3, 60))
def test_positions_outside_are_moved_inside(text: str, line: int, column: int) -> None:
    source = SourceText(text)
    assert 0 <= source.offset(line, column) <= len(text)
    found_line, found_column = source.position(source.offset(line, column))
    assert found_column <= len(source.line_text(found_line))
    if 1 <= line <= source.line_count:
        assert found_line == line


def test_clamping() -> None:
    source = SourceText("ab\r\nc")
    assert source.offset(0, 5) == 0
    assert source.offset(1, 99) == 2
    assert source.offset(9, 0) == 5
    assert source.position(3) == (1, 2)
    assert source.position(99) == (2, 1)


@given(NASTY, st.sampled_from(UNITS), st.data())
def test_columns_survive_a_trip_through_units(text: str, unit: Unit, data: st.DataObject) -> None:
    source = SourceText(text)
    line = data.draw(st.integers(1, source.line_count))
    column = data.draw(st.integers(0, len(source.line_text(line))))
    units = source.to_units(line, column, unit)
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[unit]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[unit]
    widths = [len(char.encode(codec, "surrogatepass")) // size for char in source.line_text(line)[:column]]
    assert units == sum(widths)
    assert source.from_units(line, units, unit) == column


def test_units_inside_a_character_and_outside_the_line() -> None:
    source = SourceText("a😀é\nb")
    assert source.from_units(1, 2, "utf-16") == 1
    assert source.from_units(1, 3, "utf-16") == 2
    assert source.from_units(1, 99, "utf-16") == 3
    assert source.from_units(1, -4, "utf-8") == 0
    assert source.from_units(7, 3, "utf-16") == 0
    assert source.to_units(1, 99, "utf-8") == 7
    assert source.to_units(7, 3, "utf-16") == 0


@given(LINES, LINES, st.tuples(*[st.integers(0, 8)] * 4))
def test_an_edit_is_the_edit_of_the_string(text: str, new: str, place: tuple[int, int, int, int]) -> None:
    source = SourceText(text, encoding="latin-1")
    start, end = source.offset(*place[:2]), source.offset(*place[2:])
    edited = source.apply(Span(*place), new)
    assert edited.text == text[:start] + new + text[max(start, end) :]
    assert edited.encoding == "latin-1"
    if start <= end:
        assert source.slice(source.span(start, end)) in (text[start:end], source.slice(Span(*place)))


def test_an_edit_that_the_encoding_cannot_hold_is_refused_on_encoding() -> None:
    edited = SourceText.decode(b"# coding: latin-1\n").apply(Span(2, 0, 2, 0), "漢")
    with pytest.raises(UnicodeEncodeError):
        edited.encode()


def test_an_edit_of_a_text_that_does_not_encode_back_is_not_lost() -> None:
    data = b"# coding: utf-7\nx = '+AGE-'\n"
    source = SourceText.decode(data)
    assert source.encode() == data
    edited = source.apply(Span(3, 0, 3, 0), "y = 1\n")
    assert SourceText.decode(edited.encode()).text == source.text + "y = 1\n"
