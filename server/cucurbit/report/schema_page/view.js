// What is shown of the schema, and how: places, zoom, selection, pins.

class View {
  constructor(on) {
    this.on = on;
    this.svg = byId("canvas");
    this.world = byId("world");
    this.detail = "all";
    this.colours = "module";
    this.ids = new Set(model.byId.keys());
    this.chosen = null;
    this.pins = new Map();
    this.lit = null;
    this.scale = 1;
    this.x = this.y = 0;
    this.groups = new Map();
    this.edges = [];
    this.tones = new Map();
    this.listen();
  }

  // ----------------------------------------------------------------- drawing

  tone(number) {
    const hue = (210 + number * 137.5) % 360;
    const dark = document.documentElement.dataset.theme === "dark";
    return `hsl(${hue.toFixed(0)} 46% ${dark ? 27 : 85}%)`;
  }

  paint() {
    const groups = model.groups(this.colours);
    this.tones = new Map(groups.map(([name], number) => [name, this.tone(number)]));
    for (const [id, group] of this.groups) {
      group.style.setProperty("--tone", this.tones.get(model.group(model.byId.get(id), this.colours)));
    }
  }

  lay() {
    const ratio = this.svg.clientWidth / Math.max(this.svg.clientHeight, 1);
    this.boxes = new Map([...this.ids].map((id) => [id, boxOf(model.byId.get(id), this.detail)]));
    const { at, ways } = layOut(this.ids, this.boxes, model.relations, ratio || 1.5);
    for (const [id, place] of this.pins) {
      if (at.has(id)) at.set(id, place);
    }
    this.at = at;
    this.ways = ways;
    this.redraw();
  }

  redraw() {
    const relations = model.relations.filter((each) => this.ids.has(each.source) && this.ids.has(each.target));
    this.groups = new Map([...this.ids].map((id) => [id, drawTable(this.boxes.get(id))]));
    for (const [id, group] of this.groups) this.put(id, group);
    byId("tables").replaceChildren(...this.groups.values());
    this.edges = relations.map((relation) => ({ relation, element: this.edge(relation) }));
    byId("edges").replaceChildren(...this.edges.map((each) => each.element));
    this.paint();
    this.mark();
  }

  edge(relation) {
    const moved = this.pins.has(relation.source) || this.pins.has(relation.target);
    return drawEdge(relation, this.boxes, this.at, moved ? null : this.ways.get(relation.number));
  }

  put(id, group = this.groups.get(id)) {
    const [x, y] = this.at.get(id);
    group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    group.classList.toggle("pinned", this.pins.has(id));
  }

  move(id, place) {
    this.at.set(id, place);
    this.pins.set(id, place);
    this.put(id);
    for (const each of this.edges) {
      if (each.relation.source !== id && each.relation.target !== id) continue;
      const element = this.edge(each.relation);
      element.setAttribute("class", each.element.getAttribute("class"));
      each.element.replaceWith(element);
      each.element = element;
    }
  }

  mark() {
    const near = this.lit ?? (this.chosen ? model.around(this.chosen, 1) : null);
    this.svg.classList.toggle("picking", near !== null);
    for (const [id, group] of this.groups) {
      group.classList.toggle("chosen", id === this.chosen);
      group.classList.toggle("near", near !== null && near.has(id));
    }
    for (const { relation, element } of this.edges) {
      const touches = this.lit
        ? near.has(relation.source) && near.has(relation.target)
        : relation.source === this.chosen || relation.target === this.chosen;
      element.classList.toggle("near", touches);
    }
  }

  // -------------------------------------------------------------------- zoom

  bounds() {
    const boxes = [...this.ids].map((id) => [...this.at.get(id), this.boxes.get(id)]);
    if (!boxes.length) return [0, 0, 1, 1];
    const left = Math.min(...boxes.map(([x]) => x)) - 70;
    const top = Math.min(...boxes.map(([, y]) => y)) - 24;
    const right = Math.max(...boxes.map(([x, , box]) => x + box.width)) + 70;
    const bottom = Math.max(...boxes.map(([, y, box]) => y + box.height)) + 24;
    return [left, top, right - left, bottom - top];
  }

  apply() {
    this.world.setAttribute("transform", `translate(${this.x.toFixed(1)} ${this.y.toFixed(1)}) scale(${this.scale.toFixed(4)})`);
    this.svg.classList.toggle("far", this.scale < 0.45);
  }

  fit() {
    const [left, top, width, height] = this.bounds();
    const { clientWidth, clientHeight } = this.svg;
    this.scale = Math.min(clientWidth / width, clientHeight / height, 1.25);
    this.x = (clientWidth - width * this.scale) / 2 - left * this.scale;
    this.y = (clientHeight - height * this.scale) / 2 - top * this.scale;
    this.apply();
  }

  zoom(factor, x = this.svg.clientWidth / 2, y = this.svg.clientHeight / 2) {
    const scale = Math.max(0.03, Math.min(4, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.apply();
  }

  centre(id) {
    const box = this.boxes.get(id);
    const [x, y] = this.at.get(id);
    if (this.scale < 0.5) this.scale = 0.8;
    this.x = this.svg.clientWidth / 2 - (x + box.width / 2) * this.scale;
    this.y = this.svg.clientHeight / 2 - (y + Math.min(box.height, 300) / 2) * this.scale;
    this.apply();
  }

  isInSight(id) {
    const box = this.boxes.get(id);
    const [x, y] = this.at.get(id);
    const [left, top] = [x * this.scale + this.x, y * this.scale + this.y];
    return left >= 0 && top >= 0 && left + box.width * this.scale <= this.svg.clientWidth && top <= this.svg.clientHeight - 40;
  }

  // --------------------------------------------------------------- selection

  choose(id, { centre = false } = {}) {
    this.chosen = id;
    this.lit = null;
    if (id !== null && !this.ids.has(id)) this.showAll();
    this.mark();
    if (id !== null && (centre || !this.isInSight(id))) this.centre(id);
    this.on.chosen(id);
  }

  showAll() {
    this.ids = new Set(model.byId.keys());
    this.lay();
    this.fit();
    this.on.focused(0);
  }

  focus(hops) {
    if (!hops || !this.chosen) return this.showAll();
    this.ids = model.around(this.chosen, hops);
    this.lay();
    this.fit();
    this.on.focused(hops);
  }

  // The next table in a direction: the nearest one in a cone.
  step(dx, dy) {
    const centre = (id) => {
      const [x, y] = this.at.get(id);
      return [x + this.boxes.get(id).width / 2, y + this.boxes.get(id).height / 2];
    };
    if (!this.chosen || !this.ids.has(this.chosen)) {
      const first = [...this.ids].sort((a, b) => this.at.get(a)[0] + this.at.get(a)[1] - this.at.get(b)[0] - this.at.get(b)[1])[0];
      if (first !== undefined) this.choose(first);
      return;
    }
    const [x, y] = centre(this.chosen);
    let best = null;
    let least = Infinity;
    for (const id of this.ids) {
      const [ox, oy] = centre(id);
      const along = (ox - x) * dx + (oy - y) * dy;
      const across = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
      const cost = along + across * 2;
      if (id !== this.chosen && along > 1 && cost < least) [best, least] = [id, cost];
    }
    if (best !== null) this.choose(best);
  }

  pin(id) {
    if (this.pins.has(id)) {
      this.pins.delete(id);
      this.put(id);
    } else {
      this.move(id, this.at.get(id));
    }
  }

  light(tables) {
    this.lit = tables && new Set(tables.map((table) => table.id));
    this.mark();
  }

  found(ids) {
    for (const [id, group] of this.groups) group.classList.toggle("found", ids.has(id));
  }

  // ------------------------------------------------------------------- mouse

  listen() {
    let drag = null;
    const idAt = (event) => event.target.closest?.(".table")?.dataset.id ?? null;
    this.svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = this.svg.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey || !event.shiftKey) {
        this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
      } else {
        this.x -= event.deltaX + event.deltaY;
        this.apply();
      }
    }, { passive: false });
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const id = idAt(event);
      drag = { id, x: event.clientX, y: event.clientY, from: id ? this.at.get(id) : [this.x, this.y], moved: false };
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      drag.moved = true;
      this.svg.classList.add("dragging");
      if (drag.id) {
        this.move(drag.id, [drag.from[0] + dx / this.scale, drag.from[1] + dy / this.scale]);
      } else {
        this.x = drag.from[0] + dx;
        this.y = drag.from[1] + dy;
        this.apply();
      }
    });
    this.svg.addEventListener("pointerup", () => {
      if (drag && !drag.moved) this.choose(drag.id);
      drag = null;
      this.svg.classList.remove("dragging");
    });
    this.svg.addEventListener("dblclick", () => {
      if (this.chosen) this.on.source(model.byId.get(this.chosen).place);
    });
  }
}
