"""Alembic called from Python: its commands, the runs of env.py, and the functions that env.py calls.

Facts from alembic/command.py, alembic/script/base.py (``from_config``, ``run_env``) and alembic/util/pyfiles.py
(``load_python_file``): ``prepend_sys_path`` is put at the front of ``sys.path``; env.py and the revision files are
executed by path, outside ``sys.modules``, under their file name with each special character replaced by ``_``.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cucurbit.simulate.core.machine import Handler, Machine, Raised
from cucurbit.simulate.core.timeline import (
    ComparisonOptions,
    CutKind,
    EventKind,
    Failure,
    LinkKind,
    MetaDataId,
    MigrationTarget,
    Place,
)
from cucurbit.simulate.core.values import (
    CallSite,
    Constant,
    DictValue,
    External,
    ExternalObject,
    FunctionValue,
    MetaDataValue,
    ModuleValue,
    SequenceValue,
    Unknown,
    Value,
    options_of,
    text_of,
)
from cucurbit.simulate.packages.alembic import context as alembic_context
from cucurbit.simulate.packages.alembic.options import (
    CONFIG,
    as_dict,
    by_command,
    lose_options,
    main_section,
    make_config,
    section_of,
    set_option,
)
from cucurbit.simulate.packages.alembic.plain import only_operates
from cucurbit.source.facts import WHOLE_FILE
from cucurbit.workspace.model import MigrationEnvironment

_IN_ENVIRONMENT = re.compile(
    r"^[ \t]*revision_environment\s*=\s*[\"']?(?:true|1|yes|on)\b", re.MULTILINE | re.IGNORECASE
)
"""The option with which env.py runs for each new revision file, even without autogenerate."""

_NO_TARGET = (
    "Can't proceed with --autogenerate option; environment script env.py does not provide a MetaData object or "
    "sequence of objects to the context."
)

_LOADS_ENV = ("upgrade", "downgrade", "stamp", "current", "check", "revision", "ensure_version", "merge")

_NAME_PARTS = re.compile(r"[._-]")
_TEMPLATE = frozenset(
    {
        *("in", "example", "sample", "dist", "template", "tmpl", "tpl", "tmp", "default", "defaults"),
        *("j2", "jinja", "jinja2", "mako", "erb", "gotmpl"),
    }
)
"""Parts of the name of a file from which another one is made."""


@dataclass
class Run:
    """One current run of an env.py."""

    environment: MigrationEnvironment
    config: Value
    command: str
    target: Value | None = None
    filtered: bool = False
    includes_schemas: bool | None = False
    options: ComparisonOptions = field(default_factory=ComparisonOptions)
    place: Place | None = None
    migrated: bool = False
    autogenerates: bool = False
    """Whether the command compares ``target_metadata`` with the database."""


class EnvironmentRuns:
    """The env.py runs of a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.runs: list[Run] = []
        self.targets: list[MigrationTarget] = []

    def run(
        self, environment: MigrationEnvironment | None, call: CallSite, command: str, revision: str | None = None
    ) -> Value:
        """Run a command that loads env.py in this process; ``revision`` is the one that it is given, where known.

        Raises:
            Raised: what env.py or a revision file certainly raises.
        """
        machine = self.machine
        machine.state.clock.running.spoil()
        config = environment.config if environment is not None else ""
        machine.emit(
            EventKind.MIGRATIONS_STARTED, call.place, environment=config, detail=command, revision=revision or ""
        )
        if environment is None and is_missing(machine, call.argument(0, "config")):
            failure = Failure("CommandError", "No 'script_location' key found in configuration", call.place)
            machine.emit(EventKind.MIGRATIONS_FAILED, call.place, failure=failure, detail=command)
            raise Raised(failure)
        if environment is None:
            machine.cut(call.place, "migrations with an unknown configuration", CutKind.MIGRATIONS)
            machine.emit(EventKind.MIGRATIONS_FINISHED, call.place, environment=config, detail=command, certain=False)
            return Constant(None)
        state = machine.state
        state.write(state.paths, "sys.path", (*environment.prepend_sys_path, *state.search_path))
        given = next((arg for arg in (*call.args, *call.kwargs.values()) if is_config(arg)), None)
        run = Run(environment, given if given is not None else self._config(environment, call), command)
        run.autogenerates = command == "check" or autogenerates(machine, call) is True
        self.runs.append(run)
        try:
            machine.linked(LinkKind.MIGRATION, call.place, "env.py", lambda: self._in_context(run, call.place))
        except Raised as raised:
            machine.emit(
                EventKind.MIGRATIONS_FAILED, call.place, environment=config, failure=raised.failure, detail=command
            )
            raise
        finally:
            self.runs.pop()
            self._finish(run)
        machine.emit(EventKind.MIGRATIONS_FINISHED, call.place, environment=config, detail=command)
        return Constant(None)

    def _config(self, environment: MigrationEnvironment, call: CallSite) -> Value:
        path = self.machine.paths.absolute(environment.config)
        return _config_of(self.machine, path, call.place, environment.section)

    def _in_context(self, run: Run, place: Place) -> Value:
        machine = self.machine
        alembic_context.enter(machine, run.config)
        try:
            module = self._module(run.environment.env_path)
        except Raised:
            alembic_context.leave(machine, place)
            raise
        alembic_context.leave(machine, place)
        return module

    def _module(self, path: str) -> ModuleValue:
        name = re.sub(r"\W", "_", posixpath.basename(path))
        if not self.machine.workspace.is_file(path):
            self.machine.fail("ImportError", f"Can't find Python file {path}", Place(path, WHOLE_FILE))
        return self.machine.execute_file(name, path)

    def _finish(self, run: Run) -> None:
        place = run.place or Place(run.environment.env_path, WHOLE_FILE)
        target = MigrationTarget(
            environment=run.environment.config,
            env_path=run.environment.env_path,
            metadata=self._metadata_of(run.target),
            registered=self.machine.state.registered(),
            filtered=run.filtered,
            place=place,
            includes_schemas=run.includes_schemas,
            options=run.options,
        )
        self.targets.append(target)
        self.machine.state.clock.remember_to(self.targets.pop)

    def _metadata_of(self, value: Value | None) -> tuple[MetaDataId, ...] | None:
        if value == Constant(None):
            return ()
        if isinstance(value, MetaDataValue):
            return (value.id,)
        if isinstance(value, SequenceValue) and not value.open:
            found = [self._metadata_of(item) for item in value.items]
            known = [each for each in found if each is not None]
            return tuple(id_ for each in known for id_ in each) if len(known) == len(found) else None
        return None

    @property
    def running(self) -> Run | None:
        """The current env.py run."""
        self.machine.state.clock.running.spoil()
        return self.runs[-1] if self.runs else None

    def set(self, run: Run, **changes: object) -> None:
        """Change what is known of a run under way."""
        for name, value in changes.items():
            self.machine.state.clock.remember_attribute(run, name)
            setattr(run, name, value)

    def run_revisions(self) -> None:
        """``context.run_migrations()``.

        Raises:
            Raised: where a revision file certainly raises.
        """
        run = self.running
        if run is not None and not run.migrated:
            self.set(run, migrated=True)
            self._run_revisions(run)

    def _run_revisions(self, run: Run) -> None:
        """Load every revision file, as walking the script directory does, and run those that may be pending."""
        machine = self.machine
        modules = [self._module(path) for path in machine.workspace.revision_files(run.environment)]
        if run.autogenerates and run.target == Constant(None):
            machine.fail("CommandError", _NO_TARGET, run.place or Place(run.environment.env_path, WHOLE_FILE))
        if run.autogenerates and not modules:
            # With revisions, the database may not be up to date, which is told first.
            self._refuse_duplicates(run)
        if run.command != "upgrade":
            return
        if modules and alembic_context.is_over(machine):
            # What ran while the files were loaded has left alembic.op too; which revisions are pending is not known.
            machine.cut(
                run.place or Place(run.environment.env_path, WHOLE_FILE),
                "nested Alembic runs: revision order unknown",
            )
            machine.state.doubt_all()
            self._perhaps_upgrade_all(modules)
        else:
            plain = {each.path for each in modules if each.path and machine.workspace.about(each.path, only_operates)}
            if plain:
                # Together they are like one call that is not followed, which is assumed not to fail.
                place = Place(min(plain), WHOLE_FILE)
                machine.call(External("alembic.op.execute"), CallSite(place, "", None, (), {}))
            self._perhaps_upgrade_all(each for each in modules if each.path not in plain)

    def _perhaps_upgrade_all(self, modules: Iterable[ModuleValue]) -> None:
        for module in modules:
            function = module.names.get("upgrade")
            if isinstance(function, FunctionValue):
                self._perhaps_upgrade(function)

    def _refuse_duplicates(self, run: Run) -> None:
        """``AutogenContext.table_key_to_table``: no key may stand in two of the MetaData that are given.

        Raises:
            Raised: ValueError, where one surely does.
        """
        state = self.machine.state
        given = run.target.items if isinstance(run.target, SequenceValue) and not run.target.open else ()
        seen: set[str] = set()
        twice: set[str] = set()
        for metadata in given if len(given) > 1 else ():
            if isinstance(metadata, MetaDataValue):
                surely = {key for key in metadata.tables if state.holds(metadata.tables[key].condition)}
                twice |= seen & surely
                seen |= surely
        if twice:
            keys = ", ".join(f'"{key}"' for key in sorted(twice))
            message = f"Duplicate table keys across multiple MetaData objects: {keys}"
            self.machine.fail("ValueError", message, run.place or Place(run.environment.env_path, WHOLE_FILE))

    def _perhaps_upgrade(self, function: FunctionValue) -> None:
        """Run a revision that may be pending; if it raises, nothing after it is certain."""
        machine = self.machine
        failures: list[Failure] = []

        def upgrade() -> Value:
            try:
                return machine.call(function, CallSite(function.place, "", None, (), {}))
            except Raised as raised:
                failures.append(raised.failure)
                raise

        machine.undecided(upgrade, lambda: Constant(None))
        if failures:
            machine.cut(function.place, f"a revision that fails with {failures[0].error} where it is pending")
            machine.state.doubt_all()


def _config_of(machine: Machine, path: str, place: Place, section: str = "alembic") -> ExternalObject:
    """The ``Config`` that the alembic command makes of a file: it sets no ``attributes``."""
    state = machine.state
    keywords: dict[str, Value] = {"ini_section": Constant(section)}
    config = by_command(machine, CallSite(place, CONFIG, None, (Constant(path),), keywords))
    if "flask_migrate.db" not in state.libraries:
        # There, a function that is registered with `migrate.configure` may set some.
        state.write(config.attributes, "attributes", DictValue(state.cells()))
    return config


def environments(machine: Machine) -> EnvironmentRuns:
    """The env.py runs of the program."""
    return machine.package_state(EnvironmentRuns)


def is_config(value: Value) -> bool:
    """Whether a value is an ``alembic.config.Config``."""
    return isinstance(value, ExternalObject) and value.made_by == CONFIG


def is_missing(machine: Machine, config: Value | None) -> bool:
    """Whether a Config certainly names only a file of the workspace that does not exist, and is not made of another."""
    if not isinstance(config, ExternalObject) or config.made_by != CONFIG:
        return False
    given = config.call.argument(0, "file_")
    path = None if given is None else machine.paths.relative(given)
    located = "option:script_location" in config.attributes
    return path is not None and not located and not machine.workspace.is_file(path) and not _is_made(machine, path)


def _is_made(machine: Machine, path: str) -> bool:
    """Whether a file beside ``path`` has the name of a template for it: ``alembic.ini.in``, ``alembic.example.ini``."""
    folder, _, name = path.rpartition("/")
    own = Counter(_NAME_PARTS.split(name))
    for other in machine.workspace.listdir(folder):
        parts = Counter(_NAME_PARTS.split(other))
        if own < parts and _TEMPLATE.issuperset(parts - own):
            return True
    return False


def environment_of(machine: Machine, config: Value | None) -> MigrationEnvironment | None:
    """The environment that a Config refers to; None if unknown."""
    environments = machine.workspace.environments
    for option in options_of(config) if config is not None else ():
        if isinstance(option, ExternalObject) and option.made_by == CONFIG:
            location = option.attributes.get("option:script_location")
            folder = None if location is None else machine.paths.relative(location)
            by_folder = [e for e in environments if folder is not None and e.script_location == folder]
            if by_folder:
                return by_folder[0]
            given = option.call.argument(0, "file_") or option.call.kwargs.get("toml_file")
            path = None if given is None else machine.paths.relative(given)
            found = [e for e in environments if path is not None and e.config == path]
            if found:
                return found[0]
            # Started from another folder than was thought: the one configuration is meant that lies so in some folder.
            below = _below_any_folder(given)
            named = [e for e in environments if below and f"/{e.config}".endswith(f"/{below}")]
            if len(named) == 1:
                return named[0]
    return None if is_missing(machine, config) else default_environment(machine)


def _below_any_folder(given: Value | None) -> str:
    """The path that a relative one has from any folder; empty where it is absolute or not known."""
    text = posixpath.normpath((text_of(given) if given is not None else None) or "/").replace("\\", "/")
    while text.startswith("../"):
        text = text[3:]
    return "" if posixpath.isabs(text) or text[1:2] == ":" else text


def default_environment(machine: Machine) -> MigrationEnvironment | None:
    """The environment that a command uses by default: that of the working directory, else the only one."""
    environments = machine.workspace.environments
    near = [e for e in environments if e.directory == machine.paths.directory]
    if near:
        return near[0]
    own = [e for e in environments if _shares_project(e.directory, machine.entry.path)]
    nearest = sorted(own, key=lambda e: len(e.directory), reverse=True)
    if nearest and (len(nearest) == 1 or len(nearest[0].directory) > len(nearest[1].directory)):
        return nearest[0]
    return environments[0] if len(environments) == 1 else None


def _shares_project(directory: str, path: str) -> bool:
    return directory == "" or path.startswith(directory + "/")


# -------------------------------------------------------------------- handlers


_COMMANDS = frozenset({"upgrade", "downgrade", "stamp", "check", "current", "revision"})


def console_script(machine: Machine, words: Sequence[str], call: CallSite) -> None:
    """``alembic upgrade head`` in another process."""
    command = next((word for word in words if word in _COMMANDS), None)
    if command is None:
        return
    config = next((value for option, value in pairwise(words) if option in ("-c", "--config")), None)
    given: Value | None = None
    if config is not None:
        given = _config_of(machine, config, call.place)
    environment = environment_of(machine, given)
    bare = CallSite(call.place, call.name, None, (), {})
    machine.in_other_process(lambda: environments(machine).run(environment, bare, command, _revision(words)))


def _revision(words: Sequence[str]) -> str | None:
    """The revision in the words of an ``alembic upgrade``."""
    return next((after for word, after in pairwise(words) if word == "upgrade"), None)


def autogenerates(machine: Machine, call: CallSite) -> bool | None:
    """Whether ``command.revision`` is called with ``autogenerate``; None if unknown."""
    given = call.argument(2, "autogenerate")
    return (False if call.complete else None) if given is None else machine.truth(given)


def _command(machine: Machine, call: CallSite) -> Value:
    environment, command = environment_of(machine, call.argument(0, "config")), call.name.rpartition(".")[2]
    if command == "revision" and environment is not None and autogenerates(machine, call) is False:
        text = machine.workspace.text(environment.config)
        if text is None or _IN_ENVIRONMENT.search(text) is None:
            return Unknown("a new revision file")
    revision = text_of(call.argument(1, "revision")) if command == "upgrade" else None
    return environments(machine).run(environment, call, command, revision)


def _main(machine: Machine, call: CallSite) -> Value:
    argv = call.argument(0, "argv")
    items = None if argv is None else machine.iterate(argv)
    if items is None:
        machine.cut(call.place, "alembic.config.main with unknown arguments", CutKind.MIGRATIONS)
        return Unknown("alembic")
    words = [text_of(item) or "" for item in items]
    command = next((word for word in words if word in _LOADS_ENV), None)
    if command is None:
        return Constant(None)
    config: Value | None = None
    for flag in ("-c", "--config"):
        if flag in words[:-1]:
            config = _config_of(machine, words[words.index(flag) + 1], call.place)
    return environments(machine).run(environment_of(machine, config), call, command, _revision(words))


def _set_option(machine: Machine, call: CallSite) -> Value:
    in_section = call.name.endswith(".set_section_option")
    section = text_of(call.argument(0, "section")) if in_section else main_section(call.receiver)
    name = text_of(call.argument(int(in_section), "name"))
    value = call.argument(1 + in_section, "value")
    if value is None:
        lose_options(machine, call.receiver)
        return Constant(None)
    if value == Constant(None):
        machine.fail("TypeError", "option values must be strings", call.place)
    text = text_of(value)
    if text is not None:
        _check_interpolation(machine, text, call.place)
    set_option(machine, call.receiver, section, name, value)
    return Constant(None)


def _check_interpolation(machine: Machine, text: str, place: Place) -> None:
    """``configparser.BasicInterpolation.before_set``: a ``%`` has to be written twice.

    Raises:
        Raised: ValueError.
    """
    rest = re.sub(r"%\([^()]+\)s", "", text.replace("%%", ""))
    if "%" in rest:
        message = f"invalid interpolation syntax in {text!r} at position {rest.find('%')}"
        machine.fail("ValueError", message, place)


def _get_option(machine: Machine, call: CallSite) -> Value:
    in_section = call.name.endswith(".get_section_option")
    name = text_of(call.argument(int(in_section), "name"))
    given = text_of(call.argument(0, "section")) if in_section else main_section(call.receiver)
    section = section_of(machine, call.receiver, given)
    if section is None or name is None or not call.complete:
        return Unknown("an option of alembic.ini")
    if name.lower() in section.values:
        return section.read(machine, name.lower(), call.place)
    return call.argument(1 + in_section, "default") or Constant(None)


def _get_section(machine: Machine, call: CallSite) -> Value:
    section = section_of(machine, call.receiver, text_of(call.argument(0, "name")))
    return Unknown("a section of alembic.ini") if section is None else as_dict(machine, section, call.place)


def _lose_options(machine: Machine, call: CallSite) -> Value:
    lose_options(machine, call.receiver)
    return Constant(None)


def _configure(machine: Machine, call: CallSite) -> Value:
    runs = environments(machine)
    run = runs.running
    if run is not None:
        target = call.kwargs.get("target_metadata")
        if not call.complete and target is None:
            target = Unknown("target_metadata in unknown arguments")
        filtered = not call.complete or any(each != Constant(None) for each in _filters(call))
        schemas = call.kwargs.get("include_schemas")
        includes = machine.truth(schemas) if schemas is not None else False if call.complete else None
        runs.set(
            run,
            target=target,
            place=call.place,
            filtered=filtered,
            includes_schemas=includes,
            options=_options(machine, call),
        )
    return Constant(None)


def _filters(call: CallSite) -> list[Value]:
    """``include_object`` and ``include_name``. That of GeoAlchemy2 leaves out only what no model of a project is.

    Its ``writer`` names some operations differently, and changes nothing else.
    """
    given = [call.kwargs.get(name, Constant(None)) for name in ("include_object", "include_name")]
    own = External("geoalchemy2.alembic_helpers.include_object")
    return [Constant(None) if each == own else each for each in given]


def _options(machine: Machine, call: CallSite) -> ComparisonOptions:
    """How autogenerate compares, as far as the arguments are known (alembic/runtime/environment.py, ``configure``)."""

    def flag(name: str, default: bool) -> bool | None:
        given = call.kwargs.get(name)
        if given is None:
            return default if call.complete else None
        return given.value if isinstance(given, Constant) and isinstance(given.value, bool) else None

    table, schema = call.kwargs.get("version_table"), call.kwargs.get("version_table_schema")
    directives = call.kwargs.get("process_revision_directives")
    rewrites = None
    if directives is not None and directives not in (Constant(None), External("geoalchemy2.alembic_helpers.writer")):
        rewrites = directives.place if isinstance(directives, FunctionValue) else call.place
    version = machine.workspace.version("alembic", call.place.path)
    filters = _filters(call)
    return ComparisonOptions(
        # It was off by default before Alembic 1.12.
        types=flag("compare_type", version is None or version >= (1, 12)),
        defaults=flag("compare_server_default", False),
        version_table=text_of(table) if table is not None else "alembic_version" if call.complete else None,
        version_schema=(text_of(schema) if schema is not None else None) or "",
        rewrites=rewrites,
        as_batch=flag("render_as_batch", False),
        include_object=filters[0].place if isinstance(filters[0], FunctionValue) else None,
        include_name=filters[1].place if isinstance(filters[1], FunctionValue) else None,
        filters_known=call.complete and all(isinstance(e, FunctionValue) or e == Constant(None) for e in filters),
    )


def _run_migrations(machine: Machine, call: CallSite) -> Value:
    environments(machine).run_revisions()
    return Constant(None)


def _x_argument(machine: Machine, call: CallSite) -> Value:
    return Unknown("an -x argument")


def _run_env(machine: Machine, call: CallSite) -> Value:
    receiver = call.receiver
    config = receiver.call.argument(0, "config") if isinstance(receiver, ExternalObject) else None
    return environments(machine).run(environment_of(machine, config), call, "upgrade")


def attribute(machine: Machine, value: ExternalObject, dotted: str) -> Value | None:
    """``config.config_file_name``, ``config.config_ini_section``; with ``config.file_config`` anything may be set."""
    if dotted == f"{CONFIG}().config_file_name":
        given = value.call.argument(0, "file_")
        if given is None:
            return Constant(None)
        text = text_of(given)
        return Unknown("the configuration's file name") if text is None else Constant(text)
    if dotted == f"{CONFIG}().config_ini_section":
        section = main_section(value)
        return Unknown("the configuration's section") if section is None else Constant(section)
    if dotted == f"{CONFIG}().file_config":
        lose_options(machine, value)
    return None


HANDLERS: dict[str, Handler] = {
    **{f"alembic.command.{name}": _command for name in _LOADS_ENV if name != "merge"},
    "alembic.config.main": _main,
    "alembic.config.CommandLine().main": _main,
    CONFIG: make_config,
    **{f"{CONFIG}().set_{option}": _set_option for option in ("main_option", "section_option")},
    **{f"{CONFIG}().get_{option}": _get_option for option in ("main_option", "section_option")},
    f"{CONFIG}().get_section": _get_section,
    f"{CONFIG}().remove_main_option": _lose_options,
    **alembic_context.handlers(
        {
            "configure": _configure,
            "run_migrations": _run_migrations,
            "is_offline_mode": lambda machine, call: Constant(False),
            "get_x_argument": _x_argument,
        }
    ),
    "alembic.script.ScriptDirectory.from_config().run_env": _run_env,
}
