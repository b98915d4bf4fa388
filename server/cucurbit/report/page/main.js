// The page: which timeline, which finding, which keys.

/** @type {TimelineDiagram} */
const picture = JSON.parse(byId("picture").textContent);
const KEYS = [
  ["\u2191 \u2193", "the row above, below"], ["\u2192 \u2190", "unfold and go in, fold and go out"],
  ["Home End", "first, last row"], ["Enter", "open the source"], ["Space", "fold or unfold"],
  ["/", "search; Enter or n for the next, N for the one before"], ["f F", "the next finding, the one before"],
  ["o", "the definition that stood already"], ["m", "the next point at which migrations start"],
  ["+ \u2212 0", "larger, smaller, as usual"], ["z", "everything at once"],
  ["Esc", "leave the search, show everything again"], ["?", "these keys"],
];
const LEGEND = [
  ["table", "\u25cf", "table registered"], ["rejected", "\u2717", "refused or failed"],
  ["migrations", "\u25b6", "migrations"], ["maybe", "?", "not certain"],
];

const source = new Source(picture);
/** @type {Map<number, Lane>} those that were looked at */
const lanes = new Map();
const panel = new Panel(picture, source, { chosen: (position) => chooseFinding(position), wanted: (row) => goTo(row) });
const tree = new Tree(byId("rows"), source, {
  drawn: () => {
    overview?.draw();
    crumbs();
  },
  selected: (item, quiet) => {
    if (!quiet) panel.describe(item);
  },
});
const overview = new Overview(byId("overview"), tree);
/** @type {number[]} the rows that the search found, and which of them is looked at */
let hits = [];
let hit = -1;

// --------------------------------------------------------------------- timelines

/** @param {number} number */
function laneAt(number) {
  const lane = lanes.get(number) ?? new Lane(picture.lanes[number]);
  lanes.set(number, lane);
  return lane;
}

/** @param {number} number */
function showLane(number) {
  byId("lane").value = String(number);
  const lane = laneAt(number);
  lane.light(null);
  byId("title").textContent = lane.data.target;
  document.title = `Timeline of ${lane.data.target}`;
  summarise(lane);
  panel.show(lane);
  tree.active = 0;
  tree.element.scrollTop = 0;
  tree.show(lane);
  search();
}

/** @param {Lane} lane */
function summarise(lane) {
  const counts = lane.counts();
  const parts = [[lane.data.how, ""], [`${counted(counts.modules, "module")} executed`, ""]];
  parts.push([counted(counts.tables, "table") + " registered", "good"]);
  if (counts.before >= 0) parts.push([`${counts.before} before the migrations start`, "migration"]);
  if (counts.rejected) parts.push([`${counts.rejected} rejected`, "bad"]);
  if (counts.failed) parts.push([counts.failed, "bad"]);
  if (counts.uncertain) parts.push([`${counts.uncertain} not certain`, "warn"]);
  byId("summary").replaceChildren(...parts.map(([text, tone]) => make("span", tone, text)));
}

function crumbs() {
  const { lane } = tree;
  const first = lane.items[Math.floor(tree.view.top / tree.height)];
  const above = first && tree.view.top > 0 ? lane.chain(first.row).slice(0, -1) : [];
  byId("crumbs").classList.toggle("top", !above.length);
  const names = above.map((index) => make("span", lane.rows[index].kind, said(lane, index)[0]));
  if (!names.length) names.push(make("span", "", "In order of execution, nested as the imports are"));
  byId("crumbs").replaceChildren(...names);
}

/** @param {number} row */
function goTo(row) {
  tree.goTo(row, { middle: "always" });
}

// ---------------------------------------------------------------------- findings

/** @param {number} position in the list of the timeline; -1 for none */
function chooseFinding(position) {
  const { lane } = tree;
  const mark = position >= 0 && position !== panel.chosen ? lane.data.marks[position] : null;
  const before = tree.item ? tree.item.row : 0;
  lane.light(mark);
  panel.choose(mark === null ? -1 : position);
  if (mark === null) {
    tree.select(lane.where[before] ?? 0, { middle: true });
    return;
  }
  if (mark.row >= 0) goTo(mark.row);
  else tree.show(lane);
}

/** @param {number} by */
function nextFinding(by) {
  const count = tree.lane.data.marks.length;
  if (!count) return;
  const from = panel.chosen < 0 && by < 0 ? count : panel.chosen;
  const next = (from + by + count) % count;
  if (next !== panel.chosen) chooseFinding(next);
}

// ------------------------------------------------------------------------ search

function search() {
  const text = byId("search").value;
  if (!tree.lane) return;
  hits = tree.lane.search(text);
  hit = -1;
  tree.hits = new Set(hits);
  byId("hits").textContent = !text.trim() ? "" : hits.length ? `${hits.length} found` : "none found";
  tree.later();
}

/** @param {number} by */
function nextHit(by) {
  if (!hits.length) return;
  hit = (hit + by + hits.length) % hits.length;
  byId("hits").textContent = `${hit + 1} of ${hits.length}`;
  goTo(hits[hit]);
}

function nextMigrations() {
  const { lane } = tree;
  const starts = [...lane.rows.keys()].filter((index) => lane.rows[index].kind === "migrations");
  if (starts.length) goTo(starts.find((index) => index > tree.item.row) ?? starts[0]);
}

function leave() {
  if (byId("search").value) {
    byId("search").value = "";
    search();
  } else if (panel.chosen >= 0) {
    chooseFinding(-1);
  }
  tree.element.focus();
}

// -------------------------------------------------------------------------- keys

/** @type {Record<string, () => void>} */
const ACTIONS = {
  "/": () => byId("search").focus(),
  "?": () => byId("keys").showModal(),
  n: () => nextHit(1),
  N: () => nextHit(-1),
  f: () => nextFinding(1),
  F: () => nextFinding(-1),
  m: nextMigrations,
  o: () => goTo(tree.lane.rows[tree.item.row].other ?? -1),
  "+": () => tree.setZoom(tree.zoom + 1),
  "=": () => tree.setZoom(tree.zoom + 1),
  "-": () => tree.setZoom(tree.zoom - 1),
  0: () => tree.setZoom(USUAL),
  z: () => tree.fit(),
  Escape: leave,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (isIn(event, "input, select") && event.key !== "Escape") return;
  const action = tree.item ? ACTIONS[event.key] : undefined;
  if (!action) return;
  event.preventDefault();
  action();
});

byId("search").addEventListener("input", search);
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
  if (event.key === "ArrowDown") tree.element.focus();
});
byId("lane").addEventListener("change", () => showLane(Number(byId("lane").value)));
byId("in").addEventListener("click", ACTIONS["+"]);
byId("out").addEventListener("click", ACTIONS["-"]);
byId("fit").addEventListener("click", ACTIONS.z);
byId("help").addEventListener("click", ACTIONS["?"]);

// ------------------------------------------------------------------------- theme

const QUERIES = ["(prefers-color-scheme: dark)", MORE_CONTRAST, "(forced-colors: active)"];

function theme() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  document.documentElement.dataset.contrast = wantsContrast() ? "more" : "";
  overview.draw(true);
}

for (const query of QUERIES) matchMedia(query).addEventListener("change", theme);
new MutationObserver(theme).observe(document.body, { attributes: true, attributeFilter: ["class"] });

// ------------------------------------------------------------------------- start

/**
 * @param {string} uri
 * @param {number} line
 */
function focusOn(uri, line) {
  const order = [tree.lane, ...picture.lanes.keys()].map((each) => (typeof each === "number" ? laneAt(each) : each));
  for (const lane of order) {
    const row = source.rowAt(lane, uri, line);
    if (row < 0) continue;
    if (lane !== tree.lane) showLane(picture.lanes.indexOf(lane.data));
    goTo(row);
    return;
  }
}

window.addEventListener("message", ({ data }) => {
  if (data && data.command === "focus" && typeof data.uri === "string") focusOn(data.uri, Number(data.line) || 1);
});

byId("key-list").append(...KEYS.flatMap(([keys, text]) => [make("dt", "", keys), make("dd", "", text)]));
byId("legend").append(...LEGEND.map(([kind, sign, text]) => {
  const entry = make("span", kind);
  entry.append(make("b", "sign", sign), text);
  return entry;
}));
byId("lane").append(...picture.lanes.map((lane, number) => new Option(lane.target, String(number))));
byId("lane-label").hidden = picture.lanes.length < 2;
theme();
resizable(byId("panes"));
if (picture.lanes.length) {
  showLane(0);
  tree.element.focus({ preventScroll: true });
  if (picture.focus) focusOn(picture.focus.uri, picture.focus.line);
} else {
  byId("summary").textContent = "No entry point was found here.";
}
