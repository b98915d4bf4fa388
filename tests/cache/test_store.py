"""Files of the cache: whole or not there, whatever befalls disk and writers."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cucurbit.cache import store
from cucurbit.cache.folder import cache_folder
from cucurbit.cache.results import CommandOutput, load, save
from cucurbit.cache.shelf import DiskShelf
from cucurbit.workspace.parsed import Parsed
from cucurbit.workspace.tree.files import DiskTree
from tests.cache.conftest import FILES, Check, start
from tests.cli.conftest import USER

KEY = b"k" * 16


def written(cache: Path) -> list[Path]:
    return sorted(Path(each.path) for each in store.files(str(cache)))


def results(cache: Path) -> list[Path]:
    """What ``check`` printed; the findings that it keeps beside that for the language server are a list in JSON."""
    kept = [path for path in written(cache) if path.parent.name == store.RESULTS]
    return [path for path in kept if re.search(rb":\d+:\[(\]|\{)", path.read_bytes()) is None]


def segments(cache: Path) -> list[Path]:
    return [path for path in written(cache) if path.parent.name != store.RESULTS]


# ------------------------------------------------------------------------ places


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, home = str(tmp_path / "project"), str(tmp_path / "home")
    for name in ("CUCURBIT_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder(None, root) == os.path.join(home, ".cache", "cucurbit")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder(None, root) == os.path.join(home, ".cache", "cucurbit")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder(None, root) == str(tmp_path / "xdg" / "cucurbit")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder(None, root) == os.path.join(home, "Library", "Caches", "cucurbit")
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache_folder(None, root) == os.path.join(home, "AppData", "Local", "cucurbit")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder(None, root) == str(tmp_path / "local" / "cucurbit")
    assert cache_folder(".kept", root) == os.path.join(root, ".kept")
    monkeypatch.setenv("CUCURBIT_CACHE_DIR", str(tmp_path / "asked"))
    assert cache_folder(".kept", root) == str(tmp_path / "asked")


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUCURBIT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert cache_folder(None, "/project") is None


@pytest.mark.parametrize("file", ["cucurbit.toml", "pyproject.toml"])
def test_the_workspace_does_not_choose_the_folder(
    file: str, project: Path, run: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUCURBIT_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    table = "[tool.cucurbit]\n" if file == "pyproject.toml" else ""
    (project / file).write_text(f'{table}cache-dir = ".kept"\n')
    first = run("check")
    assert "`cache-dir`" in first.out
    assert run("check") == first
    assert not (project / ".kept").exists()
    assert len(results(tmp_path / "caches" / "cucurbit")) == 1
    assert len(segments(tmp_path / "caches" / "cucurbit")) == 1
    assert run("cache", "dir").out == f"{tmp_path / 'caches' / 'cucurbit'}\n"


def test_the_user_chooses_the_folder(
    project: Path, run: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUCURBIT_CACHE_DIR")
    (tmp_path / "mine.toml").write_text('cache-dir = ".kept"\n')
    run("check", "--config", str(tmp_path / "mine.toml"))
    assert len(segments(project / ".kept")) == 1


# ----------------------------------------------------------------- broken files


def test_every_truncation_of_a_result_is_a_miss(tmp_path: Path) -> None:
    tree = DiskTree(str(tmp_path))
    tree.entries("")
    assert save(str(tmp_path / "c"), KEY, CommandOutput("out", "err", 1), [tree.asked()])
    tree = DiskTree(str(tmp_path))
    tree.entries("")
    assert save(str(tmp_path / "c"), KEY, CommandOutput("out", "err", 1), [tree.asked()])
    (path,) = results(tmp_path / "c")
    whole = path.read_bytes()
    found = load(str(tmp_path / "c"), KEY)
    assert found is not None
    assert (found.out, found.err, found.code) == ("out", "err", 1)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert load(str(tmp_path / "c"), KEY) is None
        changed = bytearray(whole)
        changed[length] ^= 1
        path.write_bytes(changed)
        assert load(str(tmp_path / "c"), KEY) is None


@pytest.mark.parametrize("fields", [[], [b"1"], [b"0", b"", b"", b"1"], [b"1", b"", b"", b"1", b"x"], [b"2"] * 9])
def test_another_format_is_a_miss(tmp_path: Path, fields: list[bytes]) -> None:
    payload = b"".join(b"%d:%b" % (len(field), field) for field in fields)
    path = os.path.join(tmp_path, store.RESULTS, store.file_name(KEY))
    assert store.write(str(tmp_path), path, payload)
    assert load(str(tmp_path), KEY) is None
    assert store.write(str(tmp_path), path, b"garbage")
    assert load(str(tmp_path), KEY) is None


def parsed(text: bytes, shelf: DiskShelf) -> Parsed:
    """A file of which everything was asked."""
    file = Parsed(text, shelf)
    assert file.facts is not None
    assert [file.may_start, file.may_define_tables, file.imports]
    return file


def test_facts_come_back(tmp_path: Path) -> None:
    texts = [text.encode() for name, text in FILES.items() if name.endswith(".py")]
    shelf = DiskShelf(str(tmp_path), "/project")
    first = [parsed(text, shelf) for text in texts]
    assert shelf.save(first)
    assert not any(each.is_fresh for each in first)
    again = [parsed(text, DiskShelf(str(tmp_path), "/project")) for text in texts]
    assert not any(each.is_fresh for each in again)
    assert [each.facts for each in again] == [each.facts for each in first]
    assert [each.look for each in again] == [each.look for each in first]
    assert parsed(texts[0], DiskShelf(str(tmp_path), "/elsewhere")).is_fresh


def test_every_truncation_of_facts_is_a_miss_or_right(tmp_path: Path) -> None:
    shelf = DiskShelf(str(tmp_path), "/project")
    data = USER.encode()
    right = parsed(data, shelf)
    assert shelf.save([right])
    (path,) = segments(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        found = parsed(data, DiskShelf(str(tmp_path), "/project"))
        assert (found.facts, found.look) == (right.facts, right.look)
        changed = bytearray(whole)
        changed[length] ^= 1
        path.write_bytes(changed)
        found = parsed(data, DiskShelf(str(tmp_path), "/project"))
        assert (found.facts, found.look) == (right.facts, right.look)


def test_segments_are_gathered_into_one(tmp_path: Path) -> None:
    texts = [f"x = {number}\n".encode() for number in range(12)]
    for text in texts:
        shelf = DiskShelf(str(tmp_path), "/project")
        assert shelf.save([parsed(text, shelf)])
    assert len(segments(tmp_path)) < 8
    shelf = DiskShelf(str(tmp_path), "/project")
    assert not any(parsed(text, shelf).is_fresh for text in texts)


def test_an_editors_text_is_not_for_the_shelf(tmp_path: Path) -> None:
    shelf = DiskShelf(str(tmp_path), "/project")
    file = Parsed("x = 1\n", shelf)
    assert file.facts is not None
    assert shelf.save([file])
    assert written(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 100_000])
def test_garbage_everywhere(project: Path, cache: Path, run: Check, content: bytes) -> None:
    first = run("check")
    for path in written(cache):
        path.write_bytes(content)
    assert run("check") == first
    for path in written(cache):
        path.unlink()
        path.mkdir()
    assert run("check") == first


def test_another_version_of_the_program_is_a_miss(
    project: Path, cache: Path, run: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("check")
    monkeypatch.setattr("cucurbit.cache.program_digest.__version__", "0.0.1")
    assert run("check") == first
    assert len(results(cache)) == 2
    assert len({path.parent for path in segments(cache)}) == 2


# ---------------------------------------------------------------- broken disks


def test_a_folder_that_cannot_be_written(project: Path, cache: Path, run: Check) -> None:
    first = run("check", "--no-cache")
    cache.write_text("no folder")
    assert run("check") == first
    assert cache.read_text() == "no folder"


def _fail(number: int) -> Callable[..., object]:
    def operation(*_: object, **__: object) -> object:
        raise OSError(number, os.strerror(number))

    return operation


@pytest.mark.parametrize("operation", ["replace", "makedirs", "utime", "unlink"])
@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_operations_that_fail(
    project: Path, cache: Path, run: Check, monkeypatch: pytest.MonkeyPatch, operation: str, number: int
) -> None:
    first = run("check", "--no-cache")
    with monkeypatch.context() as patched:
        patched.setattr(os, operation, _fail(number))
        assert run("check") == first
        assert run("check") == first
    assert run("check") == first


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no sizes of files")
def test_a_full_disk(project: Path, cache: Path, run: Check) -> None:
    import resource

    first = run("check", "--no-cache")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for size in (0, 50, 500):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
            ran = run("check", "--output-format", "json")
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            assert ran.code == first.code
            assert written(cache) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert run("check") == first


def test_a_writer_that_was_killed(project: Path, cache: Path, run: Check) -> None:
    first = run("check")
    (result,) = results(cache)
    remains = result.with_name(result.name + ".123-abc.part")
    remains.write_bytes(result.read_bytes()[:100])
    assert run("check") == first
    assert remains.exists()
    os.utime(remains, (1, 1))
    store.evict(str(cache))
    assert not remains.exists()


# ------------------------------------------------------------------------ bounds


def test_the_oldest_go_first(tmp_path: Path) -> None:
    paths = [os.path.join(tmp_path, store.RESULTS, store.file_name(bytes([number]) * 16)) for number in range(10)]
    for age, path in enumerate(paths):
        assert store.write(str(tmp_path), path, b"x" * 984)
        os.utime(path, (1000 + age, 1000 + age))
    stranger = tmp_path / store.RESULTS / "notes.txt"
    stranger.write_text("x" * 5000)
    store.evict(str(tmp_path), 10_000)
    assert len(written(tmp_path)) == 10
    store.evict(str(tmp_path), 9_000)
    assert [str(path) for path in written(tmp_path)] == sorted(paths[4:])
    assert stranger.exists()


def test_clear_and_info(project: Path, cache: Path, run: Check) -> None:
    assert "0 files" in run("cache", "info").out
    run("check")
    assert "3 files" in run("cache", "info").out
    (cache / "results" / "mine.txt").write_text("")
    assert run("cache", "clear").out == f"Removed 3 files from {cache}.\n"
    assert written(cache) == []
    assert (cache / "results" / "mine.txt").exists()
    assert run("cache", "clear").out == f"Removed 0 files from {cache}.\n"


@pytest.mark.parametrize("command", ["check", "timeline", "models"])
def test_no_cache_neither_reads_nor_writes(
    project: Path, cache: Path, run: Check, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    first = run(command, "--no-cache")
    assert not cache.exists()
    assert run(command) == first
    times = {path: path.stat().st_mtime_ns for path in written(cache)}
    assert times
    for path in times:
        path.write_bytes(b"poisoned")
    monkeypatch.setattr(store, "read", _fail(errno.EIO))
    monkeypatch.setattr(store, "write_parts", _fail(errno.EIO))
    assert run(command, "--no-cache") == first
    monkeypatch.setenv("CUCURBIT_NO_CACHE", "1")
    assert run(command) == first
    assert all(path.read_bytes() == b"poisoned" for path in times)


# ------------------------------------------------------------------ concurrency


def test_several_processes_at_once(project: Path, cache: Path) -> None:
    processes = [start("check") for _ in range(4)]
    outputs = [process.communicate(timeout=100) for process in processes]
    assert [process.returncode for process in processes] == [1] * 4
    assert len(set(outputs)) == 1
    assert len(results(cache)) == 1
    again = start("check")
    assert again.communicate(timeout=100) == outputs[0]


def test_segments_that_vanish_while_they_are_used(tmp_path: Path) -> None:
    shelf = DiskShelf(str(tmp_path), "/project")
    assert shelf.save([parsed(USER.encode(), shelf)])
    reader = DiskShelf(str(tmp_path), "/project")
    store.clear(str(tmp_path))
    assert parsed(USER.encode(), reader).is_fresh
