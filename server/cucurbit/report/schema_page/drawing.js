// The diagram as SVG: tables as cards, relations as lines that end in crow's feet.

const NS = "http://www.w3.org/2000/svg";

function draw(name, attributes = {}, text = "") {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

function marksOf(column) {
  const marks = [];
  if (column.primary_key) marks.push("PK");
  if (column.foreign_key) marks.push("FK");
  if (column.unique && !column.primary_key) marks.push("UQ");
  return marks;
}

function drawTable(box) {
  const { table, width, height } = box;
  const group = draw("g", { class: "table", "data-id": table.id, role: "img", "aria-label": said(table) });
  if (!table.certain || table.open.length) group.classList.add("doubtful");
  const title = draw("title", {}, [table.id, table.comment].filter(Boolean).join("\n"));
  const clip = `M0 ${HEAD}V8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8V${HEAD}Z`;
  const closed = height <= HEAD ? `M0 8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8V${HEAD - 8}a8 8 0 0 1-8 8H8a8 8 0 0 1-8-8Z` : clip;
  group.append(
    title,
    draw("rect", { class: "card", width, height, rx: 8 }),
    draw("path", { class: "head", d: closed }),
    draw("text", { class: "name", x: 10, y: 19 }, box.name),
    draw("text", { class: "pin", x: width - 20, y: 19 }, "\u25c6"),
  );
  for (const [number, { column, name, type }] of box.rows.entries()) {
    const y = HEAD + number * ROW + 17;
    const row = draw("g", { class: "row" });
    row.append(
      draw("text", { class: "mark", x: 10, y: y - 1 }, marksOf(column)[0] ?? ""),
      draw("text", { x: 32, y, "font-weight": column.primary_key ? 600 : 400 }, name),
      draw("text", { class: "type", x: width - 10, y, "text-anchor": "end" }, type),
    );
    group.append(row);
  }
  if (box.more > 0) {
    const row = draw("g", { class: "row" });
    row.append(draw("text", { class: "more", x: 32, y: HEAD + box.rows.length * ROW + 17 }, `${box.more} more`));
    group.append(row);
  }
  group.append(farName(box));
  return group;
}

// The name alone, as large as the card allows: shown where the text would be too small to be read.
function farName(box) {
  const wide = widthOf(box.name, "600 13px");
  const size = Math.max(13, Math.min(44, (13 * (box.width - 12)) / wide, box.height * 0.8));
  const text = draw("text", { class: "far-name", x: box.width / 2, y: box.height / 2 }, box.name);
  text.style.fontSize = `${size.toFixed(1)}px`;
  return text;
}

function said(table) {
  const relations = model.foreignKeys(table).map((each) => `${each.columns.join(", ")} refers to ${each.target}`);
  return [`Table ${table.id}`, counted(table.columns.length, "column"), ...relations].join("; ");
}

// ------------------------------------------------------------------------- lines

// The two ends of a relation: a point at the side of each card, and whether the line leaves to the right (1) or left (-1).
function ends(relation, boxes, at) {
  const [from, to] = [boxes.get(relation.source), boxes.get(relation.target)];
  const [[fx, fy], [tx, ty]] = [at.get(relation.source), at.get(relation.target)];
  const y = (box, top, names) => {
    const row = box.rows.findIndex(({ column }) => column.name === names[0]);
    return top + (row >= 0 ? HEAD + row * ROW + ROW / 2 + 2 : HEAD / 2);
  };
  const a = y(from, fy, relation.columns);
  // Two different signs at one point could not be read: they stand above each other.
  const shift = model.mixed.has(relation.target) ? (relation.target_one === "1" ? -4 : 6) : 0;
  const b = y(to, ty, relation.target_columns) + shift;
  if (relation.source === relation.target) return [[fx + from.width, a, 1], [tx + to.width, b === a ? ty + HEAD / 2 : b, 1]];
  if (fx > tx + to.width + 44) return [[fx, a, -1], [tx + to.width, b, 1]];
  if (tx > fx + from.width + 44) return [[fx + from.width, a, 1], [tx, b, -1]];
  const left = Math.abs(fx - tx) <= Math.abs(fx + from.width - tx - to.width);
  return left ? [[fx, a, -1], [tx, b, -1]] : [[fx + from.width, a, 1], [tx + to.width, b, 1]];
}

const REACH = 20;

// The line between two ends: straight near the cards, where the feet are, and a curve between.
function way(one, other, points) {
  const [x1, y1, d1] = one;
  const [x2, y2, d2] = other;
  const [ax, bx] = [x1 + d1 * REACH, x2 + d2 * REACH];
  let path = `M${x1} ${y1}H${ax}`;
  const inner = points && points.length > 3 ? points.slice(1, -1) : [];
  if (!inner.length) {
    const bend = Math.max(30, Math.min(160, Math.abs(bx - ax) / 2 + (d1 === d2 ? Math.abs(y2 - y1) / 6 : 0)));
    return `${path}C${ax + d1 * bend} ${y1} ${bx + d2 * bend} ${y2} ${bx} ${y2}H${x2}`;
  }
  const all = [[ax, y1], ...inner, [bx, y2]];
  for (let index = 1; index < all.length; index++) {
    const [[px, py], [qx, qy]] = [all[index - 1], all[index]];
    const middle = (px + qx) / 2;
    path += `C${middle} ${py} ${middle} ${qy} ${qx} ${qy}`;
  }
  return `${path}H${x2}`;
}

/**
 * The sign of a cardinality at an end: a crow's foot for many, a bar for one, a circle for none.
 * @param {number[]} end
 * @param {string} cardinality
 */
function foot([x, y, d], cardinality) {
  const parts = [];
  if (cardinality.endsWith("*")) {
    parts.push(draw("path", { class: "foot", d: `M${x + d * 11} ${y}L${x} ${y - 6}M${x + d * 11} ${y}L${x} ${y + 6}` }));
    parts.push(draw("circle", { cx: x + d * 15, cy: y, r: 3.5 }));
    return parts;
  }
  parts.push(draw("path", { class: "foot", d: `M${x + d * 6} ${y - 5}V${y + 5}` }));
  if (cardinality === "1") parts.push(draw("path", { class: "foot", d: `M${x + d * 10} ${y - 5}V${y + 5}` }));
  else parts.push(draw("circle", { cx: x + d * 13, cy: y, r: 3.5 }));
  return parts;
}

function drawEdge(relation, boxes, at, points) {
  const group = draw("g", { class: "edge", "data-number": relation.number });
  if (!relation.certain) group.classList.add("uncertain");
  const [one, other] = ends(relation, boxes, at);
  // dagre's points run from what is pointed to.
  const usable = points && one[2] !== other[2] ? [...points].reverse() : null;
  const d = way(one, other, usable);
  const title = `${relation.source}.${relation.columns.join(", ")} \u2192 ${relation.target}: ${cardinality(relation)}`;
  group.append(
    draw("title", {}, title),
    draw("path", { class: "way", d }),
    ...foot(one, relation.source_many),
    ...foot(other, relation.target_one),
    draw("path", { class: "hit", d }),
  );
  return group;
}
