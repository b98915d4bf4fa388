// The page: its controls, its keys, its exports.

const data = JSON.parse(byId("data").textContent);
data.schema.relations.forEach((relation, number) => {
  relation.number = number;
});
const model = new Model(data);
const KEYS = [
  ["\u2190 \u2191 \u2192 \u2193", "the next table in that direction"], ["/", "search; Enter for the next, Shift+Enter for the one before"],
  ["Enter", "open the source"], ["f", "focus: 1, 2, 3 steps around the selected table, then everything"], ["p", "pin the selected table, or release it"],
  ["c", "all columns, keys, names alone"], ["+ \u2212", "larger, smaller"], ["z", "everything at once"], ["t", "dark or light"],
  ["Esc", "leave the search, the selection, the focus"], ["?", "these keys"],
];
const DETAILS = ["all", "keys", "none"];
let found = [];
let hit = -1;

const view = new View({
  chosen: (id) => describe(id === null ? null : model.byId.get(id), view),
  focused: (hops) => {
    byId("hops").value = String(hops);
    summarise();
    search();
  },
  source: openSource,
});

function summarise() {
  const shown = view.ids.size === model.tables.length ? counted(model.tables.length, "table") : `${view.ids.size} of ${counted(model.tables.length, "table")}`;
  const when = model.schema.moment === "migrations" ? ", as migrations see them" : "";
  byId("summary").textContent = `${shown}, ${counted(model.schema.relations.length, "foreign key")}${when}`;
}

function setDetail(detail) {
  byId("detail").value = detail;
  view.detail = detail;
  view.lay();
  view.fit();
  search();
}

function search() {
  const text = byId("search").value;
  found = model.search(text).filter((table) => view.ids.has(table.id));
  hit = -1;
  view.found(new Set(found.map((table) => table.id)));
  byId("hits").textContent = !text.trim() ? "" : found.length ? `${found.length} found` : "none found";
}

function nextHit(by) {
  if (!found.length) return;
  hit = (hit + by + found.length) % found.length;
  byId("hits").textContent = `${hit + 1} of ${found.length}`;
  view.choose(found[hit].id, { centre: true });
}

function leave() {
  if (byId("search").value) {
    byId("search").value = "";
    search();
  } else if (view.chosen) view.choose(null);
  else if (view.ids.size !== model.tables.length) view.focus(0);
  view.svg.focus();
}

// ------------------------------------------------------------------------- export

// The diagram as a document of its own, with the colours of the theme.
function exported() {
  const [x, y, width, height] = view.bounds();
  const copy = draw("svg", { xmlns: NS, viewBox: `${x} ${y} ${width} ${height}`, width: Math.ceil(width), height: Math.ceil(height) });
  const names = ["--back", "--card", "--text", "--dim", "--line", "--edge", "--accent", "--key", "--hit"];
  const colours = getComputedStyle(document.documentElement);
  const rules = document.querySelector("style").textContent.split("/* diagram */")[1];
  const style = draw("style", {}, `svg{${names.map((name) => `${name}:${colours.getPropertyValue(name)}`).join(";")}}${rules}`);
  const world = view.world.cloneNode(true);
  world.removeAttribute("transform");
  for (const each of world.querySelectorAll(".hit, .far-name")) each.remove();
  for (const each of world.querySelectorAll(".chosen, .near, .found")) each.classList.remove("chosen", "near", "found");
  copy.append(style, draw("rect", { x, y, width, height, fill: colours.getPropertyValue("--back") }), world);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function save(name, url) {
  const link = make("a");
  link.href = url;
  link.download = name;
  link.click();
}

function saveSvg() {
  save("schema.svg", `data:image/svg+xml;charset=utf-8,${encodeURIComponent(exported().text)}`);
}

async function pngUrl() {
  const { text, width, height } = exported();
  // Browsers refuse a canvas that is too large.
  const scale = Math.min(2, 12000 / width, 12000 / height, Math.sqrt(9e7 / (width * height)));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = make("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

// -------------------------------------------------------------------------- theme

let wanted = null;

// What the reader chose here comes first.
function theme() {
  document.documentElement.dataset.theme = wanted ?? (isDark() ? "dark" : "light");
  document.documentElement.dataset.contrast = wantsContrast() ? "more" : "";
  view.paint();
  showLegend(view);
}

function switchTheme() {
  wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  theme();
}

// --------------------------------------------------------------------------- keys

const ACTIONS = {
  "/": () => byId("search").focus(),
  "?": () => byId("keys").showModal(),
  f: () => view.focus(view.ids.size === model.tables.length && !Number(byId("hops").value) ? 1 : (Number(byId("hops").value) + 1) % 4),
  p: () => {
    if (!view.chosen) return;
    view.pin(view.chosen);
    describe(model.byId.get(view.chosen), view);
  },
  c: () => setDetail(DETAILS[(DETAILS.indexOf(view.detail) + 1) % DETAILS.length]),
  t: switchTheme,
  "+": () => view.zoom(1.25),
  "=": () => view.zoom(1.25),
  "-": () => view.zoom(0.8),
  z: () => view.fit(),
  ArrowLeft: () => view.step(-1, 0),
  ArrowRight: () => view.step(1, 0),
  ArrowUp: () => view.step(0, -1),
  ArrowDown: () => view.step(0, 1),
  Enter: () => view.chosen && openSource(model.byId.get(view.chosen).place),
  Escape: leave,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const target = /** @type {Element} */ (event.target);
  if (target.closest("input, select") && event.key !== "Escape") return;
  if (target.closest("button, a, aside") && (event.key === "Enter" || event.key.startsWith("Arrow"))) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

byId("search").addEventListener("input", search);
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
});
byId("detail").addEventListener("change", () => setDetail(byId("detail").value));
byId("colours").addEventListener("change", () => {
  view.colours = byId("colours").value;
  view.light(null);
  view.paint();
  showLegend(view);
});
byId("hops").addEventListener("change", () => view.focus(Number(byId("hops").value)));
byId("in").addEventListener("click", ACTIONS["+"]);
byId("out").addEventListener("click", ACTIONS["-"]);
byId("fit").addEventListener("click", ACTIONS.z);
byId("svg").addEventListener("click", saveSvg);
byId("png").addEventListener("click", async () => save("schema.png", await pngUrl()));
byId("theme").addEventListener("click", switchTheme);
byId("help").addEventListener("click", ACTIONS["?"]);
for (const query of ["(prefers-color-scheme: dark)", MORE_CONTRAST]) matchMedia(query).addEventListener("change", theme);
new MutationObserver(theme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
window.addEventListener("message", (event) => {
  const { command, table } = event.data ?? {};
  if (command === "focus" && model.byId.has(table)) view.choose(table, { centre: true });
});

// -------------------------------------------------------------------------- start

byId("key-list").append(...KEYS.flatMap(([keys, text]) => [make("dt", "", keys), make("dd", "", text)]));
byId("title").textContent = document.title;
byId("doubt-area").hidden = !model.schema.open.length;
byId("doubt").append(...model.schema.open.map((reason) => make("li", "", `more tables are possible: ${reason}`)));
if (model.groups("schema").length < 2) byId("colours").querySelector("[value=schema]").remove();
view.detail = model.tables.length > 60 ? "keys" : "all";
byId("detail").value = view.detail;
theme();
resizable(byId("panes"));
summarise();
describe(null, view);
// The page is shown first: to lay out hundreds of tables takes a moment.
requestAnimationFrame(() => setTimeout(() => {
  view.lay();
  view.fit();
  if (data.selected) view.choose(data.selected, { centre: true });
  showLegend(view);
  byId("busy").hidden = true;
  if (!model.tables.length) byId("summary").textContent = model.schema.entry ? "No tables stand there." : "No entry point was found here.";
  document.documentElement.dataset.ready = "yes";
}));
