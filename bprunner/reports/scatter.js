// The second chart: the final error against what varies, a mark for each run.
"use strict";

Report.Scatter = class {
  constructor(root, state) {
    this.state = state;
    this.box = root.querySelector("[data-is=scatter]");
    this.readout = root.querySelector("[data-is=scatter-readout]");
    this.note = root.querySelector("[data-is=scatter-note]");
    this.choice = root.querySelector("[data-is=against]");
    this.log = root.querySelector("[data-is=scatter-log]");
    this.columns = state.columns.filter((column) => column.kind === "varied");
    this.error = state.column("final_error");
    this.choice.append(...this.columns.map((each, at) => Report.element("option", { value: at }, each.name)));
    this.choice.addEventListener("change", () => this.draw());
    this.log.addEventListener("change", () => this.draw());
    root.querySelector("[data-is=scatter-reset]").addEventListener("click", () => this.frame.reset());
    this.box.addEventListener("mousemove", (event) => this.#point(event));
    this.box.addEventListener("mouseleave", () => this.state.hover(null));
    this.box.addEventListener("mousedown", (event) => (this.pressed = [event.clientX, event.clientY]));
    this.box.addEventListener("click", (event) => this.#click(event));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    state.listen((changed) => this.#follow(changed));
    this.#measure();
    this.draw();
  }

  #measure() {
    const finite = this.error.values.filter((value) => Number.isFinite(value)), positive = finite.filter((value) => value > 0);
    const ends = (values) => values.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, -Infinity]);
    this.finite = ends(finite);
    this.positive = ends(positive);
    this.log.disabled = !positive.length;
    this.log.checked = positive.length > 0 && finite.every((value) => value >= 0) && this.positive[1] / this.positive[0] > 100;
  }

  /* The ends of the error's axis. On a logarithmic one, what is astronomically far stands at the edges. */
  #ends(isLog) {
    const [low, high] = isLog ? this.positive : this.finite;
    if (!Number.isFinite(low)) return [0, 1];
    if (!isLog) {
      const room = (high - low || Math.abs(high) || 1) * 0.05;
      return [low - room, high + room];
    }
    const base = this.state.data.baseline ? this.error.values[0] : NaN, sorted = this.error.values.filter((each) => each > 0 && Number.isFinite(each)).sort((a, b) => a - b);
    const middle = base > 0 && Number.isFinite(base) ? base : sorted[sorted.length >> 1];
    const ends = [Math.max(low, middle * 1e-25), Math.min(high, middle * 1e25)];
    const room = ends[0] === ends[1] ? 2 : (ends[1] / ends[0]) ** 0.06;
    return [ends[0] / room, ends[1] * room];
  }

  draw() {
    this.column = this.columns[Number(this.choice.value)];
    const isLog = this.log.checked, [low, high] = this.#ends(isLog), { column } = this;
    this.frame?.destroy();
    this.frame = new Report.Frame(this.box, {
      name: column.key,
      x: { ...this.#across(), label: Report.shortened(column.name, 40), texts: column.labels },
      y: { low, high, isLog, label: "final error" },
      drawAll: (context, frame) => this.#drawAll(context, frame),
      drawChosen: (context, frame) => this.#drawChosen(context, frame),
    });
    this.#say(low, high);
    this.#tellHovered();
  }

  #across() {
    const { column } = this;
    if (column.labels) return { low: -0.6, high: Math.max(0, column.labels.length - 1) + 0.6, isLog: false };
    const numbers = column.values.filter((value) => Number.isFinite(value) && (!column.log || value > 0));
    const low = numbers.reduce((a, b) => Math.min(a, b), Infinity), high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!numbers.length) return { low: 0, high: 1, isLog: false };
    if (column.log) {
      const room = (high / low) ** 0.04 || 2;
      return { low: low / room, high: high * room, isLog: true };
    }
    const room = (high - low || Math.abs(high) || 1) * 0.04;
    return { low: low - room, high: high + room, isLog: false };
  }

  /* Where a run is seen; null where it has no value here. Among labels, runs stand beside each other. */
  placeOf(row) {
    const { column, frame } = this, value = column.values[row], error = this.error.values[row];
    if (value === null || !Number.isFinite(value) || (frame.x.isLog && !(value > 0))) return null;
    const beside = column.labels ? (((row * 0.618034) % 1) - 0.5) * 0.55 : 0;
    const x = frame.left(value + beside), { width, height } = frame.inner, edge = 6 * Report.look.scale;
    if (x < -edge || x > width + edge) return null;
    if (error === null || error === Infinity) return { x, y: edge };
    if (frame.y.isLog && !(error > 0)) return { x, y: height - edge };
    const [low, high] = frame.range.y, [first, last] = [frame.y.low, frame.y.high];
    if (error > last || error < first) return { x, y: error > last ? edge : height - edge };
    return error < low || error > high ? null : { x, y: frame.top(error) };
  }

  get #size() {
    return (this.state.count > 3000 ? 5 : this.state.count > 400 ? 7 : 9) * Report.look.scale;
  }

  #drawAll(context, frame) {
    const { state } = this, { fates } = state.data, size = this.#size;
    const away = new Path2D(), byFate = fates.map(() => new Path2D());
    let drawn = 0, inside = 0;
    this.frame = frame;
    for (let row = 0; row < state.count; row++) {
      const place = this.placeOf(row);
      if (!place) continue;
      drawn++;
      inside += state.inside[row];
      Report.mark(state.inside[row] ? byFate[state.fate[row]] : away, fates[state.fate[row]].marker, place.x, place.y, size);
    }
    context.fillStyle = Report.look.away;
    context.fill(away);
    byFate.forEach((path, at) => Report.fillMarks(context, path, Report.fateColour(fates[at]), drawn > 200));
    Object.assign(this.box.dataset, { marks: drawn, inside, away: drawn - inside });
  }

  #drawChosen(context) {
    const { state } = this, look = Report.look, named = [];
    const rings = [...state.chosen].filter((row) => row !== state.hovered);
    if (state.data.baseline) rings.push(0);
    if (state.hovered !== null) rings.push(state.hovered);
    for (const row of rings) {
      const place = this.placeOf(row);
      if (!place) continue;
      const fate = state.data.fates[state.fate[row]], mark = new Path2D(), ring = new Path2D();
      Report.mark(mark, fate.marker, place.x, place.y, this.#size * 1.2);
      ring.arc(place.x, place.y, this.#size * 1.05, 0, 2 * Math.PI);
      context.fillStyle = look.paper;
      context.fill(ring);
      Report.fillMarks(context, mark, Report.fateColour(fate));
      context.strokeStyle = look.ink;
      context.lineWidth = (row === state.hovered ? 2.5 : 2) * look.scale;
      context.stroke(ring);
      named.push([row, place]);
    }
    for (const [row, place] of named.slice(-6)) {
      const isRight = place.x > this.frame.inner.width / 2, far = this.#size * 1.05 + 5 * look.scale;
      Report.write(context, Report.shortened(state.nameOf(row), this.frame.width < 500 * look.scale ? 28 : 56), place.x + (isRight ? -far : far), place.y, isRight ? "right" : "left");
    }
  }

  // Pointing

  #point(event) {
    const area = this.frame.plot.over.getBoundingClientRect(), { state } = this;
    const x = event.clientX - area.left, y = event.clientY - area.top;
    let best = null, distance = 20;
    for (let row = 0; row < state.count; row++) {
      if (!state.inside[row] && !state.isBaseline(row)) continue;
      const place = this.placeOf(row), away = place ? Math.hypot(place.x - x, place.y - y) : Infinity;
      if (away < distance) [best, distance] = [row, away];
    }
    state.hover(best);
  }

  #click(event) {
    const [x, y] = this.pressed ?? [0, 0];
    const isDrag = Math.abs(event.clientX - x) > 4 || Math.abs(event.clientY - y) > 4;
    if (!isDrag && this.state.hovered !== null) this.state.toggle(this.state.hovered);
  }

  #key(event) {
    const { state, frame } = this, { key } = event;
    if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key)) {
      const step = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1, order = this.#order();
      const at = order.indexOf(state.hovered);
      state.hover(at < 0 ? order[0] ?? null : order[Math.min(Math.max(at + step, 0), order.length - 1)]);
    } else if ((key === "Enter" || key === " ") && state.hovered !== null) state.toggle(state.hovered);
    else if (key === "+" || key === "-" || key === "=") {
      const place = state.hovered === null ? null : this.placeOf(state.hovered), { width, height } = frame.inner;
      frame.zoomAround(key === "-" ? 2 : 0.5, place ? place.x / width : 0.5, place ? 1 - place.y / height : 0.5);
    } else if (key === "Escape" || key === "0") {
      frame.reset();
      state.hover(null);
    } else return;
    event.preventDefault();
  }

  /* The runs from left to right. */
  #order() {
    const { state } = this, there = [];
    for (let row = 0; row < state.count; row++) {
      const place = state.inside[row] || state.isBaseline(row) ? this.placeOf(row) : null;
      if (place) there.push([row, place]);
    }
    return there.sort(([, a], [, b]) => a.x - b.x || a.y - b.y).map(([row]) => row);
  }

  // Words

  #tellHovered() {
    const { state } = this, row = state.hovered;
    this.readout.textContent = row === null
      ? "Point at a mark, or focus the chart and use the arrow keys."
      : `${state.nameOf(row)}: ${this.column.name} ${state.textOf(this.column, row)}, final error ${Report.text(this.error.values[row])} (${state.data.fates[state.fate[row]].name})`;
  }

  #say(low, high) {
    const { state } = this, told = [], errors = this.error.values, isLog = this.log.checked;
    const count = (holds) => errors.filter(holds).length, runs = (number) => Report.counted(number, "run");
    const none = count((each) => each === null || each === Infinity), zero = isLog ? count((each) => each !== null && each <= 0) : 0;
    const far = count((each) => Number.isFinite(each) && (each > high || (each < low && (!isLog || each > 0))));
    if (none) told.push(`At the upper edge: ${runs(none)} whose final error is infinite or no number.`);
    if (zero) told.push(`At the lower edge: ${runs(zero)} whose final error is 0.`);
    if (far) told.push(`At the edges, too: ${runs(far)} beyond the ends of the axis.`);
    const missing = this.column.values.filter((value) => value === null || !Number.isFinite(value)).length;
    if (missing) told.push(`Not shown: ${runs(missing)} without a value of ${this.column.name}.`);
    if (this.column.labels) told.push("Within a label, runs stand beside each other for room alone.");
    this.note.textContent = told.join(" ");
  }

  #follow(changed) {
    if (changed.has("inside")) this.frame.redraw();
    else this.frame.redrawChosen();
    if (changed.has("hovered")) this.#tellHovered();
  }
};
