// The whole timeline at a glance, beside the rows: tables, what is refused, the migrations, and what is in sight.

/** @type {Record<string, string>} */
const LOUD = { table: "good", rejected: "bad", failed: "bad", "entry-failed": "bad", "migrations-failed": "bad", reused: "warn", swallowed: "warn", reserved: "bad", "create-all": "warn" };

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("the canvas cannot be drawn on");
  return pen;
}

class Overview {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Tree} tree
   */
  constructor(canvas, tree) {
    this.canvas = canvas;
    this.tree = tree;
    /** @param {PointerEvent} event */
    const go = (event) => {
      if (event.buttons !== 1 || !tree.lane) return;
      const index = Math.floor((event.offsetY / canvas.clientHeight) * tree.lane.rows.length);
      const place = tree.lane.where[Math.max(0, Math.min(index, tree.lane.rows.length - 1))];
      tree.element.scrollTop = place * tree.height - tree.element.clientHeight / 2;
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", go);
    this.size = [0, 0];
    /** @type {unknown[]} what `picture` was painted of */
    this.state = [];
    this.picture = document.createElement("canvas");
    /** @type {Record<string, string>} */
    this.colours = {};
    new ResizeObserver(() => {
      this.size = [canvas.clientWidth, canvas.clientHeight];
      this.draw();
    }).observe(canvas);
  }

  /** What is drawn stays while only what is in sight changes; ``repaint`` is for new colours. */
  draw(repaint = false) {
    const { canvas, tree } = this;
    const { lane } = tree;
    const [width, height] = this.size;
    if (!lane || !height) return;
    const ratio = window.devicePixelRatio || 1;
    /** @type {[number, number]} */
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const state = [lane, lane.mark, ...size];
    if (repaint || state.some((each, index) => each !== this.state[index])) {
      this.state = state;
      this._paint(lane, size, ratio, width, height);
    }
    const pen = penOf(canvas);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, ...size);
    pen.drawImage(this.picture, 0, 0);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._window(pen, lane, height / Math.max(1, lane.rows.length), width, this.colours.fg);
  }

  /**
   * @param {Lane} lane
   * @param {[number, number]} size in pixels of the screen
   * @param {number} ratio
   * @param {number} width
   * @param {number} height
   */
  _paint(lane, size, ratio, width, height) {
    const style = getComputedStyle(this.canvas);
    const names = ["fg", "rail", "accent", "good", "bad", "warn", "migration"];
    this.colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    [this.picture.width, this.picture.height] = size;
    const pen = penOf(this.picture);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const unit = height / Math.max(1, lane.rows.length);
    const indent = Math.min(6, (width - 22) / (lane.deepest + 1));
    this._bands(pen, lane, unit, width, this.colours.migration);
    const tall = Math.max(1, Math.min(unit - (unit > 4 ? 1 : 0), 8));
    for (const loud of [false, true]) {
      lane.rows.forEach((row, index) => {
        if ((row.kind in LOUD || row.kind === "migrations") !== loud) return;
        const name = row.kind === "migrations" ? "migration" : LOUD[row.kind] ?? "rail";
        pen.fillStyle = this.colours[lane.lit[index] && !loud ? "accent" : name];
        const length = row.kind === "migrations" ? width : loud ? 10 : 14;
        pen.fillRect(4 + lane.depth[index] * indent, index * unit, length, loud ? Math.max(2, tall) : tall);
      });
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Lane} lane
   * @param {number} unit
   * @param {number} width
   * @param {string} colour
   */
  _bands(pen, lane, unit, width, colour) {
    pen.fillStyle = colour;
    pen.globalAlpha = 0.15;
    lane.rows.forEach((row, index) => {
      if (row.kind === "migrations") pen.fillRect(0, index * unit, width, (lane.last[index] - index + 1) * unit);
    });
    pen.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Lane} lane
   * @param {number} unit
   * @param {number} width
   * @param {string} colour
   */
  _window(pen, lane, unit, width, colour) {
    const { view, height } = this.tree;
    const first = lane.items[Math.min(lane.items.length - 1, Math.floor(view.top / height))];
    const place = Math.min(lane.items.length - 1, Math.floor((view.top + view.height) / height));
    const last = lane.items[place];
    if (!first || !last) return;
    const top = first.row * unit;
    const tall = Math.max(4, (last.end - first.row) * unit);
    pen.globalAlpha = 0.08;
    pen.fillStyle = colour;
    pen.fillRect(0, top, width, tall);
    pen.globalAlpha = 0.5;
    pen.strokeStyle = colour;
    pen.strokeRect(0.5, top + 0.5, width - 1, Math.max(1, tall - 1));
    pen.globalAlpha = 1;
  }
}
