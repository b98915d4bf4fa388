// One timeline as a tree: what is inside what, what is worth showing, and which rows are visible.

/** What a subtree holds that makes it worth unfolding. */
const TELLING = new Set([
  "table", "rejected", "reused", "migrations", "migrated", "migrations-failed", "failed", "entry-failed",
  "create-all", "query", "cleared", "swallowed", "reserved",
]);
/** What stays in sight while the path to a finding is shown. */
const LANDMARKS = new Set(["migrations", "migrated", "migrations-failed", "entry-failed", "entry-ended", "process"]);
const RUN = 3;

class Lane {
  /** @param {DiagramLane} data */
  constructor(data) {
    this.data = data;
    this.rows = data.rows;
    const count = this.rows.length;
    this.parent = this.rows.map((row) => row.parent ?? -1);
    this.depth = new Int32Array(count);
    this.last = new Int32Array(count);
    this.migrating = new Int32Array(count).fill(-1);
    this.telling = new Uint8Array(count);
    this.tables = new Int32Array(count);
    this.modules = new Int32Array(count);
    this.others = [...this.rows.keys()].filter((index) => (this.rows[index].other ?? -1) >= 0);
    this.fails = new Uint8Array(count);
    this.lit = new Uint8Array(count);
    /** @type {Map<number, string>} what stands before a row: the number of a step, or "!" */
    this.badges = new Map();
    /** @type {DiagramMark | null} */
    this.mark = null;
    /** @type {Map<number, boolean>} what the reader unfolded and folded */
    this.overrides = new Map();
    /** @type {Set<number>} the rows inside which no run stands folded together */
    this.dissolved = new Set();
    /** @type {Item[]} */
    this.items = [];
    this.where = new Int32Array(count);
    this._measure();
    this.deepest = this.depth.reduce((most, each) => Math.max(most, each), 0);
    this.arrange();
  }

  _measure() {
    this.rows.forEach((row, index) => {
      const parent = this.parent[index];
      this.last[index] = index;
      if (parent >= 0) {
        this.depth[index] = this.depth[parent] + 1;
        this.migrating[index] = this.migrating[parent];
        if (row.kind === "failed" && this.rows[parent].name === row.name) this.fails[parent] = 1;
      }
      if (row.kind === "migrations") this.migrating[index] = index;
    });
    for (let index = this.rows.length - 1; index >= 0; index--) {
      const row = this.rows[index];
      this.telling[index] |= TELLING.has(row.kind) ? 1 : 0;
      this.tables[index] += row.kind === "table" ? 1 : 0;
      this.modules[index] += row.kind === "module" ? 1 : 0;
      const parent = this.parent[index];
      if (parent < 0) continue;
      this.last[parent] = Math.max(this.last[parent], this.last[index]);
      this.telling[parent] |= this.telling[index];
      this.tables[parent] += this.tables[index];
      this.modules[parent] += this.modules[index];
    }
  }

  /** @param {number} index */
  hasInside(index) {
    return this.last[index] > index;
  }

  /** @param {number} index */
  isOpen(index) {
    const chosen = this.overrides.get(index);
    if (chosen !== undefined) return chosen;
    return this.mark === null ? this.telling[index] === 1 : this.lit[index] === 1;
  }

  /** @param {number} index */
  _isDull(index) {
    if (this.mark === null) return this.telling[index] === 0 && this.rows[index].kind === "module";
    return this.lit[index] === 0 && !LANDMARKS.has(this.rows[index].kind);
  }

  /** Works out the visible items: a row, or a run of dull rows that stand side by side. */
  arrange() {
    /** @type {Item[]} */
    const items = [];
    const where = new Int32Array(this.rows.length).fill(-1);
    const shortest = this.mark === null ? RUN : 2;
    let index = 0;
    while (index < this.rows.length) {
      const run = this._run(index);
      if (run.rows.length >= shortest) {
        items.push({ row: index, end: run.end, group: run.rows, position: 0, size: 0 });
        where.fill(items.length - 1, index, run.end);
        index = run.end;
        continue;
      }
      const open = this.hasInside(index) && this.isOpen(index);
      const end = open ? index + 1 : this.last[index] + 1;
      items.push({ row: index, end, group: null, position: 0, size: 0 });
      where.fill(items.length - 1, index, end);
      index = end;
    }
    this.items = items;
    this.where = where;
    this._number();
  }

  /** @param {number} start */
  _run(start) {
    /** @type {number[]} */
    const rows = [];
    let index = start;
    if (this.dissolved.has(this.parent[start])) return { rows, end: start };
    while (index < this.rows.length && this.parent[index] === this.parent[start] && this._isDull(index)) {
      if (this.overrides.get(index)) break;
      rows.push(index);
      index = this.last[index] + 1;
    }
    return { rows, end: index };
  }

  /** The place of each item among its siblings, for those who do not see the picture. */
  _number() {
    const counts = new Map();
    for (const item of this.items) {
      const parent = this.parent[item.row];
      item.position = (counts.get(parent) ?? 0) + 1;
      counts.set(parent, item.position);
    }
    for (const item of this.items) item.size = counts.get(this.parent[item.row]) ?? 0;
  }

  /**
   * @param {Item} item
   * @param {boolean} [open]
   */
  toggle(item, open) {
    if (item.group !== null) {
      if (open !== false) this.dissolved.add(this.parent[item.row]);
    } else if (this.hasInside(item.row)) {
      this.overrides.set(item.row, open ?? !this.isOpen(item.row));
    } else {
      return;
    }
    this.arrange();
  }

  /**
   * Folds a run of dull rows together again. Returns whether there was one.
   * @param {number} index
   */
  regroup(index) {
    if (!this._isDull(index) || !this.dissolved.delete(this.parent[index])) return false;
    this.arrange();
    return this.items[this.where[index]].group !== null;
  }

  /** @param {number} index */
  reveal(index) {
    for (let each = index; each >= 0; each = this.parent[each]) {
      if (each !== index) this.overrides.set(each, true);
      if (this._isDull(each)) this.dissolved.add(this.parent[each]);
    }
    this.arrange();
  }

  /**
   * Lights the path to a finding and folds the rest away; null shows everything again.
   * @param {DiagramMark | null} mark
   */
  light(mark) {
    this.mark = mark;
    this.overrides.clear();
    this.dissolved.clear();
    this.lit.fill(0);
    this.badges.clear();
    if (mark !== null) {
      mark.steps.forEach((row, step) => {
        if (row >= 0 && !this.badges.has(row)) this.badges.set(row, String(step + 1));
      });
      if (mark.row >= 0) this.badges.set(mark.row, "!");
      for (const row of this.badges.keys()) {
        for (let each = row; each >= 0; each = this.parent[each]) this.lit[each] = 1;
      }
    }
    this.arrange();
  }

  /** @param {number} index */
  chain(index) {
    /** @type {number[]} */
    const found = [];
    for (let each = index; each >= 0; each = this.parent[each]) found.unshift(each);
    return found;
  }

  /** @param {string} text */
  search(text) {
    const wanted = text.trim().toLowerCase();
    /** @type {number[]} */
    const found = [];
    if (!wanted) return found;
    this.rows.forEach((row, index) => {
      const named = TELLING.has(row.kind) || row.kind === "module";
      if (!named || row.kind === "failed") return;
      if (row.name.toLowerCase().includes(wanted) || (row.detail ?? "").toLowerCase().includes(wanted)) found.push(index);
    });
    return found;
  }

  counts() {
    /** @param {RowKind[]} kinds */
    const of = (...kinds) => this.rows.filter((row) => kinds.includes(row.kind)).length;
    const first = this.rows.findIndex((row) => row.kind === "migrations");
    const before = this.rows.slice(0, Math.max(0, first)).filter((row) => row.kind === "table").length;
    return {
      modules: of("module"),
      tables: of("table"),
      rejected: of("rejected"),
      failed: of("entry-failed") ? "the entry point fails" : of("migrations-failed") ? "the migrations fail" : "",
      before: first < 0 || this.data.kind === "alembic" ? -1 : before,
      uncertain: this.rows.filter((row) => row.certain === false).length,
    };
  }
}
