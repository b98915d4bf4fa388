"""Explains exceptions of mappers: names that relationships and foreign keys cannot find, and how tables are joined."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator

from cucurbit.analysis.finding import Related
from cucurbit.explain.case import ErrorCase, at_line, cuts, entries_running, entries_without, known_entry
from cucurbit.explain.explanation import Explanation
from cucurbit.explain.known import known
from cucurbit.explain.syntax import ClassAttribute, attributes_of, dotted, text_of
from cucurbit.rules.module_loaded_twice.finding import LoadedTwice
from cucurbit.rules.shared.evidence import entries_named, entry_name
from cucurbit.simulate.core.timeline import EventKind, TableDefinition

_RELATIONSHIPS = frozenset({"relationship", "Relationship", "backref", "dynamic_loader", "relation"})


# ------------------------------------------------------------------- classes


def multiple_classes(case: ErrorCase) -> Explanation:
    """``Multiple classes found for path "X" in the registry of this declarative base``."""
    context = case.context
    path = case.groups[0]
    name = path.rpartition(".")[2]
    same = [each for each in context.definitions.values() if each.class_name == name]
    users = tuple(
        Related(at_line(context, each), f"a relationship to '{path}'")
        for _, each in _relationships(case)
        if _target(each) == path
    )
    modules = sorted({each.module for each in context.executed_definitions() if each.class_name == name})
    if len(same) == 1 and len(modules) > 1:
        return _loaded_twice(case, same[0], modules, users)
    related = tuple(
        Related(context.location(each.place), f"class {name}, table '{each.key}', module {each.module}")
        for each in same
    )
    if len(same) > 1:
        where = f" at {users[0].location.path}:{users[0].location.span.line}" if users else ""
        return case.explain(
            "multiple-classes",
            True,
            f"{len(same)} classes called {name} are mapped, and a relationship{where} names one of them by '{path}',"
            " which is ambiguous.",
            (*users, *related),
            f"Write the whole path in the relationship, such as '{same[0].module}.{name}', or rename one class.",
        )
    if not same:
        return case.explain(
            "multiple-classes",
            None,
            f"Two mapped classes are called {name} where the program ran, but none was found here.",
            users,
            cuts(context),
        )
    return case.explain(
        "multiple-classes",
        None,
        f"One mapped class {name} was found here, in the module {same[0].module}. Likely its file was executed under"
        " two module names, or its class statement runs in a function that is called twice.",
        (*related, *users),
        case.unpredicted(),
        cuts(context),
    )


def _loaded_twice(
    case: ErrorCase, definition: TableDefinition, modules: list[str], users: tuple[Related, ...]
) -> Explanation:
    """One class statement that was executed under several module names."""
    context = case.context
    found = case.findings(
        "module-loaded-twice",
        lambda each: (
            definition.place.path in {each.location.path, *(other.location.path for other in each.related)}
            or (isinstance(each.subject, LoadedTwice) and definition.key in each.subject.tables)
        ),
    )
    if found:
        return case.from_finding("module-loaded-twice", found[0], "loaded a second time here")
    imports: list[Related] = []
    for module in modules:
        for timeline in context.timelines:
            record = next(
                (each for each in timeline.imports if each.module == module and each.path == definition.place.path),
                None,
            )
            if record is not None:
                imports.append(Related(context.location(record.place), f"loads the file as {module}"))
                break
    cleared = next((event for timeline in context.timelines for event in timeline.of(EventKind.METADATA_CLEARED)), None)
    hidden: tuple[Related, ...] = ()
    if cleared is not None:
        hidden = (Related(context.location(cleared.place), "this hides the error that SQLAlchemy would raise first"),)
    return case.explain(
        "module-loaded-twice",
        True,
        f"{definition.place.path} is executed under {len(modules)} module names, {' and '.join(modules)}, so there are"
        f" {len(modules)} classes {definition.class_name}, and a relationship that names '{definition.class_name}' is"
        " ambiguous.",
        (*imports, *hidden, *users),
        "Import it under one name everywhere, and do not put the folder of a package on sys.path.",
    )


def failed_to_locate(case: ErrorCase) -> Explanation:
    """``expression 'X' failed to locate a name ('X')``."""
    context = case.context
    name = _missing_name(case)
    users = tuple(
        Related(at_line(context, each), f"the relationship to '{_target(each)}'" if is_target else f"names '{name}'")
        for _, each in _relationships(case)
        if (is_target := _target(each).rpartition(".")[2] == name) or _mentions(each, name)
    )
    definitions = context.definitions.values()
    classes = [each for each in definitions if each.class_name == name]
    if classes:
        return _not_imported(case, f"class {name}", classes, users)
    tables = [each for each in definitions if each.key.rpartition(".")[2] == name]
    if tables and not tables[0].class_name:
        return _not_imported(case, f"table '{name}'", tables, users)
    names = {each.class_name or each.key for each in definitions}
    close = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    if tables:
        hint = f" '{name}' is a table: the class is {tables[0].class_name}."
    return case.explain(
        "unknown-class",
        None,
        f"No {'table or ' if name.islower() else ''}mapped class in this workspace is called {name}.{hint}",
        users,
        cuts(context),
    )


def _missing_name(case: ErrorCase) -> str:
    """The class or table that the expression names; of ``Node.id == Edge.node_id``, the name that is missing."""
    expression, undefined = case.groups[:2]
    named = {each.class_name for each in case.context.definitions.values()}
    if undefined and (undefined in named or undefined[:1].isupper() or not re.fullmatch(r"[\w.]+", expression)):
        return undefined
    return re.split(r"[\[\s(]", expression.rpartition(".")[2])[0]


def _mentions(attribute: ClassAttribute, name: str) -> bool:
    """Whether a text in the arguments of a relationship contains a name."""
    value = attribute.value
    texts = (text_of(node) for node in ast.walk(value)) if value is not None else ()
    return any(re.search(rf"\b{re.escape(name)}\b", text) is not None for text in texts)


def no_referenced_table(case: ErrorCase) -> Explanation:
    """``could not find table 'x' with which to generate a foreign key``."""
    column, key = case.groups
    context = case.context
    definitions = list({(each.place, each.key): each for each in context.executed_definitions()}.values())
    owners = [each for each in definitions if each.key == column.rpartition(".")[0]]
    users = tuple(
        Related(at_line(context, each), f"the foreign key to '{key}'")
        for owner in owners[:1]
        for each in attributes_of(context, owner)
        if each.value is not None and _names_table(each.value, key)
    )
    found = [each for each in definitions if each.key == key]
    if not found:
        return _no_table(case, column, key, users)
    apart = [each for each in found if owners and all(each.metadata != owner.metadata for owner in owners)]
    if apart and len(apart) == len(found):
        return case.explain(
            "several-metadata",
            True,
            f"'{key}' is on a different MetaData ({apart[0].metadata.module}) than '{owners[0].key}'"
            f" ({owners[0].metadata.module}), so a foreign key cannot find it by name.",
            tuple(
                Related(context.location(each.place), f"'{each.key}' is on the MetaData of {each.metadata.module}")
                for each in (*apart, *owners)
            ),
            "Let both classes inherit from one declarative base.",
        )
    return _not_imported(case, f"table '{key}'", found, users)


def _no_table(case: ErrorCase, column: str, key: str, users: tuple[Related, ...]) -> Explanation:
    """No table of the name that a foreign key gives was found."""
    definitions = case.context.definitions.values()
    of_class = [each for each in definitions if each.class_name == key]
    if of_class:
        return case.explain(
            "unknown-table",
            True,
            f"'{column}' refers to the table '{key}', but {key} is a class: its table is called '{of_class[0].key}'. A"
            " foreign key names the table.",
            (*users, Related(case.context.location(of_class[0].place), f"{key} has the table '{of_class[0].key}'")),
            f'Write `ForeignKey("{of_class[0].key}.id")`, with the column that is meant.',
        )
    other = [each for each in definitions if each.key.rpartition(".")[2] == key.rpartition(".")[2]]
    if other:
        return case.explain(
            "unknown-table",
            True,
            f"'{column}' refers to the table '{key}', but the one that was found here is '{other[0].key}': the schema"
            " belongs to the name.",
            (*users, Related(case.context.location(other[0].place), f"'{other[0].key}' is defined here")),
        )
    close = difflib.get_close_matches(key, {each.key for each in definitions}, 1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return case.explain(
        "unknown-table",
        None,
        f"'{column}' refers to the table '{key}', which is not defined in this workspace.{hint}",
        users,
        cuts(case.context),
    )


def _names_table(value: ast.expr, key: str) -> bool:
    return any(text_of(node).rpartition(".")[0] == key or text_of(node) == key for node in ast.walk(value))


def _not_imported(
    case: ErrorCase, what: str, definitions: list[TableDefinition], users: tuple[Related, ...]
) -> Explanation:
    """The definition exists, but some entry point does not import its module."""
    context = case.context
    definition = definitions[0]
    path = definition.place.path
    own = known_entry(case)
    without = [each for each in entries_without(context, path) if not own or entry_name(each.entry) == own]
    here = Related(context.location(definition.place), f"{what} is defined here")
    if not without:
        every = f"{own}, where your traceback starts, imports" if own else "Every entry point found imports"
        return case.explain(
            "not-imported",
            None,
            f"{every} {definition.module}, which defines {what}: either another program raised this, or it was raised"
            " before that import, or the two classes have different declarative bases.",
            (here, *users),
            cuts(context),
        )
    running = entries_running(context, path)
    others = f" ({entries_named(running)} {'does' if len(running) == 1 else 'do'})" if running else ""
    return case.explain(
        "not-imported",
        True,
        f"{entries_named(without)} {'does' if len(without) == 1 else 'do'} not import {definition.module}, which"
        f" defines {what}{others}, so SQLAlchemy cannot find it when it configures mappers.",
        (here, *users),
        f"Import {definition.module} there, preferably through the one module that imports every model module.",
        cuts(context),
    )


# ------------------------------------------------------------- relationships


def no_property(case: ErrorCase) -> Explanation:
    """``Mapper 'Mapper[Source(sources)]' has no property 'runs'``."""
    owner, missing = case.groups
    context = case.context
    users = [
        (definition, each)
        for definition, each in _relationships(case)
        if text_of(each.option("back_populates")) == missing and _target(each).rpartition(".")[2] in {owner, ""}
    ]
    there = [each for each in context.definitions.values() if each.class_name == owner]
    if not there:
        return case.explain(
            "unknown-attribute",
            None,
            f"{owner} has no attribute '{missing}', but no mapped class {owner} was found here.",
            tuple(Related(at_line(context, each), f"names '{missing}'") for _, each in users),
            cuts(context),
        )
    owned = attributes_of(context, there[0])
    source = users[0][0].class_name if users else ""
    back = [each.name for each in owned if each.call in _RELATIONSHIPS and _target(each).rpartition(".")[2] == source]
    close = (back if source else []) or difflib.get_close_matches(missing, [each.name for each in owned], 1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    named = f"{users[0][0].class_name}.{users[0][1].name} names it as back_populates" if users else "something names it"
    return case.explain(
        "unknown-attribute",
        True if users and all(each.name != missing for each in owned) else None,
        f"{owner} has no attribute '{missing}', and {named}.{hint}",
        (
            *(Related(at_line(context, each), f"names '{missing}' of {owner}") for _, each in users),
            Related(context.location(there[0].place), f"{owner} has no '{missing}'"),
            *(Related(at_line(context, each), "perhaps this is meant") for each in owned if each.name in close[:1]),
        ),
        f"Give {owner} a relationship '{missing}', or name the one that exists.",
    )


def several_foreign_keys(case: ErrorCase) -> Explanation:
    """``Could not determine join condition ... there are multiple foreign key paths linking the tables``."""
    owner, name = case.groups
    found = _relationship(case, owner, name)
    columns = _foreign_keys(case, owner)
    target = _target(found[1]) if found else ""
    links = [each for each in columns if not target or _refers_to(case, each, target)]
    named = ", ".join(f"'{each.name}'" for each in links)
    between = f": {named}" if len(links) > 1 else ""
    return case.explain(
        "ambiguous-foreign-keys",
        True if found and len(links) > 1 else None,
        f"{owner}.{name} leads to a table to which several foreign keys lead{between}, and nothing says which one it"
        " uses.",
        (
            *((Related(at_line(case.context, found[1]), "the relationship"),) if found else ()),
            *(Related(at_line(case.context, each), "a foreign key to the same table") for each in links),
        ),
        f"Name it: `relationship(foreign_keys=[{links[0].name if links else 'the_column'}])`, on both sides if the"
        " other class has a relationship back.",
    )


def no_foreign_key(case: ErrorCase) -> Explanation:
    """``Could not determine join condition ... there are no foreign keys linking these tables``."""
    owner, name = case.groups
    found = _relationship(case, owner, name)
    target = _target(found[1]) if found else ""
    other = [each for each in case.context.definitions.values() if each.class_name == target.rpartition(".")[2]]
    sides = [*([found[0]] if found else []), *other]
    keyless = [
        each
        for side in sides
        for each in attributes_of(case.context, side)
        if each.name.endswith(("_id", "_uuid", "_fk")) and not _has_foreign_key(each)
    ]
    hint = f" The column '{keyless[0].name}' has no ForeignKey." if keyless else ""
    to = f" and {target}" if target else " and the class it leads to"
    return case.explain(
        "no-foreign-key",
        True if found and other else None,
        f"{owner}.{name} cannot be joined: no foreign key links the tables of {owner}{to}.{hint}",
        (
            *((Related(at_line(case.context, found[1]), "the relationship"),) if found else ()),
            *(Related(at_line(case.context, each), "this column has no ForeignKey") for each in keyless),
        ),
        "Give the column that links them a `ForeignKey`, or the relationship a `primaryjoin`.",
    )


def same_direction(case: ErrorCase) -> Explanation:
    """``X.a and back-reference Y.b are both of the same direction``."""
    one, other = case.groups
    owner, _, name = one.partition(".")
    found = _relationship(case, owner, name)
    return case.explain(
        "unknown-direction",
        None,
        f"{one} and {other} both lead in one direction: SQLAlchemy takes both sides for the same end of the link. That"
        " is so where a class refers to itself, or where the foreign key stands in the other class than was meant.",
        (Related(at_line(case.context, found[1]), "the relationship"),) if found else (),
        "Set `remote_side=[id]` on the many-to-one side of a class that refers to itself.",
    )


def no_primary_key(case: ErrorCase) -> Explanation:
    """``could not assemble any primary key columns for mapped table 'x'``."""
    key = case.groups[0]
    found = [each for each in case.context.definitions.values() if each.key == key]
    name = found[0].class_name if found and found[0].class_name else "The class"
    return case.explain(
        "no-primary-key",
        True if found else None,
        f"{name} has no column that is a primary key in the table '{key}', and SQLAlchemy maps no class without one.",
        tuple(Related(case.context.location(each.place), f"'{key}' is defined here") for each in found),
        "Mark a column with `primary_key=True`. `column` in lower case, or a comma after the call, makes no column.",
    )


def no_table(case: ErrorCase) -> Explanation:
    """``Class X does not have a __table__ or __tablename__ specified``."""
    name = case.groups[0].rpartition(".")[2].strip("'>")
    return case.explain(
        "no-table-name",
        None,
        f"{name} inherits from the declarative base, but has no __tablename__ (for SQLModel: no `table=True`).",
        (),
        "Set `__tablename__`, or `__abstract__ = True` for a base class without a table.",
    )


def not_mapped(case: ErrorCase) -> Explanation:
    """``Type annotation for "X.y" can't be correctly interpreted``."""
    owner, _, name = case.groups[0].partition(".")
    found = [each for each in case.context.definitions.values() if each.class_name == owner]
    own = [each for one in found for each in attributes_of(case.context, one) if each.name == name]
    return case.explain(
        "annotation-not-mapped",
        None,
        f"The annotation of {owner}.{name} is not `Mapped[...]`, and SQLAlchemy 2.0 cannot read another one.",
        tuple(Related(at_line(case.context, each), "the annotation") for each in own),
        "Write `Mapped[...]`, remove the annotation, annotate with `ClassVar` what is no column, or set"
        " `__allow_unmapped__ = True` on the base.",
    )


# ------------------------------------------------------------------- lookups


def _relationships(case: ErrorCase) -> Iterator[tuple[TableDefinition, ClassAttribute]]:
    """Every relationship of every mapped class, with the class."""
    for definition in case.context.definitions.values():
        for each in attributes_of(case.context, definition):
            if each.call in _RELATIONSHIPS:
                yield definition, each


def _relationship(case: ErrorCase, owner: str, name: str) -> tuple[TableDefinition, ClassAttribute] | None:
    return next(
        (
            (definition, each)
            for definition, each in _relationships(case)
            if definition.class_name == owner and each.name == name
        ),
        None,
    )


def _target(attribute: ClassAttribute) -> str:
    """The class that a relationship names: in its call, else in its annotation; empty if it is not a plain name."""
    value = attribute.value
    first = value.args[0] if isinstance(value, ast.Call) and value.args else attribute.option("argument")
    if first is not None:
        return text_of(first) or dotted(first)
    return next((name for name in _annotated(attribute.annotation) if name not in _WRAPPERS), "")


_WRAPPERS = frozenset(
    {"Mapped", "Optional", "Union", "List", "list", "Set", "set", "Sequence", "Iterable", "WriteOnlyMapped", "None",
     "DynamicMapped", "Dict", "dict", "str", "Annotated"}
)  # fmt: skip


def _annotated(annotation: ast.expr | None) -> Iterable[str]:
    """The names in an annotation, those in quoted parts too."""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Name):
            yield node.id
        elif text_of(node):
            yield from re.findall(r"[A-Za-z_][\w.]*", text_of(node))


def _foreign_keys(case: ErrorCase, owner: str) -> list[ClassAttribute]:
    definition = next((each for each in case.context.definitions.values() if each.class_name == owner), None)
    if definition is None:
        return []
    return [each for each in attributes_of(case.context, definition) if _has_foreign_key(each)]


def _has_foreign_key(attribute: ClassAttribute) -> bool:
    if attribute.value is None:
        return False
    if attribute.option("foreign_key") is not None:
        return True
    return any(
        isinstance(node, ast.Call) and dotted(node.func).endswith("ForeignKey") for node in ast.walk(attribute.value)
    )


def _refers_to(case: ErrorCase, column: ClassAttribute, target: str) -> bool:
    """Whether the foreign key of a column leads to the table of a class."""
    keys = {each.key for each in case.context.definitions.values() if each.class_name == target.rpartition(".")[2]}
    value = column.value
    assert value is not None
    return any(text_of(node).rpartition(".")[0] in keys for node in ast.walk(value)) or not keys


KNOWN = (
    known(
        r"Multiple classes found for path \"([^\"]+)\"",
        multiple_classes,
        'Multiple classes found for path "Tag"',
        "the classes of that name, or the two module names of one file, and the relationship",
    ),
    known(
        r"expression ['\"](.+?)['\"] failed to locate a name(?: \(\"name '(\w+)' is not defined\")?",
        failed_to_locate,
        "expression 'Ticket' failed to locate a name",
        "the entry points that do not import the class, or the name that was meant",
    ),
    known(
        r"[Ff]oreign key associated with column '([^']+)' could not find table '([^']+)'",
        no_referenced_table,
        "NoReferencedTableError: could not find table 'depots'",
        "the entry points that do not import the table, the MetaData on which it is, or the name that was meant",
    ),
    known(
        r"Mapper\[(\w+)\([^)]*\)\]'? has no property '([^']+)'",
        no_property,
        "Mapper 'Mapper[Source(sources)]' has no property 'runs'",
        "the relationship that names it, and the attribute that is meant",
    ),
    known(
        r"join condition between parent/child tables on relationship (\w+)\.(\w+) - there are multiple",
        several_foreign_keys,
        "AmbiguousForeignKeysError: Could not determine join condition",
        "the foreign keys, and `foreign_keys=`",
    ),
    known(
        r"join condition between parent/child tables on relationship (\w+)\.(\w+) - there are no foreign keys",
        no_foreign_key,
        "NoForeignKeysError: Could not determine join condition",
        "the column that lacks a foreign key",
    ),
    known(
        r"(\w+\.\w+) and back-reference (\w+\.\w+) are both of the same direction",
        same_direction,
        "... are both of the same direction",
        "the relationship, and `remote_side=`",
    ),
    known(
        r"could not assemble any primary key columns for mapped table '([^']+)'",
        no_primary_key,
        "could not assemble any primary key columns for mapped table",
        "the class",
    ),
    known(
        r"Class <?(?:class )?'?([\w.']+)'?>? does not have a __table__ or __tablename__",
        no_table,
        "Class ... does not have a __table__ or __tablename__ specified",
        "the class",
    ),
    known(
        r"Type annotation for \"(\w+\.\w+)\" can't be correctly interpreted",
        not_mapped,
        'Type annotation for "User.name" can\'t be correctly interpreted',
        "the annotation",
    ),
)
