"""Files that hold anything but good Python, and files that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cucurbit.analysis.engine import analyse, findings
from cucurbit.opening import open_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from tests.bad_input.conftest import AGAIN, MODEL, Cucurbit, MakeWorkspace, app, look, twice

FINE: Mapping[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + MODEL.encode(),
    "CRLF": MODEL.replace("\n", "\r\n").encode(),
    "lone CR": MODEL.replace("\n", "\r").encode(),
    "mixed line ends": MODEL.replace("\n", "\r\n", 3).replace("\n", "\r", 1).encode(),
    "U+2028 in a string": ("x = 'a\u2028b\u2029c\x85d'  # \u2028\n" + MODEL).encode(),
    "form feeds": ("\f\n" + MODEL + "\f").encode(),
    "UTF-16 with a mark": MODEL.encode("utf-16"),
    "Latin-1 declared": b"# coding: latin-1\nx = '\xe9'\n" + MODEL.encode(),
    "no line end": MODEL.rstrip().encode(),
    "syntax of Python 3.12": b"type X[T] = list[T]\ndef f[T](x: T) -> T: return x\nclass C[T]: pass\n" + MODEL.encode(),
    "syntax of Python 3.14": b"x = t'{__name__}'\ntry: pass\nexcept ValueError, OSError: pass\n" + MODEL.encode(),
    "match": b"match 1:\n    case {'a': 1, **rest}: pass\n    case [x, *_] | x: pass\n" + MODEL.encode(),
}


@pytest.mark.parametrize("name", FINE)
def test_read_as_it_is(name: str) -> None:
    """The same error at the same table, and certain: nothing about the file stands against it."""
    seen = look(twice(FINE[name]))
    assert seen.rules == ["duplicate-table"]
    assert seen.findings[0].certain
    assert seen.cuts == ""


BROKEN: Mapping[str, str] = {
    "a bracket never closed": "x = (1,\n\n",
    "a statement half typed": "import \n",
    "a class without a body": "class A:\n\n",
    "a string never closed": "x = 'abc\n",
    "an indent": "x = 1\n    y = 2\n",
    "tabs and spaces": "if 1:\n\tx = 1\n        y = 1\n",
    "Python 2": "print 'x'\nexec 'y'\ntry: pass\nexcept Exception, e:\n    raise ValueError, 'x'\nprint >>f, `x`\n",
    "Python 2 numbers": "x = 0777L <> ur'a'\n",
    "a conflict": "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n",
    "U+2028 outside of strings": "x = 1\u2028y = 2\n",
    "a template": "{% if x %}\nx = {{ y }}\n{% endif %}\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_syntax_errors(name: str) -> None:
    """The rest of the file counts, but nothing that depends on the file is certain any more."""
    seen = look(twice(BROKEN[name] + MODEL))
    assert seen.tables == {"users"}
    assert "a syntax error in line" in seen.cuts
    assert not any(finding.certain for finding in seen.findings if finding.rule == "duplicate-table")


UNREADABLE: Mapping[str, tuple[bytes, str]] = {
    "binary": (bytes(range(256)) * 10 + b"DeclarativeBase __tablename__", "not valid utf-8"),
    "NUL": (b"\0" + MODEL.encode(), "NUL"),
    "Latin-1 undeclared": (b"x = '\xe9'\n" + MODEL.encode(), "not valid utf-8"),
    "an unknown encoding": (b"# coding: klingon\n" + MODEL.encode(), "unknown encoding: klingon"),
    "an encoding that is none of text": (b"# coding: rot13\n" + MODEL.encode(), "unknown encoding: rot13"),
    "half a UTF-16 file": (MODEL.encode("utf-16")[:-1], "not valid utf-16"),
    "50 MB": (b"#" * 50_000_000, "larger than"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_not_text(name: str) -> None:
    data, reason = UNREADABLE[name]
    seen = look(twice(data))
    assert reason in seen.cuts
    assert "ImportError" not in seen.failures


def test_reasons_are_said_once(workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace({"cucurbit.toml": "", "main.py": str(app("")["main.py"]), "broken.py": "x = (\n" + MODEL})
    (root / "m.py").write_bytes(b"import broken\n" + MODEL.encode())
    (root / "binary.py").write_bytes(UNREADABLE["binary"][0])
    with (root / "large.py").open("wb") as file:
        file.truncate(50_000_000)
    ran = cucurbit("check", "--exit-zero")
    assert ran.code == 0
    assert sorted(line for line in ran.err.splitlines()) == [
        "cucurbit: warning: binary.py was skipped: the file is not valid utf-8: invalid start byte at byte 128",
        "cucurbit: warning: broken.py:1:5: syntax error: '(' was never closed",
        "cucurbit: warning: large.py was skipped: it is larger than 4 MiB (50000000 bytes)",
    ]


# ------------------------------------------------------------------- on disk


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in twice(MODEL).items():
        (tmp_path / name).write_text(str(text))
    return tmp_path


def rules(root: Path) -> list[str]:
    context = analyse(open_workspace(root, known_rules=NAMES))
    return [finding.rule for finding in findings(context, RULES)]


def test_loops_of_links(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "loop").symlink_to("..", target_is_directory=True)
    (project / "self.py").symlink_to("self.py")
    (project / "self").symlink_to("self", target_is_directory=True)
    (project / "gone.py").symlink_to("nowhere.py")
    (project / "out.py").symlink_to("/etc/hostname")
    (project / "main.py").write_text("import self, gone, sub.loop.sub.loop.m\n" + (project / "main.py").read_text())
    assert rules(project) == ["duplicate-table"]


def test_special_files(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    (project / "alembic.ini").mkdir()
    (project / "pyproject.toml").mkdir()
    (project / "folder.py").mkdir()
    (project / "package" / "__init__.py").mkdir(parents=True)
    main = project / "main.py"
    main.write_text("try: import pipe, folder, package\nexcept Exception: pass\n" + main.read_text())
    assert "duplicate-table" in rules(project)


def test_names_of_files(project: Path) -> None:
    names = [b"a:b.py", b"a b.py", "\U0001f600.py".encode(), b"\xff\xfe.py", b"-x.py", b".py", b"a..py", b"class.py"]
    names += [b"a\nb.py", b"a\\b.py", b"'.py", b"%s.py", b"[x].py", b"*.py"]
    for number, name in enumerate(names):
        text = AGAIN.replace("users", f"t{number}").encode()
        Path(os.fsdecode(os.path.join(os.fsencode(project), name))).write_bytes(text)
    found = rules(project)
    assert found.count("duplicate-table") == 1


def test_names_of_files_are_printed(project: Path, monkeypatch: pytest.MonkeyPatch, cucurbit: Cucurbit) -> None:
    for name in (b"\xff:\n.py", "\U0001f600\x1b[0m.py".encode()):
        Path(os.fsdecode(os.path.join(os.fsencode(project), name))).write_text(BROKEN["Python 2"] + AGAIN)
    monkeypatch.chdir(project)
    for form in ("text", "json", "sarif", "github", "gitlab", "junit"):
        assert cucurbit("check", "--output-format", form).code == 1
    assert cucurbit("models").code == 0
    assert "\x1b" not in cucurbit("models").out


class _Denied:
    """Refuses to open what a name says, as the system does for people who are not root."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, error: type[OSError] = PermissionError) -> None:
        real_open, real_scandir = os.open, os.scandir

        def opened(path: str, *rest: int) -> int:
            if str(path).endswith(name):
                raise error(13, "Permission denied", path)
            return real_open(path, *rest)

        def scanned(path: str = ".") -> Iterator[os.DirEntry[str]]:
            if str(path).endswith(name):
                raise error(13, "Permission denied", path)
            return real_scandir(path)

        monkeypatch.setattr(os, "open", opened)
        monkeypatch.setattr(os, "scandir", scanned)


def test_unreadable_files(project: Path, monkeypatch: pytest.MonkeyPatch, cucurbit: Cucurbit) -> None:
    monkeypatch.chdir(project)
    _Denied(monkeypatch, "again.py")
    ran = cucurbit("check")
    assert ran.code == 0
    assert ran.err == "cucurbit: warning: again.py was skipped: permission denied\n"
    assert cucurbit("check", "again.py").code == 2


def test_unreadable_folders(project: Path, monkeypatch: pytest.MonkeyPatch, cucurbit: Cucurbit) -> None:
    (project / "secret").mkdir()
    (project / "secret" / "more.py").write_text(AGAIN)
    monkeypatch.chdir(project)
    _Denied(monkeypatch, "secret")
    assert cucurbit("check").code == 1
    ran = cucurbit("check", "secret")
    assert "Traceback" not in ran.err


def test_unreadable_root(project: Path, monkeypatch: pytest.MonkeyPatch, cucurbit: Cucurbit) -> None:
    monkeypatch.chdir(project)
    _Denied(monkeypatch, str(project))
    ran = cucurbit("check")
    assert ran.code == 2
    assert ran.err.startswith("cucurbit: error: the folder")


def test_files_that_vanish(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed, and gone when they are opened."""
    _Denied(monkeypatch, "again.py", FileNotFoundError)
    assert rules(project) == []


def test_files_that_vanish_while_they_are_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(descriptor: int, size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", read)
    assert rules(project) == []


def test_everything_vanishes(project: Path) -> None:
    opened = open_workspace(project, known_rules=NAMES)
    assert len(opened.python_files()) == 3
    for path in project.iterdir():
        path.unlink()
    project.rmdir()
    assert findings(analyse(opened), RULES) == ()
