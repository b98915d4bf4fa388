"""YAML: the values that PyYAML constructs too, where they stand, and that nothing hangs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cucurbit.simulate.packages.registry import launchers
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText, split_lines
from cucurbit.workspace.formats.yaml import Node, Scalar, child, documents, scalar
from cucurbit.workspace.settings.reader import decode
from cucurbit.workspace.starts.containers import compose
from cucurbit.workspace.starts.start_files import location, start_files
from cucurbit.workspace.tree.files import MemoryTree

COMPOSE = """\
# note
x-app: &app
  build: ./back   # the context
  environment:
    A: "1"
services:
  web:
    <<: *app
    command: >
      sh -c "x
      && y"
    ports: ["80:80", '90:90']
  worker:
    command:
      - celery
      - "-A"
      - proj
    deploy: {replicas: 2, mode: 'x'}
    lines: |
      a
      b
  list:
  - name: one
    run: python a.py
  - name: two
"""


def plain(node: Node) -> object:
    """A node without places: texts, None, lists and dicts."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, Scalar) or node is None:
        return node and node.text
    return [plain(item) for item in node]


def texts(value: object) -> object:
    """What PyYAML made of a document, with its keys as texts; only of documents whose scalars are texts or null."""
    if isinstance(value, dict):
        return {"null" if key is None else key: texts(item) for key, item in value.items()}
    return [texts(item) for item in value] if isinstance(value, list) else value


class _Texts(yaml.SafeLoader):
    """The judge: PyYAML with its merge keys and nulls, and every other scalar as the text that it is."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


DOCUMENTS = {
    "two documents": "a: 1\n---\na: 2\nb: 3\n...\n---\n[c]\n",
    "directive": "%YAML 1.2\n---\na: b\n",
    "empty documents": "---\n---\n# only a comment\n---\na\n",
    "flow of mappings": "a: [{name: a}, {name: b, args: [x, {y: z}]}]\n",
    "flow over lines": "a: {b: c,\n  d: [e,\n\n  f], # note\n}\nb: []\nc: {}\n",
    "flow pairs": "a: [b: c, 'd': e, \"f\":g, h]\n",
    "literal": "a: |\n  one\n    two\n\n  three\n\nb: c\n",
    "literal strip": "a: |-\n  one\n  two\n\n\nb: c\n",
    "literal keep": "a: |+\n  one\n\n\nb: c\n",
    "literal with indentation": "a: |2\n    one\n   two\nb: |1-\n  x\n",
    "literal with a comment": "a: | # note\n  # no comment\n  x\n# a comment\nb: y\n",
    "folded": "a: >\n  one\n  two\n\n  three\n    more\n  four\n",
    "folded strip": "- >-\n  one\n  two\n- >+\n  one\n\n- x\n",
    "empty block scalar": "a: |\nb: >-\nc: x\n",
    "block scalar at the end": "a: |\n  x",
    "escapes": 'a: "tab\\t \\"q\\" \\x41 \\u00e9 \\U0001F600 \\/ \\\\ \\n end"\n',
    "double quotes over lines": 'a: "one\n  two\n\n  three \\\n  four"\n',
    "single quotes": "a: 'it''s \\n'\nb: 'one\n  two\n\n  three'\n'quoted: key': c\n",
    "plain over lines": "a: one\n  two # note\nb: x#y\nc: http://host:80/x?y=z\nd: -x\ne: a, b\n",
    "anchors": "a: &x [1, 2]\nb: *x\nc: &y {k: *x}\nd: *y\ne: &z text\nf: *z\n*z : as a key\n",
    "merge": "x: &x {a: 1, b: 2}\ny:\n  b: 3\n  <<: *x\n  c: 4\n",
    "merge of several": "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], d: 5}\nw:\n  <<: {e: 6}\n  <<: *y\n",
    "merge of merged": "x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz:\n  <<: *y\n  a: ~\n",
    "no merge": "'<<': x\n",
    "duplicate keys": "a: 1\nb: 2\na: 3\nb:\n",
    "nulls": "a:\nb: ~\nc: null\nd: Null\ne: ''\nf: 'null'\ng: nulls\nh: [~, null]\n",
    "texts that look like others": "a: yes\nb: 010\nc: 1e3\nd: 2001-01-01\ne: 0x1F\nf: 1:30\ng: =\nh: .inf\n",
    "a list at the indentation of its key": "a:\n- b\n- - c\n  - d\n-\ne:\n  - f: g\n    h: i\n  -\n    j: k\n",
    "explicit keys": "? a\n: b\n? c\n",
    "CRLF": "a: |\r\n  x\r\n  y\r\nb:\r\n  - c\r\n",
    "CR": "a:\r  b: c\r",
    "byte order mark": "\ufeffa: b\n",
    "unicode": "é: 日本\n😀: '😀'\n",
    "a scalar alone": "text\n",
    "a list alone": "- a\n- b\n",
    "nothing": "",
    "compose": COMPOSE,
}  # fmt: skip


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_values_are_those_of_pyyaml(text: str) -> None:
    judged = [texts(each) for each in yaml.load_all(text, Loader=_Texts)]
    assert [plain(each) for each in documents(text)] == judged


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !reference [.x, script]\nb: !Ref z\nc: !!str 1\nd: !!python/object/apply:os.system [x]\n",
         {"a": [".x", "script"], "b": "z", "c": "1", "d": ["x"]}),
        ("a: !!str\nb: !!null x\n", {"a": "", "b": None}),
        ("{[a, b]: c, d: e}\n", {"d": "e"}),
        ("a: 'x\u2028y'\nb: x\x85y\n", {"a": "x\u2028y", "b": "x\x85y"}),
        ("a: &a [b, *a]\nc: *unknown\n", {"a": ["b", None], "c": None}),
        ("a: [b, c\nd: e\n", {"a": ["b", "c d"]}),
        # valid YAML, which PyYAML's scanner refuses where it is the one written in Python
        ("a:\tb\t# c\nd: [e,\tf]\n", {"a": "b", "d": ["e", "f"]}),
        # valid YAML, which PyYAML's composer refuses
        ("- &a one\n- *a\n- &a two\n- *a\n", ["one", "one", "two", "two"]),
        ("a: 1\nb: c: d\ne: f\n", {"a": "1", "b": "c"}),
        ("a: 1\nb: '\n", {"a": "1"}),
        ("a: \"\\UFFFFFFFF\"\n", {}),
        ("s: {{ x }}\n", {"s": {}}),
    ],
)  # fmt: skip
def test_values_without_a_judge(text: str, value: object) -> None:
    assert [plain(each) for each in documents(text)] == [value]


def test_what_is_no_yaml_at_all() -> None:
    assert documents("a: \0") == []
    assert documents("%YAML " + "9" * 5000 + "\n---\na\n") == []


TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\n\n  ab:#-'\"\\&*!|>%@{}[],?~\t"), max_size=20
)
VALUES = st.recursive(
    TEXTS | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(VALUES, max_size=3),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.sampled_from([None, True, False]),
    st.booleans(),
    st.integers(20, 90),
)
def test_what_pyyaml_writes_is_read(
    values: list[object], style: str | None, flow: bool | None, unicode: bool, width: int
) -> None:
    text: str = yaml.safe_dump_all(
        values, default_style=style, default_flow_style=flow, allow_unicode=unicode, width=width, explicit_start=True
    )
    assert [plain(each) for each in documents(text)] == values


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers() | st.booleans() | st.dates()), max_size=3))
def test_what_is_no_text_is_read_as_it_is_written(values: list[dict[str, int | bool | date]]) -> None:
    read = [plain(each) for each in documents(yaml.safe_dump(values))]
    assert read == [[{key: str(value).lower() for key, value in each.items()} for each in values]]


def test_places() -> None:
    (root,) = documents(COMPOSE)
    assert scalar(root, "services", "web", "build") == "./back"
    assert child(root, "services", "web", "command") == Scalar('sh -c "x && y"\n', Span(9, 13, 11, 11))
    assert child(root, "services", "web", "ports") == [
        Scalar("80:80", Span(12, 12, 12, 19)),
        Scalar("90:90", Span(12, 21, 12, 28)),
    ]
    assert child(root, "services", "worker", "lines") == Scalar("a\nb\n", Span(19, 11, 21, 7))
    assert child(root, "services", "worker", "command") == [
        Scalar("celery", Span(15, 8, 15, 14)),
        Scalar("-A", Span(16, 8, 16, 12)),
        Scalar("proj", Span(17, 8, 17, 12)),
    ]


@pytest.mark.parametrize(
    ("text", "slices"),
    [
        ("a: |\n  x\n  y\n\n\nb: z\n", ["|\n  x\n  y", "z"]),
        ("a: |\n  x", ["|\n  x"]),
        ("a: |\n\nb: >-\n  x\n  \n", ["|", ">-\n  x"]),
        ("a: one\n  two\nb: 'x\n\n  y'\n", ["one\n  two", "'x\n\n  y'"]),
        ("a: &x one\nb: *x\n", ["&x one", "&x one"]),
        ("a: 😀 x\r\nb: é\r\n", ["😀 x", "é"]),
        ("a: '\u2028'\nb: c\n", ["'\u2028'", "c"]),
        ("a: {b: c,\n d: [e, f]}\n", ["c", "e", "f"]),
    ],
)
def test_a_place_is_that_of_the_scalar(text: str, slices: list[str]) -> None:
    def found(node: Node) -> list[str]:
        if isinstance(node, Scalar):
            return [SourceText(text).slice(node.span)]
        each = node.values() if isinstance(node, Mapping) else node or ()
        return [piece for item in each for piece in found(item)]

    (root,) = documents(text)
    assert found(root) == slices


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([*COMPOSE.splitlines(), "  - - a", "a: [", "b: {", "\t", "- x: &y", "*", "c: &", "...", "%A"]),
        max_size=12,
    )
)
def test_no_lines_raise(lines: list[str]) -> None:
    documents("\n".join(lines))


@settings(max_examples=300)
@given(st.text() | st.text(alphabet="ab:-[]{}&*|>'\"# \n\t!%?<,\\", max_size=60))
def test_no_text_raises(text: str) -> None:
    documents(text)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    documents(SourceText.decode(data).text)


BOMB = "- &a0 [x]\n" + "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a {k: v}\n" + "".join(f"b{n}: &a {{<<: [*a, *a], k{n}: v}}\n" for n in range(2000)),
        "[" * 100_000,
        "{" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "\n".join(" " * depth + "a:" for depth in range(1400)),
        "- x\n" * 300_000,
        "a: '" + "x" * 900_000,
        "a" * 2_000_000,
    ],
    ids=range(10),
)
def test_work_is_bounded(text: str) -> None:
    pending = documents(text)
    nodes = 0
    while pending:
        node = pending.pop()
        nodes += 1
        if isinstance(node, Mapping):
            pending += node.values()
        elif not isinstance(node, Scalar):
            pending += node or ()
    assert nodes < 60_000


def test_the_parser_is_imported_only_for_a_yaml_file() -> None:
    code = "import sys, cucurbit.workspace.starts.start_files; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_starts_of_every_document() -> None:
    text = (
        "services:\n  web:\n    command: uvicorn a:app\n---\nservices:\n  web: {command: [uvicorn, 'b:app']}\n"
        "  x:\n    command: |\n      uvicorn\n      c:app\n  y:\n"
    )
    tree = MemoryTree({"compose.yaml": text, "render.yaml": "a: 1\n---\nservices:\n- {startCommand: uvicorn d:app}\n"})
    assert [
        (each.start.module, each.first_line, each.last_line) for each in compose(tree, "compose.yaml", launchers())
    ] == [
        ("a", 3, 3),
        ("b", 6, 6),
        ("c", 8, 10),
    ]
    starts = start_files(tree, ["compose.yaml", "render.yaml"], launchers())
    places = [location(split_lines(decode(tree.read(each.path)) or ""), each) for each in starts]
    assert [(each.path, SourceText(decode(tree.read(each.path)) or "").slice(each.span)) for each in places] == [
        ("compose.yaml", "a:app"),
        ("compose.yaml", "b:app"),
        ("compose.yaml", "c:app"),
        ("render.yaml", "d:app"),
    ]
