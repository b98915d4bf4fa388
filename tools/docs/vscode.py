"""The generated parts of the VS Code extension's ``package.json``: its settings, commands and menus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from cucurbit import __version__
from cucurbit.rules.catalogue import RULES
from cucurbit.workspace.settings.schema import ALL, settings_schema

PACKAGE: Final = "vscode-client/package.json"

_NOT_THERE: Final = frozenset({"trace"})
"""Settings that VS Code has a way of its own for: the log level of an output channel."""

_PROGRAMS: Final = frozenset({"path", "interpreter", "python"})
"""Settings that name programs: a workspace that is not trusted does not choose them."""

_EMPTY: Final[Mapping[str, object]] = {"string": "", "array": [], "object": {}}
"""What the settings page shows for a setting without a default. An empty text counts as not set."""

_OF_RULES: Final = frozenset({"select", "extend-select", "ignore"})


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The settings that the extension itself reads."""

    path: Annotated[
        str | None,
        Meta(
            description="The `cucurbit` program to start. `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}` "
            "are replaced. Not set: the package in the interpreter that the Python extension has selected, else the "
            "copy that comes with the extension.",
            examples=["~/.local/bin/cucurbit"],
        ),
    ] = None
    interpreter: Annotated[
        str | None,
        Meta(
            description="The Python that runs Cucurbit if the Python extension is not installed. Not set: `python3`.",
            examples=["/usr/bin/python3.12"],
        ),
    ] = None


@dataclass(frozen=True)
class Command:
    """A command of the extension. ``icon`` is one of VS Code's; ``when`` says where the palette offers it."""

    name: str
    title: str
    icon: str = ""
    when: str = ""
    enablement: str = ""


_RUNNING = "cucurbit.running"

COMMANDS: Final = (
    Command("showTimeline", "Show Timeline", "graph", enablement=_RUNNING),
    Command("showTimelineText", "Show Timeline as Text", enablement=_RUNNING),
    Command("showSchema", "Show Schema", "type-hierarchy", enablement=_RUNNING),
    Command("createAggregator", "Create Models Aggregator...", enablement=_RUNNING),
    Command("routeImports", "Route Imports Through the Aggregator", enablement=_RUNNING),
    Command("showReach", "Show How This Is Reached", "list-ordered", _RUNNING),
    Command("restart", "Restart Server", "debug-restart"),
    Command("restartAnalysis", "Reanalyse Workspace", "refresh", enablement=_RUNNING),
    Command("showMenu", "Show Menu"),
    Command("showLog", "Show Log"),
    Command("copyDebugInformation", "Copy Debug Information"),
    Command("openDocs", "Open Documentation"),
    Command("openRegistration", "Show Registration View"),
    Command("filterRegistration", "Filter by Table or Module...", "filter", "false"),
    Command("clearRegistrationFilter", "Clear Filter", "clear-all", "false"),
    Command("followCursor", "Follow the Cursor", "pin", "false"),
    Command("unfollowCursor", "Stop Following the Cursor", "pinned", "false"),
    Command("revealCursor", "Show the Line of the Cursor Here", "target", "false"),
    Command("openNode", "Open", "go-to-file", "false"),
    Command("copyTableName", "Copy Table Name", "copy", "false"),
)

_TREES: Final = ("timelines", "tables")


def _in_trees(condition: str = "") -> str:
    """A when-clause: in either tree, if ``condition`` holds."""
    prefix = f"{condition} && " if condition else ""
    return " || ".join(f"{prefix}view == cucurbit.{tree}" for tree in _TREES)


def _on_nodes(*kinds: str) -> str:
    """A when-clause: on nodes of these kinds, in either tree."""
    return _in_trees(f"viewItem =~ /^({'|'.join(kinds)})$/")


_PYTHON: Final = f"{_RUNNING} && editorLangId == python && resourceScheme == file"
_TABLES: Final = ("table", "rejected", "redefined", "class", "registration")
_PLACES: Final = (*_TABLES, "entry", "module", "migrations", "failed", "create-all", "query", "dead", "column", "key")

MENUS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "view/title": (
        ("filterRegistration", _in_trees(), "navigation@1"),
        ("clearRegistrationFilter", _in_trees("cucurbit.filtered"), "navigation@2"),
        ("followCursor", _in_trees("!cucurbit.followsCursor"), "navigation@3"),
        ("unfollowCursor", _in_trees("cucurbit.followsCursor"), "navigation@3"),
        ("revealCursor", _in_trees(), "1_cursor"),
        ("showTimeline", "view == cucurbit.timelines", "2_pages"),
        ("showSchema", "view == cucurbit.tables", "2_pages"),
        ("restartAnalysis", _in_trees(), "3_server"),
        ("restart", _in_trees(), "3_server"),
        ("createAggregator", "view == cucurbit.tables", "4_aggregator"),
    ),
    "view/item/context": (
        ("showTimeline", "view == cucurbit.timelines && viewItem == entry", "inline"),
        ("openNode", _on_nodes(*_PLACES), "navigation@1"),
        ("showTimeline", _on_nodes("entry", *_TABLES), "navigation@2"),
        ("showSchema", _on_nodes("entry", *_TABLES), "navigation@3"),
        ("copyTableName", _on_nodes(*_TABLES), "5_copy"),
    ),
    "editor/title": (("showTimeline", _PYTHON, "navigation@90"),),
    "editor/context": (
        ("showReach", _PYTHON, "navigation@9"),
        ("showTimeline", _PYTHON, "navigation@10"),
    ),
}


def package(text: str) -> str:
    """``package.json`` with version, settings and commands brought up to date.

    Raises:
        SystemExit: it is no JSON object, or has no place for them.
    """
    try:
        found = json.loads(text)
        contributes = found["contributes"]
        limited = found["capabilities"]["untrustedWorkspaces"]
    except (ValueError, KeyError, TypeError):
        raise SystemExit(f"{PACKAGE} has no contributes and no capabilities.untrustedWorkspaces") from None
    found["version"] = __version__
    limited["restrictedConfigurations"] = [f"cucurbit.{name}" for name in sorted(_PROGRAMS)]
    contributes["configuration"] = {"title": "Cucurbit", "properties": dict(_settings())}
    contributes["commands"] = [_command(command) for command in COMMANDS]
    palette = tuple((command.name, command.when, "") for command in COMMANDS if command.when)
    contributes["menus"] = {
        menu: [_entry(*entry) for entry in entries] for menu, entries in {"commandPalette": palette, **MENUS}.items()
    }
    return json.dumps(found, indent=4, ensure_ascii=False) + "\n"


def _entry(command: str, when: str, group: str) -> dict[str, str]:
    return {"command": f"cucurbit.{command}", "when": when, **({"group": group} if group else {})}


def _command(command: Command) -> dict[str, str]:
    described = {"command": f"cucurbit.{command.name}", "title": command.title, "category": "Cucurbit"}
    if command.icon:
        described["icon"] = f"$({command.icon})"
    if command.enablement:
        described["enablement"] = command.enablement
    return described


# --------------------------------------------------------------------- settings


def _settings() -> Iterator[tuple[str, dict[str, object]]]:
    own = msgspec.json.schema(ClientSettings)["$defs"]["ClientSettings"]
    yield from _described(own, {}, "cucurbit.")
    definitions = _mapping(settings_schema(), "$defs")
    yield from _described(_mapping(definitions, "Settings"), definitions, "cucurbit.")


def _described(
    schema: Mapping[str, object], definitions: Mapping[str, object], prefix: str
) -> Iterator[tuple[str, dict[str, object]]]:
    for name, described in _mapping(schema, "properties").items():
        if name in _NOT_THERE or not isinstance(described, Mapping):
            continue
        reference = described.get("$ref")
        if isinstance(reference, str):
            inner = _mapping(definitions, reference.rpartition("/")[2])
            yield from _described(inner, definitions, f"{prefix}{_camel(name)}.")
        else:
            yield prefix + _camel(name), _setting(name, described)


def _setting(name: str, described: Mapping[str, object]) -> dict[str, object]:
    """One setting, of one plain type: the settings page of VS Code shows a control only for those.

    The extension sends the settings that a user has set, so a default here is only what the page shows.
    """
    alternatives = described.get("anyOf")
    schema = dict(described)
    if isinstance(alternatives, list):
        schema |= next(each for each in alternatives if each.get("type") != "null")
        del schema["anyOf"]
    default, text = schema.pop("default", None), str(schema.pop("description", "")).removeprefix("Editors: ")
    if default is not None and json.dumps(default) not in ("[]", "{}"):
        text += f" Not set here: the value in the project's files, else `{json.dumps(default)}`."
    text = text[:1].upper() + text[1:]
    kind = str(schema.pop("type", "string"))
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        schema["pattern"] = f"^$|{pattern}"
    rules = [rule.name for rule in RULES]
    if name in _OF_RULES:
        schema["items"] = {"type": "string", "enum": [*([ALL] if name != "extend-select" else []), *rules]}
    if name == "severity":
        severities = {"type": "string", **_mapping(schema, "additionalProperties")}
        schema["properties"] = dict.fromkeys(rules, severities)
        schema["additionalProperties"] = False
    scope = "machine-overridable" if name in _PROGRAMS else "resource"
    shown = _EMPTY[kind] if default is None else default
    return {"markdownDescription": text, "scope": scope, "type": kind, "default": shown, **schema}


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def _mapping(schema: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = schema.get(key)
    return found if isinstance(found, Mapping) else {}
