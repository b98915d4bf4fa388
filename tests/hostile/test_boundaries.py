"""What a workspace cannot do: write elsewhere, bring a cache along, or be more than text where it is shown."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from cucurbit.analysis.baseline import fingerprints
from cucurbit.cache import key, results, store
from cucurbit.ide.markdown import code, plain, prose
from cucurbit.lsp.wire.uris import to_path
from cucurbit.report.report import masked, printable
from cucurbit.workspace.settings.reader import read_settings
from cucurbit.workspace.tree.files import MemoryTree
from cucurbit.workspace.tree.ledger import Asked, seal
from cucurbit.workspace.tree.writing import Change, Unwritable, write_files, write_whole
from tests.bad_input.conftest import MODEL, app, look

links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")


@pytest.mark.parametrize("folder", ["~", "..", ".", "/tmp/x", "cache", "a/../.."])
def test_the_workspace_does_not_name_the_cache(folder: str) -> None:
    for name, text in (
        ("cucurbit.toml", f"cache-dir = '{folder}'\n"),
        ("pyproject.toml", f"[tool.cucurbit]\ncache-dir = '{folder}'\n"),
    ):
        settings, problems = read_settings(MemoryTree({name: text}))
        assert settings.cache_dir is None
        assert [each.location.path for each in problems] == [name]
    settings, problems = read_settings(MemoryTree({}), editor={"cache-dir": folder})
    assert settings.cache_dir == folder
    assert not problems


def test_an_entry_of_somebody_else_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, name = str(tmp_path), store.file_name(b"k" * 16)
    (tmp_path / "a").write_text("")
    asked = Asked(f"{tmp_path}/", ["a"], [], [], [], seal([("a", [])], []))
    monkeypatch.setenv(key.KEY_VARIABLE, "theirs")
    assert results.save(cache, b"k" * 16, results.CommandOutput("out", "", 0), [asked])
    assert results.load(cache, b"k" * 16) is not None
    monkeypatch.setenv(key.KEY_VARIABLE, "mine")
    assert results.load(cache, b"k" * 16) is None
    monkeypatch.setenv(key.KEY_VARIABLE, "theirs")
    # Neither does one that was written for something else.
    folder = tmp_path / store.RESULTS
    os.rename(folder / name, folder / store.file_name(b"j" * 16))
    assert results.load(cache, b"j" * 16) is None


def test_what_rests_on_no_question_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key.KEY_VARIABLE, "mine")
    nothing = Asked("", [], [], [], [], seal([], []))
    assert results.save(str(tmp_path), b"k" * 16, results.CommandOutput("out", "", 0), [nothing])
    assert results.load(str(tmp_path), b"k" * 16) is None


def test_the_key_is_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(key.KEY_VARIABLE, raising=False)
    monkeypatch.setattr(key, "platform_cache", lambda: str(tmp_path / "cache"))
    first = key.user_key()
    assert first is not None
    assert key.user_key() == first
    if sys.platform != "win32":
        assert (tmp_path / "cache" / "key").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_the_cache_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(key.KEY_VARIABLE, "mine")
    os.mkfifo(tmp_path / "x.cucurbit")
    assert store.read(str(tmp_path / "x.cucurbit")) is None
    with pytest.raises(OSError, match="no regular file"):
        store.open_regular(str(tmp_path / "x.cucurbit"))


@links
@pytest.mark.parametrize("target", ["planted.py", "sub/planted.py"])
def test_no_file_is_written_through_a_link_that_leads_out(tmp_path: Path, target: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "sub").mkdir(parents=True)
    os.symlink(outside / target, root / "all.py")
    os.symlink(outside, root / "folder")
    for path in ("all.py", "folder/planted.py", "../planted.py", str(outside / "x.py")):
        with pytest.raises(Unwritable, match="leads out of the workspace"):
            write_files(root, {path: Change(None, b"x")})
    with pytest.raises(OSError, match="leads out"):
        write_whole(str(root / "all.py"), b"x", root)
    assert list(outside.rglob("*.py")) == []
    # Where the user says so, it is written elsewhere; and inside, links are followed.
    write_whole(str(outside / "b.json"), b"x", root)
    os.symlink("real.py", root / "inner.py")
    write_files(root, {"inner.py": Change(None, b"x")})
    assert (root / "real.py").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///ws/../x.py", "/x.py"),
        ("file:///ws/a/%2e%2e/../../x.py", "/x.py"),
        ("file:///ws//a/./b.py", "/ws/a/b.py"),
        ("file:///ws/..%2fx.py", "/x.py"),
        ("file:///ws/\ud800.py", None),
        ("file:///ws/...py", "/ws/...py"),
    ],
)
def test_dots_in_a_uri_lead_nowhere(uri: str, path: str | None) -> None:
    assert to_path(uri) == path


@pytest.mark.parametrize("name", ["users", "a`![x](https://evil.example/x.png)`b", "``", "`", "a\n# b", "<img src=x>"])
def test_names_in_markdown_are_text(name: str) -> None:
    span = code(name)
    fence = re.match(r"`+", span)
    assert fence is not None
    inner = span[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in inner
    assert "\n" not in span
    shown = prose(f"table `{name}` is defined twice")
    outside = re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    assert re.search(r"(?<!\\)[\[<]", outside) is None


def test_plain_text_of_markdown() -> None:
    assert plain(f"**table {code('users')}** at {prose('a[0].py:3 <x>')}") == "table users at a[0].py:3 <x>"


def test_what_is_shown_has_no_passwords_and_no_escapes() -> None:
    assert masked("url = postgresql://me:s3cret@db/x") == "url = postgresql://me:******@db/x"
    assert masked("https://example.org/a:b@c") == "https://example.org/a:b@c"
    assert printable("a\x1b]0;PWNED\x07.py") == "a\\x1b]0;PWNED\\x07.py"


def test_a_baseline_holds_on_another_machine() -> None:
    files = {**app(MODEL), "alembic.ini": "[alembic]\nscript_location = %(here)s/nowhere\n"}
    found = [each for each in look(files).findings if each.rule == "configuration"]
    assert found
    assert "/workspace" not in found[0].message
    assert len(fingerprints(found, lambda *_: "")) == len(found)
