"""Names and messages of a workspace are text in every output: they end no element, fence, line or annotation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import Cucurbit, MakeWorkspace, cucurbit, workspace
from tests.fuzz.seeds import FILES

__all__ = ["cucurbit", "workspace"]

NAMES = {
    "html": "<img src=x onerror=alert(1)></script><script>alert(1)</script>",
    "cdata": "]]>&\"'",
    "lines": "a\n::error::b\r\u2028c",
    "escapes": "\x1b]0;owned\x07\x9b31m\x00",
    "fence": "`\n```\n<!-- /cucurbit:schema -->\n# owned",
    "diagrams": '"}; digraph { x -> y [label="',
    "mermaid": 'x"] --> y["\n%%{init: {}}%%\nclick x href "javascript:alert(1)"',
    "direction": "\u202etxt.exe\u2066",
}

OUTPUTS = (
    *(("check", "--output-format", form) for form in ("text", "concise", "json", "sarif", "github", "gitlab", "junit")),
    *(("timeline", "app.main", "--output-format", form) for form in ("text", "json", "html")),
    *(("models", "--output-format", form) for form in ("text", "json")),
    *(("revisions", "--output-format", form) for form in ("text", "json", "mermaid", "html")),
    *(
        ("schema", "app.main", "--output-format", form)
        for form in ("text", "mermaid", "dbml", "dot", "plantuml", "sql", "json", "html")
    ),
)


def _files(name: str) -> Mapping[str, str]:
    """A workspace in which everything that has a name has this one."""
    written = ascii(name)
    files = {path: text for path, text in FILES.items() if not path.startswith("migrations/versions/")}
    files["app/models.py"] += (
        f"\n\nclass Odd(Base):\n    __tablename__ = {written}\n    __table_args__ = {{'comment': {written}}}\n"
        f"    id = Column({written}, Integer, primary_key=True, comment={written}, server_default={written})\n"
        f"    user = Column(ForeignKey('users.id', name={written}))\n\n\n"
        f"class Twice(Base):\n    __tablename__ = {written}\n    id = Column(Integer, primary_key=True)\n"
    )
    revision = (
        "revision = {0}\ndown_revision = {1}\nbranch_labels = ({2},)\n\n\ndef upgrade():\n    raise ValueError({2})\n"
    )
    files["migrations/versions/a.py"] = f"{name!a}\n" + revision.format(ascii(f"{name}1"), None, written)
    files["migrations/versions/b.py"] = f"{name!a}\n" + revision.format("'b'", ascii(f"{name}1"), "'l'")
    files["migrations/versions/c.py"] = f"{name!a}\n" + revision.format("'c'", ascii(f"{name}2"), "'m'")
    return files


@pytest.mark.usefixtures("page_library")
@pytest.mark.parametrize("kind", NAMES)
def test_names_are_text(kind: str, workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    workspace(_files(NAMES[kind]))
    for arguments in OUTPUTS:
        ran = cucurbit(*arguments)
        assert ran.code in {0, 1}, (arguments, ran.err)
        _check(arguments[-1], ran.out, arguments)
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", ran.err) is None, (
            arguments
        )


def _check(form: str, out: str, arguments: tuple[str, ...]) -> None:
    if form in {"json", "sarif", "gitlab"}:
        json.loads(out)
    elif form == "junit":
        ET.fromstring(out)
    elif form == "html":
        assert "<img" not in out, arguments
        assert "<script>alert" not in out, arguments
        assert "<!-- /cucurbit" not in out, arguments
    else:
        found = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", out)
        assert found is None, (arguments, out[max(0, found.start() - 60) : found.end() + 60])
        assert not re.search(r"^(# owned|```|%%\{init|click )", out, re.MULTILINE), arguments
    if form == "github":
        assert all(re.match(r"::(error|warning|notice) ", line) for line in out.splitlines()), arguments


@pytest.mark.parametrize("kind", NAMES)
def test_names_do_not_leave_the_diagram_of_a_file(kind: str, workspace: MakeWorkspace, cucurbit: Cucurbit) -> None:
    root = workspace(_files(NAMES[kind]))
    before = (root / "README.md").read_text("utf-8")
    assert cucurbit("schema", "app.main", "--inject", "README.md").code == 0
    text = (root / "README.md").read_text("utf-8")
    assert text.splitlines().count("<!-- /cucurbit:schema -->") == 1
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2
    assert "# owned" not in text.splitlines()
    first, last = before.split("<!-- cucurbit:schema -->")[0], before.split("<!-- /cucurbit:schema -->")[1]
    assert text.startswith(first)
    assert text.endswith(last)
    # Again, it is up to date.
    assert cucurbit("schema", "app.main", "--inject", "README.md", "--check").code == 0
