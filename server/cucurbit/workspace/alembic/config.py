"""One Alembic configuration, read as ``alembic.config.Config`` reads it: an ini section over ``[tool.alembic]``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    Error,
    MissingSectionHeaderError,
    ParsingError,
    RawConfigParser,
)
from dataclasses import dataclass

from cucurbit.source.span import START, Span
from cucurbit.workspace.formats.ini import BoundedInterpolation, too_large
from cucurbit.workspace.formats.toml import TomlFile
from cucurbit.workspace.model import Location, Problem

_SEPARATORS: Mapping[str, str] = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_WIDE_FIELD = re.compile(r"%(?:\([^()%]*\))?[-#0 +.\d]*\d{4}")
"""``%(here)9999999s`` would be ten million characters."""
_NO_OWN_DEFAULTS = "\0"


class ConfigError(Exception):
    """A setting that Alembic would reject, with its place and a message."""

    def __init__(self, location: Location, message: str, *, elsewhere: bool = False) -> None:
        super().__init__(message)
        self.problem = Problem(location, message, elsewhere)


@dataclass(frozen=True)
class IniFile:
    """A parsed ini file. ``own`` ignores the ``[DEFAULT]`` section, so it tells which options a section sets itself."""

    path: str
    text: str
    parser: ConfigParser
    own: RawConfigParser

    def place(self, section: str, option: str | None = None) -> Location:
        """Where ``option`` of ``section`` is set, else the section's header, else the first character."""
        return Location(self.path, _ini_place(self.text, section, option))

    @property
    def has_logging(self) -> bool:
        return self.parser.has_section("loggers")

    def sections(self) -> list[str]:
        """The sections that configure an environment (``alembic -n SECTION``)."""
        shared = self.own.has_option("DEFAULT", "script_location")
        marks = ("script_location", "version_locations", "sqlalchemy.url") if shared else ("script_location",)
        return [
            section
            for section in self.own.sections()
            if section != "DEFAULT"
            and ((section == "alembic" and shared) or any(self.own.has_option(section, mark) for mark in marks))
        ]


def parse_ini(path: str, text: str, here: str) -> IniFile:
    """Read an ini file in the folder ``here`` (absolute). Raises :class:`ConfigError` where Alembic would fail."""
    if too_large(text):
        raise ConfigError(Location(path, START), "this file has a line or a length that no configuration has")
    parser = ConfigParser({"here": here.replace("%", "%%")}, interpolation=BoundedInterpolation())
    own = RawConfigParser(default_section=_NO_OWN_DEFAULTS)
    try:
        parser.read_string(text, path)
        own.read_string(text, path)
    except Error as error:
        line, message = _describe(error)
        raise ConfigError(Location(path, Span(line, 0, line, _width(text, line))), message) from error
    return IniFile(path, text, parser, own)


@dataclass(frozen=True)
class AlembicOptions:
    """The options of one environment, ini before TOML. ``here`` is the absolute folder of the configuration."""

    ini: IniFile | None
    section: str
    toml: TomlFile | None
    toml_path: str
    here: str

    def location(self, option: str) -> Location:
        """Where ``option`` is set, else where the environment's table begins."""
        if self.ini is not None and (self.toml is None or self.ini.parser.has_section(self.section)):
            return self.ini.place(self.section, option)
        if self.toml is not None:
            return Location(self.toml_path, self.toml.place("tool", "alembic", option))
        return Location(self.toml_path, START)

    def text(self, option: str) -> str | None:
        """A single value. Raises :class:`ConfigError` where it cannot be interpolated."""
        value = self._ini(option)
        if value is not None:
            return value
        found = self._toml(option)
        return self._expand(found, option) if isinstance(found, str) else None

    def flag(self, option: str) -> bool:
        value = self._ini(option)
        return value == "true" if value is not None else self._toml(option) is True

    def paths(self, option: str, legacy: str, *separators: str) -> list[str]:
        """A list of paths, split at the value of the first option in ``separators`` that is set, else at ``legacy``."""
        value = self._ini(option)
        if not value:
            found = self._toml(option)
            items = found if isinstance(found, list) else []
            return [self._expand(item, option) for item in items if isinstance(item, str)]
        for name in separators:
            separator = self._ini(name)
            if separator is None:
                continue
            if separator not in _SEPARATORS:
                allowed = "'space', 'newline', 'os', ':' or ';'"
                raise ConfigError(self.location(name), f"`{name}` is '{separator}', but must be {allowed}")
            return [part.strip() for part in value.split(_SEPARATORS[separator]) if part]
        return re.split(legacy, value)

    def _ini(self, option: str) -> str | None:
        if self.ini is None or not self.ini.parser.has_option(self.section, option):
            return None
        try:
            return self.ini.parser.get(self.section, option)
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise ConfigError(self.location(option), f"`{option}` cannot be read: {reason}") from error

    def _toml(self, option: str) -> object:
        return None if self.toml is None else self.toml.value("tool", "alembic", option)

    def _expand(self, value: str, option: str) -> str:
        if _WIDE_FIELD.search(value) is not None:
            raise ConfigError(self.location(option), f"{option} cannot be expanded: it grows too long")
        try:
            return value % {"here": self.here}
        except (KeyError, ValueError, TypeError) as error:
            raise ConfigError(self.location(option), f"`{option}` cannot be expanded: {value!r}") from error


def _describe(error: Error) -> tuple[int, str]:
    if isinstance(error, MissingSectionHeaderError):
        return error.lineno, "this line is before the first section"
    if isinstance(error, DuplicateSectionError):
        return error.lineno or 1, f"section [{error.section}] occurs twice"
    if isinstance(error, DuplicateOptionError):
        return error.lineno or 1, f"option {error.option} occurs twice in section [{error.section}]"
    if isinstance(error, ParsingError) and error.errors:
        return error.errors[0][0], "this line is neither a section nor an option"
    return 1, str(error).partition("\n")[0]


def _width(text: str, line: int) -> int:
    lines = text.splitlines()
    return len(lines[line - 1]) if 0 < line <= len(lines) else 0


def _ini_place(text: str, section: str, option: str | None) -> Span:
    current = ""
    header = START
    shared: Span | None = None
    for number, line in enumerate(text.splitlines(), 1):
        whole = Span(number, len(line) - len(line.lstrip()), number, len(line.rstrip()))
        found = re.match(r"\[(.+)\]", line)
        if found is not None:
            current = found[1]
            header = whole if current == section else header
        elif option is not None and re.match(rf"\s*{re.escape(option)}\s*[=:]", line, re.IGNORECASE):
            if current == section:
                return whole
            shared = whole if current == "DEFAULT" else shared
    return shared or header
