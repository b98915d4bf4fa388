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
