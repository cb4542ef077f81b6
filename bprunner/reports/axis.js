// An axis of the parallel coordinates: where the runs stand on it, from 0 (below) to 1, and what that is called.
"use strict";

const SLOT = 0.08; // of the height, for what has no place among numbers

Report.Axis = class {
  constructor(state, column) {
    Object.assign(this, { state, column, name: column.name, labels: column.labels });
    if (column.labels) this.#ofLabels();
    else this.#ofNumbers();
    this.places = Float64Array.from(column.values, (value) => this.#place(value));
  }

  #ofLabels() {
    this.hasMissing = this.column.values.includes(null);
    this.bottom = this.hasMissing ? SLOT : 0;
    this.top = 1;
  }

  #ofNumbers() {
    const values = this.column.values, finite = values.filter((value) => Number.isFinite(value));
    const positive = finite.filter((value) => value > 0), isPositive = finite.every((value) => value >= 0);
    const ends = (numbers) => [numbers.reduce((a, b) => Math.min(a, b), Infinity), numbers.reduce((a, b) => Math.max(a, b), -Infinity)];
    const [least, most] = ends(positive);
    this.isLog = isPositive && positive.length > 0 && (this.column.log || (this.column.kind === "result" && most / least > 100));
    [this.low, this.high] = this.isLog ? [least, most] : ends(finite);
    if (!finite.length) [this.low, this.high] = [0, 1];
    this.hasMissing = values.some((value) => value === null || value === -Infinity);
    this.hasZero = this.isLog && finite.length > positive.length;
    this.hasInfinite = values.includes(Infinity);
    this.bottom = SLOT * (this.hasMissing + this.hasZero);
    this.top = this.hasInfinite ? 1 - SLOT : 1;
  }

  #place(value) {
    if (value === null || value === -Infinity) return 0;
    if (this.labels) return this.#between(this.labels.length < 2 ? 0.5 : 1 - value / (this.labels.length - 1));
    if (value === Infinity) return 1;
    if (this.isLog && value <= 0) return this.hasMissing ? SLOT : 0;
    return this.#between(Report.place(value, this.low, this.high, this.isLog));
  }

  #between(share) {
    return this.bottom + share * (this.top - this.bottom);
  }

  /* The ticks: places and texts. */
  ticks(most) {
    const found = [];
    if (this.hasMissing) found.push([0, "none"]);
    if (this.hasZero) found.push([this.hasMissing ? SLOT : 0, "0"]);
    if (this.hasInfinite) found.push([1, "∞"]);
    if (this.labels) {
      const stride = Math.ceil(this.labels.length / most);
      this.labels.forEach((label, at) => at % stride || found.push([this.#place(at), Report.shortened(label, 16)]));
      return found;
    }
    for (const value of Report.ticks(this.low, this.high, this.isLog, most)) {
      const place = this.#place(value);
      if (place >= this.bottom - 1e-9 && place <= this.top + 1e-9) found.push([place, Report.tick(value, Report.isWide(this))]);
    }
    if (!found.some(([place]) => place >= this.bottom)) found.push([this.#between(0.5), Report.text(this.low)]);
    return found;
  }

  /* What stands at a place, in words. */
  wordsAt(place) {
    if (this.labels) {
      if (this.hasMissing && place < SLOT / 2) return "none";
      const share = (place - this.bottom) / (this.top - this.bottom), last = this.labels.length - 1;
      return this.labels[Math.min(last, Math.max(0, Math.round((1 - share) * last)))];
    }
    if (this.hasInfinite && place > 1 - SLOT / 2) return "infinite";
    if (place < this.bottom - SLOT / 2) return this.hasMissing && place < SLOT / 2 ? "none" : "0";
    const share = (place - this.bottom) / (this.top - this.bottom);
    return Report.text(Number(Report.valueAt(Math.min(1, Math.max(0, share)), this.low, this.high, this.isLog).toPrecision(3)));
  }

  /* By how much a key moves the end of a brush. */
  get stride() {
    return this.labels && this.labels.length > 1 ? (this.top - this.bottom) / (this.labels.length - 1) : 0.02;
  }
};
