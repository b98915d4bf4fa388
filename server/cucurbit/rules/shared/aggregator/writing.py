"""The text of an aggregator: a new one, a module added to it, names re-exported by it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Edit, NewFile, TextEdit
from cucurbit.analysis.wording import listed
from cucurbit.fixes.python_source import PlacedStatement, PythonSource, python_source
from cucurbit.fixes.resolve import ImportTarget, bound_names, exports, module_name, target_of
from cucurbit.fixes.statements import import_module, module_parts, relative
from cucurbit.rules.shared.aggregator.detection import aggregator_for
from cucurbit.rules.shared.aggregator.models import Models
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.source.span import Span
from cucurbit.workspace.model import EntryKind
from cucurbit.workspace.settings.schema import AggregatorSettings, AggregatorStyle

_FILE_NAMES = ("models_all.py", "all_models.py")
_MODEL_PACKAGES = frozenset({"models", "model", "entities", "tables", "orm", "domain", "schemas"})
"""Names of packages that contain only models: the aggregator goes next to such a package, not into it."""
_DOCSTRING = (
    '"""Every model module, Base first: what Alembic\'s env.py and the application import. Models never import it."""'
)


@dataclass(frozen=True)
class AggregatorFile:
    """An aggregator that exists or will be created; ``covers`` are the model modules that it executes."""

    path: str
    module: str
    covers: frozenset[str]


def existing(context: Context, models: Models) -> AggregatorFile | None:
    """The aggregator that these models have."""
    near = models.env_path or next(iter(models.modules))
    found = aggregator_for(context, near, models.metadata) or aggregator_for(context, next(iter(models.modules)))
    if found is None:
        return None
    return AggregatorFile(found.path, module_name(context, found.path), found.covers)


# -------------------------------------------------------------------- creation


def creation(
    context: Context, models: Models, wanted: AggregatorSettings | None = None
) -> tuple[NewFile, AggregatorFile] | None:
    """The new aggregator, as ``wanted``, else as the settings say; None where there is one, or no place for it."""
    settings = wanted or context.workspace.settings.aggregator
    path = _path(context, models, settings.module) if existing(context, models) is None else None
    if path is None:
        return None
    near = python_source(context, next(iter(models.modules)))
    text = rendered(models, settings.style)
    newline = near.newline if near is not None else "\n"
    root = _root(models)
    module = path.removeprefix(root + "/" if root else "").removesuffix(".py").replace("/", ".")
    return NewFile(path, text.replace("\n", newline)), AggregatorFile(path, module, frozenset(models.modules))


def _path(context: Context, models: Models, configured: str | None) -> str | None:
    """Where to create the aggregator."""
    root = _root(models)
    if configured is not None:
        parts = configured if configured.endswith(".py") else configured.replace(".", "/") + ".py"
        path = parts if configured.endswith(".py") or not root else f"{root}/{parts}"
        inside = all(part not in ("", ".", "..") for part in path.split("/"))
        return path if inside and not context.workspace.is_file(path) else None
    packages = [module.split(".")[:-1] for module in models.modules.values()]
    common = packages[0]
    for package in packages[1:]:
        while package[: len(common)] != common:
            common = common[:-1]
    while common and common[-1] in _MODEL_PACKAGES:
        common = common[:-1]
    folder = "/".join(part for part in (root, *common) if part)
    paths = [f"{folder}/{name}" if folder else name for name in _FILE_NAMES]
    return next((path for path in paths if not context.workspace.is_file(path)), None)


def _root(models: Models) -> str:
    """The import root of the models."""
    path, module = next(iter(models.modules.items()))
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return stem.removesuffix(module.replace(".", "/")).rstrip("/")


def rendered(models: Models, style: AggregatorStyle) -> str:
    """The text of an aggregator, lines ending at LF."""
    lines = [_DOCSTRING, ""]
    names: list[str] = []
    noqa = "  # noqa: F401" if style == "noqa" else ""
    if models.base is not None:
        alias = f" as {models.base.name}" if style == "redundant-alias" else ""
        lines += [f"from {models.base.module} import {models.base.name}{alias}{noqa}", ""]
        names.append(models.base.name)
    for path, module in models.modules.items():
        if models.base is not None and models.base.path == path:
            continue
        if style in ("all", "redundant-alias"):
            lines.append(_bound(module, names, style))
        else:
            lines.append(f"import {module}{noqa}")
    if style == "all":
        quoted = [f'    "{name}",' for name in names]
        lines += ["", "__all__ = [", *quoted, "]"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _bound(module: str, names: list[str], style: AggregatorStyle) -> str:
    """An import that binds a name of its own, which is added to ``names``."""
    package, name = module_parts(module)
    taken = name in names
    if style == "redundant-alias" and taken:
        return f"import {module}  # noqa: F401"
    bound = module.replace(".", "_") if taken else name
    names.append(bound)
    alias = f" as {bound}" if taken or style == "redundant-alias" else ""
    return f"from {package} import {name}{alias}" if package else f"import {name}{alias}"


# ------------------------------------------------------------------ completion


@dataclass(frozen=True)
class Completion:
    """Model modules added to the aggregator.

    ``unexecuted`` are those that no entry point executes now, ``changed`` the programs that execute the aggregator and
    not all of the modules: for these the completion is more than a change of order.
    """

    aggregator: AggregatorFile
    modules: tuple[str, ...]
    edits: tuple[Edit, ...]
    unexecuted: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        """Whether every program executes the modules already that will execute them, apart from env.py."""
        return not self.unexecuted and not self.changed

    @property
    def title(self) -> str:
        return f"Import {listed(self.modules)} in {self.aggregator.path}"

    @property
    def note(self) -> str:
        if self.unexecuted:
            what = "it" if len(self.unexecuted) == 1 else "them"
            return f"No entry point executes {listed(self.unexecuted)} now: check what importing {what} does."
        if self.changed:
            return f"{listed(self.changed)} will execute {listed(self.modules)} too: check what importing that does."
        return ""


def completion(context: Context, models: Models, paths: Sequence[str]) -> Completion | None:
    """How model modules are added; None where they are there, or there is no aggregator. It covers them then."""
    aggregator = existing(context, models)
    if aggregator is None:
        return None
    missing = {
        path: module_name(context, path) for path in paths if path not in aggregator.covers and path != aggregator.path
    }
    edits = _completion(context, models, aggregator, missing) if missing else ()
    unexecuted = tuple(
        module
        for path, module in missing.items()
        if not any(path in timeline.visited for timeline in context.timelines)
    )
    changed = tuple(
        entry_name(timeline.entry)
        for timeline in context.timelines
        if timeline.entry.kind is not EntryKind.ALEMBIC
        and aggregator.path in timeline.visited
        and not timeline.visited.issuperset(missing)
    )
    complete = replace(aggregator, covers=aggregator.covers.union(missing))
    return Completion(complete, tuple(missing.values()), edits, unexecuted, changed) if edits else None


def imported_by_env(context: Context, models: Models, paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[Edit, ...]]:
    """Model modules that env.py is to import itself, as it imports others, and the edits."""
    env = AggregatorFile(models.env_path, module_name(context, models.env_path), frozenset())
    missing = {path: module_name(context, path) for path in paths}
    return tuple(missing.values()), _completion(context, models, env, missing)


def _completion(
    context: Context, models: Models, aggregator: AggregatorFile, missing: Mapping[str, str]
) -> tuple[Edit, ...]:
    source = python_source(context, aggregator.path)
    if source is None:
        return ()
    example = _example(context, models, source)
    if example is None:
        return _first_import(context, source, list(missing.values()))
    placed, comment = example
    node = placed.node
    listed_names = _list_of_names(source)
    lines: list[str] = []
    bound: list[str] = []
    for path, module in missing.items():
        statement, names = _like(context, source, node, path, module)
        protected = listed_names is not None or "noqa" in comment or _is_redundant(node) or not names
        if protected or context.workspace.settings.aggregator.style == "imports":
            after = f"  {comment}" if "noqa" in comment else ""
        else:
            after = "  # noqa: F401"
        lines.append(f"{source.indentation(node)}{statement}{after}")
        bound += names
    edits: list[TextEdit] = [source.insert_lines(source.whole(node).end_line + 1, *lines)]
    if listed_names is not None:
        edits += _listed(source, listed_names, bound)
    return tuple(edits)


def _example(context: Context, models: Models, source: PythonSource) -> tuple[PlacedStatement, str] | None:
    """The last import of a model module that owns its lines, with its comment."""
    found = None
    for each in source.imports:
        node = each.node
        if not each.at_top or not source.owns_its_lines(node) or not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        targets = [target_of(context, source.path, node, alias) for alias in node.names]
        if any(target is not None and target.path in models.modules for target in targets):
            span = source.span(node)
            found = each, source.source.line_text(span.end_line)[span.end_column :].strip()
    return found


def _first_import(context: Context, source: PythonSource, modules: Sequence[str]) -> tuple[Edit, ...]:
    top = [each for each in source.imports if each.at_top and source.owns_its_lines(each.node)]
    if top:
        line = source.span(top[-1].node).end_line + 1
    else:
        first = source.tree.body[0] if source.tree.body else None
        documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        line = source.span(first).end_line + 1 if first is not None and documented else 1
    noqa = "" if context.workspace.settings.aggregator.style == "imports" else "  # noqa: F401"
    return (source.insert_lines(line, *(f"import {module}{noqa}" for module in modules)),)


def _like(context: Context, source: PythonSource, node: ast.stmt, path: str, module: str) -> tuple[str, list[str]]:
    """The import of ``module`` in the manner of ``node``, and the names that it binds."""
    if not isinstance(node, ast.ImportFrom):
        if isinstance(node, ast.Import) and node.names[0].asname is not None:
            bound = module.rpartition(".")[2]
            return f"import {module} as {bound}", [bound]
        return f"import {module}", []
    is_package = source.path.endswith("__init__.py")
    spelled = relative(module_name(context, source.path), is_package, module) if node.level else module
    spelled = spelled or module
    if node.names[0].name == "*":
        return f"from {spelled} import *", []
    target = target_of(context, source.path, node, node.names[0])
    redundant = _is_redundant(node)
    if target is not None and not target.name:
        name = module_parts(spelled)[1]
        return import_module(spelled) + (f" as {name}" if redundant else ""), [name]
    names = _model_names(context, path)
    if not names:
        return f"import {module}", []
    listed = ", ".join(f"{name} as {name}" if redundant else name for name in names)
    return f"from {spelled} import {listed}", names


def _model_names(context: Context, path: str) -> list[str]:
    """The mapped classes that a file binds at its top level, in its order."""
    top = exports(context, path)
    found = [d.class_name for d in context.model_modules.get(path, ()) if d.class_name in top]
    return list(dict.fromkeys(found))


def _is_redundant(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom)) and all(alias.asname == alias.name for alias in node.names)


# --------------------------------------------------------------------- __all__


def _list_of_names(source: PythonSource) -> ast.List | ast.Tuple | None:
    for each in source.statements:
        node = each.node
        listed = node.value if each.at_top and isinstance(node, ast.Assign) else None
        if isinstance(listed, (ast.List, ast.Tuple)) and "__all__" in bound_names(node):
            return listed
    return None


def _listed(source: PythonSource, listed: ast.List | ast.Tuple, names: list[str]) -> list[TextEdit]:
    """Add names at the end of ``__all__``, in its own layout."""
    if not listed.elts or not names:
        return []
    whole = source.span(listed)
    last = source.span(listed.elts[-1])
    quote = source.slice(listed.elts[-1])[:1]
    tail = source.source.slice(Span(last.end_line, last.end_column, whole.end_line, whole.end_column))
    comma = tail.lstrip().startswith(",")
    column = last.end_column + (tail.index(",") + 1 if comma else 0)
    if whole.end_line == last.end_line:
        text = "".join(f", {quote}{name}{quote}" for name in names)
        return [source.insert(last.end_line, last.end_column, text)]
    indent = source.source.line_text(last.line)[: last.column]
    if indent.strip():
        text = "".join(f", {quote}{name}{quote}" for name in names)
        return [source.insert(last.end_line, last.end_column, text)]
    lines = "".join(f"{source.newline}{indent}{quote}{name}{quote}," for name in names)
    return [source.insert(last.end_line, column, ("" if comma else ",") + lines)]


def reexport(context: Context, aggregator: AggregatorFile, missing: Mapping[str, ImportTarget]) -> tuple[Edit, ...]:
    """Have the aggregator bind names of model modules that it does not bind yet."""
    source = python_source(context, aggregator.path)
    if source is None or not missing:
        return ()
    top = [each for each in source.imports if each.at_top and source.owns_its_lines(each.node)]
    if not top:
        return ()
    by_module: dict[str, list[str]] = {}
    for name, target in sorted(missing.items()):
        by_module.setdefault(module_name(context, target.path), []).append(name)
    all_names = _list_of_names(source)
    noqa = "" if all_names is not None else "  # noqa: F401"
    lines = [f"from {module} import {', '.join(names)}{noqa}" for module, names in sorted(by_module.items())]
    edits = [source.insert_lines(source.span(top[-1].node).end_line + 1, *lines)]
    if all_names is not None:
        edits += _listed(source, all_names, sorted(missing))
    return tuple(edits)


def holds_imports_alone(context: Context, path: str) -> bool:
    """Whether a file only imports. Strings, ``__all__`` and similar assignments do not count."""
    source = python_source(context, path)
    return source is not None and all(
        isinstance(node, (ast.Import, ast.ImportFrom))
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and "__" in source.slice(node).split("=")[0])
        for node in source.tree.body
    )
