"""Explains what databases say: tables and columns that are missing or there already, in the words of each driver."""

from __future__ import annotations

import difflib
import re

from cucurbit.analysis.finding import Finding, Related
from cucurbit.analysis.wording import listed
from cucurbit.explain.case import ErrorCase, at_line, line_of
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import lines_of
from cucurbit.explain.known import known
from cucurbit.explain.revision_files import AddedColumn, RevisionFile, revision_at, revisions
from cucurbit.explain.syntax import ClassAttribute, attributes_of, calls_in, text_of, tree_of
from cucurbit.explain.workers import migrating_workers
from cucurbit.rules.shared.evidence import entries_named, subject_of
from cucurbit.rules.shared.revisions import graphs
from cucurbit.simulate.core.timeline import EventKind, TableDefinition

_SAME_DATABASE = (
    "Look whether it is the database that you mean: a relative SQLite path is taken from the folder where the program"
    " is started, and env.py may have another URL than the application."
)


# -------------------------------------------------------------- missing tables


def no_such_table(case: ErrorCase) -> Explanation:
    """``no such table: x`` and the other databases' words for it."""
    key = _first(case)
    if not key:
        return case.explain(
            "missing-table", None, "A table that the statement names is not in the database.", (), _SAME_DATABASE
        )
    name = key.rpartition(".")[2]
    early = _before_migrations(case, name)
    if early is not None:
        return _early(case, early)
    if name == "alembic_version":
        return case.explain(
            "missing-table",
            None,
            "The table alembic_version is not in the database: no migration ran on it.",
            (),
            "`alembic upgrade head` makes it.",
        )
    definitions = [each for each in case.context.definitions.values() if name == each.key.rpartition(".")[2]]
    creating = _creating(case, name)
    inside = revision_at(case.context, case.deepest.path) if case.deepest is not None else None
    if inside is not None:
        return _missing_in_revision(case, key, inside, creating)
    here = tuple(
        Related(case.context.location(each.place), f"{subject_of(each)} defines '{each.key}'")
        for each in definitions[:3]
    )
    if creating:
        return _not_migrated(case, key, creating, here)
    if definitions and case.context.workspace.environments:
        return _no_revision(case, key, definitions, here)
    if definitions:
        return _not_created(case, key, definitions, here)
    names = {each.key for each in case.context.definitions.values()}
    close = difflib.get_close_matches(name, names, 1, 0.75)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return case.explain(
        "missing-table",
        None,
        f"The database has no table '{key}', and neither a model nor a revision that was found here makes one.{hint}",
        (),
        _SAME_DATABASE,
    )


def _early(case: ErrorCase, finding: Finding) -> Explanation:
    """A query before the migrations: it is the cause if the traceback leads to it, else likely."""
    if case.frames:
        return case.from_finding("query-before-migrations", finding, "queries here")
    related = (Related(finding.location, "queries here"), *finding.related)
    return case.explain("query-before-migrations", None, f"Likely: {finding.message}", related)


def _before_migrations(case: ErrorCase, name: str) -> Finding | None:
    """The query that runs before the migrations of its process, if it is in the traceback or names the table."""
    lines = {(frame.path, frame.line) for frame in case.frames}
    for finding in case.findings("query-before-migrations"):
        span = finding.location.span
        if any((finding.location.path, line) in lines for line in range(span.line, span.end_line + 1)):
            return finding
        text = "\n".join(lines_of(case.context, finding.location.path)[span.line - 1 : span.end_line])
        if not case.frames and (re.search(rf"\b{re.escape(name)}\b", text) or _class_in(case, name, text)):
            return finding
    return None


def _class_in(case: ErrorCase, name: str, text: str) -> bool:
    classes = [each.class_name for each in case.context.definitions.values() if each.key.rpartition(".")[2] == name]
    return any(each and re.search(rf"\b{each}\b", text) for each in classes)


def _missing_in_revision(
    case: ErrorCase, key: str, inside: RevisionFile, creating: list[tuple[RevisionFile, int]]
) -> Explanation:
    """A revision works on a table that does not exist."""
    deepest = case.deepest
    assert deepest is not None
    if creating:
        maker, line = creating[0]
        order = "in the same revision" if maker.path == inside.path else f"in {maker.shown}"
        return case.explain(
            "missing-table",
            None,
            f"The revision {inside.shown} works on '{key}', which is made {order}, and the database does not have it:"
            " that revision was stamped and not run, the table was dropped since, or this one does not follow it.",
            (Related(line_of(case.context, maker.path, line), f"creates '{key}'"),),
            _SAME_DATABASE,
        )
    return case.explain(
        "missing-table",
        None,
        f"The revision {inside.shown} works on '{key}', which no revision creates: likely the first revision was"
        " written against a database whose tables `create_all` or another program had made.",
        (),
        "Write the first revision anew against an empty database, so that it creates every table.",
    )


def _not_migrated(
    case: ErrorCase, key: str, creating: list[tuple[RevisionFile, int]], here: tuple[Related, ...]
) -> Explanation:
    maker, line = creating[-1]
    imported = all(frame.in_module for frame in case.frames) and bool(case.frames)
    when = (
        f" It is used while {case.frames[-1].path} is imported, so before anything in this process can migrate."
        if imported
        else ""
    )
    return case.explain(
        "not-migrated",
        None,
        f"The database has no table '{key}'. The revision {maker.shown} creates it, so likely the migrations were not"
        f" run on this database, or not up to that one.{when}",
        (Related(line_of(case.context, maker.path, line), f"creates '{key}'"), *here),
        "`alembic upgrade head` before the program starts; `alembic current` shows where the database stands.",
        _SAME_DATABASE,
    )


def _no_revision(
    case: ErrorCase, key: str, definitions: list[TableDefinition], here: tuple[Related, ...]
) -> Explanation:
    missing = case.findings("model-not-in-migrations", lambda each: f"'{definitions[0].key}'" in each.message)
    why = f" {missing[0].message}" if missing else ""
    return case.explain(
        "table-without-revision",
        None,
        f"The database has no table '{key}': {subject_of(definitions[0])} defines it, and no revision that was found"
        f" here creates it.{why}",
        (*here, *(missing[0].related if missing else ())),
        "`alembic revision --autogenerate`, look at what it wrote, then `alembic upgrade head`.",
    )


def _not_created(
    case: ErrorCase, key: str, definitions: list[TableDefinition], here: tuple[Related, ...]
) -> Explanation:
    """Without Alembic, ``create_all`` makes the tables that are registered when it is called."""
    for timeline in case.context.timelines:
        created = next(timeline.of(EventKind.CREATE_ALL), None)
        if created is not None:
            registered = {
                event.definition.key
                for event in timeline.events[: timeline.events.index(created)]
                if event.kind is EventKind.TABLE_REGISTERED and event.definition is not None
            }
            place = Related(case.context.location(created.place), "create_all runs here")
            late = definitions[0].key not in registered
            what = (
                f"{definitions[0].module}, which defines '{key}', is not imported before that"
                if late
                else "its table was registered before that, so likely that code did not run, or on another database"
            )
            return case.explain(
                "missing-table",
                None,
                f"The database has no table '{key}'. `create_all` runs at {case.context.at(created.place)}"
                f" ({entries_named([timeline])}); {what}.",
                (place, *here),
                _SAME_DATABASE,
            )
    return case.explain(
        "missing-table",
        None,
        f"The database has no table '{key}'. {subject_of(definitions[0])} defines it, and nothing that was found here"
        " creates the tables: no revision, no `create_all`.",
        here,
        _SAME_DATABASE,
    )


# ------------------------------------------------------------- missing columns


def no_such_column(case: ErrorCase) -> Explanation:
    """``no such column: x.y`` and the other databases' words for it."""
    table, name = _column(case)
    definitions = [
        each for each in case.context.definitions.values() if not table or each.key.rpartition(".")[2] == table
    ]
    own = [
        (definition, each)
        for definition in definitions
        for each in attributes_of(case.context, definition)
        if name in {each.column, each.name}
    ]
    if not table and own:
        table = own[0][0].key.rpartition(".")[2]
    shown = f"{table}.{name}" if table else name
    adding = [
        (each, column)
        for each in revisions(case.context)
        for column in each.columns
        if column.name == name and (not table or column.table.rpartition(".")[2] == table)
    ]
    here = tuple(Related(at_line(case.context, each), f"the model's column {shown}") for _, each in own[:2])
    inside = revision_at(case.context, case.deepest.path) if case.deepest is not None else None
    if inside is not None:
        return _column_in_revision(case, shown, inside, adding, here)
    if adding:
        return _column_not_migrated(case, shown, adding, here)
    early = _before_migrations(case, table) if table else None
    if early is not None and case.frames:
        return _early(case, early)
    if own and case.context.workspace.environments:
        return _column_without_revision(case, shown, own, here)
    if own:
        return case.explain(
            "column-without-revision",
            None,
            f"The model has the column {shown}, and the table in the database was made before it had. `create_all`"
            " makes tables that are missing; it never adds a column.",
            here,
            "Add the column by hand or with Alembic, or make the table again if its rows are not needed.",
        )
    return case.explain(
        "missing-column",
        None,
        f"The database has no column {shown}, and no model or revision that was found here has it: SQL that is written"
        " out names it, or the code that ran is another version.",
        (),
        "If it is a text in SQL, put it into single quotes: double quotes are for names." if not table else "",
        _SAME_DATABASE,
    )


def _column_without_revision(
    case: ErrorCase, shown: str, own: list[tuple[TableDefinition, ClassAttribute]], here: tuple[Related, ...]
) -> Explanation:
    definition, attribute = own[0]
    return case.explain(
        "column-without-revision",
        None,
        f"The model {subject_of(definition)} has the column {shown} ({attribute.path}:{attribute.line}), and no"
        " revision that was found here creates it, so a database that was made by the migrations does not have it.",
        here,
        "`alembic revision --autogenerate`, look at what it wrote, then `alembic upgrade head`. A test that makes its"
        " tables with `create_all` does not show this.",
    )


def _column_not_migrated(
    case: ErrorCase, shown: str, adding: list[tuple[RevisionFile, AddedColumn]], here: tuple[Related, ...]
) -> Explanation:
    file, column = adding[-1]
    return case.explain(
        "not-migrated",
        None,
        f"The database has no column {shown}. The revision {file.shown} adds it, so likely the migrations were not run"
        " on this database up to that one, or the table was made otherwise and stamped.",
        (Related(line_of(case.context, file.path, column.line), f"adds {shown}"), *here),
        "`alembic upgrade head` before the program starts; `alembic current` shows where the database stands.",
        _SAME_DATABASE,
    )


def _column_in_revision(
    case: ErrorCase,
    shown: str,
    inside: RevisionFile,
    adding: list[tuple[RevisionFile, AddedColumn]],
    here: tuple[Related, ...],
) -> Explanation:
    dropped = _dropping(case, inside, shown.rpartition(".")[2])
    if dropped is not None:
        return case.explain(
            "missing-column",
            None,
            f"The revision {inside.shown} drops the column {shown} in a batch. Likely an index contains the column: for"
            " a batch, Alembic makes the table again with all its indexes, also that one.",
            (Related(line_of(case.context, inside.path, dropped), f"drops {shown}"), *here),
            "Drop the index before the column, in the same batch: `batch_op.drop_index(...)`.",
        )
    before = _run_before(case, inside)
    earlier = [(file, column) for file, column in adding if file.path in before]
    later = [(file, column) for file, column in adding if file.path not in {*before, inside.path}]
    why = ""
    if later:
        why = f" If it uses the models, these are those of today: {later[0][0].shown} adds the column."
    elif earlier:
        why = (
            f" {earlier[0][0].shown} adds the column before that: another revision drops or renames it since, or that"
            " one was stamped and not run."
        )
    return case.explain(
        "missing-column",
        None,
        f"The revision {inside.shown} uses the column {shown}, which the table does not have when it runs.{why}",
        (
            *(
                Related(line_of(case.context, file.path, column.line), f"adds {shown}")
                for file, column in (later or earlier)[:1]
            ),
            *here,
        ),
        'In a revision, describe the table as it is at that point: `sa.table("name", sa.column("id"), ...)`.',
    )


def _column(case: ErrorCase) -> tuple[str, str]:
    """The table and the column that the message names; the table is empty if it names none."""
    parts = [each for each in case.groups if each]
    if len(parts) >= 2:
        # ``column "x" of relation "t"`` and ``table t has no column named x`` name both.
        first_is_table = case.error.message.find(parts[0]) < case.error.message.find("has no column named")
        table, name = (parts[0], parts[1]) if first_is_table else (parts[1], parts[0])
    else:
        table, _, name = (parts[0] if parts else "").rpartition(".")
    table, name = re.sub(r"_\d+$", "", table.strip('"`[]').rpartition(".")[2]), name.strip('"`[]')
    # Oracle writes names that were not quoted in upper case.
    return (table.lower(), name.lower()) if "ORA-" in case.error.message else (table, name)


def _run_before(case: ErrorCase, inside: RevisionFile) -> frozenset[str]:
    """The files of the revisions that run before one."""
    return frozenset(
        each.path
        for graph in graphs(case.context)
        for script in graph.scripts
        if script.path == inside.path
        for each in graph.scripts
        if each.path != inside.path and each.id in graph.ancestors(script)
    )


def _dropping(case: ErrorCase, inside: RevisionFile, column: str) -> int | None:
    """The line of the revision that drops a column of that name in a batch, where the column is the first argument."""
    tree = tree_of(case.context, inside.path)
    calls = calls_in(tree, "drop_column") if tree is not None else ()
    return next((call.lineno for call in calls if column in map(text_of, call.args[:1])), None)


# --------------------------------------------------------------- there already

_OF_A_BATCH = "_alembic_tmp_"
"""How the name begins that Alembic gives to the table of a batch."""


def already_exists(case: ErrorCase) -> Explanation:
    """``table x already exists`` and the other databases' words for it."""
    key = _first(case)
    name = key.rpartition(".")[2]
    if name.startswith(_OF_A_BATCH):
        return _left_by_a_batch(case, name)
    creating = _creating(case, name)
    by_revisions = tuple(Related(line_of(case.context, each.path, line), f"creates '{key}'") for each, line in creating)
    in_migrations = not case.frames or _migrating(case)
    if len(creating) > 1:
        return case.explain(
            "created-twice",
            None,
            f"{len(creating)} revisions create the table '{key}': {listed(each.shown for each, _ in creating)}. Unless"
            " one drops it in between, the second fails.",
            by_revisions,
            "Delete the second `create_table`, or what does not belong into that revision.",
        )
    found = case.findings("create-all-with-migrations")
    if found and in_migrations:
        why = (
            f"'{key}' is in the database already, and the migrations create it again: likely `create_all` made it."
            f" {found[0].message}"
        )
        return case.explain(
            "create-all-with-migrations",
            None,
            why,
            (Related(found[0].location, "create_all runs here"), *found[0].related, *by_revisions),
            "Leave the tables to the migrations and take `create_all` away. For a database that has all tables already:"
            " `alembic stamp head`.",
        )
    created = [(timeline, event) for timeline in case.context.timelines for event in timeline.of(EventKind.CREATE_ALL)]
    if created and in_migrations:
        timeline, event = created[0]
        return case.explain(
            "create-all-with-migrations",
            None,
            f"'{key}' is in the database already. Likely `create_all` made it, which runs at"
            f" {case.context.at(event.place)}"
            f" ({entries_named([timeline])}), and the migrations create it again.",
            (Related(case.context.location(event.place), "create_all runs here"), *by_revisions),
            "Leave the tables to the migrations. For a database that has all tables already: `alembic stamp head`.",
        )
    workers, told = migrating_workers(case.context)
    if told and in_migrations:
        return case.explain(
            "concurrent-migrations",
            None,
            f"'{key}' is in the database already, and the migrations create it again: likely another process ran the"
            f" same migrations at the same time.{told}",
            (*workers, *by_revisions),
            "Run the migrations once, in a step before the workers start, or take a lock around them in env.py"
            " (PostgreSQL: `pg_advisory_lock`). If a run broke off half-way, SQLite and MySQL keep what it had made.",
        )
    return case.explain(
        "already-exists",
        None,
        f"'{key}' is in the database already, and the program creates it again. Likely a run broke off half-way"
        " (SQLite and MySQL keep what it had made), the tables were made otherwise and not stamped, or two processes"
        " migrate at the same time.",
        by_revisions,
        "If the schema is that of the revision, `alembic stamp <revision>`; on a database without data, drop the table"
        " and upgrade again.",
    )


def _left_by_a_batch(case: ErrorCase, name: str) -> Explanation:
    """The table into which a batch copies the rows: the database keeps it if the batch fails after it was made."""
    table = name.removeprefix(_OF_A_BATCH)
    return case.explain(
        "left-by-a-batch",
        None,
        f"'{name}' is the copy of '{table}' that `batch_alter_table` makes. Likely an earlier run of this revision"
        " failed after it had made the copy, which SQLite and MySQL keep.",
        (),
        f"Look whether '{table}' still has its rows. If it does, drop '{name}' and migrate again. If it is not there,"
        f" the rows are in '{name}': rename that to '{table}'.",
        "On a database without data that is needed, make the database again.",
    )


def _migrating(case: ErrorCase) -> bool:
    """Whether the traceback goes through an env.py or a revision."""
    environments = {each.env_path for each in case.context.workspace.environments}
    through = any(frame.path in environments for frame in case.frames)
    return through or any("alembic" in frame.path.replace("\\", "/").split("/") for frame in case.error.frames)


def column_exists(case: ErrorCase) -> Explanation:
    """``duplicate column name: x`` and the other databases' words for it."""
    name = _first(case).rpartition(".")[2]
    adding = [
        (each, column)
        for each in revisions(case.context)
        for column in each.columns
        if column.name == name and not column.with_table
    ]
    return case.explain(
        "column-exists",
        None,
        f"The column '{name}' is in the table already, and the migrations add it again. Likely `create_all` made the"
        " table with today's columns, another revision added it, or a run broke off half-way.",
        tuple(Related(line_of(case.context, each.path, column.line), f"adds '{name}'") for each, column in adding),
        "If the schema is that of the revision, `alembic stamp <revision>`.",
    )


def type_exists(case: ErrorCase) -> Explanation:
    """PostgreSQL: ``type "x" already exists``."""
    name = _first(case)
    return case.explain(
        "type-exists",
        None,
        f"The type '{name}' is in the database already. `create_table` with an Enum creates its type, and `drop_table`"
        " does not drop it: likely a downgrade left it, or two revisions or tables use one Enum.",
        (),
        f'Drop it in the downgrade (`sa.Enum(name="{name}").drop(op.get_bind())`); for the second use, write'
        " `postgresql.ENUM(..., create_type=False)`.",
    )


def concurrent(case: ErrorCase) -> Explanation:
    """Two processes that create the same thing, or lock each other out, while they migrate."""
    workers, told = migrating_workers(case.context)
    return case.explain(
        "concurrent-migrations",
        None,
        f"Two processes worked on the same thing at one time: likely both ran the migrations or `create_all`.{told}",
        workers,
        "Run the migrations once, in a step before the workers start, or take a lock around them in env.py (PostgreSQL:"
        " `pg_advisory_lock`).",
    )


def not_null(case: ErrorCase) -> Explanation:
    """A NOT NULL column that rows which are there cannot have."""
    parts = [each for each in case.groups if each]
    name = parts[0] if parts and "NOT NULL column" not in parts[0] else ""
    statement = next((line for line in case.error.details if "ADD" in line.upper()), "")
    match = re.search(r"ADD (?:COLUMN )?[\"`]?(\w+)", statement, re.IGNORECASE)
    name = match[1] if match else name
    adding = [
        (each, column)
        for each in revisions(case.context)
        for column in each.columns
        if not column.with_table and column.required and (not name or column.name == name)
    ]
    deepest = case.deepest
    adding = [each for each in adding if deepest is not None and each[0].path == deepest.path] or adding
    what = f"the column '{adding[0][1].name}' to '{adding[0][1].table}'" if adding else "a column"
    where = f"{adding[0][0].shown} adds" if adding else "A revision adds"
    return case.explain(
        "not-null-without-default",
        None,
        f"{where} {what}, which is NOT NULL, and gives the rows that are there no value: the model's Python default"
        " counts for new objects only.",
        tuple(
            Related(line_of(case.context, each.path, column.line), "NOT NULL, without server_default")
            for each, column in adding
        ),
        'Give it `server_default="..."`, or add it as nullable, fill it with an UPDATE, and then alter it.',
    )


def connection(case: ErrorCase) -> Explanation:
    """The database cannot be reached."""
    at = f" ({case.deepest.at})" if case.deepest is not None else ""
    return case.explain(
        "no-connection",
        None,
        f"The database could not be reached or refused the login{at}: {case.groups[0]}. Tables have nothing to do with"
        " it.",
        (),
        "Look at the URL where it ran: in a container, `localhost` is the container itself, and the database may start"
        " later than the program.",
    )


def _creating(case: ErrorCase, name: str) -> list[tuple[RevisionFile, int]]:
    """The revisions that create a table, in any schema, each with the line."""
    return [
        (each, line)
        for each in revisions(case.context)
        for table, line in each.tables
        if table.rpartition(".")[2] == name
    ]


def _first(case: ErrorCase) -> str:
    return next((each.strip("\"`[]'") for each in case.groups if each), "")


_NO_TABLE = (
    r"no such table: ([\w.]+)|relation \"([^\"]+)\" does not exist|Table '([^']+)' doesn't exist"
    r"|Invalid object name '([^']+)'|Unknown table '([^']+)'|ORA-00942: table or view (?:\"([^\"]+)\" )?does not exist"
    r"|table \"([^\"]+)\" does not exist|Table with name (\w+) does not exist"
)
_NO_COLUMN = (
    r"no such column: ([\w.\"]+)|table \"?([\w.]+)\"? has no column named \"?(\w+)"
    r"|column \"([^\"]+)\" of relation \"([^\"]+)\" does not exist|column \"?([\w.]+)\"? does not exist"
    r"|Unknown column '([^']+)'|Invalid column name '([^']+)'|ORA-00904: ((?:\"\w+\"\.)*\"\w+\"): invalid identifier"
)
_EXISTS = (
    r"(?:table|view) \"?([\w.]+)\"? already exists|relation \"([^\"]+)\" already exists|Table '([^']+)' already exists"
    r"|index \"?([\w.]+)\"? already exists|There is already an object named '([^']+)'"
    r"|(ORA-00955: name is already used)"
)

KNOWN = (
    known(
        _NO_COLUMN,
        no_such_column,
        "no such column: users.age; UndefinedColumn: column users.age does not exist; Unknown column 'users.age';"
        " Invalid column name 'age'; ORA-00904",
        "the model's column, the revision that adds it, or that none does",
    ),
    known(
        _NO_TABLE,
        no_such_table,
        "no such table: users; UndefinedTable: relation \"users\" does not exist; Table 'shop.users' doesn't exist;"
        " Invalid object name 'users'; ORA-00942",
        "a query that runs before the migrations, the revision that creates it, or that none does",
    ),
    known(
        r"duplicate column name: (\w+)|column \"([^\"]+)\" of relation \"[^\"]+\" already exists"
        r"|Duplicate column name '([^']+)'",
        column_exists,
        "duplicate column name: age; DuplicateColumn; Duplicate column name 'age'",
        "the revisions that add it",
    ),
    known(
        _EXISTS,
        already_exists,
        "table users already exists; DuplicateTable: relation \"users\" already exists; Table 'users' already exists",
        "`create_all` beside the migrations, revisions that create it twice, workers that migrate at the same time, a"
        " batch that failed",
    ),
    known(
        r"type \"([^\"]+)\" already exists",
        type_exists,
        'DuplicateObject: type "colour" already exists',
        "what leaves the type of an Enum behind",
    ),
    known(
        r"(pg_type_typname_nsp_index|pg_class_relname_nsp_index|alembic_version_pkc|alembic_version\.version_num"
        r"|deadlock detected|database is locked)",
        concurrent,
        'duplicate key value violates unique constraint "pg_type_typname_nsp_index"; database is locked',
        "the processes that migrate at the same time",
    ),
    known(
        r"(Cannot add a NOT NULL column)|column \"([^\"]+)\" of relation \"[^\"]+\" contains null values"
        r"|column \"([^\"]+)\" contains null values|Invalid use of NULL value",
        not_null,
        'Cannot add a NOT NULL column with default value NULL; NotNullViolation: column "age" contains null values',
        "the column that a revision adds without `server_default`",
    ),
    known(
        r"(Connection refused|could not translate host name|password authentication failed for user|Name or service not"
        r" known|Can't connect to MySQL server|unable to open database file|database \"[^\"]+\" does not exist"
        r"|Unknown database '[^']+'|Access denied for user)",
        connection,
        "Connection refused; could not translate host name; password authentication failed; unable to open database"
        " file",
        "the line that connects",
    ),
)
