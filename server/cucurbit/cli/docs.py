"""``cucurbit docs``: the generated pages of this project's own documentation, written or checked."""

from __future__ import annotations

import difflib
import sys
from argparse import Namespace
from pathlib import Path

from cucurbit.cli.docs_image import check_image
from cucurbit.cli.docs_pages import EXAMPLE, cli_page, readme, rules_page, schemas, settings_page
from cucurbit.cli.docs_vscode import PACKAGE, package
from cucurbit.cli.errors import CLEAN, FINDINGS, Refused
from cucurbit.cli.rule_pages import rule_pages
from cucurbit.rules.catalogue import RULES

_MOST_LINES = 20


def run(options: Namespace) -> int:
    """Write the generated pages, or say which are out of date. Returns the exit code.

    Raises:
        Refused: this is no source tree of Cucurbit, or a page cannot be written.
    """
    root = source_tree(Path.cwd())
    pages = generated(root)
    stale = {path: text for path, text in pages.items() if _read(root / path) != text}
    if options.check:
        return _check(root, stale)
    for path, text in stale.items():
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        except OSError as error:
            raise Refused(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
        sys.stdout.write(f"wrote {path}\n")
    return CLEAN


def source_tree(folder: Path) -> Path:
    """The source tree at or above ``folder``.

    Raises:
        Refused: there is none.
    """
    for candidate in (folder, *folder.parents):
        if (candidate / "server" / "cucurbit").is_dir() and (candidate / EXAMPLE).is_dir():
            return candidate
    raise Refused("this command belongs to Cucurbit's own source tree, and this is not one")


def generated(root: Path) -> dict[str, str]:
    """Every generated page, by its path in the source tree."""
    pages = {
        "docs/rules/README.md": rules_page(),
        "docs/settings.md": settings_page(),
        "docs/cli.md": cli_page(),
        "docs/images/check.svg": check_image(root / EXAMPLE),
    }
    pages |= {f"docs/schemas/{name}.json": text for name, text in schemas().items()}
    text = _read(root / "README.md")
    if text is not None:
        pages["README.md"] = readme(text)
    text = _read(root / PACKAGE)
    if text is not None:
        pages[PACKAGE] = package(text)
    return pages


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode().replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None


def _check(root: Path, stale: dict[str, str]) -> int:
    missing = sorted(name for name, page in rule_pages(RULES).items() if not page)
    for name in missing:
        sys.stdout.write(f"docs/rules/{name}.md is missing\n")
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
        sys.stdout.write("Run `cucurbit docs`.\n")
    return FINDINGS if stale or missing else CLEAN
