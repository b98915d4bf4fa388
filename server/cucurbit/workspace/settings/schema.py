"""The settings, one schema for ``[tool.cucurbit]``, ``cucurbit.toml`` and the editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

SeverityName: TypeAlias = Literal["error", "warning", "information", "hint", "off"]
AggregatorStyle: TypeAlias = Literal["imports", "noqa", "all", "redundant-alias"]
TraceLevel: TypeAlias = Literal["off", "messages", "verbose"]

Version: TypeAlias = Annotated[str, Meta(pattern=r"^\d+(\.\d+)*$")]
"""Numbers between dots."""

ALL = "all"
"""In ``select`` and ``ignore``: every rule."""


class AggregatorSettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """The one module that imports every model module."""

    module: Annotated[
        str | None,
        Meta(
            description="The aggregator, as a dotted name or a path. Not set: Cucurbit recognises it; a fix that "
            "creates one calls it `models_all.py`, in the application's package.",
            examples=["app.models_all", "app/models_all.py"],
        ),
    ] = None
    style: Annotated[
        AggregatorStyle,
        Meta(
            description="How the imports of a created aggregator are protected against unused-import removal: "
            "`imports` writes plain imports, `noqa` adds `# noqa: F401`, `all` adds `__all__`, "
            "`redundant-alias` writes `import x as x`.",
            examples=["noqa"],
        ),
    ] = "noqa"
    include: Annotated[
        tuple[str, ...],
        Meta(description="Only model modules matching these globs belong in the aggregator.", examples=[["app/**"]]),
    ] = ()
    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Model modules matching these globs do not belong in the aggregator.",
            examples=[["app/legacy/**"]],
        ),
    ] = ()


class MigrationSettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Which revisions are judged by the rules about the risk of a migration."""

    reviewed: Annotated[
        tuple[str, ...],
        Meta(
            description="The newest revisions that were reviewed or applied, one for each environment or branch. Rules "
            "about the risk of a migration are silent about them and what comes before them, and judge all others. "
            "Not set: they judge the heads only, the revisions that none follows.",
            examples=[["4f2e8c9d1b3a"]],
        ),
    ] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Every setting, with its default."""

    select: Annotated[
        tuple[str, ...],
        Meta(
            description="The rules to check. `all` means every rule that is not off by default.",
            examples=[["duplicate-table", "model-not-in-migrations"]],
        ),
    ] = (ALL,)
    extend_select: Annotated[
        tuple[str, ...],
        Meta(
            description="Rules to check in addition, such as those that are off by default.",
            examples=[["bypasses-aggregator"]],
        ),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        Meta(description="Rules not to check; overrides `select`.", examples=[["several-metadata"]]),
    ] = ()
    severity: Annotated[
        Mapping[str, SeverityName],
        Meta(
            description="Severities of rules, by name, instead of their default severities; `off` switches a rule off.",
            examples=[{"models-before-migrations": "warning"}],
        ),
    ] = {}
    per_file_ignores: Annotated[
        Mapping[str, tuple[str, ...]],
        Meta(
            description="Rules not to check in files that match a glob.",
            examples=[{"scripts/**": ["query-before-migrations"]}],
        ),
    ] = {}
    baseline: Annotated[
        str | None,
        Meta(
            description="The baseline file, relative to the workspace: `check` does not report the findings in it, "
            "editors show them as hints. `cucurbit check --write-baseline FILE` writes it.",
            examples=["cucurbit-baseline.json"],
        ),
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and folders to leave out, as patterns in the syntax of `.gitignore`.",
            examples=[["legacy/", "*_generated.py"]],
        ),
    ] = ()
    roots: Annotated[
        tuple[str, ...],
        Meta(
            description="Import roots: folders on `sys.path`, relative to the workspace. They come before the "
            "roots that Cucurbit finds.",
            examples=[["src", "backend"]],
        ),
    ] = ()
    entry_points: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="The entry points, instead of those that Cucurbit finds. Each is a dotted module (imported), "
            "`module:attribute`, a path (run as a script) or `alembic`.",
            examples=[["app.main:app", "scripts/seed.py", "alembic"]],
        ),
    ] = None
    extra_entry_points: Annotated[
        tuple[str, ...],
        Meta(description="Entry points in addition to those that Cucurbit finds.", examples=[["app.worker"]]),
    ] = ()
    aggregator: Annotated[AggregatorSettings, Meta(description="The aggregator module.")] = AggregatorSettings()
    migrations: Annotated[MigrationSettings, Meta(description="Migrations.")] = MigrationSettings()
    python: Annotated[
        str | None,
        Meta(
            description="The interpreter or virtual environment whose installed packages are used. Its files are "
            "read; only `cucurbit record` runs it.",
            examples=[".venv", "/usr/bin/python3"],
        ),
    ] = None
    sqlalchemy_version: Annotated[
        Version | None,
        Meta(
            description="The version of SQLAlchemy to assume, if Cucurbit finds none or the wrong one.",
            examples=["2.0"],
        ),
    ] = None
    cache_dir: Annotated[
        str | None,
        Meta(
            description="The folder of the cache, relative to the workspace. It can be set in an editor and in the "
            "file of `--config`; the workspace's own files cannot set it. The environment variable "
            "`CUCURBIT_CACHE_DIR` overrides it. Not set: the user's cache folder.",
            examples=[".cucurbit_cache"],
        ),
    ] = None
    code_lens: Annotated[bool, Meta(description="Editors: code lenses on models, env.py and migration calls.")] = True
    inlay_hints: Annotated[bool, Meta(description="Editors: inlay hints with the order of registration.")] = False
    inlay_joins: Annotated[
        bool, Meta(description="Editors: inlay hints with the columns by which relationships are joined.")
    ] = False
    hover: Annotated[bool, Meta(description="Editors: hover on models, tables and their imports.")] = True
    workspace_wide_diagnostics: Annotated[
        bool, Meta(description="Editors: also show findings in files that are not open.")
    ] = True
    trace: Annotated[TraceLevel, Meta(description="Editors: how much the server logs about its own work.")] = "off"


DEFAULTS = Settings()


def settings_schema() -> dict[str, object]:
    """The JSON Schema of ``cucurbit.toml``, of ``[tool.cucurbit]`` and of the editors' settings."""
    schema: dict[str, object] = msgspec.json.schema(Settings)
    return schema
