// Places in the source: where a click leads, inside an editor and in a browser.

class Source {
  /** @param {TimelineDiagram} picture */
  constructor(picture) {
    this.files = picture.files;
    this.template = picture.editor;
  }

  /** @param {Place} place */
  text(place) {
    return `${this.files[place.file].path}:${place.line}`;
  }

  /** @param {Place} place */
  url(place) {
    return placeUrl(this.template, this.files[place.file].uri, place.line, place.column + 1);
  }

  /** @param {Place} place */
  open(place) {
    const uri = this.files[place.file].uri;
    if (editor) editor.postMessage({ command: "open", uri, line: place.line, column: place.column });
    else this.link(place).click();
  }

  /**
   * A link to a place; in an editor the click is handed over to it.
   * @param {Place} place
   * @param {string} [text]
   */
  link(place, text) {
    const link = make("a", "place");
    // A long path is cut off at its beginning, by writing from the right: what stands in it still runs to the right.
    link.append(make("bdi", "", text ?? this.text(place)));
    link.href = editor ? "#" : this.url(place);
    link.title = `Open ${this.text(place)}`;
    if (editor) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        event.stopPropagation();
        this.open(place);
      });
    } else if (link.protocol === "file:") {
      link.target = "_blank";
      link.rel = "noopener";
    }
    return link;
  }

  /**
   * The row nearest to a line of a file: one that stands there, else one that begins above it. Of several rows at the
   * line, that of a rejected table.
   * @param {Lane} lane
   * @param {string} uri
   * @param {number} line
   */
  rowAt(lane, uri, line) {
    const wanted = decoded(uri);
    const file = this.files.findIndex((each) => decoded(each.uri) === wanted);
    let best = -1;
    let nearest = -1;
    lane.rows.forEach((row, index) => {
      const lines = row.file === file ? [row.line] : [];
      for (const step of row.via ?? []) if (step.file === file) lines.push(step.line);
      for (const each of lines) {
        const isWorse = each === nearest && row.kind === "rejected" && lane.rows[best].kind !== "rejected";
        if (each <= line && (each > nearest || isWorse)) [best, nearest] = [index, each];
      }
    });
    return best;
  }
}

/** @param {string} uri */
function decoded(uri) {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

/**
 * An element of the page.
 * @template {keyof PageElements} K
 * @param {K} id
 */
function byId(id) {
  return /** @type {PageElements[K]} */ (document.getElementById(id));
}
