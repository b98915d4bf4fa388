"""No regular expression of the program takes more than linear time, on texts that are made to be slow for it."""

from __future__ import annotations

import pytest

from tests.hostile.patterns import patterns, slow_text

ON_SHORT_TEXTS = {
    "source/repair.py": "messages of Python",
    "cli/apply_fixes.py": "each line ends the match",
    "workspace/formats/toml.py": "text that the parser has read, and its messages",
    "workspace/modules/versions.py": "the length of specifiers is limited",
    "workspace/modules/installed.py": "names of files",
    "workspace/modules/projects.py": "one search in one file",
    "record/interpreter.py": "what an interpreter answers",
    "rules/unprotected_registration_import/linters.py": "the length of ini files and their lines is limited",
}
"""Files whose patterns may take quadratic time, and why that is not much."""

PATTERNS = patterns()
SIZE = 1_200


@pytest.mark.parametrize("folder", sorted({name.partition("/")[0] for name in PATTERNS}))
def test_linear(folder: str) -> None:
    chosen = {name: used for name, used in PATTERNS.items() if name.partition("/")[0] == folder}
    slow = {
        name: text
        for name, used in chosen.items()
        if name.partition(" ")[0] not in ON_SHORT_TEXTS and (text := slow_text(used, SIZE)) is not None
    }
    assert not slow
