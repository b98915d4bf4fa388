"""Converts an editor's settings to the form of ``cucurbit.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECTION = "cucurbit"

_OF_THE_CLIENT = frozenset(
    {"path", "args", "enable", "interpreter", "import-strategy", "log-level", "show-notifications"}
)
"""Keys of the same section that are meant for the editor's extension, not for the server."""

_PROGRAMS = ("python", "cache-dir")
"""Settings that name an environment or a folder to write to: an untrusted workspace must not choose them."""


def editor_settings(value: object, *, trusted: bool) -> dict[str, object]:
    """The editor's settings, spelled as in ``cucurbit.toml``; null means not set.

    If the workspace is not trusted, settings that name programs are set to empty. As the editor's settings have the
    highest priority, those in files of the workspace do not count either.
    """
    settings: dict[str, object] = {}
    if isinstance(value, Mapping):
        for key, each in value.items():
            name = _kebab(str(key))
            if each is None or name in _OF_THE_CLIENT or (name == "trace" and not isinstance(each, str)):
                continue
            if name in ("aggregator", "migrations") and isinstance(each, Mapping):
                settings[name] = {_kebab(str(inner)): item for inner, item in each.items() if item is not None}
            else:
                settings[name] = each
    if not trusted:
        settings.update(dict.fromkeys(_PROGRAMS, ""))
    return settings


def section_of(value: object) -> object:
    """The settings in ``workspace/didChangeConfiguration``, sent with or without the name of the section."""
    return value[SECTION] if isinstance(value, Mapping) and SECTION in value else value


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"-{match[1]}", name).replace("_", "-").lower()
