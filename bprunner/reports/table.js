// The table of runs: pages of a hundred, the baseline first on each, sorted and filtered.
"use strict";

const ROWS = 100, PRINTED = 40;

Report.Table = class {
  constructor(root, state) {
    this.state = state;
    this.table = root.querySelector("[data-is=table]");
    this.head = this.table.tHead;
    this.body = this.table.tBodies[0];
    this.filter = root.querySelector("[data-is=filter]");
    this.problem = root.querySelector("[data-is=filter-problem]");
    this.places = root.querySelector("[data-is=places]");
    this.pages = { first: root.querySelector("[data-is=previous]"), second: root.querySelector("[data-is=next]") };
    this.page = 0;
    this.sorted = { column: state.columns[0], isDown: false };
    this.focused = null;
    this.filter.addEventListener("input", () => this.#ask());
    this.filter.form.addEventListener("submit", (event) => event.preventDefault());
    this.pages.first.addEventListener("click", () => this.#turn(-1));
    this.pages.second.addEventListener("click", () => this.#turn(1));
    this.#listen();
    state.listen((changed) => this.#follow(changed));
    this.#headings();
    this.show();
  }

  #listen() {
    const rowOf = (event) => {
      const found = event.target.closest("tr[data-row]");
      return found ? Number(found.dataset.row) : null;
    };
    this.body.addEventListener("mouseover", (event) => this.state.hover(rowOf(event)));
    this.body.addEventListener("mouseleave", () => this.state.hover(null));
    this.body.addEventListener("focusin", (event) => {
      this.focused = rowOf(event);
      this.state.hover(this.focused);
    });
    this.body.addEventListener("focusout", () => this.state.hover(null));
    this.body.addEventListener("change", (event) => this.state.toggle(rowOf(event)));
    this.body.addEventListener("keydown", (event) => this.#key(event, rowOf(event)));
  }

  // Headings

  #headings() {
    const cells = this.state.columns.map((column) => {
      const button = Report.element("button", { type: "button", title: column.meaning }, Report.element("bdi", {}, column.name));
      button.addEventListener("click", () => this.#sort(column));
      return Report.element("th", { scope: "col", class: column.type === "label" ? "" : "number", "data-key": column.key }, button);
    });
    this.head.rows[0].replaceChildren(Report.element("th", { scope: "col" }, Report.element("span", { class: "unseen" }, "chosen")), ...cells);
  }

  #sort(column) {
    this.sorted = { column, isDown: this.sorted.column === column && !this.sorted.isDown };
    this.page = 0;
    this.show();
  }

  // Which rows, in which order

  /* The baseline apart: those that the filter leaves, what is brushed away last; missing values are the last of each. */
  #order() {
    const { state } = this, { column, isDown } = this.sorted, rows = [];
    for (let row = state.data.baseline ? 1 : 0; row < state.count; row++) if (!state.filter || state.filter(row)) rows.push(row);
    const key = (row) => (column.type === "label" && column.key !== "fate" ? state.textOf(column, row) : column.values[row]);
    const values = new Map(rows.map((row) => [row, column.values[row] === null ? null : key(row)]));
    const away = new Map(rows.map((row) => [row, state.isBrushedAway(row)]));
    return rows.sort((a, b) => {
      if (away.get(a) !== away.get(b)) return away.get(a) ? 1 : -1;
      const [first, second] = [values.get(a), values.get(b)];
      if (first === second) return a - b;
      if (first === null || second === null) return first === null ? 1 : -1;
      const order = typeof first === "string" ? first.localeCompare(second, "en", { numeric: true }) : first - second;
      return isDown ? -order : order;
    });
  }

  show() {
    const { state } = this, isPrinting = Report.look.isPrinting;
    this.rows = this.#order();
    const most = isPrinting ? PRINTED : ROWS, last = Math.max(0, Math.ceil(this.rows.length / most) - 1);
    this.page = Math.min(this.page, last);
    const from = isPrinting ? 0 : this.page * most, shown = this.rows.slice(from, from + most);
    if (state.data.baseline) shown.unshift(0);
    if (!shown.includes(this.focused)) this.focused = shown[0] ?? null;
    this.body.replaceChildren(...shown.map((row) => this.#row(row)));
    for (const cell of this.head.rows[0].cells) {
      if (cell.dataset.key === this.sorted.column.key) cell.setAttribute("aria-sort", this.sorted.isDown ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    this.pages.first.disabled = this.page === 0;
    this.pages.second.disabled = this.page === last;
    this.#tellPlaces(from, Math.min(from + most, this.rows.length));
    this.#mark();
  }

  #row(row) {
    const { state } = this, name = state.nameOf(row);
    const box = Report.element("input", { type: "checkbox", tabindex: "-1", "aria-label": `choose ${name}` });
    const cells = state.columns.map((column) => {
      const text = column.kind === "run" && state.isBaseline(row) ? "baseline" : state.textOf(column, row);
      return Report.element("td", { class: column.type === "label" ? "" : "number" }, column.key === "fate" ? this.#fate(row, text) : Report.element("bdi", {}, text));
    });
    return Report.element("tr", { "data-row": row, tabindex: row === this.focused ? "0" : "-1" }, Report.element("td", {}, box), ...cells);
  }

  #fate(row, text) {
    const mark = document.querySelector(`[data-fate="${this.state.fate[row]}"] svg`);
    return Report.element("span", { class: "fate" }, ...(mark ? [mark.cloneNode(true)] : []), text);
  }

  /* Classes of the rows that are seen, by the state. */
  #mark() {
    const { state } = this;
    for (const each of this.body.rows) {
      const row = Number(each.dataset.row), isChosen = state.chosen.has(row);
      each.className = [
        state.isBaseline(row) ? "baseline" : "", isChosen ? "chosen" : "", state.hovered === row ? "hovered" : "",
        state.inside[row] || state.isBaseline(row) ? "" : "away",
      ].join(" ").trim();
      each.setAttribute("aria-selected", isChosen);
      each.querySelector("input").checked = isChosen;
    }
  }

  #tellPlaces(from, to) {
    const { state } = this, number = (each) => each.toLocaleString("en"), others = state.count - (state.data.baseline ? 1 : 0);
    const of = this.rows.length === others ? `${number(others)}` : `${number(this.rows.length)}, of ${number(others)} in all`;
    const beside = state.data.baseline ? " beside the baseline" : "";
    this.places.textContent = this.rows.length ? `Runs ${number(from + 1)} to ${number(to)} of ${of}${beside}.` : `No run of ${number(others)} is left.`;
  }

  // Filtering and turning pages

  #ask() {
    this.page = 0;
    let message = "";
    try {
      this.state.only(Report.filterOf(this.filter.value, this.state));
    } catch (error) {
      message = `${error.message}.`;
    }
    this.problem.textContent = message;
    this.filter.setAttribute("aria-invalid", Boolean(message));
  }

  #turn(by) {
    this.page = Math.max(0, this.page + by);
    this.focused = null;
    this.show();
  }

  #key(event, row) {
    const rows = [...this.body.rows], at = rows.findIndex((each) => Number(each.dataset.row) === row), { key } = event;
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (key in places) this.#focus(rows[places[key]]);
    else if (key === "PageDown" || key === "PageUp") {
      this.#turn(key === "PageDown" ? 1 : -1);
      this.#focus(this.body.rows[0]);
    } else if (key === "Enter" || (key === " " && event.target.tagName !== "INPUT")) this.state.toggle(row);
    else return;
    event.preventDefault();
  }

  #focus(element) {
    if (!element) return;
    for (const each of this.body.rows) each.tabIndex = each === element ? 0 : -1;
    element.focus();
  }

  #follow(changed) {
    if (changed.has("cleared")) {
      this.filter.value = "";
      this.problem.textContent = "";
      this.filter.setAttribute("aria-invalid", false);
    }
    if (changed.has("inside")) {
      const had = this.body.contains(document.activeElement);
      this.show();
      if (had) this.#focus(this.body.querySelector("[tabindex='0']"));
    } else this.#mark();
  }
};
