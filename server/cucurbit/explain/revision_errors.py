"""Explains what Alembic's commands refuse: the graph of revisions, the version in the database, the command itself."""

from __future__ import annotations

import re

from cucurbit.analysis.finding import Related
from cucurbit.analysis.wording import listed
from cucurbit.explain.case import ErrorCase, whole_file
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.known import known
from cucurbit.explain.workers import migrating_workers
from cucurbit.rules.shared.revisions import graphs, meant_by, parent_place, place_of, revision_place
from cucurbit.workspace.alembic.graph import Fault, GraphFault, RevisionGraph
from cucurbit.workspace.alembic.script import RevisionScript

_MISSING = (Fault.MISSING_PARENT, Fault.MISSING_DEPENDENCY, Fault.LABEL_AS_PARENT)

# --------------------------------------------------------------------- the graph


def multiple_heads(case: ErrorCase) -> Explanation:
    """``Multiple head revisions are present for given argument 'head'``."""
    found = graphs(case.context)
    graph = next((each for each in found if len(each.distinct_heads) > 1), None)
    if graph is None:
        doubled = next((fault.name for each in found for fault in each.duplicates), "")
        if doubled:
            # Alembic counts each of the files as a head.
            return _present_twice(case, doubled)
        shown = [each.shown for graph in found for each in graph.distinct_heads]
        one = f"the revisions here have one head, {listed(shown)}" if shown else "no revision file was found here"
        return case.explain(
            "multiple-heads",
            None,
            f"The revisions had several heads where the command ran, but {one}: further revision files were there, such"
            " as those of another branch or of an older image.",
            (),
            "Compare the folder of revisions there with this one: `alembic heads -v`.",
        )
    heads = graph.distinct_heads
    parents = {each.parents for each in heads}
    follow = ""
    if not any(parents):
        follow = ", each of which is a first revision (down_revision is None)"
    elif len(heads) == 2 and len(parents) == 1:
        follow = f", which both follow {listed(heads[0].parents)}"
    return case.explain(
        "multiple-heads",
        True,
        f"The revisions have {len(heads)} heads, {listed(each.shown for each in heads)}{follow}, so 'head' names none"
        f" of them.{_duplicates_told(graph)}",
        (
            *(Related(parent_place(case.context, each), f"head {each.id}") for each in heads),
            *_duplicates(case, graph),
        ),
        "`alembic merge heads` writes a revision that follows all of them; or set the down_revision of one to the other"
        " if it was not applied anywhere yet. `alembic upgrade heads` applies all without joining them.",
    )


def _duplicates(case: ErrorCase, graph: RevisionGraph) -> tuple[Related, ...]:
    return tuple(
        Related(revision_place(case.context, each), f"the identifier {each.id}, given twice")
        for fault in graph.duplicates
        for each in fault.scripts
    )


def _duplicates_told(graph: RevisionGraph) -> str:
    if not graph.duplicates:
        return ""
    fault = graph.duplicates[0]
    return (
        f" {listed(each.path for each in fault.scripts)} have one identifier, {fault.name}; Alembic keeps one of them."
    )


def present_twice(case: ErrorCase) -> Explanation:
    """``Revision X is present more than once``."""
    return _present_twice(case, case.groups[0])


def _present_twice(case: ErrorCase, identifier: str) -> Explanation:
    for graph in graphs(case.context):
        for fault in graph.duplicates:
            if fault.name == identifier:
                return case.explain(
                    "duplicate-revision",
                    True,
                    f"{listed(each.path for each in fault.scripts)} have the same identifier, {identifier}: Alembic"
                    " keeps the last one that it reads, and the other never runs.",
                    tuple(
                        Related(revision_place(case.context, each), f"'{identifier}' here") for each in fault.scripts
                    ),
                    "Give one of them another identifier, let it follow the other, and change the down_revision of what"
                    " follows it.",
                )
    return case.explain(
        "duplicate-revision",
        None,
        f"Two revision files had the identifier {identifier} where the command ran; in this workspace only one has. A"
        " copy of a file, or a file that was renamed here and is still in the image, does that.",
        tuple(
            Related(revision_place(case.context, each), f"'{identifier}' here")
            for graph in graphs(case.context)
            for each in graph.named(identifier)
        ),
    )


def missing_parent(case: ErrorCase) -> Explanation:
    """``Revision X referenced from ... is not present``."""
    identifier = case.groups[0]
    for graph in graphs(case.context):
        users = _users(graph, identifier)
        if users:
            return _no_parent(case, graph, users, identifier)
    return case.explain(
        "missing-revision",
        None,
        f"A revision follows '{identifier}', and no file had that identifier where the command ran. No revision in this"
        " workspace follows a missing one: other files were there.",
        (),
        "Compare the folder of revisions there with this one: was a file left out of the image or the commit?",
    )


def missing_parent_key(case: ErrorCase) -> Explanation | None:
    """A ``KeyError`` in Alembic's map of revisions."""
    if case.error.name != "KeyError":
        return None
    last = case.error.frames[-1].path if case.error.frames else ""
    of_alembic = re.search(r"alembic[/\\]script[/\\]revision\.py$", last) is not None
    named = any(_users(graph, case.groups[0]) for graph in graphs(case.context))
    return missing_parent(case) if of_alembic or named else None


def _no_parent(
    case: ErrorCase, graph: RevisionGraph, users: tuple[RevisionScript, ...], identifier: str
) -> Explanation:
    meant = _meant(graph, identifier)
    hint = f" {meant.path} has the identifier {meant.id}: it is what is meant." if meant is not None else ""
    related = [
        Related(place_of(case.context, each, _name(each, identifier), identifier), f"no file is '{identifier}'")
        for each in users
    ]
    verb = "follows" if identifier in users[0].parents else "depends on"
    if meant is not None:
        related.append(Related(revision_place(case.context, meant), f"this one is called '{meant.id}'"))
    return case.explain(
        "missing-revision",
        True,
        f"{users[0].path} {verb} the revision '{identifier}', and no file has that identifier.{hint}",
        tuple(related),
        f'Write `{_name(users[0], identifier)} = "{meant.id}"` there.'
        if meant is not None
        else "Restore the file of that revision, or let this one follow the revision before it.",
    )


def _name(script: RevisionScript, identifier: str) -> str:
    """The name into which a file writes an identifier of another revision."""
    return "down_revision" if identifier in script.parents else "depends_on"


def _meant(graph: RevisionGraph, identifier: str) -> RevisionScript | None:
    """The file that an identifier means that is none."""
    found = meant_by(graph, identifier)
    return graph.by_label.get(identifier) or (found.script if found is not None else None)


def _users(graph: RevisionGraph, identifier: str) -> tuple[RevisionScript, ...]:
    """The revisions that follow or depend on one that is not there."""
    return tuple(
        dict.fromkeys(
            each
            for fault in graph.faults
            if fault.fault in _MISSING and fault.name == identifier
            for each in fault.scripts
        )
    )


def not_located(case: ErrorCase) -> Explanation:
    """``Can't locate revision identified by 'X'``, ``No such revision or branch 'X'``."""
    identifier = case.groups[0]
    found = graphs(case.context)
    for graph in found:
        here = graph.named(identifier)
        if here:
            return case.explain(
                "revision-not-found",
                None,
                f"The revision {identifier} is here ({here[0].path}), and was not where the command ran: it ran with"
                " older files, such as an image that was built before, or with another folder of revisions.",
                (Related(revision_place(case.context, here[0]), "the revision"),),
                f"It was read from {listed(graph.environment.version_locations)}; look for this file there, and build"
                " the image again.",
            )
        users = _users(graph, identifier)
        if users:
            return _no_parent(case, graph, users, identifier)
        meant = _meant(graph, identifier)
        if meant is not None and case.frames:
            return case.explain(
                "revision-not-found",
                None,
                f"No revision file has the identifier {identifier}; {meant.path} has {meant.id}. Either that"
                " one was meant, or the database was migrated by code that is not here.",
                (Related(revision_place(case.context, meant), "perhaps this is meant"),),
            )
    written = _written(case, identifier)
    said = ", or the command names it" if not written else ""
    heads = [each.shown for graph in found for each in graph.distinct_heads]
    return case.explain(
        "revision-not-found",
        None,
        f"No revision file here has the identifier {identifier}. Likely the database says that it stands there (table"
        f" alembic_version{said}): it was migrated by code that is not here, such as another branch, a revision that"
        " was deleted or renamed since, or another project with the same database.",
        written,
        "Bring the file back (`git log --all -- <folder of revisions>`), or, if the schema is that of a revision here,"
        f" `alembic stamp --purge <revision>`.{f' The head here is {listed(heads)}.' if heads else ''}",
        "Two projects that share a database need a `version_table` each.",
    )


def _written(case: ErrorCase, identifier: str) -> tuple[Related, ...]:
    """The frame whose source names the revision."""
    return tuple(
        Related(each.location, "the revision is named here")
        for each, frame in zip(case.chain(), case.frames, strict=False)
        if identifier in frame.source
    )


def cycle(case: ErrorCase) -> Explanation:
    """``Cycle is detected in revisions (a, b)``, and loops of one revision."""
    names = [name.strip() for name in case.groups[1].split(",")]
    files = [each for graph in graphs(case.context) for each in graph.scripts if each.id in names]
    return case.explain(
        "revision-cycle",
        True if files else None,
        f"The revisions {listed(names, 6)} follow each other in a circle, so none of them is the first.",
        tuple(Related(parent_place(case.context, each), f"{each.id} follows {listed(each.parents)}") for each in files),
        "Correct the down_revision of the oldest of them.",
    )


def no_identifier(case: ErrorCase) -> Explanation:
    """``Could not determine revision id from filename X``."""
    name = case.groups[0]
    scripts = (each for graph in graphs(case.context) for each in graph.scripts)
    files = [each for each in scripts if each.file_name == name and not each.id]
    return case.explain(
        "no-revision-id",
        True if files else None,
        f"{files[0].path if files else name} is in a folder of revisions and assigns no `revision`, and Alembic takes"
        " every Python file there for a revision.",
        tuple(Related(whole_file(each.path), "no `revision = ...` here") for each in files),
        "Move it out of that folder if it is none.",
    )


def no_parent_name(case: ErrorCase) -> Explanation:
    """``module 'a_py' has no attribute 'down_revision'``."""
    return _file_fault(
        case,
        Fault.NO_PARENT,
        "assigns no `down_revision`, which Alembic reads of every revision",
        "Write `down_revision = None` in the first revision, and the identifier of the one before it in any other.",
    )


def illegal_character(case: ErrorCase) -> Explanation:
    """``Character(s) '-' not allowed in revision identifier '2025-01-01'``."""
    return _file_fault(
        case,
        Fault.ILLEGAL_CHARACTER,
        f"has the identifier '{case.groups[0]}', and Alembic gives `@`, `-`, `+` and `:` a meaning of their own",
        "Give it another identifier, with `_` for instance, also in the down_revision of what follows it.",
    )


def label_twice(case: ErrorCase) -> Explanation:
    """``Branch name 'x' in revision b already used by revision a``."""
    name = case.groups[0]
    scripts = [each for fault in _faults(case, Fault.DUPLICATE_LABEL) if fault.name == name for each in fault.scripts]
    return case.explain(
        "duplicate-label",
        True if scripts else None,
        f"The branch label '{name}' is given twice, by {listed(case.groups[1:])}; it has to name one branch.",
        tuple(Related(place_of(case.context, each, "branch_labels", name), f"'{name}' here") for each in scripts),
        "A label is written once, in the first revision of its branch: take it out of the others.",
    )


def _file_fault(case: ErrorCase, kind: Fault, what: str, advice: str) -> Explanation:
    """Explain what Alembic refuses in one file."""
    faults = _faults(case, kind)
    said = [each for each in faults if each.words in case.error.message] or faults
    scripts = tuple(dict.fromkeys(script for each in said for script in each.scripts))
    return case.explain(
        "revision-graph",
        True if scripts else None,
        f"{listed(each.path for each in scripts) or 'A revision file'} {what}.",
        tuple(Related(revision_place(case.context, each), "the revision") for each in scripts),
        advice,
    )


def _faults(case: ErrorCase, kind: Fault) -> list[GraphFault]:
    return [each for graph in graphs(case.context) for each in graph.faults if each.fault is kind]


def overlaps(case: ErrorCase) -> Explanation:
    """``Requested revision X overlaps with other requested revisions Y``."""
    one, other = case.groups
    return case.explain(
        "version-overlaps",
        None,
        f"The table alembic_version has a row for {one} and one for {other}, and one of them comes before the other: it"
        " should hold the last only.",
        tuple(
            Related(revision_place(case.context, each), f"revision {each.id}")
            for graph in graphs(case.context)
            for name in (one, *other.split(", "))
            for each in graph.named(name)
        ),
        f"If both were applied, `alembic stamp --purge {one}`. Such rows stay when two heads are joined by changing a"
        " down_revision instead of by a merge revision.",
    )


def relative(case: ErrorCase) -> Explanation:
    """``Relative revision -1 didn't produce 1 migrations``."""
    number = case.groups[0]
    return case.explain(
        "relative-revision",
        None,
        f"There is no revision {number} steps away from where the database stands: it is at the base or at a head, or"
        " was never migrated or stamped.",
        (),
        "`alembic current` shows where it stands, `alembic history` the revisions.",
    )


# ---------------------------------------------------------------- the database


def not_up_to_date(case: ErrorCase) -> Explanation:
    """``Target database is not up to date.``"""
    heads = [each.shown for graph in graphs(case.context) for each in graph.distinct_heads]
    several = "" if len(heads) < 2 else " With several heads it has to stand at each of them."
    return case.explain(
        "database-behind",
        None,
        "Alembic compares the models with the database, so that has to stand at the head first, and the database that"
        f" env.py connects to does not.{f' The head here is {listed(heads)}.' if heads else ''}{several}",
        _chain_of_heads(case),
        "`alembic upgrade head`, then the command again. If the schema is that of the head already (create_all made"
        " it), `alembic stamp head`.",
        "`alembic current` says where it stands; look whether it is the database that you mean.",
    )


def _chain_of_heads(case: ErrorCase) -> tuple[Related, ...]:
    return tuple(
        Related(revision_place(case.context, each), "the head")
        for graph in graphs(case.context)
        for each in graph.distinct_heads
    )


def several_versions(case: ErrorCase) -> Explanation:
    """``Version table 'alembic_version' has more than one head present``."""
    return case.explain(
        "multiple-heads",
        None,
        f"The table {case.groups[0]} has several rows: the database was migrated along several branches, and code asks"
        " for the one current revision.",
        _chain_of_heads(case),
        "`alembic merge heads` and `alembic upgrade head` join them; code that wants all of them calls"
        " `get_current_heads()`.",
    )


def changed_beside(case: ErrorCase) -> Explanation:
    """``Online migration expected to match one row when updating 'a' to 'b' in 'alembic_version'; 0 found``."""
    workers, told = migrating_workers(case.context)
    return case.explain(
        "concurrent-migrations",
        None,
        "The row of alembic_version changed while the migrations ran: likely another process ran the same migrations at"
        f" the same time.{told}",
        workers,
        "Run the migrations once, before the workers start, or take a lock around them in env.py"
        " (PostgreSQL: `pg_advisory_lock`).",
    )


# ----------------------------------------------------------------- the command


def no_script_location(case: ErrorCase) -> Explanation:
    """``No 'script_location' key found in configuration``, ``No config file 'alembic.ini' found``."""
    configs = [each.config for each in case.context.workspace.environments]
    located = tuple(
        Related(each.location, "the configuration") for each in case.context.workspace.environments if each.config
    )
    if not configs:
        return case.explain(
            "no-configuration",
            None,
            "Alembic found no configuration where it was started, and none was found in this workspace.",
            (),
            "`alembic init migrations` makes one.",
        )
    directory = next((each.directory for each in case.context.workspace.environments), "")
    where = f"in '{directory}'" if directory else "in the root of the workspace"
    return case.explain(
        "no-configuration",
        None,
        f"Alembic read no configuration: it looks for alembic.ini in the folder where it is started, and here that is"
        f" {listed(configs)}.",
        located,
        f"Start it {where}, or give `alembic -c {configs[0]}`. In code, give `Config` an absolute path:"
        ' `Config(Path(__file__).parent / "alembic.ini")`; a `Config()` without a file needs'
        ' `set_main_option("script_location", ...)`.',
    )


def no_folder(case: ErrorCase) -> Explanation:
    """``Path doesn't exist: migrations.  Please use the 'init' command``."""
    path = case.groups[0].strip("'\"")
    environments = [
        each
        for each in case.context.workspace.environments
        if path.rstrip("/").endswith(each.script_location.rpartition("/")[2])
    ]
    if environments:
        found = environments[0]
        summary = (
            f"The folder {path} was not found where the program ran; here it is '{found.script_location}'."
            " script_location is taken from the folder where the program is started if it is relative."
        )
        return case.explain(
            "no-script-location",
            None,
            summary,
            (Related(found.location, "script_location"),),
            "Write `script_location = %(here)s/...`, which is taken from the folder of alembic.ini, or start the"
            " program there. In an image, look whether the folder was copied.",
        )
    return case.explain(
        "no-script-location",
        None,
        f"The folder {path}, which script_location names, was not found where the program ran.",
        tuple(
            Related(each.location, f"script_location: {each.script_location}")
            for each in case.context.workspace.environments
        ),
        "A relative one is taken from the folder where the program is started; `%(here)s/...` from that of"
        " alembic.ini.",
    )


def differences_found(case: ErrorCase) -> Explanation:
    """``New upgrade operations detected`` from ``alembic check``."""
    told = f" They are {case.groups[0][:300]}." if case.groups[0] else ""
    return case.explain(
        "model-not-in-migrations",
        None,
        "`alembic check` compared the models with the database and found differences: no revision makes what the models"
        f" say.{told}",
        (),
        "`alembic revision --autogenerate` writes the revision. A `remove_table` of a table that you have a model for"
        " says that env.py does not import that model.",
    )


def init_again(case: ErrorCase) -> Explanation:
    """``Directory migrations already exists and is not empty``."""
    return case.explain(
        "already-initialised",
        None,
        f"`alembic init` (or `flask db init`) makes the folder {case.groups[0]} and refuses one that has files: it was"
        " run before.",
        tuple(Related(each.location, "the environment that is there") for each in case.context.workspace.environments),
        "Go on with `alembic revision --autogenerate`.",
    )


KNOWN = (
    known(
        r"(Multiple head revisions are present|Multiple heads are present|has multiple heads"
        r"|Multiple heads (?:were|are) found)",
        multiple_heads,
        "FAILED: Multiple head revisions are present for given argument 'head'",
        "the heads, and how to join them",
    ),
    known(
        r"Revision (\S+) is present more than once",
        present_twice,
        "Revision 016 is present more than once",
        "the two files",
    ),
    known(
        r"Revision (\S+) referenced from .* is not present",
        missing_parent,
        "Revision 016 referenced from 016 -> 017 (head) is not present",
        "the revision that follows it, and what is meant",
    ),
    known(r"^'([\w.-]+)'$", missing_parent_key, "KeyError: '20250101_plots', in Alembic's revision.py", "the same"),
    known(
        r"Can't locate revision identified by '([^']+)'",
        not_located,
        "FAILED: Can't locate revision identified by '1a2b3c'",
        "whether it is here, and where the database may have it from",
    ),
    known(
        r"No such revision or branch '([^']+)'", not_located, "FAILED: No such revision or branch '1a2b'", "the same"
    ),
    known(
        r"(Cycle|Dependency cycle|Self-loop|Dependency self-loop) is detected in revisions \(([^)]*)\)",
        cycle,
        "FAILED: Cycle is detected in revisions (a, b)",
        "the revisions",
    ),
    known(
        r"Could not determine revision id from filename (\S+?)\.? ",
        no_identifier,
        "FAILED: Could not determine revision id from filename helpers.py",
        "the file",
    ),
    known(
        r"module '\w+' has no attribute '(down_revision)'",
        no_parent_name,
        "AttributeError: module 'a1_plots_py' has no attribute 'down_revision'",
        "the file",
    ),
    known(
        r"Character\(s\) '.*' not allowed in revision identifier '([^']*)'",
        illegal_character,
        "FAILED: Character(s) '-' not allowed in revision identifier '2025-01-01'",
        "the file",
    ),
    known(
        r"Branch name '([^']+)' in revision (\S+) already used by revision (\S+)",
        label_twice,
        "FAILED: Branch name 'core' in revision b already used by revision a",
        "the revisions",
    ),
    known(
        r"Requested revision (\S+) overlaps with other requested revisions (.+?)\.?$",
        overlaps,
        "FAILED: Requested revision a overlaps with other requested revisions b",
        "the revisions, and what alembic_version holds",
    ),
    known(
        r"Relative revision (\S+) didn't produce",
        relative,
        "FAILED: Relative revision -1 didn't produce 1 migrations",
        "what it means",
    ),
    known(
        r"(Target database is not up to date|Database is not on all head revisions)",
        not_up_to_date,
        "FAILED: Target database is not up to date.",
        "the head, and what to run",
    ),
    known(
        r"Version table '([^']+)' has more than one head present",
        several_versions,
        "FAILED: Version table 'alembic_version' has more than one head present",
        "the heads",
    ),
    known(
        r"(Online migration expected to match one row)",
        changed_beside,
        "FAILED: Online migration expected to match one row when updating 'a' to 'b'",
        "the processes that migrate at the same time",
    ),
    known(
        r"(No 'script_location' key found in configuration|No config file .* found, or file has no|"
        r"No 'script_location' key)",
        no_script_location,
        "FAILED: No 'script_location' key found in configuration",
        "where the configuration is",
    ),
    known(
        r"Path doesn't exist: (\S+?)\.?\s+Please use the 'init' command",
        no_folder,
        "FAILED: Path doesn't exist: migrations. Please use the 'init' command",
        "where the folder is",
    ),
    known(
        r"New upgrade operations detected:?\s*(.*)",
        differences_found,
        "FAILED: New upgrade operations detected",
        "what `alembic check` compares",
    ),
    known(
        r"Directory (\S+) already exists and is not empty",
        init_again,
        "FAILED: Directory migrations already exists and is not empty",
        "the environment that is there",
    ),
)
