"""A second process reads files ahead: the same facts, whatever befalls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = str(Path(__file__).parents[3] / "server")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux is a process forked")

BEGIN = """\
import os
from cucurbit.source import reader
from cucurbit.workspace import ahead
from cucurbit.workspace.ahead import Helper
from cucurbit.workspace.parsed import Parsed

TEXTS = [f"class C{n}:\\n    def f(self):\\n        return {n}\\n" for n in range(20)]
TEXTS += ["class :\\n", "", "x = " + "-" * 5000 + "1\\n"]
FILES = [Parsed(text.encode()) for text in TEXTS] + [Parsed(b"\\xff\\xfe\\x00x = 1")]
RIGHT = [each.facts for each in map(Parsed, [each.data for each in FILES])]
"""


def run(code: str) -> str:
    """What a program writes that has one thread alone."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": SERVER},
        timeout=60,
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    return ran.stdout


def test_what_the_second_process_read() -> None:
    code = """
helper = Helper([], FILES)
helper.share()
os.waitpid(helper._process, 0)
helper._process = 0
read = []
real, reader.read = reader.read, lambda text: read.append(text) or real(text)
assert [each.facts for each in FILES] == RIGHT
print(len(read))
assert all(each.is_fresh for each in FILES[:-1])
helper.stop()
"""
    # The one that nests too deep to be written is read here.
    assert int(run(code)) <= 1


def test_both_read() -> None:
    code = """
helper = Helper(FILES[:15], FILES[15:])
helper.share()
assert [each.facts for each in FILES] == RIGHT
helper.stop()
helper = Helper(FILES[:15], FILES[15:])
helper.share()
helper.stop()
"""
    assert run(code) == ""


@pytest.mark.parametrize(
    "befalls",
    [
        "os.fork = fail",
        "reader.read = lambda text: os._exit(1) if os.getpid() != me else real(text)",
        "reader.read = lambda text: fail() if os.getpid() != me else real(text)",
        "os.write = fail",
        "ahead._MOST_BYTES = 10",
        "os.getppid = lambda: 1",
    ],
)
def test_whatever_befalls_it(befalls: str) -> None:
    code = f"""
def fail(*_):
    raise OSError("no")

me, real = os.getpid(), reader.read
{befalls}
helper = Helper(FILES[:15], FILES[15:])
helper.share()
assert [each.facts for each in FILES] == RIGHT
helper.stop()
"""
    assert run(code) == ""


def test_a_large_workspace(tmp_path: Path) -> None:
    code = f"""
from cucurbit.opening import open_workspace
from cucurbit.workspace.ahead import reading_ahead

asked = []
ahead.WORTH_IT = 10
ahead._can = lambda: True
real, Helper.share = Helper.share, lambda self: asked.append(len(self._files)) or real(self)
for name in ("a", "b", "tests/test_c"):
    path = os.path.join({str(tmp_path)!r}, name + ".py")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("import sqlalchemy\\n" if name != "b" else "x = 1\\n")
workspace = open_workspace({str(tmp_path)!r})
with reading_ahead(workspace):
    assert workspace.facts("a.py") and workspace.facts("b.py")
print(asked)
with reading_ahead(workspace):
    pass
print(asked)
"""
    assert run(code) == "[2]\n[2]\n"
