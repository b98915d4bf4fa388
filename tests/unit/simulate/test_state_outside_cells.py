"""Everything that changes while a program is simulated lives in cells, whose reads and writes are told, or stands here.

A module is repeated only where all that it finds is what it found (:mod:`cucurbit.simulate.replay`). What changes
outside of cells is not found by that, so each such write in the simulator says here why nothing can be repeated wrongly
for it. The replay itself, which keeps the books, is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cucurbit.simulate

ROOM = Path(cucurbit.simulate.__file__).parent

MUTATORS = frozenset({
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault"),
    *("sort", "update"),
})  # fmt: skip

TELLS = frozenset({"mark", "marks", "remember", "remember_attribute", "remember_to"})
"""What tells of a write, and has it taken back."""

NEW = "of cells or a value that the function has just made, which nobody else can have seen"
SHAPE = "of a shape that is being built, which only its builder holds"
UPGRADE = "of the `upgrade` of a revision, which no import runs, so no repetition"
SCHEMA = "of a schema that is being changed, which only the function that changes it holds"
BOOKS = "the bookkeeping of cells, branches and repetitions itself"
BALANCED = "taken back when the block ends, on every way out"
RUN = "the frame of a call or of a file, which ends with it"
MEMO = "a memo of what never changes: of the workspace's facts, or of a class by its bases"
NOTED = "each change is written down as an effect, and its length taken back where a repetition fails"
OWN_MODULE = "of the module whose file runs: the repetition sets it as the execution left it, and who looks tells it"
OWN_CLASS = "of the class whose statement runs; what is done to a class later is marked"
REWOUND = "kept by a repetition that begins, and set back where it fails"
ASKED = "in the import system, which a repetition asks again"

LOOK = "of one look at the facts of a file, which runs nothing"

ALLOWED: dict[tuple[str, str], str] = {
    ("core/cells.py", "birth"): BOOKS,
    ("core/work.py", "left"): "counts steps, which a repetition does not take",
    ("simulation.py", "_pause"): "counts steps, which a repetition does not take",
    ("language/class_hooks.py", "_above"): "empty again when the class statement ends",
    ("language/class_hooks.py", "called"): "of one run of one hook",
    ("packages/stdlib/parsed_arguments.py", "data"): NEW,
    ("packages/pyramid.py", "data"): NEW,
    ("packages/alembic/inspector.py", "_state"): UPGRADE,
    ("packages/alembic/inspector.py", "_told"): UPGRADE,
    ("packages/alembic/inspector.py", "data"): NEW,
    ("packages/alembic/operations.py", "name_place"): NEW,
    ("packages/alembic/options.py", "data"): NEW,
    ("packages/sqlalchemy/metadata.py", "convention"): NEW,
    ("packages/sqlalchemy/registering.py", "seen"): "of one search",
    ("packages/sqlalchemy/shapes/columns.py", "checks"): SHAPE,
    ("packages/sqlalchemy/shapes/columns.py", "computed"): SHAPE,
    ("packages/sqlalchemy/shapes/columns.py", "identity"): SHAPE,
    ("packages/sqlalchemy/shapes/columns.py", "keys"): SHAPE,
    ("packages/sqlalchemy/shapes/columns.py", "open"): SHAPE,
    ("packages/sqlalchemy/shapes/columns.py", "sequence"): SHAPE,
    ("packages/sqlalchemy/shapes/mappers.py", "columns"): SHAPE,
    ("packages/sqlalchemy/shapes/mappers.py", "open"): SHAPE,
    ("packages/sqlalchemy/shapes/mappers.py", "plain"): SHAPE,
    ("packages/sqlalchemy/shapes/mappers.py", "properties"): SHAPE,
    ("packages/sqlalchemy/shapes/mappers.py", "refused"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "checks"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "columns"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "foreign_keys"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "indexes"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "number_of"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "open"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "primary_key"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "twice"): SHAPE,
    ("packages/sqlalchemy/shapes/tables.py", "unique"): SHAPE,
    ("packages/sqlmodel_fields.py", "columns"): SHAPE,
    ("packages/sqlmodel_fields.py", "open"): SHAPE,
    ("packages/sqlmodel_fields.py", "plain"): SHAPE,
    ("packages/sqlmodel_fields.py", "properties"): SHAPE,
    ("shapes/snapshot.py", "mappers"): SHAPE,
    ("shapes/snapshot.py", "open"): SHAPE,
    ("shapes/snapshot.py", "tables"): SHAPE,
    ("shapes/snapshot.py", "waiting"): SHAPE,
    ("core/cells.py", "open"): "the owner is told, by Owner.opens",
    ("core/cells.py", "owner"): BOOKS,
    ("core/cells.py", "step"): BOOKS,
    ("core/cells.py", "data"): BOOKS,
    ("core/cells.py", "_undo"): BOOKS,
    ("core/state.py", "after"): BOOKS,
    ("core/state.py", "changes"): BOOKS,
    ("core/state.py", "soft"): BOOKS,
    ("core/state.py", "kept"): BOOKS,
    ("core/state.py", "_journals"): BOOKS,
    (
        "core/state.py",
        "condition",
    ): "nothing is recorded or repeated under a condition; an import that adds one fails to repeat",
    ("core/schema.py", "doubted"): SCHEMA,
    ("core/schema.py", "gone"): SCHEMA,
    ("core/schema.py", "open"): SCHEMA,
    ("core/schema.py", "tables"): SCHEMA,
    ("core/schema.py", "_left"): SCHEMA,
    ("core/cells.py", "reading_tables"): BOOKS,
    ("core/values.py", "_members"): MEMO,
    ("core/values.py", "cells"): BOOKS,
    ("core/values.py", "mapped"): "those who set a mapping say why not",
    ("core/values.py", "data"): NEW,
    ("garbage.py", "_stood"): "of the interpreter that this program runs in, not of the one that it simulates",
    ("imports/execution.py", "module"): BOOKS,
    ("imports/execution.py", "names"): BOOKS,
    ("imports/execution.py", "phase"): OWN_MODULE,
    ("imports/execution.py", "open"): OWN_MODULE,
    ("imports/execution.py", "ran"): OWN_MODULE,
    ("imports/execution.py", "_running"): BALANCED,
    ("imports/import_system.py", "open"): OWN_MODULE,
    ("imports/import_system.py", "open_for"): OWN_MODULE,
    ("imports/import_system.py", "records"): NOTED,
    ("imports/installed_sources.py", "data"): NEW,
    ("imports/installed_sources.py", "_modules"): "who asks is spoiled",
    ("imports/installed_sources.py", "_facts"): "who asks is spoiled",
    ("imports/installed_sources.py", "_pending"): BALANCED,
    ("imports/plain_imports.py", "records"): NOTED,
    ("imports/search.py", "_found"): MEMO,
    ("imports/search.py", "_found_on"): MEMO,
    ("language/attributes.py", "_orders"): MEMO,
    ("language/guarded_blocks.py", "_swallowing"): BALANCED,
    ("language/calls.py", "guesses"): NOTED,
    ("language/calls.py", "data"): NEW,
    ("language/calls.py", "yielded"): RUN,
    ("language/calls.py", "yields_more"): RUN,
    ("language/statements.py", "rounds"): RUN,
    ("language/calls.py", "body"): RUN,
    ("language/containers.py", "data"): NEW,
    ("language/containers.py", "open"): NEW,
    ("language/containers.py", "scope"): RUN,
    ("language/guarded_blocks.py", "_open"): BALANCED,
    ("language/guarded_blocks.py", "importing"): REWOUND,
    ("language/guarded_blocks.py", "guessed"): REWOUND,
    ("language/guarded_blocks.py", "doubt"): REWOUND,
    ("language/guarded_blocks.py", "leaves"): REWOUND,
    ("language/guarded_blocks.py", "rest"): REWOUND,
    ("language/limits.py", "_again"): "who reads it is spoiled",
    ("language/limits.py", "_told"): MEMO,
    ("language/limits.py", "_looked_at"): MEMO,
    ("language/limits.py", "_latest_news"): MEMO,
    ("language/reach.py", "reaching"): MEMO,
    ("language/reach.py", "_seen"): "of one call alone",
    ("language/scopes.py", "local"): MEMO,
    ("language/scopes.py", "_locals"): MEMO,
    ("language/scopes.py", "scope"): RUN,
    ("language/statements.py", "condition"): BALANCED,
    ("language/statements.py", "declared"): "of the scope whose code runs, and read by that code alone",
    ("language/statements.py", "scope"): RUN,
    ("language/try_with.py", "doubts"): NOTED,
    ("language/try_with.py", "condition"): BALANCED,
    ("language/try_with.py", "handling"): BALANCED,
    ("packages/aiohttp.py", "data"): NEW,
    ("packages/alembic/migrations.py", "autogenerates"): NEW,
    ("packages/alembic/migrations.py", "runs"): BALANCED,
    ("packages/celery.py", "data"): NEW,
    ("packages/click.py", "data"): NEW,
    ("packages/dramatiq.py", "data"): NEW,
    ("packages/flask_migrate.py", "data"): NEW,
    ("packages/flask_sqlalchemy.py", "data"): NEW,
    ("packages/flask_sqlalchemy.py", "mapping"): NEW,
    ("packages/litestar.py", "data"): NEW,
    ("packages/alembic/plain.py", "names"): LOOK,
    ("packages/alembic/sql_tables.py", "_at"): LOOK,
    ("language/try_with.py", "raising"): BALANCED,
    ("packages/alembic/plain.py", "functions"): LOOK,
    ("packages/alembic/plain.py", "_known"): LOOK,
    ("packages/alembic/plain.py", "local"): LOOK,
    ("packages/sqlalchemy/bases.py", "mapping"): OWN_CLASS,
    ("packages/sqlalchemy/declarative.py", "bases"): BALANCED,
    ("packages/sqlalchemy/declarative.py", "data"): NEW,
    ("packages/sqlalchemy/declarative.py", "mapping"): OWN_CLASS,
    ("packages/sqlalchemy/mapping.py", "mapping"): OWN_CLASS,
    ("packages/sqlalchemy/metadata.py", "data"): NEW,
    ("packages/sqlalchemy/metadata.py", "open"): NEW,
    ("packages/sqlalchemy/names.py", "_read"): "of the mapping of one class alone",
    ("packages/sqlmodel.py", "mapping"): OWN_CLASS,
    ("packages/stdlib/builtin_calls.py", "data"): NEW,
    ("packages/stdlib/builtin_calls.py", "mapping"): NEW,
    ("packages/stdlib/builtin_calls.py", "open"): NEW,
    ("packages/stdlib/builtin_calls.py", "shape"): NEW,
    ("packages/stdlib/method_calls.py", "data"): NEW,
    ("packages/stdlib/method_calls.py", "shape"): NEW,
    ("packages/stdlib/regular_expressions.py", "data"): NEW,
    ("packages/stdlib/system_calls.py", "data"): NEW,
    ("packages/typer.py", "data"): NEW,
    ("simulation.py", "_threads"): BALANCED,
    ("simulation.py", "origins"): "a module that fails is executed, never repeated",
    ("simulation.py", "spent"): NOTED,
    ("simulation.py", "frames"): BALANCED,
    ("simulation.py", "muted"): BALANCED,
    ("simulation.py", "link"): BALANCED,
    ("simulation.py", "events"): NOTED,
    ("simulation.py", "doubts"): NOTED,
    ("simulation.py", "missed"): NOTED,
    ("simulation.py", "visited"): NOTED,
    ("simulation.py", "loops"): BALANCED,
    ("simulation.py", "metadata"): NOTED,
    ("simulation.py", "data"): NEW,
    ("simulation.py", "_package_states"): "made once, empty; each package says of its own what tells",
    ("stack.py", "_before"): "of the interpreter that this program runs in, not of the one that it simulates",
    ("stack.py", "_users"): "of the interpreter that this program runs in, not of the one that it simulates",
    ("stack.py", "_results"): "of the interpreter that this program runs in, not of the one that it simulates",
    ("stack.py", "_error"): "of the interpreter that this program runs in, not of the one that it simulates",
}


def attribute_of(target: ast.expr) -> str | None:
    """The attribute that a write to ``target`` changes, of something that a function does not hold alone."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.attr if isinstance(target, ast.Attribute) else None


def held_by(target: ast.expr) -> str:
    """The name by which a function gets hold of what it changes."""
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def targets_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.Assign, ast.Delete)):
        flat = [each.elts if isinstance(each, ast.Tuple) else [each] for each in node.targets]
        return [each for several in flat for each in several]
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        # Two parts of the simulator have methods of such names, which write cells.
        return [] if ast.unparse(node.func).endswith((".program.extend", ".search.insert")) else [node.func.value]
    return []


def functions_in(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if not isinstance(node, ast.FunctionDef):
            yield node
            pending.extend(ast.iter_child_nodes(node))


def writes(function: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """The attributes that a function changes without telling, and the lines."""
    nodes = list(own_nodes(function))
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    if function.name == "__init__" or called & TELLS:
        return
    for node in nodes:
        for target in targets_of(node):
            attribute = attribute_of(target)
            if attribute is not None:
                yield attribute, getattr(node, "lineno", 0)


def found_in(source: str) -> set[str]:
    return {attribute for function in functions_in(ast.parse(source)) for attribute, _ in writes(function)}


def test_writes_are_found() -> None:
    body = "def f(a):\n    a.b = 1\n    a.c[0] += 1\n"
    body += "    a.d.append(1)\n    del a.e[0]\n    a.f, x = 1, 2\n    x.append(1)\n"
    assert found_in(body) == {"b", "c", "d", "e", "f"}
    assert found_in(body + "    state.mark(a.cells, a, 'b')\n") == set()
    assert found_in("class A:\n    def __init__(self):\n        self.a = 1\n") == set()


def test_each_write_outside_of_cells_is_told_or_says_why_not() -> None:
    found: dict[tuple[str, str], list[int]] = {}
    for path in sorted(ROOM.rglob("*.py")):
        name = path.relative_to(ROOM).as_posix()
        if not name.startswith("replay/"):
            for function in functions_in(ast.parse(path.read_text(encoding="utf-8"))):
                for attribute, line in writes(function):
                    found.setdefault((name, attribute), []).append(line)
    unknown = {
        f"{name}:{lines}: {attribute}" for (name, attribute), lines in found.items() if (name, attribute) not in ALLOWED
    }
    assert unknown == set()
    assert ALLOWED.keys() - found.keys() == set(), "these are gone"


def test_nothing_that_changes_stands_in_a_module_of_the_simulator() -> None:
    """A ``global`` statement, or a list of a module that a function changes, would outlast a simulation."""
    found = []
    for path in sorted(ROOM.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {each.id for node in tree.body for each in targets_of(node) if isinstance(each, ast.Name)}
        for function in functions_in(tree):
            bound = {
                node.id
                for node in own_nodes(function)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            for node in own_nodes(function):
                for target in targets_of(node):
                    changed = held_by(target)
                    if isinstance(node, ast.Call) and changed in names - bound:
                        found.append(f"{path.name}:{node.lineno}: {changed}")
                if isinstance(node, ast.Global):
                    found.append(f"{path.name}:{node.lineno}: {', '.join(node.names)}")
    assert found == []
