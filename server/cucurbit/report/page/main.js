const picture = JSON.parse(document.getElementById("picture").textContent);
const app = document.getElementById("app");
for (const lane of picture.lanes) {
  const list = document.createElement("ol");
  const title = document.createElement("h1");
  title.textContent = lane.target;
  for (const row of lane.rows) {
    const item = document.createElement("li");
    item.textContent = row.kind + " " + row.name;
    list.append(item);
  }
  app.append(title, list);
}
