"""Explains what fails in env.py and around it: its configuration, the database's URL, settings, the names it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from cucurbit.analysis.finding import Related
from cucurbit.analysis.wording import listed
from cucurbit.explain.case import ErrorCase, line_of, whole_file
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.frames import lines_of
from cucurbit.explain.known import known
from cucurbit.explain.revision_files import revision_at
from cucurbit.explain.syntax import assigned, calls_in, dotted, tree_of
from cucurbit.simulate.core.timeline import EventKind, MigrationTarget
from cucurbit.workspace.model import MigrationEnvironment

# ------------------------------------------------------------------ percent signs


def percent_in_option(case: ErrorCase) -> Explanation:
    """``invalid interpolation syntax in '...' at position n``: configparser was given a ``%``."""
    deepest = case.deepest
    calls = _option_calls(case)
    here = [each for each in calls if deepest is not None and (each[0], each[1]) == (deepest.path, deepest.line)]
    chosen = here or calls
    where = f"{chosen[0][0]}:{chosen[0][1]}" if chosen else ""
    likely = "" if here else "Likely " if chosen else ""
    who = f"{likely}{where} gives" if where else "The program gives"
    return case.explain(
        "percent-in-url",
        True if here else None,
        f"{who} configparser a value with a `%`, which it takes for the start of `%(name)s`. A password or URL that is"
        " percent-encoded (`%40` for `@`) has one.",
        tuple(Related(line_of(case.context, path, line), "the value is set here") for path, line in chosen),
        'Double it: `config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))`. Or do not go through the'
        " configuration: `create_engine(url)` in env.py.",
    )


def _option_calls(case: ErrorCase) -> list[tuple[str, int]]:
    """The calls that set an option of the configuration, in env.py files and in files of the traceback."""
    paths = [*(frame.path for frame in case.frames), *(each.env_path for each in case.context.workspace.environments)]
    paths += [timeline.entry.path for timeline in case.context.timelines]
    found = []
    for path in dict.fromkeys(paths):
        tree = tree_of(case.context, path)
        if tree is not None:
            found += [(path, each.lineno) for each in calls_in(tree, "set_main_option", "set_section_option")]
    return found


def percent_in_file(case: ErrorCase) -> Explanation:
    """``'%' must be followed by '%' or '('``, ``Bad value substitution``: a file has a single ``%``."""
    places = [
        (environment.config, number, line)
        for environment in case.context.workspace.environments
        if environment.config.endswith((".ini", ".cfg"))
        for number, line in _section(case, environment)
        if re.search(r"(?<!%)%(?![%(])", line.replace("%%", ""))
    ]
    name = f", at {places[0][0]}:{places[0][1]}" if places else ""
    return case.explain(
        "percent-in-url",
        True if places else None,
        f"The configuration file has a single `%`{name}, which configparser takes for the start of `%(name)s`.",
        tuple(Related(line_of(case.context, path, line), "a single % here") for path, line, _ in places),
        "Write it as `%%`.",
    )


def _section(case: ErrorCase, environment: MigrationEnvironment) -> Iterator[tuple[int, str]]:
    """The lines of an environment's own section, without comments: `logging` reads the others as they are."""
    section = ""
    for number, line in enumerate(lines_of(case.context, environment.config), 1):
        header = re.match(r"\[([^]]+)\]", line)
        section = header[1].strip() if header is not None else section
        if section in {environment.section, "DEFAULT"} and not line.lstrip().startswith(("#", ";")):
            yield number, line


def substitution(case: ErrorCase) -> Explanation:
    """``Bad value substitution: option 'x' in section 'y' contains an interpolation key 'z'``."""
    name = case.groups[0]
    places = [
        (environment.config, number)
        for environment in case.context.workspace.environments
        for number, line in _section(case, environment)
        if f"%({name})" in line
    ]
    return case.explain(
        "percent-in-url",
        True if places else None,
        f"The configuration refers to `%({name})s`, and no option of that name stands in its section. configparser"
        " does not read environment variables.",
        tuple(Related(line_of(case.context, path, line), f"%({name})s") for path, line in places),
        "Set the option in env.py with `config.set_main_option`, or hand it over by `alembic -x`.",
    )


# ----------------------------------------------------------------------- logging


def no_formatters(case: ErrorCase) -> Explanation:
    """``KeyError: 'formatters'`` of ``fileConfig``: the file configures no logging."""
    environments = [each for each in case.context.workspace.environments if not each.has_logging]
    visited = {frame.path for frame in case.frames}
    own = [each for each in environments if each.env_path in visited] or environments
    calls = [
        (each, call.lineno)
        for each in own
        if (tree := tree_of(case.context, each.env_path)) is not None
        for call in calls_in(tree, "fileConfig")
    ]
    which = own[0].config if own else "the configuration file"
    return case.explain(
        "no-logging-configuration",
        True if calls else None,
        f"env.py calls `fileConfig`, and {which} configures no logging: the sections [loggers], [handlers] and"
        " [formatters] are missing.",
        tuple(Related(line_of(case.context, each.env_path, line), "configures logging here") for each, line in calls),
        "Take the call out of env.py, or put the logging sections of `alembic init` into the file.",
    )


def no_config_file(case: ErrorCase) -> Explanation:
    """``alembic.ini doesn't exist`` of ``fileConfig``."""
    return case.explain(
        "no-configuration",
        None,
        f"`fileConfig` was given {case.groups[0]}, which does not exist in the folder where the program was started.",
        tuple(Related(each.location, "the configuration") for each in case.context.workspace.environments),
        'Give `Config` an absolute path, such as `Config(Path(__file__).parent / "alembic.ini")`, or let env.py call'
        " `fileConfig` only if the file exists.",
    )


# --------------------------------------------------------------------- databases


_DIALECTS = {
    "postgres": "postgresql",
    "mariadb.mysqldb": "mariadb+pymysql",
    "sqlite3": "sqlite",
    "sqllite": "sqlite",
    "postgressql": "postgresql",
    "postgresql.psycopg3": "postgresql+psycopg",
}


def no_plugin(case: ErrorCase) -> Explanation:
    """``Can't load plugin: sqlalchemy.dialects:x``."""
    name = case.groups[0]
    urls = _urls(case, name)
    if name == "driver":
        return case.explain(
            "placeholder-url",
            True if urls else None,
            "The database's URL is still the placeholder of `alembic init`, `driver://user:pass@localhost/dbname`.",
            urls,
            'Write the URL into the configuration, or let env.py call `config.set_main_option("sqlalchemy.url", url)`'
            " before it is read.",
        )
    spelt = _DIALECTS.get(name, "")
    why = "is no longer a name of SQLAlchemy" if name == "postgres" else "is no dialect that is installed"
    advice = f"Write `{spelt}://...`." if spelt else "Correct the URL, or install the package that brings the dialect."
    extra = (
        " Heroku and others still hand out `postgres://`: replace it where the URL is read."
        if spelt == "postgresql"
        else ""
    )
    return case.explain(
        "unknown-dialect", None, f"The database's URL begins with `{name}`, which {why}.", urls, f"{advice}{extra}"
    )


def _urls(case: ErrorCase, scheme: str) -> tuple[Related, ...]:
    """The lines of configurations and environment files with a URL of that scheme."""
    found = []
    workspace = case.context.workspace
    configs = [each.config for each in workspace.environments]
    for path in dict.fromkeys((*configs, ".env", *(frame.path for frame in case.frames))):
        for number, line in enumerate(lines_of(case.context, path), 1):
            if re.search(rf"\b{re.escape(scheme)}(\+\w+)?://", line) and not line.lstrip().startswith(("#", ";")):
                found.append(Related(line_of(case.context, path, number), "the URL"))
    return tuple(found)


def no_url(case: ErrorCase) -> Explanation:
    """``Could not parse SQLAlchemy URL``, ``Expected string or URL object, got None``, and where an option is None."""
    none = "None" in case.error.message or "must be strings" in case.error.message
    what = "None" if none else "no valid URL"
    return case.explain(
        "no-database-url",
        None,
        f"The database's URL{case.at_frame} is {what}: likely the environment variable or setting that it comes from"
        " was not set where the program ran, or it is empty.",
        (),
        "Set it for this command too: a variable in a compose file, or in a `.env` that only the application loads, is"
        " not there for `alembic`.",
    )


def no_url_option(case: ErrorCase) -> Explanation | None:
    """``KeyError: 'url'`` of ``engine_from_config``: the section has no ``sqlalchemy.url``."""
    deepest = case.deepest
    if case.error.name != "KeyError" or (deepest is not None and "engine_from_config" not in deepest.source):
        return None
    visited = {frame.path for frame in case.frames}
    environments = [each for each in case.context.workspace.environments if each.env_path in visited]
    which = environments[0].config if environments else "The configuration"
    return case.explain(
        "no-database-url",
        None,
        f"{which} has no `sqlalchemy.url`, and nothing has set it before `engine_from_config` reads it{case.at_frame}.",
        tuple(Related(each.location, "the configuration") for each in environments[:1]),
        'Write `sqlalchemy.url = ...` there, or call `config.set_main_option("sqlalchemy.url", ...)` before.',
    )


def unset_variable(case: ErrorCase) -> Explanation | None:
    """``KeyError: 'DATABASE_URL'`` of ``os.environ``."""
    deepest, name = case.deepest, case.groups[0]
    reads = deepest is not None and ("environ" in deepest.source or "getenv" in deepest.source)
    if case.error.name != "KeyError" or not (reads or re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", name)):
        return None
    by_os = reads or any(re.search(r"(^|[/\\])os\.py$|<frozen os>", frame.path) for frame in case.error.frames)
    if not by_os and case.error.frames:
        return None
    likely = "" if by_os else "Likely the"
    at = f" (read at {deepest.at})" if deepest is not None else ""
    return case.explain(
        "missing-setting",
        None,
        f"{likely or 'The'} environment variable {name}{at} was not set where the program ran.",
        (),
        f"Set {name} for this command too: what a compose file or a `.env` gives the application is not there for every"
        " command and container.",
    )


def missing_setting(case: ErrorCase) -> Explanation:
    """pydantic: ``1 validation error for Settings``."""
    name = case.groups[0]
    fields = [line.strip() for line in case.error.details if re.fullmatch(r"[A-Za-z_][\w.]*", line.strip())]
    missing = any("Field required" in line or "field required" in line for line in case.error.details)
    outer = next((each for each in reversed(case.frames[:-1]) if each.path != case.frames[-1].path), None)
    at = case.at_frame
    made = () if case.frames else _instances(case, name)
    if made:
        at = f" at {made[-1].location.path}:{made[-1].location.span.line}"
    through = f", which {outer.at} imports" if outer is not None and outer.in_module else ""
    be = "was" if len(fields) == 1 else "were"
    if fields and missing:
        what = f"{listed(fields)} {be} not set where the program ran"
    else:
        what = f"{listed(fields)} {be} not accepted" if fields else "a value is missing or not accepted"
    names = listed(field.upper() for field in fields) or "the variable"
    settings = re.search(r"etting|onfig|Env", name) is not None
    advice = (
        f"Set {names} for this command too, in the container or job where it runs, or give the field a default."
        if settings
        else ""
    )
    summary = f"{name}{at}{through}{',' if through else ''} cannot be made: {what}. Tables have nothing to do with it."
    return case.explain("missing-setting", None, summary, made, advice)


def _instances(case: ErrorCase, name: str) -> tuple[Related, ...]:
    """Where an object of that class is made at import, with the imports that lead there; env.py's before others."""
    context = case.context
    ranked = sorted(context.timelines, key=lambda timeline: timeline.entry.environment is None)
    for timeline in ranked:
        for path in sorted(timeline.visited):
            tree = tree_of(context, path)
            for step in tree.body if tree is not None else ():
                if isinstance(step, (ast.Assign, ast.AnnAssign)) and any(
                    dotted(call.func) == name for call in calls_in(step, name)
                ):
                    started = (event for event in timeline.of(EventKind.MODULE_STARTED) if event.path == path)
                    event = next(started, None)
                    links = context.chain(event.link) if event is not None else ()
                    return (*links, Related(line_of(context, path, step.lineno), f"makes {name}"))
    return ()


# -------------------------------------------------------------------- env.py


def duplicate_keys(case: ErrorCase) -> Explanation:
    """``Duplicate table keys across multiple MetaData objects``."""
    tables = re.findall(r'"([^"]+)"', case.groups[0])
    for timeline in case.context.timelines:
        for target in timeline.targets:
            if target.metadata is None or len(target.metadata) < 2:
                continue
            place = _target_line(case, target)
            same = len(set(target.metadata)) < len(target.metadata)
            if same:
                return case.explain(
                    "duplicate-target-metadata",
                    True,
                    f"The list `target_metadata` of {target.env_path} holds one MetaData twice: its entries share it,"
                    " such as two base classes of which one inherits from the other, so each table is there twice.",
                    (place,),
                    "Name it once: `target_metadata = Base.metadata`.",
                )
            return case.explain(
                "duplicate-target-metadata",
                None,
                f"The MetaData objects in the list `target_metadata` of {target.env_path} have tables of one name:"
                f" {listed(tables)}.",
                (
                    place,
                    *(
                        Related(
                            case.context.location(each.place), f"'{each.key}' on the MetaData of {each.metadata.module}"
                        )
                        for each in target.registered
                        if each.key in tables
                    ),
                ),
                "Define each table on one of them only.",
            )
    return case.explain(
        "duplicate-target-metadata",
        None,
        f"The list `target_metadata` holds one MetaData twice, or two that have tables of one name: {listed(tables)}.",
        tuple(_targets(case)),
        "Two base classes of which one inherits from the other share one MetaData: name it once.",
    )


def _target_line(case: ErrorCase, target: MigrationTarget) -> Related:
    found = assigned(case.context, target.env_path, "target_metadata")
    place = (
        line_of(case.context, target.env_path, found[0]) if found is not None else case.context.location(target.place)
    )
    return Related(place, "target_metadata")


def _targets(case: ErrorCase) -> list[Related]:
    found = []
    for environment in case.context.workspace.environments:
        value = assigned(case.context, environment.env_path, "target_metadata")
        if value is not None:
            found.append(Related(line_of(case.context, environment.env_path, value[0]), "target_metadata"))
    return found


def no_metadata(case: ErrorCase) -> Explanation:
    """``Can't proceed with --autogenerate option; environment script ... does not provide a MetaData object``."""
    unset = [
        (environment, value[0])
        for environment in case.context.workspace.environments
        if (value := assigned(case.context, environment.env_path, "target_metadata")) is not None
        and isinstance(value[1], ast.Constant)
        and value[1].value is None
    ]
    where = f" {unset[0][0].env_path}:{unset[0][1]} sets it to None." if unset else ""
    return case.explain(
        "no-target-metadata",
        True if unset else None,
        "env.py gives Alembic no MetaData (`target_metadata`), so there is nothing to compare the database"
        f" with.{where}",
        tuple(Related(line_of(case.context, each.env_path, line), "target_metadata") for each, line in unset)
        or tuple(_targets(case)),
        "Import the base class with all models there, and write `target_metadata = Base.metadata`.",
    )


def no_application(case: ErrorCase) -> Explanation:
    """``Working outside of application context``: something asks for Flask's application, and none is pushed."""
    deepest = case.deepest
    environments = {each.env_path: each for each in case.context.workspace.environments}
    wanting = [path for path in environments if re.search(r"\bcurrent_app\b", case.context.workspace.text(path) or "")]
    passed = [frame.path for frame in case.frames if frame.path in environments]
    own = passed or (wanting if deepest is None else [])
    if not own:
        where = f"{deepest.path}:{deepest.line} needs" if deepest is not None else "The code needs"
        return case.explain(
            "no-application-context",
            None,
            f"{where} the application of Flask (`current_app`, `db.session`, `db.engine`), and no application context"
            " is active there.",
            (),
            "Run it in `with app.app_context():`, or in a command of Flask.",
        )
    return case.explain(
        "no-application-context",
        True if passed else None,
        f"{own[0]} needs the application of Flask, and what runs it here makes none: the command `alembic` does not"
        " load the application, `flask db` does.",
        tuple(
            Related(line_of(case.context, path, number), "the application is asked for here")
            for path in own
            for number, line in enumerate((case.context.workspace.text(path) or "").splitlines(), 1)
            if re.search(r"\bcurrent_app\b", line) and not line.lstrip().startswith(("from ", "import ", "#"))
        )[:1],
        "Run `flask db upgrade` in place of `alembic upgrade head`; in a program, call `flask_migrate.upgrade()` in"
        " `with app.app_context():`.",
    )


def undefined_name(case: ErrorCase) -> Explanation | None:
    """``name 'x' is not defined``, in a revision: autogenerate wrote what nothing imports."""
    name = case.groups[0]
    deepest = case.deepest
    revision = revision_at(case.context, deepest.path) if deepest is not None else None
    if revision is None and deepest is not None:
        return None
    path = revision.path if revision is not None else _revision_using(case, name)
    if not path:
        return None
    template = _template(case, path)
    lacks = template is not None and not re.search(
        rf"^[ \t]*(import|from)\s.*\b{re.escape(name)}\b",
        case.context.workspace.text(template[1]) or "",
        re.MULTILINE,
    )
    mako = f" {template[1]}, from which revisions are made, does not import it either." if template and lacks else ""
    used = _line_using(case, path, name)
    at = deepest.line if deepest is not None else used
    likely = "" if deepest is not None else "Likely "
    return case.explain(
        "revision-lacks-import",
        True if deepest is not None else None,
        f"{likely}{path}:{at} uses `{name}`, and nothing in the revision imports it: autogenerate writes the types of"
        f" the models, but not every import that they need.{mako}",
        (
            Related(line_of(case.context, path, at), f"uses {name}"),
            *((Related(whole_file(template[1]), f"has no `import {name}`"),) if template and lacks else ()),
        ),
        f"Write `import {name}` into the revision"
        + (f", and into {template[1]}, so that the next revisions have it." if template and lacks else "."),
    )


def _template(case: ErrorCase, path: str) -> tuple[MigrationEnvironment, str] | None:
    """The environment of a revision with its script.py.mako."""
    for environment in case.context.workspace.environments:
        if path in case.context.workspace.revision_files(environment):
            mako = f"{environment.script_location}/script.py.mako".lstrip("/")
            return (environment, mako) if case.context.workspace.is_file(mako) else None
    return None


def _revision_using(case: ErrorCase, name: str) -> str:
    """The revision that uses a name which it does not import; empty if none does."""
    for environment in case.context.workspace.environments:
        for path in case.context.workspace.revision_files(environment):
            tree = tree_of(case.context, path)
            bound = {
                each.asname or each.name.partition(".")[0]
                for node in (ast.walk(tree) if tree is not None else ())
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for each in node.names
            }
            if name not in bound and _line_using(case, path, name):
                return path
    return ""


def _line_using(case: ErrorCase, path: str, name: str) -> int:
    tree = tree_of(case.context, path)
    lines = [
        node.lineno
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Name) and node.id == name
    ]
    return min(lines, default=0)


def unnamed_constraint(case: ErrorCase) -> Explanation:
    """``Constraint must have a name`` of a batch operation, ``Can't emit DROP CONSTRAINT``."""
    deepest = case.deepest
    places: list[tuple[str, int]] = []
    paths = (
        [deepest.path]
        if deepest is not None and revision_at(case.context, deepest.path)
        else [
            path
            for environment in case.context.workspace.environments
            for path in case.context.workspace.revision_files(environment)
        ]
    )
    for path in paths:
        tree = tree_of(case.context, path)
        for call in calls_in(tree, *_CONSTRAINTS) if tree is not None else ():
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and first.value is None:
                places.append((path, call.lineno))
    near = [each for each in places if deepest is None or each[0] == deepest.path]
    what = f"{near[0][0]}:{near[0][1]} gives the constraint no name (None)" if near else "a revision gives no name"
    likely = "" if deepest is not None and near else "Likely "
    return case.explain(
        "unnamed-constraint",
        True if deepest is not None and near else None,
        f"{likely}{what}, and a batch operation, which copies the table, finds constraints by their names. Autogenerate"
        " writes None where the MetaData has no naming convention.",
        tuple(Related(line_of(case.context, path, line), "no name") for path, line in near),
        "Write a name here, and give the base a naming convention for the next revisions:"
        " `MetaData(naming_convention={...})`."
        " `batch_alter_table(..., naming_convention=...)` gives names to those that the database has without one.",
    )


_CONSTRAINTS = (
    "create_foreign_key",
    "create_unique_constraint",
    "create_check_constraint",
    "create_primary_key",
    "drop_constraint",
)


def target_is_a_class(case: ErrorCase) -> Explanation | None:
    """``type object 'Base' has no attribute 'sorted_tables'``: ``target_metadata`` is the base class."""
    visited = {frame.path for frame in case.frames}
    environments = [each for each in case.context.workspace.environments if each.env_path in visited]
    if case.frames and not environments:
        return None
    name = case.groups[0]
    places = tuple(
        Related(line_of(case.context, each.env_path, number), "target_metadata is set here")
        for each in environments
        for number, line in enumerate(lines_of(case.context, each.env_path), 1)
        if re.match(r"\s*target_metadata\s*=", line)
    )
    return case.explain(
        "target-metadata-is-no-metadata",
        None,
        f"`target_metadata` is the class {name}, and Alembic needs its MetaData.",
        places,
        f"Write `target_metadata = {name}.metadata`.",
    )


KNOWN = (
    known(
        r"type object '(\w+)' has no attribute '(?:sorted_tables|tables|_sorted_tables|schema|naming_convention)'",
        target_is_a_class,
        "AttributeError: type object 'Base' has no attribute 'sorted_tables'",
        "the line that sets `target_metadata`",
    ),
    known(
        r"(invalid interpolation syntax in )",
        percent_in_option,
        "ValueError: invalid interpolation syntax in 'postgresql://...%40...'",
        "the call that sets the option, and how to write the `%`",
    ),
    known(
        r"('%' must be followed by '%' or '\(')",
        percent_in_file,
        "InterpolationSyntaxError: '%' must be followed by '%' or '('",
        "the line of the configuration",
    ),
    known(
        r"Bad value substitution: .*interpolation key '([^']+)'",
        substitution,
        "InterpolationMissingOptionError: Bad value substitution",
        "the line of the configuration",
    ),
    known(
        r"^'(formatters|loggers|handlers)'$",
        no_formatters,
        "KeyError: 'formatters'",
        "the call of `fileConfig`, and what its file lacks",
    ),
    known(
        r"^(\S+\.(?:ini|cfg|toml)) (?:doesn't exist|is an empty file|is invalid)",
        no_config_file,
        "FileNotFoundError: alembic.ini doesn't exist",
        "where it is looked for",
    ),
    known(
        r"Can't load plugin: sqlalchemy\.dialects:([\w.+]+)",
        no_plugin,
        "NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        "the URL, and how it is spelt",
    ),
    known(
        r"(Could not parse (?:SQLAlchemy|rfc1738) URL|Expected string or URL object, got None"
        r"|^option values must be strings$)",
        no_url,
        "ArgumentError: Could not parse SQLAlchemy URL; Expected string or URL object, got None",
        "where it is read, and where such variables are not set",
    ),
    known(
        r"^'url'$",
        no_url_option,
        "KeyError: 'url'",
        "the configuration that lacks `sqlalchemy.url`",
    ),
    known(
        r"^'([A-Za-z][A-Za-z0-9_]*)'$",
        unset_variable,
        "KeyError: 'DATABASE_URL'",
        "where the environment variable is read",
    ),
    known(
        r"\d+ validation errors? for (\w+)",
        missing_setting,
        "ValidationError: 1 validation error for Settings",
        "the setting that is not set, and who imports it",
    ),
    known(
        r"Duplicate table keys across multiple MetaData objects:?(.*)",
        duplicate_keys,
        "ValueError: Duplicate table keys across multiple MetaData objects",
        "the line of `target_metadata`, and whether one MetaData is in it twice",
    ),
    known(
        r"(Can't proceed with --autogenerate option)",
        no_metadata,
        "FAILED: Can't proceed with --autogenerate option",
        "the line of `target_metadata`",
    ),
    known(
        r"^(Working outside of application context)",
        no_application,
        "RuntimeError: Working outside of application context",
        "env.py, if it asks for the application, and the command that loads it",
    ),
    known(
        r"name '(\w+)' is not defined",
        undefined_name,
        "NameError: name 'sqlmodel' is not defined, in a revision",
        "the line, and script.py.mako",
    ),
    known(
        r"(Constraint must have a name|Can't emit (?:DROP|ADD) CONSTRAINT for constraint .*it has no name)",
        unnamed_constraint,
        "ValueError: Constraint must have a name",
        "the operation without a name, and naming conventions",
    ),
)
