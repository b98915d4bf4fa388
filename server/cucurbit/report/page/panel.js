// Beside the picture: the findings with their evidence, and how the selected row is reached.

/** @type {Record<string, string>} */
const GRAVITY = { error: "\u2717", warning: "\u25b2", information: "\u25cf", hint: "\u25cb" };

class Panel {
  /** @type {Lane} the timeline that is shown, from the first `show` on */
  lane;

  /**
   * @param {TimelineDiagram} picture
   * @param {Source} source
   * @param {{ chosen: (position: number) => void, wanted: (row: number) => void }} hooks
   */
  constructor(picture, source, hooks) {
    this.picture = picture;
    this.source = source;
    this.hooks = hooks;
    this.list = byId("findings");
    this.details = byId("details");
    this.chosen = -1;
  }

  /** @param {Lane} lane */
  show(lane) {
    this.lane = lane;
    this.chosen = -1;
    this._list();
    this.describe(null);
  }

  /** @param {number} position */
  choose(position) {
    this.chosen = position;
    for (const [index, entry] of [...this.list.children].entries()) {
      const on = index === position;
      entry.classList.toggle("chosen", on);
      entry.querySelector("button")?.setAttribute("aria-expanded", String(on));
      const steps = entry.querySelector(".evidence");
      if (steps instanceof HTMLElement) steps.hidden = !on;
      // Not scrollIntoView: that would move what is around the list as well.
      const area = this.list.parentElement;
      if (on && area && entry instanceof HTMLElement) area.scrollTop = entry.offsetTop - 8;
    }
  }

  _list() {
    const marks = this.lane.data.marks;
    const entries = marks.map((mark, position) => this._finding(mark, position));
    if (!entries.length) entries.push(make("li", "nothing", "No finding is about this timeline."));
    this.list.replaceChildren(...entries);
  }

  /**
   * @param {DiagramMark} mark
   * @param {number} position
   */
  _finding(mark, position) {
    const finding = this.picture.findings[mark.finding];
    const entry = make("li", `finding ${finding.severity}`);
    const button = make("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const sign = make("span", "gravity", GRAVITY[finding.severity] ?? "");
    sign.setAttribute("aria-hidden", "true");
    const head = make("span", "head");
    head.append(sign, make("span", "hidden", `${finding.severity}: `), make("span", "rule", finding.rule));
    if (!finding.certain) head.append(make("span", "flag soft", "not certain"));
    button.append(head, say(make("span", "message"), finding.message));
    button.addEventListener("click", () => this.hooks.chosen(position));
    entry.append(button, this._evidence(mark, finding));
    return entry;
  }

  /**
   * @param {DiagramMark} mark
   * @param {DiagramFinding} finding
   */
  _evidence(mark, finding) {
    const box = make("div", "evidence");
    box.hidden = true;
    const list = make("ol");
    finding.steps.forEach((step, index) => {
      list.append(this._step(String(index + 1), step, step.text, mark.steps[index]));
    });
    list.append(this._step("!", finding.place, "the finding", mark.row));
    const about = make("a", "rule-page", `About ${finding.rule}`);
    about.href = finding.url;
    about.rel = "noopener";
    about.target = "_blank";
    box.append(list, about);
    return box;
  }

  /**
   * @param {string} badge
   * @param {Place} place
   * @param {string} text
   * @param {number} row
   */
  _step(badge, place, text, row) {
    const item = make("li");
    const sign = make("span", badge === "!" ? "badge here" : "badge", badge);
    sign.setAttribute("aria-hidden", "true");
    const words = say(make(row >= 0 ? "button" : "span", "step"), text);
    if (words instanceof HTMLButtonElement) {
      words.type = "button";
      words.title = `Go to ${row + 1}`;
      words.addEventListener("click", () => this.hooks.wanted(row));
    }
    item.append(sign, words, this.source.link(place));
    return item;
  }

  // ------------------------------------------------------------------ details

  /** @param {Item | null} item */
  describe(item) {
    if (item === null || item.group) {
      const text = item === null ? "Nothing yet." : "They stand folded together. Enter or a click shows them.";
      this.details.replaceChildren(make("p", "nothing", text));
      return;
    }
    const { lane } = this;
    const row = lane.rows[item.row];
    const [name, detail, flag] = said(lane, item.row);
    const head = make("p", `what ${row.kind}`);
    head.append(make("strong", "", name));
    if (flag) head.append(make("span", "flag", flag));
    /** @type {HTMLElement[]} */
    const parts = [head];
    if (detail) parts.push(make("p", "detail", detail));
    if (row.certain === false) parts.push(make("p", "maybe", "Uncertain: depends on a value that cannot be determined."));
    parts.push(this._reached(item.row));
    if (row.other !== undefined && row.other >= 0) {
      parts.push(make("h3", "", "The definition that stood already"), this._reached(row.other));
    }
    this.details.replaceChildren(...parts);
  }

  /**
   * The imports and calls from the entry point to a row, and the row's own place.
   * @param {number} index
   */
  _reached(index) {
    const { lane } = this;
    const list = make("ol", "chain");
    for (const each of lane.chain(index)) {
      for (const step of lane.rows[each].via ?? []) {
        const entry = make("li");
        entry.append(make("span", "step", step.text), this.source.link(step));
        list.append(entry);
      }
    }
    const last = make("li", "last");
    last.append(make("strong", "step", said(lane, index)[0]), this.source.link(lane.rows[index]));
    list.append(last);
    return list;
  }
}
