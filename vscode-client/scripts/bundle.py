"""Puts a copy of the server and of what it needs into ``bundled/``, for this platform and a choice of Pythons.

    python scripts/bundle.py [VERSION...]     3.10 to 3.14 by default
    python scripts/bundle.py FILE.vsix        puts the copy that was made into a package

``bundled/libs/cp312`` and so on hold what differs between Pythons, ``bundled/libs/common`` the rest. The copy is run by
``bundled/cucurbit_server.py``, with whichever of these Pythons a user has.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CLIENT = Path(__file__).resolve().parent.parent
REPOSITORY = CLIENT.parent
BUNDLED = CLIENT / "bundled"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input")
# Programs for the command line, and what pip leaves behind.
_LEFT_OUT = ("bin", "Scripts", "__pycache__")

SERVER = '''\
"""Runs the copy of Cucurbit that comes with the extension."""

import os
import sys

libs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libs")
sys.path[0:1] = [os.path.join(libs, "cp%d%d" % sys.version_info[:2]), os.path.join(libs, "common")]

from cucurbit.cli.main import main  # noqa: E402

sys.exit(main())
'''


def main(versions: tuple[str, ...]) -> None:
    shutil.rmtree(BUNDLED, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        wheels = Path(scratch) / "wheels"
        subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(REPOSITORY)], check=True)
        (wheel,) = wheels.glob("cucurbit-*.whl")
        trees = {version: install(wheel, version, Path(scratch) / version) for version in versions}
        distribute(trees)
    (BUNDLED / "VERSION").write_text(wheel.name.split("-")[1] + "\n")
    (BUNDLED / "cucurbit_server.py").write_text(SERVER)


def install(wheel: Path, version: str, target: Path) -> Path:
    """Install the server and what it needs for a version of Python, whether this machine has that or not.

    pip chooses wheels for another Python, but asks the one that runs which dependencies and constraints count. So
    that is worked out here, in rounds, until nothing that is installed misses anything.
    """
    environment = {**default_environment(), "python_version": version, "python_full_version": f"{version}.0"}
    pins = pinned(environment)
    options = ["--target", str(target), "--python-version", version, "--only-binary", ":all:", "--no-compile"]
    if version == RUNNING:
        constraints = ["--constraint", str(REPOSITORY / "constraints.txt")]
        subprocess.run([*PIP, "install", *options, *constraints, str(wheel)], check=True)
    else:
        wanted = [str(wheel)]
        while wanted:
            subprocess.run([*PIP, "install", "--no-deps", *options, *wanted], check=True)
            wanted = [f"{name}=={pins[name]}" for name in missing(target, environment)]
    for name in _LEFT_OUT:
        shutil.rmtree(target / name, ignore_errors=True)
    for record in target.glob("*.dist-info"):
        for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
            (record / name).unlink(missing_ok=True)
    return target


def pinned(environment: dict[str, str]) -> dict[str, str]:
    """The versions in constraints.txt that count in an environment."""
    lines = (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def missing(target: Path, environment: dict[str, str]) -> list[str]:
    """The packages that those in a folder need and that are not in it."""
    there = {canonicalize_name(each.name): each for each in distributions(path=[str(target)])}
    needed: set[str] = set()
    todo = [("cucurbit", "")]
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        needed.add(name)
        if name not in there:
            continue
        for line in there[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate({**environment, "extra": extra}):
                continue
            new = {(canonicalize_name(requirement.name), each) for each in ("", *requirement.extras)} - seen
            seen |= new
            todo += new
    return sorted(needed - set(there))


def distribute(trees: dict[str, Path]) -> None:
    """What is the same for all versions goes into one folder, what differs into one for each."""
    prints = {version: {each.name: fingerprint(each) for each in tree.iterdir()} for version, tree in trees.items()}
    names = set().union(*prints.values())
    shared = {name for name in names if len({prints[version].get(name) for version in trees}) == 1}
    for version, tree in trees.items():
        own = BUNDLED / "libs" / f"cp{version.replace('.', '')}"
        own.mkdir(parents=True)
        # A folder without files would not be in the package, and its being there says which Pythons can be served.
        (own / "PYTHON").write_text(f"{version}\n")
        for each in sorted(tree.iterdir()):
            home = BUNDLED / "libs" / "common" if each.name in shared else own
            home.mkdir(exist_ok=True)
            if not (home / each.name).exists():
                shutil.move(str(each), str(home / each.name))


def fingerprint(path: Path) -> str:
    """What a file or a folder holds."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(path.parent).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def pack(vsix: Path) -> None:
    """Add ``bundled/`` to a package. vsce itself takes minutes over so many files."""
    files = sorted(each for each in BUNDLED.rglob("*") if each.is_file() and "__pycache__" not in each.parts)
    kinds = sorted({each.suffix for each in files if each.suffix})
    described = "".join(f'<Default Extension="{kind}" ContentType="application/octet-stream"/>' for kind in kinds)
    whole = vsix.with_suffix(".new")
    with zipfile.ZipFile(vsix) as before, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename == "[Content_Types].xml":
                known = content.decode()
                new = "".join(f"{each}/>" for each in described.split("/>") if each and each.split('"')[1] not in known)
                content = known.replace("</Types>", f"{new}</Types>").encode()
            after.writestr(entry, content)
        for file in files:
            after.write(file, f"extension/{file.relative_to(CLIENT).as_posix()}")
    whole.replace(vsix)


if __name__ == "__main__":
    chosen = tuple(sys.argv[1:]) or VERSIONS
    if len(chosen) == 1 and chosen[0].endswith(".vsix"):
        pack(Path(chosen[0]).resolve())
        sys.exit()
    if not all(re.fullmatch(r"3\.\d+", each) for each in chosen):
        sys.exit(__doc__)
    main(chosen)
