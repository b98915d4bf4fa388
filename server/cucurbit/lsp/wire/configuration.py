"""From what an editor calls settings to :class:`cucurbit.workspace.settings.schema.Settings`."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECTION = "cucurbit"

_OF_THE_CLIENT = frozenset(
    {"path", "args", "enable", "interpreter", "import-strategy", "log-level", "show-notifications"}
)
"""Keys under the same section that editors' extensions keep for themselves."""

_PROGRAMS = ("python", "cache-dir")
"""Settings that name an environment, or where to write; an untrusted workspace does not choose. Empty for none."""


def editor_settings(value: object, *, trusted: bool) -> dict[str, object]:
    """The settings an editor gave, in the spelling of ``cucurbit.toml``; what is null counts as not set.

    Where the workspace is not trusted, settings that name programs are taken neither from the editor nor, as an
    editor's settings are the strongest, from a file of the workspace.
    """
    settings: dict[str, object] = {}
    if isinstance(value, Mapping):
        for key, each in value.items():
            name = _kebab(str(key))
            if each is None or name in _OF_THE_CLIENT or (name == "trace" and not isinstance(each, str)):
                continue
            if name == "aggregator" and isinstance(each, Mapping):
                settings[name] = {_kebab(str(inner)): item for inner, item in each.items() if item is not None}
            else:
                settings[name] = each
    if not trusted:
        settings.update(dict.fromkeys(_PROGRAMS, ""))
    return settings


def section_of(value: object) -> object:
    """What ``workspace/didChangeConfiguration`` carries for this server: the section, or the bare settings."""
    return value[SECTION] if isinstance(value, Mapping) and SECTION in value else value


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"-{match[1]}", name).replace("_", "-").lower()
