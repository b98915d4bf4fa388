"""README.md: its commands exist, and so do the files that it has people copy and the targets that it has them make."""

from __future__ import annotations

import re
import shlex

from cucurbit.cli.parser import build_parser
from tests.docs.literate import REPOSITORY

README = (REPOSITORY / "README.md").read_text("utf-8")


def indented() -> list[str]:
    """The lines of the code blocks that are indented."""
    return [line.strip() for line in README.splitlines() if line.startswith("    ")]


def test_its_commands_are_understood() -> None:
    commands = [line for line in indented() if line.startswith(("cucurbit ", "py -m cucurbit ", "uvx cucurbit "))]
    assert len(commands) > 8
    for command in commands:
        words = shlex.split(command, comments=True)
        options = build_parser().parse_args(words[words.index("cucurbit") + 1 :])
        assert options.command is not None, command


def test_what_it_has_people_make_can_be_made() -> None:
    targets = set(re.findall(r"(?:^|`)make ([a-z-]+)\b", "\n".join([*indented(), README]), re.MULTILINE))
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    assert {"demo", "test", "site"} <= targets
    assert not {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)}


def test_the_extension_is_where_it_is_made() -> None:
    installed = re.findall(r"code --install-extension (\S+)", README)
    assert installed
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    assert all(path in makefile for path in installed)


def test_the_files_that_it_names_are_there() -> None:
    linked = re.findall(r"\]\(([^):#]+)\)", README)
    copied = [
        word.rstrip(",") for line in indented() for word in line.split() if re.match(r"(?:docs|vscode-client)/", word)
    ]
    assert len(linked) > 20
    assert not [path for path in (*linked, *copied) if not (REPOSITORY / path).exists()]
