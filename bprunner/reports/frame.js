// A frame: axes, grid and zoom by uPlot, and two layers of ours inside it, one for all runs, one for what stands out.
"use strict";

/* `box`: the element that holds it. `x`, `y`: {low, high, isLog, label, texts}; texts: by value, for categories.
   `drawAll(context, frame)`, `drawChosen(context, frame)`: the layers. */
Report.Frame = class {
  constructor(box, { x, y, drawAll, drawChosen, name }) {
    Object.assign(this, { box, x, y, drawAll, drawChosen });
    const look = Report.look;
    box.replaceChildren();
    this.width = (look.isPrinting ? 660 : Math.max(240, box.clientWidth)) * look.scale;
    this.height = (look.isPrinting ? 330 : this.width < 500 ? 300 : 400) * look.scale;
    this.plot = new uPlot(this.#options(), [[x.low, x.high], [y.low, y.high]], box);
    const over = this.plot.over;
    over.setAttribute("aria-hidden", "true");
    this.zoom([x.low, x.high], [y.low, y.high]);
    this.inner = { width: parseFloat(over.style.width), height: parseFloat(over.style.height) };
    this.all = Report.layer(over, this.inner.width, this.inner.height);
    this.chosen = Report.layer(over, this.inner.width, this.inner.height);
    box.dataset.name = name;
    this.isReady = true;
    if (look.isPrinting) this.plot.redraw(false);
    else this.redraw();
  }

  /* For paper everything is in one canvas: where a printer repeats what was drawn, clearing a layer would clear those
     below it as well. */
  #drawAtOnce({ ctx, bbox, over }) {
    if (!this.isReady || !Report.look.isPrinting) return;
    const ratio = bbox.width / parseFloat(over.style.width);
    ctx.save();
    ctx.translate(bbox.left, bbox.top);
    ctx.scale(ratio, ratio);
    ctx.beginPath();
    ctx.rect(0, 0, this.inner.width, this.inner.height);
    ctx.clip();
    this.drawAll(ctx, this);
    this.drawChosen(ctx, this);
    ctx.restore();
  }

  #options() {
    const look = Report.look, narrow = this.width < 500 * look.scale;
    const axis = (own, isX) => ({
      stroke: () => look.soft,
      font: look.font,
      labelFont: look.font,
      label: own.label,
      labelSize: 22 * look.scale,
      size: (isX ? 34 : narrow ? 50 : 62) * look.scale,
      gap: 5 * look.scale,
      grid: { stroke: () => look.faint, width: look.scale },
      ticks: { stroke: () => look.faint, width: look.scale, size: 5 * look.scale },
      splits: (plot, at, low, high) => this.#splits(own, low, high, isX),
      filter: (plot, found) => found,
      values: (plot, found) => found.map((each) => (own.texts ? Report.shortened(own.texts[each] ?? "", this.#letters(found)) : Report.tick(each, Report.isWide(own)))),
    });
    const scale = (own) => ({ time: false, distr: own.isLog ? 3 : 1, range: (plot, low, high) => [low, high] });
    return {
      width: this.width,
      height: this.height,
      padding: [10 * look.scale, 22 * look.scale, 0, 0],
      legend: { show: false },
      scales: { x: scale(this.x), y: scale(this.y) },
      axes: [axis(this.x, true), axis(this.y, false)],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      cursor: { x: false, y: false, points: { show: false }, drag: { x: true, y: true, uni: 20, setScale: false }, bind: { dblclick: () => () => (this.reset(), null) } },
      hooks: { setSelect: [(plot) => this.#zoomTo(plot.select)], setScale: [() => this.isReady && this.redraw()], draw: [(plot) => this.#drawAtOnce(plot)] },
    };
  }

  /* How many letters of a label have room between two ticks. */
  #letters(found) {
    const { min, max } = this.plot.scales.x, stride = found.length > 1 ? found[1] - found[0] : max - min;
    return Math.max(6, Math.floor((stride / (max - min)) * (this.width / Report.look.scale - 80) / 7.6) - 1);
  }

  #splits(own, low, high, isX) {
    const room = (isX ? this.width / (own.texts ? 100 : 75) : this.height / 45) / Report.look.scale;
    if (!own.texts) return Report.ticks(low, high, own.isLog, room);
    const first = Math.max(0, Math.ceil(low)), last = Math.min(own.texts.length - 1, Math.floor(high));
    const stride = Math.max(1, Math.ceil((last - first + 1) / room)), found = [];
    for (let at = first; at <= last; at += stride) found.push(at);
    return found;
  }

  // From values to places in the frame, in pixels

  left(value) {
    return this.plot.valToPos(value, "x");
  }

  top(value) {
    return this.plot.valToPos(value, "y");
  }

  // Zoom

  get range() {
    const { x, y } = this.plot.scales;
    return { x: [x.min, x.max], y: [y.min, y.max] };
  }

  get isZoomed() {
    const { x, y } = this.range;
    return x[0] !== this.x.low || x[1] !== this.x.high || y[0] !== this.y.low || y[1] !== this.y.high;
  }

  #zoomTo({ left, top, width, height }) {
    if (width < 4 && height < 4) return;
    const at = (pixels, key) => this.plot.posToVal(pixels, key);
    const x = width < 4 ? this.range.x : [at(left, "x"), at(left + width, "x")];
    const y = height < 4 ? this.range.y : [at(top + height, "y"), at(top, "y")];
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoom(x, y);
  }

  zoom(x, y) {
    this.plot.batch(() => {
      this.plot.setScale("x", { min: x[0], max: x[1] });
      this.plot.setScale("y", { min: y[0], max: y[1] });
    });
  }

  /* Closer (factor below 1) or further around a place, from 0 to 1 in both directions. */
  zoomAround(factor, across, up) {
    const around = (place, [low, high], own) => {
      const end = (share) => Report.valueAt(share, low, high, own.isLog);
      return [Math.max(own.low, end(place - place * factor)), Math.min(own.high, end(place + (1 - place) * factor))];
    };
    this.zoom(around(across, this.range.x, this.x), around(up, this.range.y, this.y));
  }

  reset() {
    this.zoom([this.x.low, this.x.high], [this.y.low, this.y.high]);
  }

  // Layers

  redraw() {
    if (Report.look.isPrinting) return;
    this.all.clear();
    this.drawAll(this.all.context, this);
    this.redrawChosen();
    this.box.dataset.zoomed = this.isZoomed;
  }

  redrawChosen() {
    if (Report.look.isPrinting) return;
    this.chosen.clear();
    this.drawChosen(this.chosen.context, this);
  }

  destroy() {
    this.plot.destroy();
  }
};
