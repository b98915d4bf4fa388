"""What is written where there is little room, no reader, or too much to say: readable or cut, never a traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cucurbit.analysis.finding import Finding, Related, Severity
from cucurbit.report.check_text import Form, concise_lines, finding_lines, grouped_lines
from cucurbit.report.report import Report, Reported
from cucurbit.report.styled import ASCII, UNICODE, columns, plain, write
from cucurbit.source.span import Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.model import Location
from tests.cli.conftest import TWICE, Cucurbit, MakeWorkspace

SERVER = str(Path(__file__).parents[2] / "server")
LONG = {**TWICE, **{f"app/part{number}.py": "x = 1\n" for number in range(900)}}
LONG["app/main.py"] = "".join(f"import app.part{number}\n" for number in range(900)) + TWICE["app/main.py"]
COMMANDS = (
    ["check"],
    ["check", "--verbose"],
    ["check", "--output-format", "json"],
    ["timeline"],
    ["timeline", "--output-format", "json"],
    ["models"],
    ["rules"],
    ["rule", "--all"],
    ["completion", "bash"],
    ["--help"],
)


@pytest.mark.skipif(os.name != "posix", reason="pipes of other systems end in other ways")
@pytest.mark.parametrize("colour", ["", "1"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_takes_one_line(workspace: MakeWorkspace, command: list[str], colour: str) -> None:
    root = workspace(LONG if command[0] == "timeline" else TWICE)
    process = subprocess.Popen(
        [sys.executable, "-m", "cucurbit", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": SERVER, "PYTHONIOENCODING": "utf-8", "FORCE_COLOR": colour, "TERM": "xterm"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    # It had written everything before the pipe was closed, or noticed.
    assert process.wait(60) in {0, 1, 141}


def piece(number: int, chain: str = "") -> Related:
    return Related(Location(f"app/part{number}.py", Span(1, 0, 1, 1)), f"imports part{number}", chain)


def report(message: str, related: tuple[Related, ...], path: str = "app/models.py") -> Report:
    finding = Finding("duplicate-table", Severity.ERROR, True, Location(path, Span(1, 0, 1, 1)), message, related)
    return Report((Reported(finding),), lambda path: SourceText("class User(Base): ...\n"), lambda path: path)


@pytest.mark.parametrize("chain", ["", "one", "each"])
def test_ten_thousand_places_are_cut_with_a_count(chain: str) -> None:
    related = tuple(piece(number, f"to {number}" if chain == "each" else chain) for number in range(10_000))
    lines = [plain(line) for line in finding_lines(report("Many.", related), Form(UNICODE, 80))]
    assert len(lines) <= 14
    assert any("more" in line and any(number in line for number in ("9999", "999", "998")) for line in lines)
    assert len(list(concise_lines(report("Many.", related), Form(UNICODE, 80)))) == 1


def test_ten_thousand_findings() -> None:
    one = report("Many.", ()).findings[0]
    many = Report((one,) * 10_000, lambda path: None, lambda path: path)
    assert len(list(grouped_lines(many, Form(ASCII, 80)))) == 10_002
    assert len(list(concise_lines(many, Form(ASCII, 80)))) == 10_000


EVIL = "a\x1b]0;title\x07\x9b2J\r\n\u202eb\u2028\udc80\0"


@pytest.mark.parametrize("coloured", [False, True])
def test_control_characters_in_names(coloured: bool) -> None:
    related = (Related(Location(f"{EVIL}.py", Span(1, 0, 1, 1)), EVIL, EVIL),)
    said = report(f"Table '{EVIL}' is there.", related, f"{EVIL}.py")
    said = Report(said.findings, lambda path: SourceText(f"{EVIL}\n"), lambda path: path)
    for lines in (finding_lines, concise_lines, grouped_lines):
        stream = io.StringIO()
        write(lines(said, Form(ASCII, 80, verbose=True)), coloured=coloured, stream=stream)
        text = stream.getvalue()
        text.encode("utf-8")
        assert not any(evil in text for evil in ("\x1b]", "\x07", "\x9b", "\r", "\u202e", "\u2028", "\0"))
        assert r"\x1b]0;title\x07" in "".join(text.split())


@pytest.mark.parametrize("width", [1, 20, 40])
def test_few_columns(width: int) -> None:
    related = tuple(piece(number, f"to {number}") for number in range(5))
    said = report("A message of several words about table 'users' and more.", related)
    for lines in (finding_lines, grouped_lines):
        for line in lines(said, Form(UNICODE, width)):
            text = plain(line)
            # Words stay whole, below the gutter of their line.
            assert columns(text) <= max(width, 20) + 30 or len(text.split()) <= 4, text


@pytest.mark.parametrize("command", [["check"], ["timeline"], ["models"], ["rules"], ["explain", "KeyError: 1"]])
def test_every_command_with_a_narrow_terminal_or_none(
    workspace: MakeWorkspace, cucurbit: Cucurbit, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    workspace(TWICE)
    for name, value in (("COLUMNS", "20"), ("COLUMNS", "0"), ("COLUMNS", "x"), ("TERM", "dumb"), ("TERM", "")):
        monkeypatch.setenv(name, value)
        ran = cucurbit(*command)
        assert ran.code in {0, 1}
        assert ran.out
        assert ran.err == ""


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by the shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_streams_at_all(workspace: MakeWorkspace, closed: str) -> None:
    root = workspace(TWICE)
    ran = subprocess.run(
        ["sh", "-c", f'exec "$0" -m cucurbit check {closed}', sys.executable],
        cwd=root,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": SERVER},
    )
    assert b"Traceback" not in ran.stderr
    assert ran.returncode == 1
