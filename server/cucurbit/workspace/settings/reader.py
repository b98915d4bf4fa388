"""Reads :class:`Settings` from configuration files and editors. An error is a problem with its place, never raised."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from cucurbit.source.span import START, Span
from cucurbit.source.text import SourceText
from cucurbit.workspace.formats.toml import KeyPath, TomlFile, parse_toml
from cucurbit.workspace.model import Location, Problem
from cucurbit.workspace.settings.schema import ALL, AggregatorSettings, MigrationSettings, Settings
from cucurbit.workspace.tree.files import FileTree
from cucurbit.workspace.tree.ignore_patterns import valid_pattern

SETTINGS_FILE = "cucurbit.toml"
_OF_THE_USER = frozenset({"cache-dir"})
"""Settings that decide where the program writes. A file of the workspace cannot set them."""
_RULE_LISTS = frozenset({"select", "extend-select", "ignore"})
_BY_ITEM = frozenset({"severity", "per-file-ignores"})
_TABLES: Mapping[str, type[msgspec.Struct]] = {"aggregator": AggregatorSettings, "migrations": MigrationSettings}
_PATTERN_LISTS = frozenset({"exclude", "include"})


@dataclass
class _Layer:
    """One source of settings: its valid values, and problems for the others."""

    file: TomlFile
    path: str
    prefix: KeyPath
    known_rules: Collection[str] | None
    values: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, key: KeyPath, message: str) -> None:
        self.problems.append(Problem(Location(self.path, self.file.place(*self.prefix, *key)), message))

    def is_rule(self, name: str, key: KeyPath) -> bool:
        if self.known_rules is None or name in self.known_rules or (name == ALL and key[0] in _RULE_LISTS):
            return True
        self.complain(key, f"unknown rule `{name}`{_suggestion(name, self.known_rules)}")
        return False


def read_settings(
    tree: FileTree,
    known_rules: Collection[str] | None = None,
    editor: Mapping[str, object] | None = None,
    *,
    by_user: bool = False,
) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings of a workspace: ``pyproject.toml``, overridden by ``cucurbit.toml``, overridden by the editor's.

    ``known_rules`` are the names of all rules; None leaves names unchecked. A value that is wrong is a
    :class:`Problem` at its key and counts as not set. A problem of the editor's settings has the root as its path.
    ``by_user``: the user named the file (``--config``), so that all settings are allowed in it.
    """
    problems: list[Problem] = []
    merged: dict[str, object] = {}
    for path, prefix in (("pyproject.toml", ("tool", "cucurbit")), (SETTINGS_FILE, ())):
        file, found = read_toml(tree, path)
        # A broken pyproject.toml is reported even if it may not mention this tool.
        problems += found
        if file is not None:
            refused = () if by_user else _OF_THE_USER
            merged = merge(merged, _check(file, path, prefix, known_rules, problems, refused))
    if editor:
        # Editors send null for settings that the user has not set.
        given = {name: value for name, value in editor.items() if value is not None}
        merged = merge(merged, _check(TomlFile(given), "", (), known_rules, problems))
    return msgspec.convert(merged, Settings), tuple(problems)


def setting_location(tree: FileTree, name: str) -> Location:
    """Where a setting is set: in ``cucurbit.toml``, else ``pyproject.toml``, else (by an editor) the root."""
    for path, prefix in ((SETTINGS_FILE, ()), ("pyproject.toml", ("tool", "cucurbit"))):
        file, _ = read_toml(tree, path)
        if file is not None and file.value(*prefix, name) is not None:
            return Location(path, file.place(*prefix, name))
    return Location("", START)


def read_toml(tree: FileTree, path: str) -> tuple[TomlFile | None, list[Problem]]:
    """A TOML file of the workspace; None where there is none. One that cannot be read gives a problem."""
    content = tree.read(path)
    if content is None:
        return None, []
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            return None, [Problem(Location(path, Span(line, 0, line, 0)), "this file is not valid UTF-8")]
    elif isinstance(content, str):
        text = content
    else:
        return None, [Problem(Location(path, START), f"this file cannot be read: {content.reason}")]
    file = parse_toml(text)
    if file.problem is not None:
        message, span = file.problem
        return None, [Problem(Location(path, span), f"this file is not valid TOML: {message}")]
    return file, []


def merge(lower: Mapping[str, object], upper: Mapping[str, object]) -> dict[str, object]:
    """``upper`` over ``lower``, table by table: a list replaces a list."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def _check(
    file: TomlFile,
    path: str,
    prefix: KeyPath,
    known_rules: Collection[str] | None,
    problems: list[Problem],
    refused: Collection[str] = (),
) -> dict[str, object]:
    layer = _Layer(file, path, prefix, known_rules)
    table: object = file.tables
    for key in prefix:
        table = table.get(key, {}) if isinstance(table, Mapping) else {}
    if isinstance(table, Mapping):
        layer.values = _check_table(layer, Settings, table, ())
        for name in refused:
            if layer.values.pop(name, None) is not None:
                layer.complain((name,), f"`{name}` is ignored in a file of the workspace: only the user can set it")
    else:
        layer.complain((), "expected a table of settings")
    problems += layer.problems
    return layer.values


def _check_table(
    layer: _Layer, schema: type[msgspec.Struct], table: Mapping[str, object], base: KeyPath
) -> dict[str, object]:
    fields = {each.encode_name: each for each in msgspec.structs.fields(schema)}
    good: dict[str, object] = {}
    for name, value in table.items():
        key = (*base, str(name))
        if name not in fields:
            layer.complain(key, f"unknown setting `{'.'.join(key)}`{_suggestion(str(name), fields)}")
        elif not base and name in _TABLES and isinstance(value, Mapping):
            good[name] = _check_table(layer, _TABLES[name], value, key)
        elif name in _BY_ITEM and isinstance(value, Mapping):
            good[name] = dict(_check_items(layer, fields[name].type, key, value))
        elif _converts(layer, fields[name].type, key, value):
            good[name] = _check_names(layer, key, value)
    return good


def _check_items(
    layer: _Layer, expected: object, key: KeyPath, table: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    """The valid items of ``severity`` and ``per-file-ignores``; an invalid one does not affect the others."""
    for name, value in table.items():
        place = (*key, str(name))
        if not _converts(layer, expected, place, {name: value}):
            continue
        if key[-1] == "severity":
            if layer.is_rule(str(name), place):
                yield name, value
        elif not valid_pattern(str(name)):
            layer.complain(place, f"`{name}` is not a valid pattern")
        else:
            yield name, _check_names(layer, place, value)


def _check_names(layer: _Layer, key: KeyPath, value: object) -> object:
    if not isinstance(value, (list, tuple)):
        return value
    if key[0] in _RULE_LISTS or key[0] == "per-file-ignores":
        return [name for name in value if layer.is_rule(str(name), key)]
    if key[-1] in _PATTERN_LISTS:
        for pattern in value:
            if not valid_pattern(str(pattern)):
                layer.complain(key, f"`{pattern}` is not a valid pattern")
        return [pattern for pattern in value if valid_pattern(str(pattern))]
    return value


def _converts(layer: _Layer, expected: object, key: KeyPath, value: object) -> bool:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at ")[0]
        layer.complain(key, f"`{'.'.join(key)}`: {reason[:1].lower()}{reason[1:]}")
        return False
    return True


def _suggestion(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f", did you mean `{close[0]}`?" if close else ""


def decode(content: object) -> str | None:
    """The text of a configuration file that is not TOML; None where it has none."""
    if isinstance(content, str):
        return content
    if isinstance(content, bytes):
        text = SourceText.decode(content).text  # of UTF-16 with a mark too, which Windows shells write
        return None if "\0" in text else text
    return None
