"""However a program ends, what it did until then is recorded, and nothing of it is left running."""

from __future__ import annotations

import os
import select
import sys

import pytest

from tests.record.conftest import MODELS, MakeWorkspace, Record

STARTED = [
    "module-started app",
    "module-finished app",
    "module-started app.main",
    "module-started app.models",
    "table-registered users",
    "module-finished app.models",
]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has neither forks nor signals")


def program(*lines: str) -> dict[str, str]:
    return {"app/models.py": MODELS, "app/main.py": "\n".join(["from app import models", *lines, ""])}


def test_sys_exit(workspace: MakeWorkspace, record: Record) -> None:
    workspace(program("import sys", "sys.exit(4)"))
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events == [*STARTED, "module-failed app.main SystemExit", "entry-failed SystemExit"]
    assert ran.document["status"] == 4


def test_os_exit_ends_a_program_where_it_stands(workspace: MakeWorkspace, record: Record) -> None:
    workspace(program("import os", "os._exit(5)"))
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events == STARTED
    assert (ran.document["status"], ran.document["complete"]) == (5, True)


@posix
@pytest.mark.parametrize(
    ("line", "name"), [("os.abort()", "SIGABRT"), ("os.kill(os.getpid(), 9)", "SIGKILL")], ids=["abort", "kill"]
)
def test_a_signal(line: str, name: str, workspace: MakeWorkspace, record: Record) -> None:
    workspace(program("import os", line))
    ran = record("app.main", text=True)

    assert ran.code == 2
    assert f"The entry point died of {name}, and is compared up to that point." in ran.out
    assert "6 events of 6 agree." in ran.out
    document = record("app.main")
    assert document.events == STARTED
    assert (document.document["outcome"], document.document["complete"]) == ("killed", False)


def test_a_program_that_never_ends(workspace: MakeWorkspace, record: Record) -> None:
    workspace({"app/main.py": "import app.first\nimport threading\n\nthreading.Event().wait()\n", "app/first.py": ""})
    ran = record("app.main", "--timeout", "8", text=True)

    assert ran.code == 2
    assert "started app.first app/first.py" in ran.out
    assert "The entry point was stopped after 8 seconds, and is compared up to that point." in ran.out


def test_threads_that_a_module_leaves_behind_are_no_reason_to_wait(workspace: MakeWorkspace, record: Record) -> None:
    workspace(program("import threading", "threading.Thread(target=threading.Event().wait).start()"))
    ran = record("app.main")

    assert ran.events[-1] == "module-finished app.main"
    assert (ran.document["outcome"], ran.code) == ("ended", 0)


def test_what_a_program_writes_does_not_mix_with_the_report(workspace: MakeWorkspace, record: Record) -> None:
    workspace(
        program(
            "import os, sys",
            'print(\'{"event": "noise"}\', flush=True)',
            "os.write(1, b'\\xff\\x00 loud')",
            "print('on standard error', file=sys.stderr)",
            "print(repr(sys.stdin.read()))",
            "os.closerange(3, 256)",
            "import app.after",
        )
        | {"app/after.py": ""}
    )
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events[-3:] == ["module-started app.after", "module-finished app.after", "module-finished app.main"]
    for noise in ('{"event": "noise"}', "loud", "on standard error", "''"):
        assert noise in ran.err


@posix
def test_forks_and_programs_that_are_started(workspace: MakeWorkspace, record: Record) -> None:
    child = "import subprocess, sys, os"
    fork = "if os.fork() == 0:\n    import app.forked\n    os._exit(0)\nos.wait()"
    workspace(
        program(child, "subprocess.run([sys.executable, 'tool.py'], check=True)", fork)
        | {"tool.py": "import app.models\n", "app/forked.py": ""}
    )
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events == [*STARTED, "module-finished app.main"]
    _, tool, forked = ran.processes
    assert (tool["program"], tool["parent"], tool["forked"], tool["ended"]) == ("tool.py", 0, False, True)
    assert (forked["parent"], forked["forked"], forked["ended"]) == (0, True, True)
    assert len(tool["events"]) == 7  # type: ignore[arg-type]
    assert [event["event"] for event in forked["events"]] == ["module-started", "module-finished"]  # type: ignore[attr-defined]


@posix
def test_a_program_that_another_one_replaces_itself_by(workspace: MakeWorkspace, record: Record) -> None:
    workspace(
        program()
        | {"first.py": "import os, sys\nimport app\nos.execv(sys.executable, [sys.executable, '-m', 'app.main'])\n"}
    )
    ran = record("-m app.main", "--", sys.executable, "first.py")

    assert ran.code == 0, ran.err
    assert [process["ended"] for process in ran.processes] == [True, True]
    assert ran.document["process"] == 1


@posix
@pytest.mark.parametrize("session", [False, *([True] if sys.platform == "linux" else [])])
def test_nothing_is_left_running(session: bool, workspace: MakeWorkspace, record: Record) -> None:
    root = workspace(
        program(
            "import os, subprocess, sys",
            "life = os.open('life', os.O_WRONLY)",
            "wait = 'import threading; threading.Event().wait()'",
            f"subprocess.Popen([sys.executable, '-c', wait], pass_fds=[life], start_new_session={session})",
        )
    )
    os.mkfifo(root / "life")
    held = os.open(root / "life", os.O_RDONLY | os.O_NONBLOCK)
    try:
        ran = record("app.main")
        poll = select.poll()
        poll.register(held, select.POLLHUP)
        assert poll.poll(30_000), "a process still holds the other end"
    finally:
        os.close(held)
    assert ran.code == 0, ran.err


def test_a_failure_of_the_program_is_shown_and_compared(workspace: MakeWorkspace, record: Record) -> None:
    again = """\
        from sqlalchemy import Column, Integer

        from app.models import Base


        class Again(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
        """
    workspace(program("from app import legacy") | {"app/legacy.py": again})
    ran = record("app.main")

    assert ran.code == 0, ran.err
    assert ran.events[-4:] == [
        "table-rejected users",
        "module-failed app.legacy InvalidRequestError",
        "module-failed app.main InvalidRequestError",
        "entry-failed InvalidRequestError",
    ]
    assert "is already defined for this MetaData instance" in ran.err
