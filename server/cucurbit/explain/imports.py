"""Exceptions about imports: cycles, and modules that are not found."""

from __future__ import annotations

import re
from dataclasses import replace

from cucurbit.analysis.finding import Finding, Related
from cucurbit.explain.causes import OTHER_CODE, Case, cuts, path_of, raised, whole_file
from cucurbit.report.explanation import Explanation
from cucurbit.rules.shared.evidence import entry_name
from cucurbit.workspace.model import ModuleSpec


def partially_initialized(case: Case) -> Explanation:
    """``cannot import name 'X' from partially initialized module 'm'``."""
    return _of_cycle(case, "ImportError")


def half_executed(case: Case) -> Explanation:
    """An attribute of a module that is still running, or a submodule that is: ``app.models.User``, ``app.models``."""
    return _of_cycle(case, "AttributeError")


def _of_cycle(case: Case, error: str) -> Explanation:
    name, module = case.groups
    shown = raised(
        case,
        "circular-import",
        lambda failure: failure.error == error and f"'{name}'" in failure.message and f"'{module}'" in failure.message,
    )
    if shown is not None:
        told = case.findings("circular-import", lambda finding: _tells(finding, name, module))
        evidence = (Related(told[0].location, "the import that closes the cycle"), *told[0].related) if told else ()
        return replace(shown, related=tuple(dict.fromkeys((*shown.related, *evidence))))
    path = _path_of_module(case, module)
    if not path:
        return case.explain(
            "circular-import", None, f"There is no module {module} in this workspace: {OTHER_CODE.lower()}"
        )
    cycles = case.findings(
        "circular-import",
        lambda finding: path in {finding.location.path, *(each.location.path for each in finding.related)},
    )
    if cycles:
        return case.explain(
            "circular-import",
            None,
            f"No entry point that was found raises it, but there is a cycle through {module}, and another order of"
            f" imports raises it. {cycles[0].message}",
            (Related(cycles[0].location, "the import that closes the cycle"), *cycles[0].related),
        )
    followed = cuts(case.context)
    return case.explain(
        "circular-import",
        None if followed else False,
        f"Nothing in this tree raises it: no cycle of imports through {module} was found. {OTHER_CODE}",
        (Related(whole_file(path), f"the module {module}"),),
        *((followed,) if followed else ()),
    )


def _tells(finding: Finding, name: str, module: str) -> bool:
    """Whether a finding is about the name that could not be taken from the module."""
    return f"'{name}' from partially initialized module '{module}'" in finding.message


def no_module(case: Case) -> Explanation:
    """``No module named 'x'``."""
    module = case.groups[0]
    found = _search(case, module)
    root = f"'{found[2]}'" if found is not None and found[2] else "the root of the workspace"
    commands = case.findings("start-command-missing", lambda finding: module in finding.message)
    if commands:
        return case.told("start-command-missing", commands[0])
    said = re.compile(rf"No module named '?{re.escape(module)}'?(?![\w.])")
    shown = raised(case, "missing-module", lambda failure: said.match(failure.message) is not None)
    if found is None:
        return case.explain(
            "missing-module",
            None,
            f"There is no module {module.partition('.')[0]} in this workspace: it is a package that is not installed"
            " where this ran, or code that is not part of this tree.",
        )
    spec, missing, folder = found
    if missing:
        return _inside(case, spec, missing, shown)
    if shown is not None:
        return shown
    without = [
        timeline.entry
        for timeline in case.context.timelines
        if folder not in (*timeline.entry.sys_path, *timeline.entry.fallback_path)
    ]
    named = f" Of the entry points, {entry_name(without[0])} does not have it there." if without else ""
    return case.explain(
        "not-on-sys-path",
        None,
        f"{module} stands in {root}, at {spec.path or 'a folder without __init__.py'}: that folder was not on"
        f" sys.path where this ran.{named}",
        (Related(whole_file(spec.path), f"the module {module}"),) if spec.path else (),
        "Run it from that folder, set PYTHONPATH, or install the project (`pip install -e .`).",
    )


def _inside(case: Case, parent: ModuleSpec, missing: str, shown: Explanation | None) -> Explanation:
    """A part of the dotted name is found, the next one is not."""
    related = (Related(whole_file(parent.path), f"the module {parent.name}"),) if parent.path else ()
    if not parent.is_package:
        folder = (parent.path or "").removesuffix(".py")
        beside = case.context.workspace.is_dir(folder)
        shadow = f" The folder {folder} beside it is hidden by it: it has no __init__.py." if beside else ""
        return case.explain(
            "missing-module",
            True,
            f"{parent.name} is a file ({parent.path}), no package, so {missing} cannot exist.{shadow}",
            related if shown is None else (*shown.related, *related),
        )
    if shown is not None:
        return replace(shown, related=(*shown.related, *related))
    return case.explain(
        "missing-module",
        None,
        f"The package {parent.name} is here, but it holds no {missing}. {OTHER_CODE}",
        related,
    )


def _search(case: Case, module: str) -> tuple[ModuleSpec, str, str] | None:
    """How far a dotted name leads under the best root: the last part found, what is missing below it, the root."""
    workspace = case.context.workspace
    paths = [path for frame in case.error.frames if (path := path_of(case.context, frame))]
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


def _path_of_module(case: Case, module: str) -> str:
    found = _search(case, module)
    return found[0].path or "" if found is not None and not found[1] else ""
