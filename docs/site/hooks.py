"""What the site adds to docs/: README.md as the first page, folders in the navigation, links into the repository."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_LOG = get_plugin_logger("repository")
_REPOSITORY = Path(__file__).parents[2]
_LINK = re.compile(r"(\]\()([^)#\s]+)([^)]*\))")
_PICTURES = "vscode-client/images/"
_SHOWN = "images/vscode/"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere, and put the pages of folders into the navigation."""
    readme = (_REPOSITORY / "README.md").read_text("utf-8")
    files.append(File.generated(config, "index.md", content=_moved(readme)))
    files.append(File.generated(config, "schemas/index.md", content=_schemas()))
    for picture in _pictures():
        files.append(File.generated(config, _SHOWN + picture.name, abs_src_path=str(picture)))
    paths = {file.src_uri for file in files.documentation_pages()}
    config.nav = _expanded(config.nav, paths)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to what is no part of the site lead into the repository; they too must lead somewhere."""
    folder = posixpath.dirname(page.file.src_uri)

    def link(found: re.Match[str]) -> str:
        target = found[2]
        if ":" in target or target.startswith("/"):
            return found[0]
        path = posixpath.normpath(posixpath.join("docs", folder, target))
        if path.startswith(_PICTURES) and path.endswith(".png"):
            path = f"docs/{_SHOWN}{posixpath.basename(path)}"
            target = posixpath.relpath(path, posixpath.join("docs", folder))
            return f"{found[1]}{target}{found[3]}"
        inside = path.removeprefix("docs/") if path.startswith("docs/") else None
        if inside is not None and files.get_file_from_path(inside) is not None:
            return found[0]
        if inside is not None and files.get_file_from_path(f"{inside}/README.md") is not None:
            return f"{found[1]}{target.rstrip('/')}/README.md{found[3]}"
        if not (_REPOSITORY / path).exists():
            _LOG.warning("%s links to %s, which does not exist", page.file.src_uri, target)
        kind = "tree" if (_REPOSITORY / path).is_dir() else "blob"
        return f"{found[1]}{config.repo_url}/{kind}/main/{path}{found[3]}"

    return _LINK.sub(link, markdown)


def _moved(readme: str) -> str:
    """README.md as a page of docs/."""
    return _LINK.sub(
        lambda found: found[0] if ":" in found[2] else f"{found[1]}{posixpath.relpath(found[2], 'docs')}{found[3]}",
        readme,
    )


def _pictures() -> list[Path]:
    return sorted((_REPOSITORY / _PICTURES).glob("*.png"))


def _schemas() -> str:
    """A list of the JSON Schemas."""
    lines = ["# JSON Schemas", "", "What `--output-format json` writes, and what the settings may hold.", ""]
    for file in sorted((_REPOSITORY / "docs" / "schemas").glob("*.json")):
        title = json.loads(file.read_text("utf-8")).get("description", "")
        lines.append(f"- [{file.stem}]({file.name}){': ' + title if title else ''}")
    return "\n".join(lines) + "\n"


def _expanded(nav: object, paths: set[str]) -> list[object]:
    """The navigation in which a folder stands for its pages, README.md first."""
    found: list[object] = []
    for entry in nav if isinstance(nav, list) else []:
        for title, target in entry.items():
            if isinstance(target, list):
                found.append({title: _expanded(target, paths)})
            elif target.endswith("/"):
                inside = sorted((path for path in paths if path.startswith(target)), key=_first)
                found.append({title: list(inside)})
            else:
                found.append({title: target})
    return found


def _first(path: str) -> tuple[bool, str]:
    return posixpath.basename(path) not in {"README.md", "index.md"}, path
