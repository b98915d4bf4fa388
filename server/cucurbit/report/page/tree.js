// The rows: only those in sight are in the document, whatever the length of the timeline.

const HEIGHTS = [2, 3, 5, 8, 12, 16, 20, 24, 28, 34];
const USUAL = 7;
const READABLE = 12;
const MOST_ARCS = 40;
const OVERSCAN = 8;
/** @type {Record<RowKind, string>} */
const SIGNS = {
  module: "", table: "\u25cf", rejected: "\u2717", reused: "\u25cf", migrations: "\u25b6", migrated: "\u2713",
  "migrations-failed": "\u2717", failed: "\u2717", "entry-failed": "\u2717", ended: "\u25cf", "entry-ended": "\u25cf", "create-all": "\u25b6", query: "\u203a",
  cleared: "\u2717", swallowed: "\u21b7", reserved: "\u2717", logging: "\u25cf", cut: "\u2026", process: "\u29c9",
};

/**
 * What a row says: its name, what is said of it, and what stands out.
 * @param {Lane} lane
 * @param {number} index
 * @returns {[string, string, string]}
 */
function said(lane, index) {
  const row = lane.rows[index];
  const detail = row.detail ?? "";
  switch (row.kind) {
    case "module": return [row.name, "", lane.fails[index] ? "fails" : ""];
    case "table": return [row.name, detail, ""];
    case "rejected": return [row.name, detail, "rejected"];
    case "reused": return [row.name, detail, "redefined"];
    case "migrations": return ["migrations start", detail, ""];
    case "migrated": return ["migrations finished", "", ""];
    case "migrations-failed": return ["migrations fail", detail, ""];
    case "failed": return [`${row.name} fails`, detail, ""];
    case "entry-failed": return ["the entry point fails", detail, ""];
    case "ended": return [`${row.name} ends`, detail, ""];
    case "entry-ended": return ["the entry point ends", detail, ""];
    case "create-all": return ["create_all", "", ""];
    case "query": return ["query", detail, ""];
    case "cleared": return ["MetaData cleared", "", ""];
    case "swallowed": return [`the ${detail} is caught here, and the program continues`, "", ""];
    case "reserved": return ["reserved attribute", detail, ""];
    case "logging": return [`logging configured, ${detail} existing loggers`, "", ""];
    case "cut": return ["cut", detail, ""];
    default: return [row.name ? `${row.name}, with its own modules and MetaData` : "back in the first process", "", ""];
  }
}

/**
 * Where an event happened: the nearest element around it that a selector finds.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
function isIn(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

class Tree {
  /** @type {Lane} the timeline that is shown, from the first `show` on */
  lane;

  /**
   * @param {HTMLElement} element
   * @param {Source} source
   * @param {{ drawn: () => void, selected: (item: Item | null, quiet: boolean) => void }} hooks
   */
  constructor(element, source, hooks) {
    this.element = element;
    this.space = byId("space");
    this.source = source;
    this.hooks = hooks;
    this.zoom = USUAL;
    this.height = HEIGHTS[USUAL];
    this.active = 0;
    /** @type {Set<number>} */
    this.hits = new Set();
    this.pending = false;
    /** @type {Map<number, HTMLElement>} by their places */
    this.drawn = new Map();
    /** What is in sight, in pixels. */
    this.view = { top: 0, height: 0 };
    /** Pixels of one level of nesting. */
    this.step = 0;
    this.stale = false;
    /** What was measured last, to measure again only where it differs. */
    this.measures = "";
    /** @type {Item[] | null} what was drawn last */
    this.items = null;
    /** @type {DiagramMark | null} the finding that `litEnds` is about */
    this.litMark = null;
    /** @type {Map<number, number>} the last lit row inside a row */
    this.litEnds = new Map();
    element.addEventListener("scroll", () => this.later(true));
    element.addEventListener("click", (event) => this._clicked(event));
    element.addEventListener("dblclick", (event) => this._opened(event));
    element.addEventListener("keydown", (event) => this._keyed(event));
    element.addEventListener("wheel", (event) => this._wheeled(event), { passive: false });
    new ResizeObserver(() => this.later()).observe(element);
  }

  /** @param {Lane} lane */
  show(lane) {
    this.lane = lane;
    this.active = Math.min(this.active, lane.items.length - 1);
    this.draw();
  }

  get item() {
    return this.lane?.items[this.active] ?? null;
  }

  // ------------------------------------------------------------------ drawing

  later(scrolled = false) {
    this.stale = this.stale || !scrolled;
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw(!this.stale);
    });
  }

  /**
   * Draws what is in sight. Where only what is in sight or selected has changed (``same``), the rows that are there already
   * stay: the second click of a double click has to find the row of the first.
   * @param {boolean} [same]
   */
  draw(same = false) {
    if (!this.lane) return;
    const { items } = this.lane;
    const whole = !same || this.stale || this.items !== items;
    this.items = items;
    const box = this.element;
    // Everything is measured before anything is changed: to measure afterwards would lay the page out twice.
    this.view = { top: box.scrollTop, height: box.clientHeight };
    this.step = Math.max(this.height >= READABLE ? 6 : 2, Math.min(18, 900 / (this.lane.deepest + 1), this.height * 0.8));
    this._measures(box, `${this.height} ${this.step} ${items.length}`);
    const first = Math.max(0, Math.floor(this.view.top / this.height) - OVERSCAN);
    const past = Math.min(items.length, Math.ceil((this.view.top + this.view.height) / this.height) + OVERSCAN);
    this.stale = false;
    if (whole) {
      this.drawn.clear();
      this.space.replaceChildren(...this._arcs());
    }
    const wanted = new Set(Array.from({ length: past - first }, (_, place) => first + place));
    if (this.active >= 0 && this.active < items.length) wanted.add(this.active);
    for (const [place, element] of this.drawn) {
      if (wanted.has(place)) {
        this._activate(element, place === this.active);
        continue;
      }
      element.remove();
      this.drawn.delete(place);
    }
    const added = [...wanted].filter((place) => !this.drawn.has(place));
    const rows = added.map((place) => this._row(items[place], place));
    added.forEach((place, index) => this.drawn.set(place, rows[index]));
    this.space.append(...rows);
    if (this.item) box.setAttribute("aria-activedescendant", `row-${this.item.row}`);
    this.hooks.drawn();
  }

  /**
   * @param {HTMLElement} box
   * @param {string} key
   */
  _measures(box, key) {
    if (this.measures === key) return;
    this.measures = key;
    box.classList.toggle("tiny", this.height < READABLE);
    box.style.setProperty("--row", `${this.height}px`);
    box.style.setProperty("--step", `${this.step}px`);
    this.space.style.height = `${this.lane.items.length * this.height}px`;
    // A shorter list may have moved what is in sight.
    this.view = { top: box.scrollTop, height: box.clientHeight };
  }

  /**
   * @param {Item} item
   * @param {number} place
   */
  _row(item, place) {
    const { lane } = this;
    const index = item.row;
    const row = lane.rows[index];
    const element = make("div", `row ${item.group ? "group" : row.kind}`);
    element.id = `row-${index}`;
    element.dataset.place = String(place);
    element.style.top = `${place * this.height}px`;
    element.setAttribute("role", "treeitem");
    element.setAttribute("aria-level", String(lane.depth[index] + 1));
    element.setAttribute("aria-posinset", String(item.position));
    element.setAttribute("aria-setsize", String(item.size));
    const folds = item.group !== null || lane.hasInside(index);
    const open = item.group === null && lane.isOpen(index);
    if (folds) element.setAttribute("aria-expanded", String(open));
    this._activate(element, place === this.active);
    const marks = {
      lit: lane.lit[index] === 1 && !item.group, hit: this.hits.has(index),
      maybe: row.certain === false, telling: lane.telling[index] === 1, migrating: lane.migrating[index] >= 0,
      fails: lane.fails[index] === 1, faded: lane.mark !== null && lane.lit[index] === 0,
    };
    for (const [name, on] of Object.entries(marks)) if (on) element.classList.add(name);
    element.append(this._number(index, item), this._rails(index), this._label(item, folds, open));
    if (!item.group && row.kind !== "process") {
      // A module is a whole file: its first line says nothing.
      element.append(this.source.link(row, row.kind === "module" ? this.source.files[row.file].path : undefined));
    }
    for (const link of element.querySelectorAll("a")) link.tabIndex = -1;
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {boolean} active
   */
  _activate(element, active) {
    element.classList.toggle("active", active);
    element.setAttribute("aria-selected", String(active));
  }

  /**
   * @param {number} index
   * @param {Item} item
   */
  _number(index, item) {
    const badge = item.group ? undefined : this.lane.badges.get(index);
    const cell = make("span", "number", item.group ? "" : String(index + 1));
    const box = make("span", badge === undefined ? "badge none" : badge === "!" ? "badge here" : "badge", badge ?? "");
    if (badge !== undefined) box.title = badge === "!" ? "The finding" : `Step ${badge} of the evidence`;
    const wrap = make("span", "gutter");
    wrap.append(cell, box, make("span", "maybe-sign", this.lane.rows[index].certain === false ? "?" : ""));
    return wrap;
  }

  /**
   * The lines of the modules that are still being executed; those on the way to the finding are strong.
   * @param {number} index
   */
  _rails(index) {
    const { lane } = this;
    const depth = lane.depth[index];
    const rails = make("span", "rails");
    rails.style.width = `${depth * this.step}px`;
    const migration = lane.migrating[index];
    if (migration >= 0) {
      const band = make("i", "band");
      band.style.left = `${lane.depth[migration] * this.step}px`;
      rails.append(band);
    }
    if (lane.mark !== null) {
      for (let child = index, above = lane.parent[index]; above >= 0; child = above, above = lane.parent[above]) {
        if (!lane.lit[above] || this._lastLit(above) < index) continue;
        const ends = child === index && this._lastLit(above) === index;
        const rail = make("i", lane.lit[index] && child === index ? (ends ? "rail elbow end" : "rail elbow") : "rail");
        rail.style.left = `${lane.depth[above] * this.step}px`;
        rails.append(rail);
      }
    }
    return rails;
  }

  /** @param {number} index */
  _lastLit(index) {
    const { lane } = this;
    if (this.litMark !== lane.mark) {
      this.litMark = lane.mark;
      this.litEnds.clear();
    }
    let last = this.litEnds.get(index);
    if (last === undefined) {
      last = index;
      for (let child = lane.last[index]; child > index; child--) {
        if (lane.lit[child] && lane.parent[child] === index) {
          last = child;
          break;
        }
      }
      this.litEnds.set(index, last);
    }
    return last;
  }

  /**
   * @param {Item} item
   * @param {boolean} folds
   * @param {boolean} open
   */
  _label(item, folds, open) {
    const { lane } = this;
    const label = make("span", "label");
    label.append(make("span", folds ? `twist${open ? " open" : ""}` : "twist none", folds ? "\u25b8" : ""));
    if (item.group) {
      label.append(make("span", "name", this._groupName(item)));
      return label;
    }
    const row = lane.rows[item.row];
    const [name, detail, flag] = said(lane, item.row);
    if (SIGNS[row.kind]) {
      const sign = make("span", "sign", SIGNS[row.kind]);
      sign.setAttribute("aria-hidden", "true");
      label.append(sign);
    }
    label.append(make("span", "name", name));
    if (flag) label.append(make("span", "flag", flag));
    if (row.certain === false) label.append(make("span", "hidden", " (not certain)"));
    if (detail) label.append(make("span", "detail", detail));
    if (row.other !== undefined && row.other >= 0) label.append(this._jump(row.other));
    if (folds && !open) label.append(make("span", "inside", this._inside(item.row)));
    return label;
  }

  /** @param {Item} item */
  _groupName(item) {
    if (this.lane.mark !== null || item.group === null) return `${item.end - item.row} more`;
    return `${counted(item.group.length, "module")} without models`;
  }

  /** @param {number} index */
  _inside(index) {
    const parts = [];
    const modules = this.lane.modules[index] - (this.lane.rows[index].kind === "module" ? 1 : 0);
    if (modules) parts.push(counted(modules, "module"));
    if (this.lane.tables[index]) parts.push(counted(this.lane.tables[index], "table"));
    return parts.join(", ") || `${this.lane.last[index] - index} more`;
  }

  /** @param {number} other the row of the definition that stood already */
  _jump(other) {
    const where = this.source.text(this.lane.rows[other]);
    const jump = make("span", "jump", `already registered at ${other + 1}, ${where}`);
    jump.dataset.jump = String(other);
    jump.title = "Go to the definition that stood already (o)";
    return jump;
  }

  /** Arcs from a definition that is refused to the one that stood already. */
  _arcs() {
    const { lane } = this;
    if (this.height < 5) return [];
    const pairs = lane.others.map((index) => {
      const other = lane.rows[index].other ?? index;
      return { from: lane.where[other], to: lane.where[index], lit: lane.lit[index] === 1 && lane.lit[other] === 1 };
    }).filter(({ from, to }) => from !== to);
    const few = pairs.length > MOST_ARCS ? pairs.filter(({ lit }) => lit) : pairs;
    if (!few.length || few.length > MOST_ARCS) return [];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "arcs");
    svg.setAttribute("aria-hidden", "true");
    svg.style.height = `${lane.items.length * this.height}px`;
    for (const { from, to, lit } of few) {
      const [top, bottom] = [(from + 0.5) * this.height, (to + 0.5) * this.height];
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const bend = Math.min(12, (bottom - top) / 2);
      path.setAttribute("d", `M22 ${top} H ${8 + bend} Q 8 ${top} 8 ${top + bend} V ${bottom - bend} Q 8 ${bottom} ${8 + bend} ${bottom} H 22`);
      if (lit) path.setAttribute("class", "lit");
      svg.append(path);
    }
    return [svg];
  }

  // ------------------------------------------------------------------- moving

  /**
   * @param {number} place
   * @param {Showing} [options]
   */
  select(place, options = {}) {
    const { items } = this.lane;
    if (!items.length) return;
    this.active = Math.max(0, Math.min(place, items.length - 1));
    this.keep(this.active, options.middle ?? false);
    this.draw(true);
    this.hooks.selected(this.item, options.quiet ?? false);
  }

  /**
   * @param {number} place
   * @param {boolean | "always"} middle
   */
  keep(place, middle) {
    const [top, box] = [place * this.height, this.element];
    const hidden = top < box.scrollTop || top + this.height > box.scrollTop + box.clientHeight;
    if (middle && (hidden || middle === "always")) box.scrollTop = top - (box.clientHeight - this.height) / 2.5;
    else if (top < box.scrollTop) box.scrollTop = top;
    else if (hidden) box.scrollTop = top + this.height - box.clientHeight;
  }

  /**
   * @param {number} index
   * @param {Showing} [options]
   */
  goTo(index, options = {}) {
    if (index < 0) return;
    this.lane.reveal(index);
    this.select(this.lane.where[index], { middle: true, ...options });
  }

  /**
   * @param {number} place
   * @param {boolean} [open]
   */
  toggle(place, open) {
    const { row } = this.lane.items[place];
    this.lane.toggle(this.lane.items[place], open);
    this.active = this.lane.where[row];
    this.select(this.active);
  }

  /** @param {number} level */
  setZoom(level) {
    if (!this.lane) return;
    const anchor = this.element.scrollTop / this.height;
    this.zoom = Math.max(0, Math.min(level, HEIGHTS.length - 1));
    this.height = HEIGHTS[this.zoom];
    this.draw();
    this.element.scrollTop = anchor * this.height;
    if (this.item) this.keep(this.active, true);
    this.draw();
  }

  fit() {
    if (!this.lane) return;
    const wanted = this.element.clientHeight / Math.max(1, this.lane.items.length);
    const level = HEIGHTS.findLastIndex((height) => height <= wanted);
    this.setZoom(Math.max(0, Math.min(level, USUAL)));
  }

  // ------------------------------------------------------------------- events

  /** @param {MouseEvent} event */
  _clicked(event) {
    const row = isIn(event, ".row");
    if (!row || isIn(event, "a")) return;
    const place = Number(row.dataset.place);
    const jump = isIn(event, "[data-jump]");
    if (jump) this.goTo(Number(jump.dataset.jump));
    else if (isIn(event, ".twist") || this.lane.items[place].group) this.toggle(place);
    else this.select(place);
  }

  /** @param {MouseEvent} event */
  _opened(event) {
    const row = isIn(event, ".row");
    if (row && !isIn(event, "a, .twist, [data-jump]")) this._openSource(Number(row.dataset.place));
  }

  /** @param {number} place */
  _openSource(place) {
    const item = this.lane.items[place];
    if (item.group) this.toggle(place, true);
    else this.source.open(this.lane.rows[item.row]);
  }

  /** @param {WheelEvent} event */
  _wheeled(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.setZoom(this.zoom + (event.deltaY < 0 ? 1 : -1));
  }

  /** @param {KeyboardEvent} event */
  _keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.item) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.active, End: this.lane.items.length,
    };
    if (event.key in moves) this.select(this.active + moves[event.key]);
    else if (event.key === "ArrowRight") this._inwards();
    else if (event.key === "ArrowLeft") this._outwards();
    else if (event.key === "Enter") this._openSource(this.active);
    else if (event.key === " ") this.toggle(this.active);
    else return;
    event.preventDefault();
  }

  _inwards() {
    const { item, lane } = this;
    if (!item) return;
    if (item.group || (lane.hasInside(item.row) && !lane.isOpen(item.row))) this.toggle(this.active, true);
    else if (lane.hasInside(item.row)) this.select(this.active + 1);
  }

  _outwards() {
    const { item, lane } = this;
    if (!item) return;
    const { row } = item;
    if (!item.group && lane.hasInside(row) && lane.isOpen(row)) this.toggle(this.active, false);
    else if (!item.group && lane.regroup(row)) this.select(lane.where[row]);
    else if (lane.parent[row] >= 0) this.select(lane.where[lane.parent[row]]);
  }
}
