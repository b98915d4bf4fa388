"""What a release rests on, read from the files of this project. Nothing needs to be installed.

python -m tools.release check TAG             every file that names the version names that of the tag
python -m tools.release notes                 what CHANGELOG.md says of the version
python -m tools.release platform VSIX TARGET  a package of the extension is for this platform
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_PLATFORM = re.compile(r'<Identity [^>]*\bTargetPlatform="([^"]+)"')


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run one of the commands. Returns the exit code."""
    match arguments:
        case ["check", tag]:
            wrong = list(problems(root, tag))
            sys.stdout.writelines(f"{line}\n" for line in wrong)
            return 1 if wrong else 0
        case ["notes"]:
            sys.stdout.write(notes(root))
            return 0
        case ["platform", vsix, target]:
            found = platform(Path(vsix))
            if found != target:
                sys.stdout.write(f"{vsix} is for {found}, not for {target}\n")
            return 0 if found == target else 1
    sys.stderr.write(__doc__)
    return 2


def version(root: Path) -> str:
    """The version of the package; empty where there is none."""
    found = _VERSION.search((root / "server" / "cucurbit" / "__init__.py").read_text("utf-8"))
    return found[1] if found else ""


def problems(root: Path, tag: str) -> Iterator[str]:
    """What keeps a tag such as ``v1.2.3`` from being released, a line each."""
    wanted = version(root)
    if tag != f"v{wanted}":
        yield f"the tag is {tag}, and server/cucurbit/__init__.py says {wanted}"
    extension = json.loads((root / "vscode-client" / "package.json").read_text("utf-8"))["version"]
    if extension != wanted:
        yield f"vscode-client/package.json says {extension}: run `make docs`"
    if f"rev: {tag}\n" not in (root / "docs" / "ci" / "pre-commit.yml").read_text("utf-8"):
        yield f"docs/ci/pre-commit.yml names another tag than {tag}: set its rev"
    dated = re.escape(wanted) + r"\b.*\d{4}-\d\d-\d\d"
    for name, heading in (("CHANGELOG.md", rf"## \[{dated}"), ("vscode-client/CHANGELOG.md", rf"## {dated}")):
        if not re.search(f"^{heading}", (root / name).read_text("utf-8"), re.MULTILINE):
            yield f"{name} has no heading with {wanted} and a date"


def notes(root: Path) -> str:
    """The section of ``CHANGELOG.md`` on the version, without its heading; empty where there is none."""
    for section in re.split(r"^## ", (root / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        if heading.startswith(f"[{version(root)}]"):
            return body.strip() + "\n"
    return ""


def platform(vsix: Path) -> str:
    """The platform that a package of the extension is for; empty where it names none."""
    with zipfile.ZipFile(vsix) as package:
        found = _PLATFORM.search(package.read("extension.vsixmanifest").decode())
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
