"""The tools: what each takes, and which published document it answers with (``docs/schemas/``)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import msgspec
from msgspec import Meta
from msgspec.structs import fields

from cucurbit.analysis.context import Context
from cucurbit.analysis.finding import Finding, Severity, stronger
from cucurbit.analysis.grouping import narrowed
from cucurbit.explain.explain import explain as explained
from cucurbit.explain.explain import is_known
from cucurbit.explain.tracebacks import parse_tracebacks
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.mcp.errors import ToolRefused
from cucurbit.mcp.paging import Page, Paged, PageRequest
from cucurbit.mcp.project import Project
from cucurbit.report import documents as d
from cucurbit.report.as_json import (
    check_document,
    drift_document,
    explain_document,
    models_document,
    revisions_document,
    timeline_document,
)
from cucurbit.report.links import rule_url
from cucurbit.report.models_filter import ModelFilter
from cucurbit.report.report import Report, Reported
from cucurbit.report.rule_pages import rule_page
from cucurbit.report.schema.build import default_timeline, schema_of
from cucurbit.report.schema.model import SchemaDocument, SchemaTable
from cucurbit.report.table_document import TableDocument
from cucurbit.report.timeline_filter import TimelineFilter
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.rules.shared.coverage import coverage
from cucurbit.rules.shared.drift import drifts
from cucurbit.rules.shared.inventory import Registered, inventory
from cucurbit.rules.shared.revisions import graphs

_Asked = TypeVar("_Asked", bound=PageRequest)


@dataclass(frozen=True)
class Answer:
    """A document, and which part of its list it holds."""

    document: msgspec.Struct
    page: Page


@dataclass(frozen=True)
class Tool:
    """A tool: the type of its arguments, and that of the document that ``run`` answers with.

    ``run`` raises :class:`ToolRefused` if it cannot do what it is asked for.
    """

    name: str
    title: str
    description: str
    request: type[PageRequest]
    document: type[msgspec.Struct]
    run: Callable[[Project, object], Answer]


def _asked(arguments: object, kind: type[_Asked]) -> _Asked:
    known = [field.name for field in fields(kind)]
    for name in arguments if isinstance(arguments, Mapping) else ():
        if name not in known:
            raise ToolRefused(f"there is no argument `{name}`; there are {', '.join(known)}")
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise ToolRefused(str(error)) from None


# ------------------------------------------------------------------------ check


class CheckRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    paths: Annotated[
        tuple[str, ...], Meta(description="Only findings in these files and folders, relative to the project.")
    ] = ()
    rules: Annotated[tuple[str, ...], Meta(description="Only findings of these rules.")] = ()
    severity: Annotated[Severity, Meta(description="Only findings of this severity and of more severe ones.")] = (
        Severity.HINT
    )


def check(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, CheckRequest)
    for name in asked.rules:
        _check_rule(name)
    analysis = project.analysis()
    limits = tuple(_within(project.root, each) for each in asked.paths)

    def shows(finding: Finding) -> bool:
        return (
            not analysis.is_baselined(finding)
            and not stronger(asked.severity, finding.severity)
            and (not asked.rules or finding.rule in asked.rules)
        )

    covered = narrowed(analysis.findings, lambda each: _is_in(each.location.path, limits))
    paged = Paged([each for each in covered if shows(each)], asked)
    # The titles of the fixes are listed without a simulation of each.
    gate = Gate(analysis.context, RULES, previews=False)
    reported = tuple(Reported(each, tuple(fixes_for(gate, each))) for each in paged.items)
    report = Report(reported, analysis.source, lambda path: path)
    entries = len(analysis.workspace.entry_points)
    return Answer(check_document(report, entries, analysis.context.memo(coverage)), paged.page)


def _within(root: str, asked: str) -> str:
    """A file or folder of the project, relative to it and with slashes. An agent may give its absolute path.

    Raises:
        ToolRefused: there is no such file: an answer without findings would be taken as good news.
    """
    path = os.path.normpath(os.path.join(root, asked.replace("\\", "/")))
    parts = Path(path).parts
    above = Path(os.path.normpath(root)).parts
    if parts[: len(above)] != above or not os.path.exists(path):
        raise ToolRefused(f"there is no file or folder {asked} in the project {root}")
    return "/".join(parts[len(above) :])


def _is_in(path: str, limits: Sequence[str]) -> bool:
    return not limits or any(limit in ("", path) or path.startswith(f"{limit}/") for limit in limits)


# ---------------------------------------------------------------- models and tables


class ModelsRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    table: Annotated[str, Meta(description="A pattern of table names, such as `user*`.")] = "*"
    unseen: Annotated[bool, Meta(description="Only tables that some Alembic environment does not see.")] = False


def models(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, ModelsRequest)
    found = models_document(project.analysis().context, ModelFilter(table=asked.table, unseen=asked.unseen))
    paged = Paged([*found.models, *found.dead], asked)
    kept = tuple(each for each in paged.items if isinstance(each, d.ModelItem))
    dead = tuple(each for each in paged.items if isinstance(each, d.DeadItem))
    return Answer(d.ModelsDocument(d.VERSION, kept, dead), paged.page)


class OneTableRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    table: Annotated[str, Meta(description="The name of a table, with or without its schema, or of its class.")]
    entry: Annotated[
        str,
        Meta(description="The entry point whose columns are meant. Not given: what migrations see, if they see it."),
    ] = ""


def table(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, OneTableRequest)
    analysis = project.analysis()
    context = analysis.context
    keys = {each.key for each in inventory(context) if _is_called(each.key, each.class_name, asked.table)}
    found = models_document(context, ModelFilter(table=asked.table))
    dead = tuple(each for each in found.dead if _is_called(each.table, each.class_name, asked.table))
    if not keys and not dead:
        known = sorted({each.key for each in inventory(context)})
        raise ToolRefused(f"there is no table {asked.table}{_near(asked.table, known)}")
    schema = _schema(project, asked.entry or _registering(context, keys))
    tables = tuple(each for each in schema.tables if each.key in keys)
    ids = {each.id for each in tables}
    relations = tuple(each for each in schema.relations if each.source in ids or each.target in ids)
    definitions = [each for each in models_document(context).models if each.table in keys]
    paged = Paged(definitions, asked)
    return Answer(TableDocument(d.VERSION, paged.items, dead, tables, relations), paged.page)


def _registering(context: Context, keys: Iterable[str]) -> str:
    """The first entry point that registers a table which migrations do not see; empty if they do."""
    keys = frozenset(keys)
    if any(each.key in keys for each in schema_of(context, default_timeline(context)).tables):
        return ""
    live = (Registered.YES, Registered.MAYBE)
    found = (each for record in inventory(context) if record.key in keys for each in record.registrations)
    return next((each.entry.target for each in found if each.registered in live), "")


def _is_called(key: str, class_name: str, name: str) -> bool:
    return name in (key, key.rpartition(".")[2], class_name)


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3)
    return f"; did you mean {' or '.join(close)}?" if close else "; the tool `models` lists the tables"


# --------------------------------------------------------------------- timeline


class TimelineRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    entry: Annotated[
        str,
        Meta(
            description="The entry point: a dotted module, `module:attribute`, a path or the Alembic configuration. "
            "Not given: the answer lists those that there are."
        ),
    ] = ""
    tables: Annotated[bool, Meta(description="Only tables, migrations and failures, without modules.")] = False
    module: Annotated[str | None, Meta(description="Only what happens while such a module runs, such as `app.*`.")] = (
        None
    )


def timeline(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, TimelineRequest)
    analysis = project.analysis()
    found = project.timeline(analysis, asked.entry)
    shown = TimelineFilter(None, asked.tables, asked.module).shown(found)
    paged = Paged(range(len(shown)), asked)
    kept = tuple(shown[number] for number in paged.items)
    return Answer(timeline_document(analysis.context, (replace(found, events=kept),)), paged.page)


# ------------------------------------------------------------ explain, rule, schema


class ExplainRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    traceback: Annotated[
        str, Meta(description="A traceback, a log that contains one, or a line `ExceptionName: message`.")
    ]


def explain(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, ExplainRequest)
    errors = parse_tracebacks(asked.traceback, is_known)
    if not errors:
        raise ToolRefused("the text contains no traceback and no line of the form `ExceptionName: message`")
    found = explain_document(explained(project.analysis().context, errors))
    paged = Paged(found.explanations, asked)
    return Answer(d.ExplainDocument(d.VERSION, paged.items), paged.page)


class RuleRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="The name of a rule, as in a finding.")]


def rule(_project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, RuleRequest)
    _check_rule(asked.name)
    found = RULES.by_name[asked.name]
    page = rule_page(found.name) or found.summary
    item = d.RulePageItem(found.name, found.summary, found.severity, found.default, rule_url(found.name), page)
    paged = Paged([item], asked)
    return Answer(d.RulePagesDocument(d.VERSION, paged.items), paged.page)


def _check_rule(name: str) -> None:
    if name not in NAMES:
        close = difflib.get_close_matches(name, list(NAMES), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(sorted(NAMES))}"
        raise ToolRefused(f"there is no rule {name}; {hint}")


class SchemaRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    entry: Annotated[
        str, Meta(description="The entry point. Not given: what migrations see, or else the first application.")
    ] = ""
    table: Annotated[str, Meta(description="A pattern of table names, such as `user*`.")] = "*"


def schema(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, SchemaRequest)
    found = _schema(project, asked.entry)
    paged = Paged([each for each in found.tables if _matches(each, asked.table)], asked)
    ids = {each.id for each in paged.items}
    return Answer(found.chosen(lambda each: each.id in ids), paged.page)


def _schema(project: Project, entry: str) -> SchemaDocument:
    analysis = project.analysis()
    if not entry:
        return schema_of(analysis.context, default_timeline(analysis.context))
    found = project.timeline(analysis, entry)
    context = analysis.context
    if found not in context.timelines:
        context = Context(context.workspace, (*context.timelines, found), context.isolated)
    return schema_of(context, found)


def _matches(found: SchemaTable, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (found.name, found.key))


# ----------------------------------------------------------------- environments


class _OfEnvironment(Protocol):
    """What a document says of one Alembic environment."""

    @property
    def config(self) -> str: ...


E = TypeVar("E", bound=_OfEnvironment)


def _of_config(found: Sequence[E], config: str) -> list[E]:
    """What is said of the environment of a configuration file; of all, if it is empty.

    Raises:
        ToolRefused: there is no such environment, or none at all.
    """
    if not found:
        raise ToolRefused("there is no Alembic environment here: no alembic.ini and no folder with env.py")
    configs = list(dict.fromkeys(each.config for each in found))
    if config and config not in configs:
        raise ToolRefused(f"there is no environment {config}; there is {', '.join(configs)}")
    return [each for each in found if config in ("", each.config)]


# -------------------------------------------------------------------- revisions


class RevisionsRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: Annotated[str, Meta(description="Only the environment of this configuration file.")] = ""


def revisions(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, RevisionsRequest)
    context = Context(project.workspace(), (), ())
    found = revisions_document(context, graphs(context)).environments
    chosen = _of_config(found, asked.config)
    paged = Paged([(number, each) for number, env in enumerate(chosen) for each in env.revisions], asked)
    environments = tuple(
        msgspec.structs.replace(env, revisions=tuple(each for at, each in paged.items if at == number))
        for number, env in enumerate(chosen)
    )
    return Answer(d.RevisionsDocument(d.VERSION, environments), paged.page)


# ------------------------------------------------------------------------ drift


class DriftRequest(PageRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    config: Annotated[str, Meta(description="Only the environment of this configuration file.")] = ""
    certain: Annotated[bool, Meta(description="Only differences that are certain.")] = False


def drift(project: Project, arguments: object) -> Answer:
    asked = _asked(arguments, DriftRequest)
    context = project.analysis().context
    found = drift_document(context, drifts(context)).environments
    chosen = _of_config(found, asked.config)
    listed = [(at, each) for at, env in enumerate(chosen) for each in env.differences]
    paged = Paged([(at, each) for at, each in listed if each.certain or not asked.certain], asked)
    environments = tuple(
        msgspec.structs.replace(env, differences=tuple(each for of, each in paged.items if of == at))
        for at, env in enumerate(chosen)
    )
    return Answer(d.DriftDocument(d.VERSION, environments), paged.page)


_MORE = "Answers are paged: `page.next` is the `offset` of the next page."

TOOLS = (
    Tool(
        "check",
        "Check the project",
        "Findings about SQLAlchemy models and Alembic migrations: tables defined twice, models that autogenerate "
        "misses, models imported before migrations run, revisions that do not load. An error is a promise: Python, "
        f"SQLAlchemy or Alembic will raise there. `related` is the evidence, in order. {_MORE}",
        CheckRequest,
        d.CheckDocument,
        check,
    ),
    Tool(
        "models",
        "List the tables",
        "Every table: where it is defined, which entry points register it and in which order, whether Alembic's env.py "
        f"sees it. {_MORE}",
        ModelsRequest,
        d.ModelsDocument,
        models,
    ),
    Tool(
        "table",
        "Show a table",
        "One table: its definitions, who registers it, whether Alembic sees it, its columns, keys and relations.",
        OneTableRequest,
        TableDocument,
        table,
    ),
    Tool(
        "timeline",
        "Show a timeline",
        "What an entry point does, in order: which modules run, which tables are registered or rejected, when "
        f"migrations start, and where it fails. Nothing is run. {_MORE}",
        TimelineRequest,
        d.TimelineDocument,
        timeline,
    ),
    Tool(
        "explain",
        "Explain a traceback",
        "The cause, in this project, of an exception of Python's imports, SQLAlchemy or Alembic, and what to do.",
        ExplainRequest,
        d.ExplainDocument,
        explain,
    ),
    Tool(
        "rule",
        "Explain a rule",
        "The documentation of a rule: what it finds, why, how to mend it.",
        RuleRequest,
        d.RulePagesDocument,
        rule,
    ),
    Tool(
        "schema",
        "Show the schema",
        f"The tables with columns, keys and relations, as Alembic's autogenerate sees them. {_MORE}",
        SchemaRequest,
        SchemaDocument,
        schema,
    ),
    Tool(
        "revisions",
        "List the revisions",
        f"Alembic's revisions in an order in which they can be applied, the heads, and what is wrong. {_MORE}",
        RevisionsRequest,
        d.RevisionsDocument,
        revisions,
    ),
    Tool(
        "drift",
        "Compare models and revisions",
        "What `alembic revision --autogenerate` would write, without a database: the models compared with the schema "
        f"that the revisions leave. `complete` says whether nothing else may differ, `unknown` why it may. {_MORE}",
        DriftRequest,
        d.DriftDocument,
        drift,
    ),
)
