// The schema as the page needs it: tables by their ids, their neighbours, what is searched.

/**
 * @param {string} id
 * @returns {any}
 */
const byId = (id) => document.getElementById(id);

/** "many to one": how many rows of the source and of the target belong together. */
function cardinality(relation) {
  return `${relation.source_many === "0..*" ? "many" : "one"} to ${relation.target_one === "1" ? "one" : "one or none"}`;
}

// The tables at the other ends of the relations of each table; those to tables that are not named do not count.
function neighbours(ids, relations) {
  const near = new Map([...ids].map((id) => [id, new Set()]));
  for (const { source, target } of relations) {
    if (!near.has(source) || !near.has(target)) continue;
    near.get(source).add(target);
    near.get(target).add(source);
  }
  return near;
}

class Model {
  constructor(data) {
    this.schema = data.schema;
    this.tables = this.schema.tables;
    this.byId = new Map(this.tables.map((table) => [table.id, table]));
    this.relations = this.schema.relations.filter((each) => !each.missing);
    this.near = neighbours(this.tables.map((table) => table.id), this.relations);
    // Where relations of both kinds end: those of exactly one row, and those of one or none.
    const optional = new Set(this.relations.filter((each) => each.target_one !== "1").map((each) => each.target));
    this.mixed = new Set(this.relations.filter((each) => each.target_one === "1" && optional.has(each.target)).map((each) => each.target));
  }

  // The ids of the tables that are at most so many steps away.
  around(id, hops) {
    const found = new Set([id]);
    let edge = [id];
    for (let hop = 0; hop < hops; hop++) {
      edge = edge.flatMap((each) => [...this.near.get(each)]).filter((each) => !found.has(each));
      for (const each of edge) found.add(each);
    }
    return found;
  }

  foreignKeys(table) {
    return this.schema.relations.filter((each) => each.source === table.id);
  }

  referring(table) {
    return this.relations.filter((each) => each.target === table.id);
  }

  // Tables whose name holds the text come first, then those with such a column.
  search(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const holds = (name) => name.toLowerCase().includes(wanted);
    const named = this.tables.filter((table) => holds(table.id) || holds(table.class_name));
    const inside = this.tables.filter((table) => !named.includes(table) && table.columns.some((each) => holds(each.name)));
    return [...named, ...inside];
  }

  group(table, kind) {
    if (kind === "schema") return table.schema || "(no schema)";
    if (kind === "entry") return table.registered_by.join(", ") || "(no entry point)";
    return table.module || "(unknown)";
  }

  // The groups with their tables, the largest first.
  groups(kind) {
    const found = new Map();
    for (const table of this.tables) {
      const name = this.group(table, kind);
      found.set(name, [...(found.get(name) ?? []), table]);
    }
    return [...found].sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1));
  }
}
