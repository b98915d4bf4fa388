"""Explains exceptions about imports: import cycles, modules that are not found, and names that they do not have."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import replace

from cucurbit.analysis.finding import Finding, Related
from cucurbit.explain.case import ErrorCase, cuts, known_entry, raised, whole_file
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.known import known
from cucurbit.explain.syntax import dotted, tree_of
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.workspace.model import MigrationEnvironment, ModuleSpec


def partially_initialized(case: ErrorCase) -> Explanation:
    """``cannot import name 'X' from partially initialized module 'm'``."""
    return _of_cycle(case, "ImportError", *case.groups)


def half_executed(case: ErrorCase) -> Explanation:
    """``partially initialized module 'm' has no attribute 'x'``."""
    module, name = case.groups
    return _of_cycle(case, "AttributeError", name, module)


def half_executed_submodule(case: ErrorCase) -> Explanation:
    """``cannot access submodule 'x' of module 'm'``."""
    return _of_cycle(case, "AttributeError", *case.groups)


def _of_cycle(case: ErrorCase, error: str, name: str, module: str) -> Explanation:
    shown = raised(
        case,
        "circular-import",
        lambda failure: failure.error == error and f"'{name}'" in failure.message and f"'{module}'" in failure.message,
    )
    if shown is not None:
        cycles = case.findings("circular-import", lambda finding: _is_about_name(finding, name, module))
        evidence = (
            (Related(cycles[0].location, "the import that closes the cycle"), *cycles[0].related) if cycles else ()
        )
        return replace(shown, related=tuple(dict.fromkeys((*shown.related, *evidence))))
    path = _path_of_module(case, module)
    if not path:
        return case.explain(
            "circular-import",
            None,
            f"The module {module} was imported again while it was being executed, so it had no '{name}' yet; no module"
            f" {module} was found in this workspace.",
            (),
            "If a file of yours has the name of an installed package, Python imports it instead: rename it.",
        )
    cycles = case.findings(
        "circular-import",
        lambda finding: path in {finding.location.path, *(each.location.path for each in finding.related)},
    )
    if cycles:
        return case.explain(
            "circular-import",
            None,
            f"{case.unpredicted()} But there is an import cycle through {module}, and another order of imports raises"
            f" it. {cycles[0].message}",
            (Related(cycles[0].location, "the import that closes the cycle"), *cycles[0].related),
        )
    return case.explain(
        "circular-import",
        None,
        f"{case.unpredicted()} The import of {module} had started and not ended when another module asked for '{name}':"
        f" something that {module} imports leads back to it, but no such cycle was found.",
        (Related(whole_file(path), f"the module {module}"),),
        "The traceback shows the cycle: the file that appears twice in it, and the imports between.",
        cuts(case.context),
    )


def _is_about_name(finding: Finding, name: str, module: str) -> bool:
    """Whether a finding is about the name that could not be imported from the module."""
    return f"'{name}' from partially initialized module '{module}'" in finding.message


def no_module(case: ErrorCase) -> Explanation:
    """``No module named 'x'``."""
    module = case.groups[0]
    found = _search(case, module)
    commands = case.findings("start-command-missing", lambda finding: module in finding.message)
    if commands and not case.frames:
        return case.from_finding("start-command-missing", commands[0])
    pattern = re.compile(rf"No module named '?{re.escape(module)}'?(?![\w.])")
    shown = raised(case, "missing-module", lambda failure: pattern.match(failure.message) is not None)
    if found is None:
        return shown or _not_here(case, module)
    spec, missing, folder = found
    if missing:
        return _inside(case, spec, missing, shown)
    environment = _environment_without(case, module, folder)
    if environment is not None:
        return _env_lacks_root(case, module, spec, environment, folder)
    if shown is not None:
        return shown
    without = [
        timeline.entry
        for timeline in case.context.timelines
        if folder not in (*timeline.entry.sys_path, *timeline.entry.fallback_path)
    ]
    named = f" The entry point {entry_name(without[0])} does not have it on sys.path." if without else ""
    script = known_entry(case)
    script = f" {script} has only its own folder there." if script.startswith("python ") and "-m" not in script else ""
    return case.explain(
        "not-on-sys-path",
        None,
        f"{module} is in {_shown(folder)} ({spec.path or 'a folder without __init__.py'}), and that folder was not on"
        f" sys.path where the program ran.{named or script}",
        (Related(whole_file(spec.path), f"the module {module}"),) if spec.path else (),
        f"Start it from {_shown(folder)} with `python -m`, set PYTHONPATH, or install the project (`pip install -e .`)."
        " In a container, look whether the file was copied into the image.",
    )


def _shown(folder: str) -> str:
    return f"'{folder}'" if folder else "the root of the workspace"


def _not_here(case: ErrorCase, module: str) -> Explanation:
    """No module of that name is found under any import root."""
    top = module.partition(".")[0]
    workspace = case.context.workspace
    deepest = case.deepest
    by = f", which {deepest.at} imports," if deepest is not None else ""
    elsewhere = [path for path in workspace.python_files() if path.endswith((f"/{top}.py", f"/{top}/__init__.py"))]
    if elsewhere:
        folder = elsewhere[0].removesuffix("/__init__.py").rpartition("/")[0]
        return case.explain(
            "not-on-sys-path",
            None,
            f"A module {top} stands in '{folder}' ({elsewhere[0]}), and that folder was not on sys.path where the"
            " program ran.",
            (Related(whole_file(elsewhere[0]), f"the module {top}"),),
            f"Start the program from '{folder}', or put it on PYTHONPATH. For the analysis, name it in the setting"
            " `roots`.",
        )
    near = deepest.path if deepest is not None else next(iter(workspace.python_files()), "")
    required = workspace.depends_on(top, near)
    where = (
        "the project requires it, so it was not installed where the program ran, or another interpreter ran it"
        if required
        else "either a package was not installed where the program ran, or the module is not part of this code"
    )
    return case.explain(
        "missing-module",
        None,
        f"There is no module {top}{by} in this workspace: {where}.",
        (),
        "Look which Python ran: `python -m pip show` and `python -m alembic` use the same one.",
    )


def _environment_without(case: ErrorCase, module: str, folder: str) -> MigrationEnvironment | None:
    """The environment whose env.py imports the module although Alembic does not put its folder on ``sys.path``."""
    visited = {frame.path for frame in case.frames}
    for environment in case.context.workspace.environments:
        if folder in environment.prepend_sys_path:
            continue
        if case.frames and environment.env_path not in visited:
            continue
        if case.frames or _imports(case, environment.env_path, module):
            return environment
    return None


def _imports(case: ErrorCase, path: str, module: str) -> bool:
    text = case.context.workspace.text(path) or ""
    return re.search(rf"^[ \t]*(from|import)\s+{re.escape(module)}\b", text, re.MULTILINE) is not None


def _env_lacks_root(
    case: ErrorCase, module: str, spec: ModuleSpec, environment: MigrationEnvironment, folder: str
) -> Explanation:
    """The ``alembic`` command puts nothing on ``sys.path`` but what ``prepend_sys_path`` says."""
    ini = environment.config.endswith((".ini", ".toml"))
    relative = _relative(folder, environment.directory)
    likely = "" if case.frames else "Likely "
    deepest = case.deepest
    importer = environment.env_path if deepest is None else deepest.path
    says = f"{environment.config} has no such `prepend_sys_path`" if ini else "nothing else puts it there"
    advice = (
        f"Write `prepend_sys_path = {relative}` into {environment.config}, below `[{environment.section}]`, or install"
        " the project (`pip install -e .`). `python -m alembic` works too, when it is started in that folder."
    )
    config = (Related(environment.location, "no prepend_sys_path here"),) if ini else ()
    return case.explain(
        "not-on-sys-path",
        True if importer == environment.env_path and case.frames else None,
        f"{likely}{importer} imports {module}, which is in {_shown(folder)}, and the `alembic` command does"
        f" not have that folder on sys.path: {says}.",
        (*config, *((Related(whole_file(spec.path), f"the module {module}"),) if spec.path else ())),
        advice,
    )


def _relative(folder: str, directory: str) -> str:
    """A folder as seen from another, as ``prepend_sys_path`` takes it."""
    if folder == directory:
        return "."
    if not directory:
        return folder
    if folder.startswith(f"{directory}/"):
        return folder[len(directory) + 1 :]
    up = "/".join(".." for _ in directory.split("/"))
    return f"{up}/{folder}" if folder else up


def _inside(case: ErrorCase, parent: ModuleSpec, missing: str, shown: Explanation | None) -> Explanation:
    """The package ``parent`` is found, but its part ``missing`` is not."""
    related = (Related(whole_file(parent.path), f"the module {parent.name}"),) if parent.path else ()
    if not parent.is_package:
        folder = (parent.path or "").removesuffix(".py")
        beside = case.context.workspace.is_dir(folder)
        shadow = f" It hides the folder {folder}, which has no __init__.py." if beside else ""
        return case.explain(
            "missing-module",
            True,
            f"{parent.name} is a module ({parent.path}), not a package, so {missing} cannot exist.{shadow}",
            related if shown is None else (*shown.related, *related),
        )
    if shown is not None:
        return replace(shown, related=(*shown.related, *related))
    return case.explain(
        "missing-module",
        None,
        f"The package {parent.name} exists here ({parent.path or 'a folder without __init__.py'}), but {missing} does"
        " not: it was removed, renamed, never committed, or is made when the program is built.",
        related,
    )


def _search(case: ErrorCase, module: str) -> tuple[ModuleSpec, str, str] | None:
    """The longest part of a dotted name that is found under any import root.

    Returns the module found, the first name that is missing below it (empty: none), and the root.
    """
    workspace = case.context.workspace
    paths = [frame.path for frame in case.frames]
    near = paths[-1:] or list(workspace.python_files())[:200]
    roots = dict.fromkeys(root for path in near for root in ("", *workspace.roots_of(path)))
    best: tuple[ModuleSpec, str, str] | None = None
    parts = module.split(".")
    for root in roots:
        search: tuple[str, ...] = (root,)
        last: ModuleSpec | None = None
        missing = ""
        for count in range(1, len(parts) + 1):
            spec = workspace.find_spec(".".join(parts[:count]), search) if search else None
            if spec is None:
                missing = ".".join(parts[:count])
                break
            last, search = spec, spec.search
        if last is not None and not missing:
            return last, "", root
        if last is not None and (best is None or len(missing) > len(best[1])):
            best = last, missing, root
    return best


def _path_of_module(case: ErrorCase, module: str) -> str:
    found = _search(case, module)
    return found[0].path or "" if found is not None and not found[1] else ""


def no_name(case: ErrorCase) -> Explanation | None:
    """``cannot import name 'x' from 'm'``: the module was executed to its end and has no such name."""
    name, module = case.groups
    shown = raised(
        case,
        "missing-name",
        lambda failure: failure.error == "ImportError" and f"'{name}' from '{module}'" in failure.message,
    )
    if shown is not None:
        return shown
    path = _path_of_module(case, module)
    if not path:
        return None
    tree = tree_of(case.context, path)
    names = sorted(_top_names(tree)) if tree is not None else []
    close = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    if name in names:
        return case.explain(
            "missing-name",
            None,
            f"{path} has the name '{name}' here, but did not have it where the program ran: it ran another version of"
            f" the file, or another module called {module} was found first.",
            (Related(whole_file(path), f"the module {module}"),),
            case.unpredicted(),
        )
    return case.explain(
        "missing-name",
        None,
        f"{module} ({path}) has no name '{name}'.{hint}",
        (Related(whole_file(path), f"the module {module}"),),
    )


def _top_names(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {each.asname or each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.Assign):
            found |= {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def relative_import(case: ErrorCase) -> Explanation:
    """``attempted relative import with no known parent package``."""
    deepest = case.deepest
    shown = raised(case, "relative-import", lambda failure: failure.message.startswith(case.groups[0]))
    if shown is not None:
        return shown
    path = deepest.path if deepest is not None else "The file"
    module = case.context.workspace.module_name(deepest.path) if deepest is not None else "package.module"
    return case.explain(
        "relative-import",
        True if deepest is not None else None,
        f"{path} was run as a script, or imported as a top-level module, so it is in no package, and its relative"
        " import leads nowhere.",
        (),
        f"Start it as `python -m {module}` from the folder above the package.",
    )


def asgi_import(case: ErrorCase) -> Explanation:
    """uvicorn: ``Could not import module "x"``."""
    module = case.groups[0]
    found = _search(case, module)
    if found is None or found[1]:
        return case.explain(
            "start-command-missing",
            None,
            f"The server was told to import {module}, and no such module was found from the folder where it started.",
            _named_by(case, module),
            _instead(case, module),
        )
    spec, _, folder = found
    return case.explain(
        "not-on-sys-path",
        None,
        f"{module} is in {_shown(folder)} ({spec.path}), and the server was started in another folder, or an import in"
        " that module fails.",
        (Related(whole_file(spec.path), f"the module {module}"),) if spec.path else (),
        f"Start it in {_shown(folder)}, or give `--app-dir`.",
        _instead(case, module),
    )


def asgi_attribute(case: ErrorCase) -> Explanation:
    """uvicorn: ``Attribute "app" not found in module "x"``."""
    name, module = case.groups
    path = _path_of_module(case, module)
    tree = tree_of(case.context, path) if path else None
    names = sorted(_top_names(tree)) if tree is not None else []
    made = [
        target.id
        for node in (tree.body if tree is not None else ())
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if dotted(node.value.func).rpartition(".")[2] in {"FastAPI", "Starlette", "Flask", "Litestar", "create_app"}
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    close = made or difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean `{module}:{close[0]}`?" if close else ""
    return case.explain(
        "start-command-missing",
        True if tree is not None and name not in names and close != [name] else None,
        f"The server was told to serve '{name}' of {module}, which has no such name.{hint}",
        (*((Related(whole_file(path), f"the module {module}"),) if path else ()), *_named_by(case, module)),
    )


def _named_by(case: ErrorCase, module: str) -> tuple[Related, ...]:
    return tuple(
        Related(command.location, "the start command")
        for command in case.context.workspace.start_commands
        if command.module == module
    )


def _instead(case: ErrorCase, module: str) -> str:
    """What the server could be told instead, where an application was found."""
    targets = [each.target for each in case.context.workspace.entry_points if each.startup and each.module != module]
    return f"Found here: {', '.join(targets[:3])}." if targets else ""


KNOWN = (
    known(
        r"cannot import name '([^']+)' from partially initialized module '([^']+)'",
        partially_initialized,
        "cannot import name 'db' from partially initialized module 'app'",
        "the import cycle",
    ),
    known(
        r"cannot access submodule '([^']+)' of module '([^']+)'",
        half_executed_submodule,
        "cannot access submodule 'models' of module 'app'",
        "the import cycle",
    ),
    known(
        r"partially initialized module '([^']+)' has no attribute '([^']+)'",
        half_executed,
        "partially initialized module 'app' has no attribute 'db'",
        "the import cycle",
    ),
    known(
        r"cannot import name '([^']+)' from '([^']+)'",
        no_name,
        "cannot import name 'User' from 'app.models'",
        "the name that was meant",
    ),
    known(
        r"No module named '?([\w.]+)'?",
        no_module,
        "No module named 'app'",
        "the folder that was not on sys.path, `prepend_sys_path` for env.py, a package that is not installed, a module"
        " that hides a package",
    ),
    known(
        r"(attempted relative import (?:with no known parent package|beyond top-level package))",
        relative_import,
        "attempted relative import with no known parent package",
        "how to start the file",
    ),
    known(
        r"(?:Error loading ASGI app\. )?Could not import module \"([\w.]+)\"",
        asgi_import,
        'uvicorn: Could not import module "main"',
        "the folder in which to start the server, the applications found",
    ),
    known(
        r"Could not import '([\w.]+)'",
        asgi_import,
        "Flask: Could not import 'wsgi'",
        "the folder in which to start the server, the applications found",
    ),
    known(
        r"Attribute \"([\w.]+)\" not found in module \"([\w.]+)\"",
        asgi_attribute,
        'uvicorn: Attribute "app" not found in module "main"',
        "the name that was meant, the start command",
    ),
)
