// What every page begins with: making elements, links to the source, and whether colours are dark.

const editor = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : null;

/**
 * The URL of a place: that of the template, or the URI of the file if there is no template.
 * @param {string} template
 * @param {string} uri
 * @param {number} line 1-based
 * @param {number} column 1-based
 */
function placeUrl(template, uri, line, column) {
  if (!template) return uri;
  const path = uri.replace(/^file:\/\//, "").replace(/^\/([a-z])%3A/i, "/$1:");
  return template
    .replace("/{path}", () => (path.startsWith("/") ? path : `/${path}`))
    .replace("{path}", () => path)
    .replace("{line}", String(line))
    .replace("{column}", String(column));
}

/**
 * An element whose text is text: nothing of the workspace is ever taken for markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 */
function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 */
function counted(number, one, many) {
  return `${number} ${number === 1 ? one : many ?? `${one}s`}`;
}

/** The classes by which VS Code names the kind of its theme; none in a browser. */
function editorThemes() {
  const { classList } = document.body;
  const kinds = ["vscode-light", "vscode-dark", "vscode-high-contrast", "vscode-high-contrast-light"];
  return kinds.filter((kind) => classList.contains(kind));
}

/** In an editor its own theme counts, in a browser what the reader prefers. */
function isDark() {
  const inside = editorThemes();
  if (!inside.length) return matchMedia("(prefers-color-scheme: dark)").matches;
  return inside.includes("vscode-dark") || (inside.includes("vscode-high-contrast") && !inside.includes("vscode-high-contrast-light"));
}

/**
 * Puts a bar before the pane beside the picture, or below it on a narrow page: it gives the pane another size, dragged or
 * moved with the arrow keys. A double click gives back the usual size.
 * @param {HTMLElement} pane
 */
function resizable(pane) {
  const around = /** @type {HTMLElement} */ (pane.parentElement);
  const bar = make("div", "splitter");
  const isBelow = () => getComputedStyle(around).flexDirection === "column";
  const room = () => (isBelow() ? around.clientHeight : around.clientWidth);
  const size = () => (isBelow() ? pane.offsetHeight : pane.offsetWidth);
  /** @param {number} wanted in CSS pixels */
  const set = (wanted) => {
    const shown = Math.max(100, Math.min(wanted, room() - 120));
    pane.style.setProperty(isBelow() ? "--pane-height" : "--pane-width", `${Math.round(shown)}px`);
    tell();
  };
  const tell = () => {
    bar.setAttribute("aria-orientation", isBelow() ? "horizontal" : "vertical");
    bar.setAttribute("aria-valuenow", String(Math.round((100 * size()) / (room() || 1))));
  };
  bar.tabIndex = 0;
  bar.setAttribute("role", "separator");
  bar.setAttribute("aria-label", "Size of the pane");
  bar.title = "Drag, or press the arrow keys, to resize";
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
    bar.focus();
  });
  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = around.getBoundingClientRect();
    set(isBelow() ? box.bottom - event.clientY : box.right - event.clientX);
  });
  bar.addEventListener("dblclick", () => {
    pane.style.removeProperty("--pane-width");
    pane.style.removeProperty("--pane-height");
    tell();
  });
  bar.addEventListener("keydown", (event) => {
    const larger = event.key === "ArrowLeft" || event.key === "ArrowUp";
    if (!larger && event.key !== "ArrowRight" && event.key !== "ArrowDown") return;
    event.preventDefault();
    event.stopPropagation();
    set(size() + (larger ? 24 : -24));
  });
  pane.before(bar);
  tell();
}

const MORE_CONTRAST = "(prefers-contrast: more)";

/** Whether the theme of the editor, or the reader, asks for more contrast. */
function wantsContrast() {
  return editorThemes().some((kind) => kind.includes("contrast")) || matchMedia(MORE_CONTRAST).matches;
}

/**
 * A message, in which what stands between backticks is code.
 * @param {HTMLElement} element
 * @param {string} text
 */
function say(element, text) {
  const parts = text.split("`");
  if (parts.length % 2) element.replaceChildren(...parts.map((part, index) => (index % 2 ? make("code", "", part) : part)));
  else element.textContent = text;
  return element;
}
