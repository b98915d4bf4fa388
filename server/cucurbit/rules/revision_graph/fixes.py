"""The fixes of ``revision-graph``: correct an identifier, let a revision follow another one, merge the heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cucurbit.analysis.context import Context
from cucurbit.analysis.edits import Fix, FixKind, NewFile, TextEdit
from cucurbit.analysis.finding import Finding
from cucurbit.analysis.rule import FixGate
from cucurbit.analysis.wording import listed
from cucurbit.fixes.python_source import python_source
from cucurbit.rules.revision_graph.subject import RevisionSubject
from cucurbit.rules.shared.revision_template import new_identifier, new_revision
from cucurbit.rules.shared.revisions import graphs, meant_by, written_names
from cucurbit.workspace.alembic.graph import Fault, GraphFault, RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript

_PARENT_FAULTS = {Fault.MISSING_PARENT, Fault.LABEL_AS_PARENT, Fault.SELF_PARENT}


def fixes(gate: FixGate, finding: Finding) -> tuple[Fix, ...]:
    """What mends a graph, the likeliest first."""
    subject = finding.subject
    graph = _graph(gate.context, subject) if isinstance(subject, RevisionSubject) else None
    if graph is None or not isinstance(subject, RevisionSubject):
        return ()
    found = _of_heads(gate.context, graph) if subject.fault is None else _of_fault(gate.context, graph, subject.fault)
    return tuple(fix for each in found if each is not None for fix in gate.offered(each, finding))


def _graph(context: Context, subject: RevisionSubject) -> RevisionGraph | None:
    key = (subject.config, subject.section)
    return next((e for e in graphs(context) if (e.environment.config, e.environment.section) == key), None)


def _fix(title: str, edits: Sequence[TextEdit | NewFile | None], note: str, *, safe: bool = False) -> Fix | None:
    """A fix with all these edits; None where one of them cannot be made."""
    made = tuple(each for each in edits if each is not None)
    if len(made) < len(edits):
        return None
    return Fix(title, safe, FixKind.QUICKFIX, made, rule="revision-graph", note=note)


def _rewritten(context: Context, script: RevisionScript, name: str, old: str, new: str) -> TextEdit | None:
    """Replace one identifier where a file writes it into a name; None where it is not written there once."""
    source = python_source(context, script.path)
    places = [each for each in written_names(source, name) if each.text == old] if source is not None else []
    if source is None or len(places) != 1 or not new.isprintable() or set(new) & {'"', "'", "\\"}:
        return None
    quote = source.source.slice(places[0].span)[-1]
    return source.replace(places[0].span, f"{quote}{new}{quote}")


# --------------------------------------------------------------------------- faults


def _of_fault(context: Context, graph: RevisionGraph, fault: GraphFault) -> Iterator[Fix | None]:
    if fault.fault is Fault.DUPLICATE:
        yield _apart(context, graph, fault)
    elif fault.fault in _PARENT_FAULTS or fault.fault is Fault.MISSING_DEPENDENCY:
        meant = _meant(graph, fault)
        name = "depends_on" if fault.fault is Fault.MISSING_DEPENDENCY else "down_revision"
        if meant is not None:
            script, safe = meant
            edits = [_rewritten(context, each, name, fault.name, script.id) for each in fault.scripts]
            yield _fix(f"Write '{script.id}', the identifier of {script.path}", edits, "", safe=safe)
        elif name == "down_revision":
            yield _onto_the_head(context, graph, fault)


def _meant(graph: RevisionGraph, fault: GraphFault) -> tuple[RevisionScript, bool] | None:
    """The revision that a name means, and whether there is no doubt."""
    if fault.fault is Fault.LABEL_AS_PARENT:
        return graph.by_label[fault.name], False
    found = meant_by(graph, fault.name, fault.scripts[0]) if fault.fault is not Fault.SELF_PARENT else None
    return (found.script, found.named) if found is not None else None


def _onto_the_head(context: Context, graph: RevisionGraph, fault: GraphFault) -> Fix | None:
    """Let the one revision with a wrong parent follow the only head that does not come after it."""
    if len(fault.scripts) != 1:
        return None
    script = fault.scripts[0]
    heads = [each for each in graph.heads if script.id not in graph.ancestors(each)]
    if len(heads) != 1:
        return None
    edit = _rewritten(context, script, "down_revision", fault.name, heads[0].id)
    return _fix(
        f"Let {script.id} follow {heads[0].id}, the head",
        [edit],
        "A database that has run it already keeps its row in alembic_version.",
    )


def _apart(context: Context, graph: RevisionGraph, fault: GraphFault) -> Fix | None:
    """Give the last of two files another identifier, and let it follow the first; what follows both follows it."""
    if len(fault.scripts) != 2 or fault.scripts[0].parents != fault.scripts[1].parents or not fault.scripts[1].parents:
        return None
    first, second = fault.scripts
    if len(second.parents) != 1:
        return None
    new = new_identifier((first.path, second.path), frozenset(graph.by_id))
    edits = [
        _rewritten(context, second, "revision", second.id, new),
        _rewritten(context, second, "down_revision", second.parents[0], first.id),
        *(_rewritten(context, each, "down_revision", first.id, new) for each in graph.children.get(first.id, ())),
    ]
    return _fix(
        f"Give {second.path} the identifier {new}, and let it follow {first.path}",
        edits,
        f"A database at {first.id} has run one of the two files: look which.",
    )


# ---------------------------------------------------------------------------- heads


def _of_heads(context: Context, graph: RevisionGraph) -> Iterator[Fix | None]:
    heads = graph.distinct_heads
    yield _merge(context, graph, heads)
    if len(heads) == 2:
        yield _behind(context, graph, heads[1], heads[0])
        yield _behind(context, graph, heads[0], heads[1])


def _merge(context: Context, graph: RevisionGraph, heads: tuple[RevisionScript, ...]) -> Fix | None:
    """``alembic merge heads``: a revision that follows all of them."""
    names = tuple(each.id for each in heads)
    message = f"merge {' and '.join(names)}" if len(names) < 4 else "merge heads"
    made = new_revision(context, graph, names, message)
    if made is None:
        return None
    return _fix(
        f"Merge the heads {listed(names)} by a new revision",
        [made],
        "The two branches must not change the same things: their order is open.",
    )


def _behind(context: Context, graph: RevisionGraph, moved: RevisionScript, head: RevisionScript) -> Fix | None:
    """Let the branch that ends in one head follow the other head, where it is a line from a common revision."""
    shared = graph.ancestors(head)
    first = moved
    while len(first.parents) == 1 and first.parents[0] not in shared:
        first = graph.by_id[first.parents[0]]
        if len(graph.children.get(first.id, ())) > 1:
            return None
    if len(first.parents) != 1:
        return None
    edit = _rewritten(context, first, "down_revision", first.parents[0], head.id)
    what = moved.id if first is moved else f"{first.id} to {moved.id}"
    return _fix(
        f"Let {what} follow {head.id}",
        [edit],
        f"Right where {first.id} was applied nowhere yet: a database that stands there would skip {head.id}.",
    )
