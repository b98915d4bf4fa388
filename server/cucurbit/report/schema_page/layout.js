// Where the tables go: dagre places each connected part, the parts are packed side by side.

const ROW = 20, HEAD = 28, MOST_ROWS = 24, GAP = 46;
const pen = document.createElement("canvas").getContext("2d");

function widthOf(text, font) {
  pen.font = `${font} system-ui, "Segoe UI", Helvetica, Arial, sans-serif`;
  return pen.measureText(text).width;
}

// Text that is at most so wide; what is longer ends in an ellipsis.
function fitted(text, font, most) {
  if (widthOf(text, font) <= most) return text;
  let count = text.length;
  while (count > 1 && widthOf(`${text.slice(0, count)}\u2026`, font) > most) count--;
  return `${text.slice(0, count)}\u2026`;
}

// The box of a table: its size and its rows.
function boxOf(table, detail) {
  const keys = table.columns.filter((each) => each.primary_key || each.foreign_key);
  let rows = detail === "all" ? table.columns : detail === "keys" ? keys : [];
  if (rows.length > MOST_ROWS) {
    const kept = new Set(keys.slice(0, MOST_ROWS));
    for (const each of rows) if (kept.size < MOST_ROWS) kept.add(each);
    rows = rows.filter((each) => kept.has(each));
  }
  const more = detail === "none" ? 0 : table.columns.length - rows.length;
  const shown = rows.map((column) => ({
    column,
    name: fitted(column.name, "12px", 190),
    type: fitted(column.type + (column.nullable === false ? "" : "?"), "11px", 150),
  }));
  const name = fitted(table.id, "600 13px", 260);
  const wide = Math.max(0, ...shown.map((each) => widthOf(each.name, "12px") + widthOf(each.type, "11px") + 62));
  const width = Math.ceil(Math.max(110, wide, widthOf(name, "600 13px") + 38));
  return { table, name, rows: shown, more, width, height: HEAD + (rows.length + (more > 0 ? 1 : 0)) * ROW + (rows.length || more ? 6 : 0) };
}

function parts(ids, relations) {
  const near = neighbours(ids, relations);
  const seen = new Set();
  const found = [];
  for (const id of ids) {
    if (seen.has(id)) continue;
    const part = [id];
    seen.add(id);
    for (let index = 0; index < part.length; index++) {
      for (const each of near.get(part[index])) {
        if (!seen.has(each)) {
          seen.add(each);
          part.push(each);
        }
      }
    }
    found.push(part);
  }
  return found;
}

// One connected part. Returns its boxes with their corners, from (0, 0), and its size.
function placed(part, boxes, relations) {
  if (part.length === 1) {
    const box = boxes.get(part[0]);
    return { width: box.width, height: box.height, at: new Map([[part[0], [0, 0]]]), ways: new Map() };
  }
  const inside = new Set(part);
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 26, ranksep: part.length > 40 ? 90 : 110, edgesep: 10, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of part) graph.setNode(id, { width: boxes.get(id).width, height: boxes.get(id).height });
  for (const each of relations) {
    // What is pointed to stands on the left of what points to it.
    if (inside.has(each.source) && each.source !== each.target) graph.setEdge(each.target, each.source, {}, String(each.number));
  }
  dagre.layout(graph);
  const at = new Map(part.map((id) => {
    const node = graph.node(id);
    return [id, [node.x - node.width / 2, node.y - node.height / 2]];
  }));
  const ways = new Map(graph.edges().map((edge) => [Number(edge.name), graph.edge(edge).points.map(({ x, y }) => [x, y])]));
  return { width: graph.graph().width, height: graph.graph().height, at, ways };
}

// The rows of tables that dagre found are often far too wide or too tall for a page. Its order is kept then, but the
// tables are set in columns of about the same height, as the lines of a newspaper are.
function shaped(part, boxes, relations, ratio) {
  const found = placed(part, boxes, relations);
  const off = found.width / found.height / ratio;
  if (part.length < 12 || (off < 1.7 && off > 1 / 1.7)) return found;
  const area = part.reduce((sum, id) => sum + (boxes.get(id).width + 90) * (boxes.get(id).height + 26), 0);
  const most = Math.max(Math.sqrt(area / ratio), ...part.map((id) => boxes.get(id).height));
  const rank = (id) => Math.round(found.at.get(id)[0] + boxes.get(id).width / 2);
  const order = [...part].sort((a, b) => rank(a) - rank(b) || found.at.get(a)[1] - found.at.get(b)[1]);
  const columns = [];
  let height = Infinity;
  for (const id of order) {
    if (height + boxes.get(id).height > most + 26) {
      columns.push([]);
      height = 0;
    }
    columns.at(-1).push(id);
    height += boxes.get(id).height + 26;
  }
  sortByNeighbours(columns, boxes, relations);
  return inColumns(columns, boxes);
}

// Puts each table at about the height of the tables that it is related to, so that lines cross less.
function sortByNeighbours(columns, boxes, relations) {
  const near = new Map(columns.flat().map((id) => [id, []]));
  for (const { source, target } of relations) {
    if (!near.has(source) || source === target) continue;
    near.get(source).push(target);
    near.get(target).push(source);
  }
  for (let sweep = 0; sweep < 8; sweep++) {
    const { at } = inColumns(columns, boxes);
    const middle = (id) => at.get(id)[1] + boxes.get(id).height / 2;
    const wanted = new Map([...near].map(([id, others]) => [id, others.length ? others.reduce((sum, each) => sum + middle(each), 0) / others.length : middle(id)]));
    for (const each of columns) each.sort((a, b) => wanted.get(a) - wanted.get(b));
  }
}

function inColumns(columns, boxes) {
  const at = new Map();
  const heights = columns.map((ids) => ids.reduce((sum, id) => sum + boxes.get(id).height + 26, -26));
  const tallest = Math.max(...heights);
  let left = 0;
  for (const [number, ids] of columns.entries()) {
    const width = Math.max(...ids.map((id) => boxes.get(id).width));
    let top = (tallest - heights[number]) / 2;
    for (const id of ids) {
      at.set(id, [left + (width - boxes.get(id).width) / 2, top]);
      top += boxes.get(id).height + 26;
    }
    left += width + 90;
  }
  return { width: left - 90, height: tallest, at, ways: new Map() };
}

// Where every table and every line goes: {at: id -> [x, y], ways: number -> points, width, height}.
function layOut(ids, boxes, relations, ratio) {
  const chosen = relations.filter((each) => ids.has(each.source) && ids.has(each.target));
  const all = parts(ids, chosen).map((part) => shaped(part, boxes, chosen, ratio));
  all.sort((a, b) => b.height * b.width - a.height * a.width);
  const area = all.reduce((sum, each) => sum + (each.width + GAP) * (each.height + GAP), 0);
  const most = Math.max(Math.sqrt(area * Math.max(ratio, 0.5)) * 1.05, ...all.map((each) => each.width));
  const at = new Map();
  const ways = new Map();
  const shelves = [];
  // Each part goes to the first shelf with room for it: a shelf is as high as its first part, and filled by columns.
  for (const part of all) {
    let spot = null;
    for (const shelf of shelves) {
      const stack = shelf.stacks.find((each) => each.width >= part.width && each.used + part.height <= shelf.height);
      if (stack) {
        spot = [stack.left, shelf.top + stack.used];
        stack.used += part.height + GAP;
        break;
      }
      if (shelf.right + part.width <= most && part.height <= shelf.height) {
        spot = [shelf.right, shelf.top];
        shelf.stacks.push({ left: shelf.right, width: part.width, used: part.height + GAP });
        shelf.right += part.width + GAP;
        break;
      }
    }
    if (!spot) {
      const last = shelves.at(-1);
      const top = last ? last.top + last.height + GAP : 0;
      shelves.push({ top, height: part.height, right: part.width + GAP, stacks: [] });
      spot = [0, top];
    }
    for (const [id, [x, y]] of part.at) at.set(id, [x + spot[0], y + spot[1]]);
    for (const [number, points] of part.ways) ways.set(number, points.map(([x, y]) => [x + spot[0], y + spot[1]]));
  }
  return { at, ways };
}
