// The first chart: a quantity over the steps, a line for each run.
"use strict";

Report.Lines = class {
  constructor(root, state) {
    this.state = state;
    this.box = root.querySelector("[data-is=lines]");
    this.readout = root.querySelector("[data-is=lines-readout]");
    this.note = root.querySelector("[data-is=lines-note]");
    this.quantity = root.querySelector("[data-is=quantity]");
    this.log = root.querySelector("[data-is=lines-log]");
    this.quantity.append(...state.data.quantities.map((each, at) => Report.element("option", { value: at }, each.name)));
    this.quantity.addEventListener("change", () => this.#choose());
    this.log.addEventListener("change", () => this.draw());
    root.querySelector("[data-is=lines-reset]").addEventListener("click", () => this.frame.reset());
    this.box.addEventListener("mousemove", (event) => this.#point(event));
    this.box.addEventListener("mouseleave", () => this.#leave());
    this.box.addEventListener("click", (event) => this.#click(event));
    this.box.addEventListener("mousedown", (event) => (this.pressed = [event.clientX, event.clientY]));
    this.box.addEventListener("keydown", (event) => this.#key(event));
    state.listen((changed) => this.#follow(changed));
    this.#choose();
  }

  // What is drawn

  #choose() {
    const own = this.state.data.quantities[Number(this.quantity.value)];
    this.name = own.name;
    this.lines = own.rows.map((row, at) => ({
      row, steps: own.steps[own.which[at]], values: own.values[at].map(Report.number),
    }));
    this.byRow = new Map(this.lines.map((line) => [line.row, line]));
    this.thinned = own.thinned;
    this.at = 0;
    this.#measure();
    this.log.disabled = !(this.least > 0);
    this.log.checked = !this.log.disabled && this.lowest >= 0 && this.most / this.least > 100;
    this.draw();
  }

  /* The ends of all finite values; the least positive one; and the ends that the baseline and the first steps have. */
  #measure() {
    let low = Infinity, high = -Infinity, least = Infinity, firstLow = Infinity, firstHigh = -Infinity;
    for (const { row, values } of this.lines) {
      const isBaseline = this.state.isBaseline(row);
      values.forEach((value, at) => {
        if (!Number.isFinite(value)) return;
        low = Math.min(low, value);
        high = Math.max(high, value);
        if (value > 0) least = Math.min(least, value);
        if (at === 0 || isBaseline) {
          firstLow = Math.min(firstLow, value);
          firstHigh = Math.max(firstHigh, value);
        }
      });
    }
    Object.assign(this, { lowest: low, most: high, least: Number.isFinite(least) ? least : 0, firstLow, firstHigh });
  }

  /* The ends of the axis: runs that go far away do not press the others flat. */
  #ends(isLog) {
    if (isLog) {
      const high = this.firstHigh > 0 ? Math.min(this.most, this.firstHigh * 1e3) : this.most;
      const low = Math.min(Math.max(this.least, high * 1e-18), high);
      return low === high ? [low / 2, high * 2] : [low / (high / low) ** 0.03, high * (high / low) ** 0.04];
    }
    if (!Number.isFinite(this.lowest)) return [0, 1];
    const span = this.firstHigh - this.firstLow || Math.abs(this.firstHigh) || 1;
    const isFar = (beyond) => beyond > 8 * span;
    const high = isFar(this.most - this.firstHigh) ? this.firstHigh + 2 * span : this.most;
    const low = isFar(this.firstLow - this.lowest) ? this.firstLow - 2 * span : this.lowest;
    const room = (high - low || Math.abs(high) || 1) * 0.04;
    return [low - room, high + room];
  }

  draw() {
    const isLog = this.log.checked, [low, high] = this.#ends(isLog);
    const last = this.lines.reduce((most, { steps }) => Math.max(most, steps[steps.length - 1]), 1);
    this.frame?.destroy();
    this.frame = new Report.Frame(this.box, {
      name: this.name,
      x: { low: 0, high: last, isLog: false, label: "step" },
      y: { low, high, isLog, label: Report.shortened(this.name, 40) },
      drawAll: (context, frame) => this.#drawAll(context, frame),
      drawChosen: (context, frame) => this.#drawChosen(context, frame),
    });
    this.#say(low, high, isLog);
  }

  /* A line from point to point. On a logarithmic axis what is not above 0 has no place: there the line has a gap. */
  #trace(path, line, frame) {
    const { steps, values } = line, isLog = this.log.checked, [low, high] = frame.range.y;
    const far = isLog ? [low / 1e3, high * 1e3] : [low - 20 * (high - low), high + 20 * (high - low)];
    let isDown = false;
    for (let at = 0; at < steps.length; at++) {
      const value = values[at];
      if (isLog && !(value > 0)) {
        isDown = false;
        continue;
      }
      const x = frame.left(steps[at]), y = frame.top(Math.min(Math.max(value, far[0]), far[1]));
      if (isDown) path.lineTo(x, y);
      else path.moveTo(x, y);
      isDown = true;
    }
  }

  #drawAll(context, frame) {
    const { state } = this, look = Report.look;
    const away = new Path2D(), byFate = state.data.fates.map(() => new Path2D());
    let inside = 0;
    for (const line of this.lines) {
      const isIn = state.inside[line.row];
      inside += isIn;
      this.#trace(isIn ? byFate[state.fate[line.row]] : away, line, frame);
    }
    context.lineJoin = "round";
    context.lineWidth = (this.lines.length > 300 ? 0.9 : 1.3) * look.scale;
    context.strokeStyle = look.away;
    context.stroke(away);
    context.globalAlpha = inside > 300 ? 0.55 : 0.9;
    byFate.forEach((path, at) => {
      context.strokeStyle = Report.fateColour(state.data.fates[at]);
      context.stroke(path);
    });
    context.globalAlpha = 1;
    if (inside <= 150) this.#markEnds(context, frame);
    Object.assign(this.box.dataset, { lines: this.lines.length, inside, away: this.lines.length - inside });
  }

  /* The mark of its fate at the end of each line. */
  #markEnds(context, frame) {
    const { state } = this, byFate = state.data.fates.map(() => new Path2D());
    for (const line of this.lines) {
      if (!state.inside[line.row]) continue;
      const place = this.#placeOf(line, line.steps.length - 1, frame);
      if (place) Report.mark(byFate[state.fate[line.row]], state.data.fates[state.fate[line.row]].marker, place.x, place.y, 8 * Report.look.scale);
    }
    byFate.forEach((path, at) => Report.fillMarks(context, path, Report.fateColour(state.data.fates[at])));
  }

  /* Where a point of a line is seen, at an edge where it is beyond it; null where it has no place. */
  #placeOf(line, at, frame) {
    const value = line.values[at];
    if (this.log.checked && !(value > 0)) return null;
    const { width, height } = frame.inner, edge = 5 * Report.look.scale;
    const x = frame.left(line.steps[at]), y = Number.isFinite(value) ? frame.top(value) : value > 0 ? 0 : height;
    return x < -1 || x > width + 1 ? null : { x: Math.min(x, width - edge), y: Math.min(Math.max(y, edge), height - edge) };
  }

  #drawChosen(context, frame) {
    const { state } = this, look = Report.look;
    const standing = [...state.chosen].filter((row) => row !== state.hovered).slice(0, 200);
    if (state.data.baseline) standing.push(0);
    if (state.hovered !== null) standing.push(state.hovered);
    for (const row of standing) {
      const line = this.byRow.get(row);
      if (!line) continue;
      const path = new Path2D();
      this.#trace(path, line, frame);
      const width = (state.isBaseline(row) ? 3.2 : row === state.hovered ? 2.6 : 2) * look.scale;
      this.#stroke(context, path, look.paper, width + 3 * look.scale, []);
      this.#stroke(context, path, look.ink, width, state.isBaseline(row) || row === state.hovered ? [] : [7 * look.scale, 3 * look.scale]);
    }
    this.#label(context, frame, standing);
    if (state.hovered !== null) this.#dot(context, frame);
  }

  #stroke(context, path, colour, width, dashes) {
    context.setLineDash(dashes);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.stroke(path);
    context.setLineDash([]);
  }

  /* The names of a few lines that stand out, at their ends, one above the other. */
  #label(context, frame, rows) {
    const taken = [], gap = 15 * Report.look.scale;
    for (const row of [...rows].reverse().slice(0, 8)) {
      const line = this.byRow.get(row), place = line && this.#placeOf(line, line.steps.length - 1, frame);
      if (!place) continue;
      let y = place.y - 11 * Report.look.scale;
      if (y < gap / 2) y = place.y + 13 * Report.look.scale;
      while (taken.some((other) => Math.abs(other - y) < gap)) y += gap;
      taken.push(y);
      const isRight = place.x > frame.inner.width / 2;
      Report.write(context, Report.shortened(this.state.nameOf(row), frame.width < 500 * Report.look.scale ? 28 : 56), place.x + (isRight ? -2 : 2), y, isRight ? "right" : "left");
    }
  }

  #dot(context, frame) {
    const line = this.byRow.get(this.state.hovered), place = line && this.#placeOf(line, this.#near(line, this.at), frame);
    if (!place) return;
    const dot = new Path2D();
    dot.arc(place.x, place.y, 5 * Report.look.scale, 0, 2 * Math.PI);
    context.fillStyle = Report.look.paper;
    context.fill(dot);
    this.#stroke(context, dot, Report.look.ink, 2 * Report.look.scale, []);
  }

  // Pointing

  /* The place of the point of a line that is nearest to a step. */
  #near(line, step) {
    let low = 0, high = line.steps.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (line.steps[middle] <= step) low = middle;
      else high = middle;
    }
    return Math.abs(line.steps[high] - step) < Math.abs(line.steps[low] - step) ? high : low;
  }

  /* How high a line is at a step, in pixels; null where it is not. */
  #heightAt(line, step, frame) {
    const { steps } = line;
    if (step > steps[steps.length - 1] + 0.5) return null;
    let at = this.#near(line, step);
    const place = this.#placeOf(line, at, frame), beside = steps[at] < step ? at + 1 : at - 1;
    const other = beside >= 0 && beside < steps.length ? this.#placeOf(line, beside, frame) : null;
    if (!place) return null;
    if (!other || other.x === place.x) return place.y;
    return place.y + ((other.y - place.y) * (frame.left(step) - place.x)) / (other.x - place.x);
  }

  #point(event) {
    const { frame, state } = this, area = frame.plot.over.getBoundingClientRect();
    const x = event.clientX - area.left, y = event.clientY - area.top;
    if (x < 0 || y < 0 || x > area.width || y > area.height) return this.#leave();
    this.at = frame.plot.posToVal(x, "x");
    let best = null, distance = 40;
    for (const line of this.lines) {
      if (!state.inside[line.row] && !state.isBaseline(line.row)) continue;
      const height = this.#heightAt(line, this.at, frame);
      const away = height === null ? Infinity : Math.abs(height - y);
      if (away < distance) [best, distance] = [line, away];
    }
    this.#hover(best);
  }

  #hover(line) {
    const { state } = this;
    if (line) this.at = line.steps[this.#near(line, this.at)];
    state.hover(line ? line.row : null);
    this.frame.redrawChosen();
    this.#tellHovered();
  }

  #leave() {
    if (this.state.hovered !== null) this.#hover(null);
  }

  #click(event) {
    const [x, y] = this.pressed ?? [0, 0];
    const isDrag = Math.abs(event.clientX - x) > 4 || Math.abs(event.clientY - y) > 4;
    if (!isDrag && this.state.hovered !== null) this.state.toggle(this.state.hovered);
  }

  #key(event) {
    const { state, frame } = this, key = event.key;
    const line = this.byRow.get(state.hovered);
    if (key === "ArrowUp" || key === "ArrowDown") this.#hover(this.#neighbour(line, key === "ArrowUp" ? -1 : 1));
    else if (key === "ArrowLeft" || key === "ArrowRight") {
      const own = line ?? this.lines[0], next = this.#near(own, this.at) + (key === "ArrowLeft" ? -1 : 1);
      this.at = own.steps[Math.min(Math.max(next, 0), own.steps.length - 1)];
      this.#hover(own);
    } else if ((key === "Enter" || key === " ") && line) state.toggle(line.row);
    else if (key === "+" || key === "-" || key === "=") {
      const place = line && this.#placeOf(line, this.#near(line, this.at), frame), { width, height } = frame.inner;
      frame.zoomAround(key === "-" ? 2 : 0.5, place ? place.x / width : 0.5, place ? 1 - place.y / height : 0.5);
    } else if (key === "Escape" || key === "0") {
      frame.reset();
      this.#hover(null);
    } else return;
    event.preventDefault();
  }

  /* The line next above or below at the step that is looked at; the first one where none is. */
  #neighbour(line, direction) {
    const { state, frame } = this;
    const there = this.lines.filter((each) => state.inside[each.row] || state.isBaseline(each.row))
      .map((each) => [each, this.#heightAt(each, this.at, frame)]).filter(([, height]) => height !== null)
      .sort(([a, first], [b, second]) => first - second || a.row - b.row);
    const place = there.findIndex(([each]) => each === line);
    if (place < 0) return this.byRow.get(0) ?? there[0]?.[0] ?? null;
    return there[Math.min(Math.max(place + direction, 0), there.length - 1)][0];
  }

  // Words

  #tellHovered() {
    const { hovered } = this.state, line = this.byRow.get(hovered);
    if (hovered === null) this.readout.textContent = "Point at a line, or focus the chart and use the arrow keys.";
    else if (!line) this.readout.textContent = `${this.state.nameOf(hovered)}: no line of it is drawn here.`;
    else {
      const at = this.#near(line, this.at), fate = this.state.data.fates[this.state.fate[hovered]].name;
      this.readout.textContent = `${this.state.nameOf(hovered)}: ${this.name} ${Report.text(line.values[at])} at step ${line.steps[at].toLocaleString("en")} (${fate})`;
    }
  }

  #say(low, high, isLog) {
    const { state } = this, told = [], isBeyond = (value) => value > high || (value < low && (!isLog || value > 0));
    if (this.lines.length < state.data.runs) told.push(`${this.lines.length.toLocaleString("en")} of ${Report.counted(state.data.runs, "run")} are drawn, evenly chosen${state.data.baseline ? ", the baseline among them" : ""}.`);
    if (this.thinned) told.push("Of each line some steps are drawn, evenly chosen, the first and the last among them.");
    const beyond = this.lines.filter(({ values }) => values.some(isBeyond)).length;
    if (beyond) told.push(`${Report.counted(beyond, "run")} ${beyond === 1 ? "leaves" : "leave"} the chart: the axis ends before.`);
    const gaps = isLog ? this.lines.filter(({ values }) => values.some((value) => !(value > 0))).length : 0;
    if (gaps) told.push(`0 and what is below has no place on a logarithmic axis: ${Report.counted(gaps, "line")} ${gaps === 1 ? "has a gap" : "have gaps"} there.`);
    if (state.data.left_out) told.push(`${Report.counted(state.data.left_out, "further quantity").replace("quantitys", "quantities")} of the study ${state.data.left_out === 1 ? "is" : "are"} not in this file.`);
    this.note.textContent = told.join(" ");
    this.#tellHovered();
  }

  #follow(changed) {
    if (changed.has("inside")) this.frame.redraw();
    else this.frame.redrawChosen();
    if (changed.has("hovered")) this.#tellHovered();
  }
};
