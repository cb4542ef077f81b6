// The third chart: what varies and what came of it, an axis for each, a line for each run. Axes are brushed.
"use strict";

const MARGIN = { top: 46, bottom: 18, side: 46 }, FEWEST = 96; // pixels; of an axis, with its room

Report.Parallel = class {
  constructor(root, state) {
    this.state = state;
    this.box = root.querySelector("[data-is=parallel]");
    this.readout = root.querySelector("[data-is=parallel-readout]");
    const columns = [...state.columns.filter((each) => each.kind === "varied"), state.column("final_error"), state.column("ratio"), state.column("fate")];
    this.axes = columns.filter((each) => each.values.some((value) => value !== null)).map((each) => new Report.Axis(state, each));
    this.brushes = this.axes.map(() => null); // each [low, high], places on the axis
    this.box.addEventListener("mousemove", (event) => this.#point(event));
    this.box.addEventListener("mouseleave", () => this.state.hover(null));
    this.box.addEventListener("click", (event) => this.#click(event));
    state.listen((changed) => this.#follow(changed));
    this.draw();
  }

  draw() {
    const { scale } = Report.look, isPrinting = Report.look.isPrinting, room = isPrinting ? 660 : Math.max(240, this.box.clientWidth);
    const fewest = isPrinting ? 0 : FEWEST;
    this.width = Math.max(room, MARGIN.side * 2 + fewest * (this.axes.length - 1)) * scale;
    this.height = 360 * scale;
    this.box.replaceChildren();
    this.inner = Report.element("div", { class: "parallel-inner" });
    this.inner.style.width = `${this.width}px`;
    this.inner.style.height = `${this.height}px`;
    this.box.append(this.inner);
    this.all = Report.layer(this.inner, this.width, this.height);
    // On paper there is one layer, as in the other charts.
    this.chosen = isPrinting ? { ...this.all, clear: () => {} } : Report.layer(this.inner, this.width, this.height);
    this.axes.forEach((axis, at) => this.inner.append(this.#handles(axis, at)));
    this.#redraw();
  }

  across(at) {
    const side = MARGIN.side * Report.look.scale;
    return this.axes.length < 2 ? this.width / 2 : side + (at * (this.width - 2 * side)) / (this.axes.length - 1);
  }

  down(place) {
    const { scale } = Report.look, top = MARGIN.top * scale;
    return top + (1 - place) * (this.height - top - MARGIN.bottom * scale);
  }

  // Drawing

  #trace(path, row) {
    this.axes.forEach((axis, at) => {
      const x = this.across(at), y = this.down(axis.places[row]);
      if (at) path.lineTo(x, y);
      else path.moveTo(x, y);
    });
  }

  #redraw() {
    const { state } = this, { fates } = state.data, { context } = this.all, look = Report.look;
    const away = new Path2D(), byFate = fates.map(() => new Path2D());
    for (let row = 0; row < state.count; row++) this.#trace(state.inside[row] ? byFate[state.fate[row]] : away, row);
    const inside = state.countInside();
    this.all.clear();
    context.lineWidth = (state.count > 300 ? 0.8 : 1.2) * look.scale;
    context.strokeStyle = look.away;
    context.stroke(away);
    context.globalAlpha = inside > 2000 ? 0.3 : inside > 300 ? 0.5 : 0.85;
    byFate.forEach((path, at) => {
      context.strokeStyle = Report.fateColour(fates[at]);
      context.stroke(path);
    });
    context.globalAlpha = 1;
    Object.assign(this.box.dataset, { lines: state.count, inside, away: state.count - inside });
    this.#redrawChosen();
  }

  #redrawChosen() {
    const { state } = this, { context } = this.chosen, look = Report.look;
    this.chosen.clear();
    const standing = [...state.chosen].filter((row) => row !== state.hovered).slice(0, 200);
    if (state.data.baseline) standing.push(0);
    if (state.hovered !== null) standing.push(state.hovered);
    for (const row of standing) {
      const path = new Path2D(), isPlain = state.isBaseline(row) || row === state.hovered;
      this.#trace(path, row);
      const width = (state.isBaseline(row) ? 3.2 : row === state.hovered ? 2.6 : 2) * look.scale;
      for (const [colour, wide, dashes] of [[look.paper, width + 3 * look.scale, []], [look.ink, width, isPlain ? [] : [7 * look.scale, 3 * look.scale]]]) {
        context.setLineDash(dashes);
        context.strokeStyle = colour;
        context.lineWidth = wide;
        context.stroke(path);
      }
      context.setLineDash([]);
    }
    this.axes.forEach((axis, at) => this.#axis(context, axis, this.across(at), at));
  }

  #axis(context, axis, x, at) {
    const look = Report.look, [top, bottom] = [this.down(1), this.down(0)];
    context.strokeStyle = look.soft;
    context.lineWidth = look.scale;
    context.strokeRect(x, top, 0, bottom - top);
    const isLast = at === this.axes.length - 1 && this.axes.length > 1;
    for (const [place, text] of axis.ticks(axis.labels ? 12 : 6)) {
      const y = this.down(place);
      context.strokeRect(x - 3 * look.scale, y, 6 * look.scale, 0);
      this.#small(context, text, x + (isLast ? -7 : 7) * look.scale, y, isLast ? "right" : "left");
    }
    const spaced = (this.width / Math.max(1, this.axes.length - 1)) / (8.2 * look.scale);
    const isNarrow = this.axes.some(({ name }) => name.length > spaced), lift = isNarrow && at % 2 ? 17 : 0;
    const first = at === 0 && this.axes.length > 1;
    const text = Report.shortened(axis.name, Math.max(10, Math.floor(spaced * (isNarrow ? 1.8 : 1))));
    const edge = (MARGIN.side - 4) * look.scale;
    Report.write(context, text, first ? x - edge : isLast ? x + edge : x, top - (15 + lift) * look.scale, first ? "left" : isLast ? "right" : "center");
  }

  #small(context, text, x, y, align) {
    const look = Report.look;
    context.font = look.font;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.lineWidth = 4 * look.scale;
    context.lineJoin = "round";
    context.strokeStyle = look.paper;
    context.fillStyle = look.ink;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  // Brushing

  /* What of an axis can be dragged and reached by the keyboard: the band, and the two ends of its brush. */
  #handles(axis, at) {
    const band = Report.element("div", { class: "band", "data-axis": axis.column.key });
    band.style.left = `${this.across(at)}px`;
    band.style.top = `${this.down(1)}px`;
    band.style.height = `${this.down(0) - this.down(1)}px`;
    const brush = Report.element("div", { class: "brush" });
    const ends = ["lower", "upper"].map((word, end) => {
      const handle = Report.element("div", {
        class: `end ${word}`, role: "slider", tabindex: "0", "aria-orientation": "vertical", "aria-valuemin": "0", "aria-valuemax": "100",
        "aria-label": `${word} end of the brush on ${axis.name}`,
      });
      handle.addEventListener("keydown", (event) => this.#key(event, at, end));
      return handle;
    });
    band.append(brush, ...ends);
    band.addEventListener("pointerdown", (event) => this.#drag(event, at, band));
    Object.assign(axis, { band, brush, ends });
    this.#showBrush(at);
    return band;
  }

  #set(at, brush) {
    this.brushes[at] = brush && [Math.max(0, Math.min(...brush)), Math.min(1, Math.max(...brush))];
    const axis = this.axes[at], own = this.brushes[at];
    this.#showBrush(at);
    this.state.brush(axis.column.key, own && ((row) => axis.places[row] >= own[0] - 1e-9 && axis.places[row] <= own[1] + 1e-9));
  }

  #showBrush(at) {
    const axis = this.axes[at], own = this.brushes[at], [low, high] = own ?? [0, 1];
    axis.brush.hidden = !own;
    axis.brush.style.bottom = `${100 * low}%`;
    axis.brush.style.height = `${100 * (high - low)}%`;
    axis.ends.forEach((handle, end) => {
      const place = end ? high : low;
      handle.style.bottom = `${100 * place}%`;
      handle.setAttribute("aria-valuenow", Math.round(100 * place));
      handle.setAttribute("aria-valuetext", own ? axis.wordsAt(place) : `${axis.wordsAt(place)}, nothing brushed`);
    });
  }

  #drag(event, at, band) {
    if (event.button !== 0) return;
    const area = band.getBoundingClientRect(), edge = 6 / area.height;
    const placeOf = (each) => {
      const place = 1 - (each.clientY - area.top) / area.height;
      return place < edge ? 0 : place > 1 - edge ? 1 : place; // nobody hits an end to the pixel
    };
    const from = placeOf(event), before = this.brushes[at], near = 8 / area.height;
    // On an end it moves that end; within the brush, the brush; elsewhere it begins a new one.
    const isLower = before && Math.abs(from - before[0]) < near, isUpper = before && !isLower && Math.abs(from - before[1]) < near;
    const isWithin = before && !isLower && !isUpper && from > before[0] && from < before[1];
    let hasMoved = false;
    const move = (each) => {
      const to = placeOf(each);
      if (!hasMoved && Math.abs(to - from) * area.height < 3) return;
      hasMoved = true;
      const shift = isWithin ? Math.min(1 - before[1], Math.max(-before[0], to - from)) : 0;
      this.#set(at, isWithin ? before.map((end) => end + shift) : isLower ? [to, before[1]] : isUpper ? [before[0], to] : [from, to]);
    };
    const end = () => {
      band.removeEventListener("pointermove", move);
      band.removeEventListener("pointerup", end);
      band.removeEventListener("pointercancel", end);
      if (!hasMoved) this.#set(at, null);
    };
    band.setPointerCapture(event.pointerId);
    band.addEventListener("pointermove", move);
    band.addEventListener("pointerup", end);
    band.addEventListener("pointercancel", end);
    event.preventDefault();
    if (document.activeElement instanceof HTMLElement && !band.contains(document.activeElement)) document.activeElement.blur();
  }

  #key(event, at, end) {
    const { stride } = this.axes[at], own = [...(this.brushes[at] ?? [0, 1])], { key } = event;
    const moves = { ArrowUp: stride, ArrowRight: stride, ArrowDown: -stride, ArrowLeft: -stride, PageUp: 5 * stride, PageDown: -5 * stride };
    if (key in moves) own[end] += moves[key];
    else if (key === "Home") own[end] = end ? own[0] : 0;
    else if (key === "End") own[end] = end ? 1 : own[1];
    else if (key === "Escape" || key === "Delete" || key === "Backspace") {
      this.#set(at, null);
      return event.preventDefault();
    } else return;
    own[end] = end ? Math.min(1, Math.max(own[0], own[1])) : Math.max(0, Math.min(own[0], own[1]));
    this.#set(at, own[0] <= 1e-9 && own[1] >= 1 - 1e-9 ? null : own);
    event.preventDefault();
  }

  // Pointing

  #point(event) {
    const area = this.inner.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top, { state } = this;
    const last = this.axes.length - 1, at = this.axes.findIndex((_, each) => each < last && x >= this.across(each) && x <= this.across(each + 1));
    if (event.buttons) return;
    if (at < 0) return state.hover(null);
    const [left, right] = [this.across(at), this.across(at + 1)], share = (x - left) / (right - left);
    let best = null, distance = 14;
    for (let row = 0; row < state.count; row++) {
      if (!state.inside[row] && !state.isBaseline(row)) continue;
      const first = this.axes[at].places[row], second = this.axes[at + 1].places[row];
      const away = Math.abs(this.down(first + share * (second - first)) - y);
      if (away < distance) [best, distance] = [row, away];
    }
    state.hover(best);
  }

  #click(event) {
    if (this.state.hovered !== null && !event.target.closest(".band")) this.state.toggle(this.state.hovered);
  }

  #follow(changed) {
    if (changed.has("cleared")) {
      this.brushes.fill(null);
      this.axes.forEach((_, at) => this.#showBrush(at));
    }
    if (changed.has("inside")) this.#redraw();
    else this.#redrawChosen();
    if (changed.has("hovered")) this.#tellHovered();
  }

  #tellHovered() {
    const { state } = this, row = state.hovered;
    const told = ["final_error", "ratio", "fate"].map((key) => state.column(key)).map((column) => `${column.name} ${state.textOf(column, row ?? 0)}`);
    this.readout.textContent = row === null ? "Drag along an axis to brush; a click on it takes the brush away." : `${state.nameOf(row)}: ${told.join(", ")}`;
  }
};
