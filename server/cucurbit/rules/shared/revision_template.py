"""A new revision file, as the project's ``script.py.mako`` makes it.

Facts from alembic/script/base.py (``generate_revision``, ``_rev_path``) and alembic/templates/generic/script.py.mako.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import NewFile
from cucurbit.fixes.revision_body import RevisionBody
from cucurbit.source.text import SourceText
from cucurbit.workspace.alembic.graph import RevisionGraph
from cucurbit.workspace.model import MigrationEnvironment

_DEFAULT = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

# revision identifiers, used by Alembic.
revision: str = ${repr(up_revision)}
down_revision: Union[str, Sequence[str], None] = ${repr(down_revision)}
branch_labels: Union[str, Sequence[str], None] = ${repr(branch_labels)}
depends_on: Union[str, Sequence[str], None] = ${repr(depends_on)}


def upgrade() -> None:
    """Upgrade schema."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Downgrade schema."""
    ${downgrades if downgrades else "pass"}
'''
_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_DATE = re.compile(r"[\s#]*\w[\w ]*:\s*\$\{create_date\}\s*")
_CONTROL = re.compile(r"^[ \t]*(?:%|##)|<%|\\$", re.MULTILINE)
"""Python in a template, and other syntax that is not read here."""
_NEEDED = {"repr(up_revision)", "repr(down_revision)"}
"""Without these, what a template makes is no revision."""
_EMPTY = {
    'imports if imports else ""',
    "imports if imports else ''",
    "imports",
}
_NOTHING = {
    'upgrades if upgrades else "pass"',
    'downgrades if downgrades else "pass"',
    "upgrades if upgrades else 'pass'",
    "downgrades if downgrades else 'pass'",
}


def new_identifier(parts: Sequence[str], taken: frozenset[str]) -> str:
    """An identifier of twelve hexadecimal digits, as Alembic makes them; equal for equal parts."""
    number = 0
    while True:
        found = sha256("\0".join((*parts, str(number))).encode()).hexdigest()[:12]
        if found not in taken:
            return found
        number += 1


def new_revision(
    context: Context, graph: RevisionGraph, parents: tuple[str, ...], message: str, body: RevisionBody | None = None
) -> NewFile | None:
    """A new file of an environment that follows ``parents``; None if it cannot be put beside them."""
    environment = graph.environment
    beside = graph.by_id[parents[0]].path if parents else ""
    folder = beside.rpartition("/")[0] if beside else next(iter(environment.version_locations), "")
    new = new_identifier((*parents, message) if body is not None else parents, frozenset(graph.by_id))
    slug = "_".join("".join(sign if sign.isalnum() else " " for sign in message).lower().split())[:40].rstrip("_")
    name = file_name(environment, new, slug)
    path = f"{folder}/{name}" if folder else name
    if folder not in environment.version_locations or context.workspace.is_file(path):
        return None
    newline = SourceText(context.workspace.text(beside) or "").newline if beside else "\n"
    return NewFile(path, render(context, environment, new, parents, message, body).replace("\n", newline))


def file_name(environment: MigrationEnvironment, identifier: str, slug: str) -> str:
    """The name of the file by the project's ``file_template``; by Alembic's own where that needs the date."""
    try:
        return f"{environment.file_template % {'rev': identifier, 'slug': slug}}.py"
    except (KeyError, ValueError, TypeError):
        return f"{identifier}_{slug}.py"


def render(
    context: Context,
    environment: MigrationEnvironment,
    identifier: str,
    parents: Sequence[str],
    message: str,
    body: RevisionBody | None = None,
) -> str:
    """The text of a revision, by the project's template; by Alembic's own if that is not plain.

    Without a body it does nothing.

    The line with the date is left out: what is computed here depends on the files alone.
    """
    folder = f"{environment.script_location}/" if environment.script_location else ""
    project = context.workspace.text(f"{folder}script.py.mako")
    texts = (project, _DEFAULT) if project is not None else (_DEFAULT,)
    made = (_rendered(text, identifier, tuple(parents), message, body) for text in texts)
    return next(text for text in made if text is not None)


def _rendered(
    template: str, identifier: str, parents: tuple[str, ...], message: str, body: RevisionBody | None
) -> str | None:
    down: str | tuple[str, ...] | None = (parents if len(parents) != 1 else parents[0]) if parents else None
    values = {
        "message": message,
        "up_revision": identifier,
        "repr(up_revision)": repr(identifier),
        "up_revision | n": identifier,
        "down_revision | comma,n": ", ".join(parents),
        "down_revision | comma, n": ", ".join(parents),
        "repr(down_revision)": repr(down),
        "repr(branch_labels)": "None",
        "repr(depends_on)": "None",
        **dict.fromkeys(_EMPTY, "" if body is None else "\n".join(body.imports)),
        **dict.fromkeys(_NOTHING, "pass"),
    }
    if body is not None:
        values.update((each, _indented(body.upgrade)) for each in _NOTHING if each.startswith("upgrades"))
        values.update((each, _indented(body.downgrade)) for each in _NOTHING if each.startswith("downgrades"))
    if _CONTROL.search(template) is not None:
        return None
    text = "\n".join(line for line in template.splitlines() if _DATE.fullmatch(line) is None) + "\n"
    used = {found[1].strip() for found in _EXPRESSION.finditer(text)}
    if not _NEEDED <= used <= values.keys():
        return None
    return _EXPRESSION.sub(lambda found: values[found[1].strip()], text)


def _indented(lines: Sequence[str]) -> str:
    """The operations as the body of a function, between the comments that Alembic writes."""
    begin, end = "# ### commands auto generated by Alembic - please adjust! ###", "# ### end Alembic commands ###"
    return "\n    ".join((begin, *(lines or ("pass",)), end))
