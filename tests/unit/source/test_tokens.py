"""The tokens of a text: those of the standard library's tokenizer where Python reads it, and some for any other."""

from __future__ import annotations

import io
import re
import sys
import tokenize
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.source.tokens import Kind, Token, tokens
from tests.unit.source.helpers import standard_files

NEW_STRINGS = sys.version_info >= (3, 12)
LITERALS = {Kind.SHORT_STRING, Kind.LONG_STRING, Kind.UNCLOSED, Kind.COMMENT}


def shown(text: str) -> list[str]:
    """Each token as its kind's first letter, small for what is no string, and its text."""
    letters = {Kind.SHORT_STRING: "S", Kind.LONG_STRING: "L", Kind.UNCLOSED: "U", Kind.COMMENT: "c"}
    return [
        f"{letters.get(kind, '')}{text[start:end]}" for kind, start, end in tokens(text) if kind is not Kind.NEWLINE
    ]


class Judge:
    """What ``tokenize`` says of a text."""

    def __init__(self, text: str) -> None:
        self.plain: list[tuple[int, int]] = []
        self.formatted: list[tuple[int, int]] = []
        """F-strings that are in no other."""
        self.comments: list[tuple[int, int]] = []
        self.brackets: list[int] = []
        self.names: list[int] = []
        self.numbers: list[tuple[int, int]] = []
        starts = [0, *[match.end() for match in re.finditer("\n", text)]]
        opened: list[int] = []
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            start, end = (starts[line - 1] + column if line <= len(starts) else len(text)
                          for line, column in (token.start, token.end))  # fmt: skip
            kind = tokenize.tok_name[token.type]
            if kind.endswith("STRING_START"):
                opened.append(start)
            elif kind.endswith("STRING_END"):
                first = opened.pop()
                if not opened:
                    self.formatted.append((first, end))
            elif kind == "STRING":
                is_formatted = not {"f", "t"}.isdisjoint(token.string.partition(token.string[-1])[0].lower())
                (self.formatted if is_formatted else self.plain).append((start, end))
            elif kind == "COMMENT":
                self.comments.append((start, end))
            elif kind == "OP" and token.string in "()[]{}":
                self.brackets.append(start)
            elif kind == "NAME" and not opened:
                self.names.append(start)
            elif kind == "NUMBER":
                self.numbers.append((start, end))


def within(place: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a place lies in one of the spans, which are in order."""
    index = bisect_left(spans, (place + 1, 0)) - 1
    return index >= 0 and place < spans[index][1]


def check_judge(text: str) -> None:
    judge = Judge(text)
    found = list(tokens(text))
    by_start = {start: (kind, end) for kind, start, end in found}
    by_end = {end: kind for kind, _, end in found}
    strings = {(start, end) for kind, start, end in found if kind in {Kind.SHORT_STRING, Kind.LONG_STRING}}
    assert Kind.UNCLOSED not in {kind for kind, _, _ in found}
    assert [each for each in judge.plain if each not in strings] == []
    for start, end in judge.formatted:
        quotes = re.compile("[A-Za-z]*(\"\"\"|'''|\"|')").match(text, start)
        assert quotes is not None
        kind = Kind.SHORT_STRING if len(quotes[1]) == 1 else Kind.LONG_STRING
        assert by_start[start][0] is kind
        assert by_end[end] is kind

    def compared(place: int) -> bool:
        # Before Python 3.12 an f-string is one token.
        return NEW_STRINGS or not within(place, judge.formatted)

    assert [(start, end) for kind, start, end in found if kind is Kind.COMMENT and compared(start)] == judge.comments
    brackets = [start for kind, start, _ in found if kind in {Kind.OPEN, Kind.CLOSE} and compared(start)]
    assert brackets == judge.brackets
    plain = {each for each in strings if not within(each[0], judge.formatted)}
    assert plain == {each for each in judge.plain if not within(each[0], judge.formatted)}
    pieces = list(text)
    for start, end in [*plain, *judge.formatted, *judge.comments]:
        pieces[start:end] = " " * (end - start)
    code = "".join(pieces)
    words = [match.start() for match in re.finditer(r"\w+", code) if not match.group()[0].isdigit()]
    assert [start for start in words if not within(start, judge.numbers)] == judge.names
    ends = [start for kind, start, _ in found if kind is Kind.NEWLINE and not within(start, judge.formatted)]
    continued = [
        end - 1 for kind, _, end in found if kind is Kind.CONTINUATION and not within(end - 1, judge.formatted)
    ]
    assert sorted(ends + continued) == [match.start() for match in re.finditer("\n", code)]


def check_total(text: str) -> list[Token]:
    """Tokens are in order, do not overlap, and are what they say."""
    found = list(tokens(text))
    place = 0
    signs = {Kind.OPEN: "([{", Kind.CLOSE: ")]}", Kind.NEWLINE: "\n", Kind.COMMENT: "#", Kind.CONTINUATION: "\\"}
    for kind, start, end in found:
        assert place <= start < end <= len(text)
        assert text[start] in signs.get(kind, text[start])
        assert kind in LITERALS or end - start == (2 if kind is Kind.CONTINUATION else 1)
        place = end
    assert list(tokens(text, layout=False)) == [each for each in found if each[0] in LITERALS]
    return found


STANDARD = standard_files(120)


def test_the_standard_library() -> None:
    assert len(STANDARD) > 100
    for text in STANDARD:
        check_judge(text.replace("\r\n", "\n"))


VALID = [
    "a = 'b' \"c\" '''d\n'e' ''' \"\"\"f\"\"\" # g 'h'\n",
    "a = r'\\' b'\\'' Rb\"x\\\"\" u'' br'''\\n''' '' ''''''\n",
    "a = 'one \\\ntwo' + \\\n b # c \\\n",
    "if a:\n    b = [\n  1, # (\n  2]\n\n",
    "a = f'' f'b' f'{c}' f'{{d}}' F'{e!r:>{f}}' rf'\\{g}' fr\"\"\"{h}\n\"\"\" f'{i:{j}{k}}l'\n",
    "a = f'{b[\"c\"]}' f\"{d['e']:%H:%M}\" f'{(lambda x: x)(1)}' f'{{{f}}}' f'{ {g: h}[i] }'\n",
    "a = f'\\N{DIGIT ONE}{b}' f'\\\\{c}' f'''{\nd\n:\n>5}'''\n",
    "a = 1 if b else 0x1f, 1e5, 1.e5j, 1_0, b'c'if d else e\nf = xf + 'g'\n",
]
VALID_SINCE_3_12 = [
    "a = f'{b['c']}' f\"{d[\"e\"]}\" f'{f'{f'{1}'}'}'\n",
    "a = f'{'\\n'.join(b)}' f'{'}'}' f'{'#'}' f'{\"{\"}'\n",
    "a = f'{\nb # }\n}' f'''{\nc # '''\n}'''\n",
    "a = f'{b:{c['d']}}' f'{e!r:{f\"{g:h}\"}}' f'{i + \\\nj}'\n",
    'a = f\'\'\'{\'\'\'b\'\'\'}\'\'\' f"""{f"""{c:"}"""}"""\n',
]


@pytest.mark.parametrize("text", VALID + (VALID_SINCE_3_12 if NEW_STRINGS else []))
def test_texts_that_python_reads(text: str) -> None:
    check_total(text)
    check_judge(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f'{b['c']}'", ["Sf'", "{", "[", "S'c'", "]", "}", "S'"]),
        ("f'''{'''b'''}''' # c", ["Lf'''", "{", "L'''b'''", "}", "L'''", "c# c"]),
        ("f'{f'{f'{1}'}'}'", ["Sf'", "{", "Sf'", "{", "Sf'", "{", "}", "S'", "}", "S'", "}", "S'"]),
        ("f'a{b:c{d}e}f'", ["Sf'a", "{", "Sc", "{", "}", "Se", "}", "Sf'"]),
        ("f'{\nb # }\n}'", ["Sf'", "{", "c# }", "}", "S'"]),
        ("t'{a}'", ["St'", "{", "}", "S'"]),
        ("xf'{a}'", ["S'{a}'"]),
        # broken ones
        ("a = 'b # c", ["U'b # c"]),
        ("a = '''b # c\n'd'", ["S''", "U'b # c", "S'd'"]),
        ("f'{a", ["Uf'{a"]),
        ("f'{a' # b\nc(", ["Sf'{a'", "c# b", "("]),
        ("g(f'{a)')\n", ["(", "Sf'{a)'", ")"]),
        ("f'{a[}' f'{b}'", ["Sf'{a[}'", "Sf'", "{", "}", "S'"]),
        ("f'{f'{f'{a", ["Sf'{f'", "{", "Uf'{a"]),
        ("f'''{a", ["Sf''", "U'{a"]),
        ("f'{a:\n'", ["Uf'{a:", "U'"]),
        ("f'}' f'{}}'", ["Sf'}'", "Sf'", "{", "}", "S}'"]),
        (")]}(", [")", "]", "}", "("]),
        ("'a\\", ["U'a"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    check_total(text)
    assert shown(text) == expected


PIECES = ["'", '"', "'''", '"""', "f'", 'f"', "f'''", 'rf"""', "{", "}", "{{", "}}", "(", ")", "[", "]", "\\", "\n",
          ":", "#", "!", "a", " ", "\\N{A}", "é", "t", "b"]  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_pieces(text: str) -> None:
    check_total(text)


@given(st.text())
def test_any_text(text: str) -> None:
    check_total(text)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(STANDARD), st.data())
def test_truncations(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    check_total(text[start : start + data.draw(st.integers(0, 3000))])


@pytest.mark.parametrize(
    "piece",
    [
        "'''\n", '\\"""\n', '"""\\\n', "'", "\\'", "'\\", "f'{", "f'{'", "f'''{", "f'{a:", "f'{a:{", "f'{(", "f'{f\"{",
        "rf'{\\", "f'\\N{A", "f'{'''", "f'{#\n", "f'{\n", "f\"{f'{a}' ", "('''", "\\\n", "f'{a}' f'''{b} ",
        "f'''{#\\'''\n}", "f'{a}\\\n",
    ],
)  # fmt: skip
def test_work_grows_with_the_length(piece: str) -> None:
    """What grows with the square of the length would take minutes, and run into the time limit of the test."""
    check_total(piece * (200_000 // len(piece)))
