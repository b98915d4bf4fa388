"""The options of an ``alembic.config.Config``: what its ini file sets, and what the program sets over it.

Facts from alembic/config.py (``Config.file_config``, ``get_section``, ``set_section_option``) and configparser.py
(``BasicInterpolation``), confirmed by running them:

- ``get_section`` interpolates every option of the section, ``get_main_option`` the one that it returns. A ``%`` has to
  be written twice, and ``%(name)s`` refers to an option of the section or of ``[DEFAULT]``, never to the environment.
- ``here`` is an option of each section. A ``Config`` without a file has an empty section.
"""

from __future__ import annotations

import posixpath
import re
from configparser import InterpolationMissingOptionError, InterpolationSyntaxError, RawConfigParser
from dataclasses import dataclass, replace

from cucurbit.simulate.core.machine import Machine
from cucurbit.simulate.core.timeline import Place
from cucurbit.simulate.core.values import SEEN, CallSite, Constant, DictValue, ExternalObject, Unknown, Value, text_of
from cucurbit.workspace.alembic.config import ConfigError, parse_ini
from cucurbit.workspace.formats.ini import BoundedInterpolation

CONFIG = "alembic.config.Config"

_OPTION = "option:"
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|@\w+@|<\w+>")
"""What a value has that is put in before the file is used."""
_FILLED_IN = Unknown("a value that is put into alembic.ini later")
_BY_COMMAND = "@command"
"""The attribute of a Config that a command makes of a file, so that no code of the program has set an option."""
_URL = "sqlalchemy.url"
_PLACEHOLDER = "driver://"
"""How the URL begins in the file that ``alembic init`` writes."""


@dataclass(frozen=True)
class Section:
    """The options of one section, before they are interpolated. Values that are not texts are not known."""

    name: str
    values: dict[str, Value]

    def read(self, machine: Machine, option: str, place: Place) -> Value:
        """The value of an option that the section has.

        Raises:
            Raised: where it certainly cannot be interpolated.
        """
        value = self.values[option]
        text = text_of(value)
        if text is None or "%" not in text:
            return value
        known = {name: each for name, raw in self.values.items() if (each := text_of(raw)) is not None}
        try:
            found = BoundedInterpolation().before_get(RawConfigParser(), self.name, option, text, known)
        except InterpolationMissingOptionError as error:
            if error.reference in self.values:
                return Unknown("an option that refers to one that is not known")
            message = (
                f"Bad value substitution: option {option!r} in section {self.name!r} contains an interpolation key "
                f"{error.reference!r} which is not a valid option name"
            )
            machine.fail("InterpolationMissingOptionError", message, place)
        except InterpolationSyntaxError:
            message = f"'%' must be followed by '%' or '(' in the option {option!r} of section {self.name!r}"
            machine.fail("InterpolationSyntaxError", message, place)
        except Exception:  # noqa: BLE001  # too deep, or too long
            return Unknown("an option of alembic.ini")
        return Constant(found)


def make_config(machine: Machine, call: CallSite) -> ExternalObject:
    """``Config(file_=None, ...)``."""
    config = ExternalObject(CONFIG, replace(call, name=CONFIG), machine.state.cells())
    config.attributes.data[SEEN] = Constant(True)
    return config


def by_command(machine: Machine, call: CallSite) -> ExternalObject:
    """The ``Config`` that a command makes."""
    config = make_config(machine, call)
    config.attributes.data[_BY_COMMAND] = Constant(True)
    return config


def lose_options(machine: Machine, config: Value | None) -> None:
    """From now on the options of a Config are not known."""
    if isinstance(config, ExternalObject):
        machine.state.write(config.attributes, SEEN, Unknown("options that may have changed"))


def main_section(config: Value | None) -> str | None:
    """The name of the section that a Config is for; None if it is not known."""
    if not isinstance(config, ExternalObject) or len(config.call.args) > 1 or not config.call.complete:
        return None
    given = config.call.kwargs.get("ini_section")
    return "alembic" if given is None else text_of(given)


def set_option(machine: Machine, config: Value | None, section: str | None, name: str | None, value: Value) -> None:
    """Set an option of a section; None for a section or a name that is not known."""
    if not isinstance(config, ExternalObject):
        return
    if name is None or section is None or section != main_section(config):
        lose_options(machine, config)
    else:
        machine.state.write(config.attributes, f"{_OPTION}{name.lower()}", value)


def section_of(machine: Machine, config: Value | None, section: str | None) -> Section | None:
    """A section of a Config; None if it is not known what it holds, or whether it exists."""
    if not isinstance(config, ExternalObject) or section is None or section != main_section(config):
        return None
    if not isinstance(config.attributes.get(SEEN), Constant) or "flask_migrate.db" in machine.state.libraries:
        return None
    values = _of_file(machine, config, section)
    if values is None:
        return None
    for name in config.attributes:
        if name.startswith(_OPTION):
            values[name[len(_OPTION) :]] = config.attributes[name]
    if _BY_COMMAND in config.attributes and (text_of(values.get(_URL, Constant(_PLACEHOLDER))) or "").startswith(
        _PLACEHOLDER
    ):
        _doubt_url(machine, values)
    return Section(section, values)


def _doubt_url(machine: Machine, values: dict[str, Value]) -> None:
    """A file without a URL may be for a program that sets one: then nobody is to start the command with it."""
    environments = {each.env_path for each in machine.workspace.environments}
    files = (path for path in machine.workspace.python_files() if path not in environments)
    if any(machine.workspace.mentions(path, _URL) for path in files):
        values[_URL] = Unknown("a URL that a program sets")


def _of_file(machine: Machine, config: ExternalObject, section: str) -> dict[str, Value] | None:
    given = config.call.argument(0, "file_")
    if given is None or given == Constant(None):
        return {"here": Unknown("the working directory")}
    path = machine.paths.relative(given)
    if path is not None and path.endswith(".toml"):
        # Alembic reads the ini file that lies beside it, if there is one.
        path = posixpath.join(posixpath.dirname(path), "alembic.ini")
        if not machine.workspace.is_file(path):
            return {"here": Unknown("the working directory")}
    text = machine.workspace.text(path) if path is not None and path.endswith(".ini") else None
    if path is None or text is None:
        return None
    try:
        ini = parse_ini(path, text, machine.paths.absolute(posixpath.dirname(path)))
    except ConfigError:
        return None
    if not ini.parser.has_section(section):
        return None
    items = ini.parser.items(section, raw=True)
    return {name: _FILLED_IN if _TEMPLATE.search(value or "") else Constant(value) for name, value in items}


def as_dict(machine: Machine, section: Section, place: Place) -> Value:
    """``config.get_section(...)``: a new dict.

    Raises:
        Raised: where an option certainly cannot be interpolated.
    """
    made = DictValue(machine.state.cells())
    for name in section.values:
        made.cells.data[name] = section.read(machine, name, place)
    return made
