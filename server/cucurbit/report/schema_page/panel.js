// What is known of the selected table, the legend, and places in the source.

function openSource(place) {
  if (editor) editor.postMessage({ command: "open", uri: data.uris[place.path], line: place.line, column: place.column - 1 });
  else linkTo(place, "").click();
}

function linkTo(place, text) {
  const link = make("a", "", text);
  link.href = placeUrl(data.editor, data.uris[place.path] ?? "", place.line, place.column);
  link.title = `${place.path}:${place.line}`;
  link.addEventListener("click", (event) => {
    if (!editor) return;
    event.preventDefault();
    openSource(place);
  });
  return link;
}

function button(text, act, className = "") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

function describe(table, view) {
  const box = byId("details");
  if (!table) {
    box.replaceChildren(make("p", "", "Click a table, or search for one. Drag a table to pin it, drag the background to move, scroll to zoom."));
    return;
  }
  /** @type {HTMLElement[]} */
  const items = [make("h3", "", table.id)];
  const where = make("p");
  where.append(table.class_name ? `class ${table.class_name}, ` : "", linkTo(table.place, `${table.place.path}:${table.place.line}`));
  items.push(where);
  if (table.comment) items.push(make("p", "comment", table.comment));
  if (table.association) items.push(make("p", "", `Many-to-many between ${table.association[0]} and ${table.association[1]}.`));
  if (!table.certain) items.push(make("p", "warn", "It may be missing: that depends on something unknown."));
  for (const reason of table.open) items.push(make("p", "warn", `It may hold more: ${reason}.`));
  const actions = make("div", "actions");
  actions.append(
    button("Focus", () => view.focus(1)),
    button(view.pins.has(table.id) ? "Unpin" : "Pin", () => {
      view.pin(table.id);
      describe(table, view);
    }),
    button("Source", () => openSource(table.place)),
  );
  items.push(actions, columnsOf(table));
  const keys = model.foreignKeys(table);
  if (keys.length) items.push(make("h4", "", "Refers to"), relationsOf(keys, (each) => each.target, view));
  const referring = model.referring(table);
  if (referring.length) items.push(make("h4", "", "Referred to by"), relationsOf(referring, (each) => each.source, view));
  const others = [
    ...table.unique.filter((key) => key.columns.length > 1).map((key) => `unique: ${key.columns.join(", ")}`),
    ...table.indexes.map((key) => `${key.unique ? "unique index" : "index"}: ${key.columns.join(", ") || key.name || "of an expression"}`),
    ...table.checks.map((check) => `check: ${check}`),
  ];
  if (others.length) items.push(make("h4", "", "Keys and constraints"), listOf(others));
  items.push(make("h4", "", "Registered by"), listOf(table.registered_by.length ? table.registered_by : ["no entry point"]));
  box.replaceChildren(...items);
}

function columnsOf(table) {
  const body = make("table");
  for (const column of table.columns) {
    const row = make("tr");
    const name = make("td");
    name.append(linkTo(column.place, column.name));
    row.append(make("td", "mark", marksOf(column).join(" ")), name, make("td", "type", column.type + (column.nullable === false ? "" : "?")));
    row.title = [column.comment, column.default && `default ${column.default}`].filter(Boolean).join("\n");
    body.append(row);
  }
  return body;
}

function relationsOf(relations, other, view) {
  const list = make("ul");
  for (const each of relations) {
    const item = make("li");
    const id = other(each);
    item.append(each.missing ? `${id} (not in this diagram)` : button(id, () => view.choose(id, { centre: true }), "link"));
    item.append(` by ${each.columns.join(", ")}: ${cardinality(each)}`);
    if (each.on_delete) item.append(`, on delete ${each.on_delete.toLowerCase()}`);
    list.append(item);
  }
  return list;
}

function listOf(texts) {
  const list = make("ul");
  list.append(...texts.map((text) => make("li", "", text)));
  return list;
}

function showLegend(view) {
  let pressed = null;
  const items = model.groups(view.colours).map(([name, tables]) => {
    const item = make("li");
    const entry = button("", () => {
      pressed = pressed === entry ? null : entry;
      for (const each of byId("legend").querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === pressed));
      view.light(pressed ? tables : null);
    });
    const sign = make("i");
    sign.style.background = view.tones.get(name);
    entry.append(sign, make("span", "", name), make("span", "count", String(tables.length)));
    entry.setAttribute("aria-pressed", "false");
    item.append(entry);
    return item;
  });
  byId("legend").replaceChildren(...items);
}
