"""``cucurbit explain`` with what is no traceback, or hardly one."""

from __future__ import annotations

import pytest

from tests.bad_input.conftest import MODEL, Cucurbit, MakeWorkspace, twice

HEAD = "Traceback (most recent call last):\n"
KNOWN = "sqlalchemy.exc.InvalidRequestError: Table 'users' is already defined for this MetaData instance.\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"\0" * 1000, bytes(range(256)) * 100, b"{", b"[]", b"[1, {}]", HEAD.encode(), b"x" * 2_000_000],
    ids=["empty", "blank", "NUL", "binary", "half JSON", "JSON", "more JSON", "a header", "huge"],
)
def test_no_traceback(workspace: MakeWorkspace, cucurbit: Cucurbit, data: bytes) -> None:
    root = workspace({"cucurbit.toml": ""})
    (root / "trace.txt").write_bytes(data)
    ran = cucurbit("explain", "trace.txt")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cucurbit: error: this text contains no traceback")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        HEAD + KNOWN,
        HEAD + '  File "/nowhere/\U0001f600.py", line 99999999999999999999, in <module>\n    x\n' + KNOWN,
        HEAD + '  File "again.py", line 0, in <module>\n' + KNOWN,
        HEAD + "".join(f'  File "m{i}.py", line {i}, in f\n    f()\n' for i in range(20_000)) + KNOWN,
        (HEAD + '  File "again.py", line 3, in <module>\n' + KNOWN) * 500,
        '{"message": "' + (HEAD + '  File \\"again.py\\", line 3\n' + KNOWN).replace("\n", "\\n") + '"}',
        "\x1b[31m" + HEAD + "\x1b[0m" + KNOWN + "\0\ud800",
    ],
    ids=["no frames", "a strange frame", "line 0", "huge", "again and again", "JSON", "escapes"],
)
def test_hardly_a_traceback(workspace: MakeWorkspace, cucurbit: Cucurbit, text: str) -> None:
    root = workspace({name: str(held) for name, held in twice(MODEL).items()})
    (root / "trace.txt").write_bytes(text.encode("utf-8", "surrogatepass"))
    ran = cucurbit("explain", "trace.txt")
    assert ran.code == 0
    assert "users" in ran.out
    assert "\x1b" not in ran.out
    assert cucurbit("explain", "trace.txt", "--output-format", "json").code == 0


def test_no_file(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace({"cucurbit.toml": ""})
    (root / "folder").mkdir()
    for given in ("nowhere.txt", "folder", "a\0b", ""):
        ran = cucurbit("explain", given)
        assert (ran.code, ran.out) == (2, "")
