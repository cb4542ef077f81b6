// The shared state: which runs are looked at. Charts and table show it, and change it.
"use strict";

/* `data` as the page carries it. A run is its row in the data. */
Report.State = class {
  constructor(data) {
    this.data = data;
    this.columns = data.columns.map((column) => ({ ...column, values: column.values.map(Report.number) }));
    this.count = this.columns[0].values.length;
    this.fate = this.column("fate").values;
    this.brushes = new Map(); // by the key of a column: which rows are inside
    this.filter = null; // a function of a row
    this.chosen = new Set();
    this.hovered = null;
    this.inside = new Uint8Array(this.count).fill(1);
    this.listeners = [];
    this.waiting = new Set();
  }

  column(key) {
    return this.columns.find((column) => column.key === key);
  }

  isBaseline(row) {
    return row === 0 && this.data.baseline;
  }

  /* What a run has in a column, as text. */
  textOf(column, row) {
    const value = column.values[row];
    if (value === null || value === undefined) return "–";
    return column.type === "label" ? column.labels[value] : Report.text(value);
  }

  nameOf(row) {
    if (this.isBaseline(row)) return "baseline";
    const varied = this.columns.filter((column) => column.kind === "varied" && column.values[row] !== null);
    const told = varied.map((column) => `${column.name}=${this.textOf(column, row)}`).join(", ");
    return told || `run ${this.columns[0].values[row]}`;
  }

  // Changes

  brush(key, holds) {
    if (holds) this.brushes.set(key, holds);
    else this.brushes.delete(key);
    this.#look();
  }

  only(holds) {
    this.filter = holds;
    this.#look();
  }

  toggle(row) {
    if (!this.chosen.delete(row)) this.chosen.add(row);
    this.#tell("chosen");
  }

  clear() {
    this.brushes.clear();
    this.filter = null;
    this.chosen.clear();
    this.#look();
    this.#tell("chosen");
    this.#tell("cleared");
  }

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    this.#tell("hovered");
  }

  #look() {
    const all = [...this.brushes.values(), ...(this.filter ? [this.filter] : [])];
    for (let row = 0; row < this.count; row++) this.inside[row] = all.every((holds) => holds(row)) ? 1 : 0;
    this.#tell("inside");
  }

  isBrushedAway(row) {
    for (const holds of this.brushes.values()) if (!holds(row)) return true;
    return false;
  }

  countInside() {
    return this.inside.reduce((sum, each) => sum + each, 0);
  }

  // Telling

  listen(listener) {
    this.listeners.push(listener);
  }

  /* Listeners are called once a frame, with all that changed. */
  #tell(what) {
    if (!this.waiting.size) {
      requestAnimationFrame(() => {
        const changed = this.waiting;
        this.waiting = new Set();
        for (const listener of this.listeners) listener(changed);
      });
    }
    this.waiting.add(what);
  }
};
