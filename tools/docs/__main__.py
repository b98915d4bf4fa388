"""Writes the generated files of the project, or says which are out of date: ``python -m tools.docs [--check]``."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from cucurbit.rules.catalogue import RULES
from tools.docs.image import check_image
from tools.docs.pages import EXAMPLE, cli_page, explain_page, readme, rules_page, schemas, settings_page
from tools.docs.vscode import PACKAGE, package

ROOT = Path(__file__).resolve().parents[2]
_MOST_LINES = 20


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the generated files below ``root``, or with ``--check`` report the stale ones. Returns the exit code.

    Raises:
        OSError: a file cannot be written.
        SystemExit: a file that is generated in part has no place for that part.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description="Write the generated files.")
    parser.add_argument("--check", action="store_true", help="write nothing, and exit with 1 where one is out of date")
    options = parser.parse_args(arguments)
    stale = {path: text for path, text in generated(root).items() if _read(root / path) != text}
    if options.check:
        return _check(root, stale)
    for path, text in stale.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
        sys.stdout.write(f"wrote {path}\n")
    return 0


def generated(root: Path) -> dict[str, str]:
    """What every generated file must hold, by its path below ``root``."""
    pages = {
        "docs/rules/README.md": rules_page(),
        "docs/settings.md": settings_page(),
        "docs/cli.md": cli_page(),
        "docs/images/check.svg": check_image(root / EXAMPLE),
    }
    pages |= {f"docs/schemas/{name}.json": text for name, text in schemas().items()}
    # Of these a part is generated only.
    for path, complete in (("README.md", readme), ("docs/explain.md", explain_page), (PACKAGE, package)):
        text = _read(root / path)
        if text is not None:
            pages[path] = complete(text)
    return pages


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode().replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None


def _check(root: Path, stale: dict[str, str]) -> int:
    missing = [path for path in (f"docs/rules/{rule.name}.md" for rule in RULES) if not _read(root / path)]
    for path in sorted(missing):
        sys.stdout.write(f"{path} is missing\n")
    for path, text in stale.items():
        before = _read(root / path)
        if before is None:
            sys.stdout.write(f"{path} is missing\n")
            continue
        diff = list(difflib.unified_diff(before.splitlines(), text.splitlines(), path, "generated", lineterm=""))
        sys.stdout.write(f"{path} is out of date\n")
        if not path.endswith(".svg"):
            sys.stdout.writelines(f"  {line[:160]}\n" for line in diff[:_MOST_LINES])
    if stale:
        sys.stdout.write("Run `make docs`.\n")
    return 1 if stale or missing else 0


if __name__ == "__main__":
    sys.exit(main())
