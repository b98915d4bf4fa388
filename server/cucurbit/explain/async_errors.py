"""Explains exceptions about event loops, coroutines and greenlets, mostly of migrations that run in an application."""

from __future__ import annotations

import ast

from cucurbit.analysis.finding import Related
from cucurbit.explain.case import ErrorCase, line_of, raised
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import WorkspaceFrame
from cucurbit.explain.known import known
from cucurbit.explain.syntax import dotted, functions_around, tree_of
from cucurbit.simulate.core.timeline import EventKind

_THREAD = (
    'Run them in a thread, which has no loop: `await asyncio.to_thread(command.upgrade, config, "head")`. Or hand the'
    " connection over: `await connection.run_sync(upgrade)`, with env.py taking it from `config.attributes`."
)


def running_loop(case: ErrorCase) -> Explanation:
    """``asyncio.run() cannot be called from a running event loop``."""
    deepest = case.deepest
    shown = raised(
        case,
        "running-event-loop",
        lambda failure: "cannot be called" in failure.message and failure.error == "RuntimeError",
    )
    outer = _coroutine(case)
    migrates = deepest is not None and any(
        deepest.path == each.env_path for each in case.context.workspace.environments
    )
    migrates = migrates or (shown is not None and not case.frames and "env.py" in shown.summary)
    advice = (
        _THREAD if migrates else "Await the coroutine instead, or run it in a thread of its own (`asyncio.to_thread`)."
    )
    if shown is not None:
        why = " An event loop runs already there, and `asyncio.run` starts a second one, which Python refuses."
        by = f" The coroutine {outer[1]}() called it at {outer[0].at}." if outer is not None else ""
        return case.explain("running-event-loop", True, f"{shown.summary}{why}{by}", shown.related, advice)
    if deepest is None:
        runs = _runs_in_env(case)
        where = f" env.py does so at {runs[0].location.path}:{runs[0].location.span.line}." if runs else ""
        return case.explain(
            "running-event-loop",
            None,
            f"Code called `asyncio.run` while an event loop was running.{where} Likely the migrations are started by a"
            " coroutine, such as a lifespan, and env.py is asynchronous.",
            (*runs, *_starts(case)),
            _THREAD,
        )
    by = f": the coroutine {outer[1]}() called it, at {outer[0].at}" if outer is not None else ""
    return case.explain(
        "running-event-loop",
        True if outer is not None else None,
        f"{deepest.at} starts an event loop while one is running{by}.",
        (),
        advice,
    )


def _coroutine(case: ErrorCase) -> tuple[WorkspaceFrame, str] | None:
    """The innermost frame that is in an ``async def``, the last frame apart, with the name of that function."""
    for frame in reversed(case.frames[:-1]):
        around = functions_around(case.context, frame.path, frame.line)
        if around and isinstance(around[-1], ast.AsyncFunctionDef):
            return frame, around[-1].name
    return None


def _runs_in_env(case: ErrorCase) -> tuple[Related, ...]:
    return tuple(
        Related(line_of(case.context, environment.env_path, node.lineno), "starts a loop")
        for environment in case.context.workspace.environments
        if (tree := tree_of(case.context, environment.env_path)) is not None
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) in {"asyncio.run", "run", "loop.run_until_complete"}
    )


def _starts(case: ErrorCase) -> tuple[Related, ...]:
    """Where entry points start migrations themselves."""
    return tuple(
        Related(case.context.location(event.place), "the migrations are started here")
        for timeline in case.context.timelines
        if timeline.entry.environment is None
        for event in list(timeline.of(EventKind.MIGRATIONS_STARTED))[:1]
    )


def other_loop(case: ErrorCase) -> Explanation:
    """``attached to a different loop``, ``Event loop is closed``."""
    tests = bool(case.frames) and "test" in case.frames[0].path
    engines = _engines(case)
    made = f" (made at {engines[0].location.path}:{engines[0].location.span.line})" if engines else ""
    where = " pytest-asyncio gives each test a loop of its own." if tests else ""
    return case.explain(
        "other-event-loop",
        None,
        "A connection was used in another event loop than that in which it was opened. Likely the asynchronous"
        f" engine{made} outlives its loop: it is made once, at import, and `asyncio.run` or a test starts a new"
        f" loop.{where}",
        engines,
        "Use `poolclass=NullPool` where several loops use the engine, call `await engine.dispose()` before a loop"
        " ends, or make the engine in the loop that uses it. In tests, give all of them one loop"
        ' (`asyncio_default_fixture_loop_scope = session`, `loop_scope="session"`).',
    )


def _engines(case: ErrorCase) -> tuple[Related, ...]:
    """The asynchronous engines that are made at the top level of the files of the workspace."""
    made = {"create_async_engine", "async_engine_from_config"}
    return tuple(
        Related(line_of(case.context, path, step.lineno), "an engine that is made at import")
        for path in sorted({path for timeline in case.context.timelines for path in timeline.visited})
        if (tree := tree_of(case.context, path)) is not None
        for step in tree.body
        if isinstance(step, (ast.Assign, ast.AnnAssign))
        if isinstance(step.value, ast.Call) and dotted(step.value.func).rpartition(".")[2] in made
    )


def missing_greenlet(case: ErrorCase) -> Explanation:
    """``greenlet_spawn has not been called; can't call await_only() here``."""
    deepest = case.deepest
    environments = {each.env_path for each in case.context.workspace.environments}
    in_env = deepest is not None and deepest.path in environments
    if deepest is not None and in_env and "async_engine" not in (case.context.workspace.text(deepest.path) or ""):
        return case.explain(
            "sync-engine-async-driver",
            True,
            f"{deepest.at} connects with a synchronous engine, and the URL names an asynchronous driver (`+asyncpg`,"
            " `+aiosqlite`, `+aiomysql`), which works in a coroutine only.",
            (),
            "Write env.py as `alembic init -t async` does, with `async_engine_from_config` and `connection.run_sync`,"
            " or give Alembic a URL with a synchronous driver (`+psycopg`).",
        )
    code = f" (`{deepest.source}`)" if deepest is not None and deepest.source else ""
    return case.explain(
        "lazy-load-in-async",
        None,
        f"{case.where}{code} made SQLAlchemy query the database outside of an `await`: likely it reads a relationship,"
        " or an attribute that a commit expired, which is loaded when it is read.",
        (),
        "Load it with the query (`options(selectinload(...))`), set `expire_on_commit=False`, or await"
        ' `session.refresh(obj, ["name"])`. A synchronous engine needs a URL with a synchronous driver.',
    )


def not_async_driver(case: ErrorCase) -> Explanation:
    """``The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async.``."""
    driver = case.groups[0]
    asynchronous = {
        "psycopg2": "postgresql+asyncpg://",
        "pysqlite": "sqlite+aiosqlite://",
        "mysqldb": "mysql+aiomysql://",
        "pymysql": "mysql+aiomysql://",
    }.get(driver, "")
    return case.explain(
        "async-engine-sync-driver",
        None,
        f"An asynchronous engine{case.at_frame} was given a URL whose driver, {driver}, is synchronous.",
        (),
        f"Write `{asynchronous}...`, and install that driver." if asynchronous else "Name an asynchronous driver.",
        "Where env.py is synchronous and the application is not, each needs a URL of its own.",
    )


def no_loop(case: ErrorCase) -> Explanation:
    """``no running event loop``, ``There is no current event loop in thread``."""
    return case.explain(
        "no-event-loop",
        None,
        f"{case.where} needs a running event loop, and none runs there: it is executed at import, in a thread, or in a"
        " function that is not awaited.",
        (),
        "Do it in a coroutine, which `asyncio.run` starts. `asyncio.create_task` works inside of one only.",
    )


def awaited_none(case: ErrorCase) -> Explanation:
    """``object NoneType can't be used in 'await' expression``."""
    deepest = case.deepest
    kind = case.groups[0] or case.groups[1]
    called, line = _awaited(case, deepest)
    name = called or "what is awaited"
    returned = "None" if kind == "NoneType" else f"a {kind}"
    at = f"{deepest.path}:{line}" if deepest is not None else "The code"
    first, _, last = called.rpartition(".")
    of_alembic = first.rpartition(".")[2] in {"command", "alembic_command"} and last in _COMMANDS
    why = (
        f"`{called}` is no coroutine: it did its work, and returned {returned}"
        if of_alembic
        else f"`{name}` returned {returned}, which cannot be awaited"
    )
    definition = _definition(case, last) if called and not of_alembic else None
    if definition is not None:
        why = f"`{name}` is a plain function, not `async def`: it did its work, and returned {returned}"
    advice = (
        "Take the `await` away."
        if of_alembic or definition is not None
        else "Take the `await` away if it is no coroutine."
    )
    thread = " It blocks the loop while it runs: `await asyncio.to_thread(...)` does not." if of_alembic else ""
    return case.explain(
        "awaited-no-coroutine",
        True if of_alembic or definition is not None else None,
        f"{at} awaits what is no coroutine: {why}.",
        (definition,) if definition is not None else (),
        f"{advice}{thread}",
    )


_COMMANDS = frozenset({"upgrade", "downgrade", "stamp", "revision", "current", "history", "check", "merge", "heads"})


def _awaited(case: ErrorCase, frame: WorkspaceFrame | None) -> tuple[str, int]:
    """The dotted name of the call that the line of a frame awaits, and its line."""
    if frame is None:
        return "", 0
    tree = tree_of(case.context, frame.path)
    for node in ast.walk(tree) if tree is not None else ():
        if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
            continue
        if node.lineno <= frame.line <= (node.end_lineno or node.lineno):
            return dotted(node.value.func), node.lineno
    return "", frame.line


def _definition(case: ErrorCase, name: str) -> Related | None:
    """The function of that name that is no coroutine, if the workspace has a single function of that name."""
    found = []
    for path in case.context.workspace.python_files():
        if f"def {name}(" in (case.context.workspace.text(path) or ""):
            tree = tree_of(case.context, path)
            found += [
                (path, node)
                for node in (ast.walk(tree) if tree is not None else ())
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
            ]
    if len(found) != 1 or isinstance(found[0][1], ast.AsyncFunctionDef) or found[0][1].decorator_list:
        return None
    return Related(line_of(case.context, found[0][0], found[0][1].lineno), "a plain function")


def coroutine_used(case: ErrorCase) -> Explanation:
    """``'coroutine' object has no attribute 'x'``, ``coroutine 'x' was never awaited``."""
    return case.explain(
        "never-awaited",
        None,
        f"{case.where} uses the coroutine itself, not its result: an `await` is missing where it was called"
        f" ({case.groups[0]}).",
        (),
        "Write `await` before the call, or use the synchronous session and engine.",
    )


def async_object_in_sync_code(case: ErrorCase) -> Explanation:
    """``'AsyncConnection' object does not support the context manager protocol``, ``_run_ddl_visitor``."""
    code = f" (`{case.deepest.source}`)" if case.deepest is not None and case.deepest.source else ""
    return case.explain(
        "async-engine-in-sync-code",
        None,
        f"{case.where}{code} uses an asynchronous engine as if it were a synchronous one.",
        (),
        "Write `async with engine.begin() as connection: await connection.run_sync(function)` in a coroutine; the"
        " function, such as `metadata.create_all`, is given a synchronous connection. env.py is written so by"
        " `alembic init -t async`.",
    )


KNOWN = (
    known(
        r"('Async(?:Engine|Connection|Session)' object (?:does not support the context manager|has no attribute"
        r" '(?:_run_ddl_visitor|__enter__|dialect|_inspect)')|Inspection on an Async(?:Engine|Connection))",
        async_object_in_sync_code,
        "TypeError: 'AsyncConnection' object does not support the context manager protocol",
        "the line that uses an asynchronous engine as a synchronous one",
    ),
    known(
        r"(asyncio\.run\(\) cannot be called from a running event loop|This event loop is already running"
        r"|Cannot run the event loop while another loop is running|Runner\.run\(\) cannot be called)",
        running_loop,
        "RuntimeError: asyncio.run() cannot be called from a running event loop",
        "the coroutine that called it, and how to run migrations from a lifespan",
    ),
    known(
        r"(attached to a different loop|Event loop is closed|bound to a different event loop"
        r"|another operation is in progress)",
        other_loop,
        "RuntimeError: ... attached to a different loop; Event loop is closed",
        "the engines that are made at import",
    ),
    known(
        r"(greenlet_spawn has not been called)",
        missing_greenlet,
        "MissingGreenlet: greenlet_spawn has not been called",
        "in env.py, the driver; elsewhere, the line that loads lazily",
    ),
    known(
        r"requires an async driver to be used\. The loaded '([^']+)' is not async",
        not_async_driver,
        "InvalidRequestError: The asyncio extension requires an async driver",
        "the URL of an asynchronous driver",
    ),
    known(
        r"(no running event loop|There is no current event loop)",
        no_loop,
        "RuntimeError: no running event loop",
        "the line, and what has a loop",
    ),
    known(
        r"(?:object (\w+) can't be used in 'await' expression|'(\w+)' object can't be awaited)",
        awaited_none,
        "TypeError: object NoneType can't be used in 'await' expression",
        "the call that is no coroutine, such as `alembic.command.stamp`",
    ),
    known(
        r"('coroutine' object (?:has no attribute|is not \w+)[^,;]*|coroutine '[^']+' was never awaited)",
        coroutine_used,
        "AttributeError: 'coroutine' object has no attribute 'scalars'",
        "where an `await` is missing",
    ),
)
