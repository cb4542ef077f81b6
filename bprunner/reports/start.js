// The page begins: state, charts, table; then colours that change, sizes, and paper.
"use strict";

Report.start = () => {
  const root = document.getElementById("text"), data = JSON.parse(document.getElementById("data").textContent);
  const state = new Report.State(data), status = document.querySelector("[data-is=status]");
  Report.look.refresh();
  document.documentElement.classList.add("scripted");
  const charts = [];
  if (data.quantities.length) charts.push(new Report.Lines(root, state));
  if (state.columns.some((column) => column.kind === "varied")) charts.push(new Report.Scatter(root, state));
  charts.push(new Report.Parallel(root, state));
  const table = new Report.Table(root, state);
  state.listen(() => tellStatus(state, status));
  status.querySelector("button").addEventListener("click", () => state.clear());
  followScreen(charts, table);
  openDocument();
  Object.assign(Report, { state, charts, table });
  document.documentElement.dataset.ready = Math.round(performance.now());
};

/* Below the page, while something is brushed, filtered or chosen. */
const tellStatus = (state, status) => {
  const isFewer = state.brushes.size > 0 || state.filter !== null, number = (each) => each.toLocaleString("en"), told = [];
  if (isFewer) told.push(`${number(state.countInside())} of ${Report.counted(state.count, "run")} inside`);
  if (state.chosen.size) told.push(`${number(state.chosen.size)} chosen`);
  status.hidden = !told.length;
  status.querySelector("[data-is=told]").textContent = told.join(", ");
};

/* Charts are drawn anew when colours or the width change, and for paper. */
const followScreen = (charts, table) => {
  const drawAgain = () => {
    Report.look.refresh();
    for (const chart of charts) chart.draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAgain);
  let width = innerWidth, waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    if (innerWidth !== width && !Report.look.isPrinting) waiting = setTimeout(() => ((width = innerWidth), drawAgain()), 100);
  });
  let opened = []; // on paper nothing is folded
  const print = (isPrinting) => {
    if (Report.look.isPrinting === isPrinting) return;
    Report.look.isPrinting = isPrinting;
    document.documentElement.classList.toggle("printing", isPrinting);
    if (isPrinting) opened = [...document.querySelectorAll("details:not([open], #document)")];
    for (const each of opened) each.open = isPrinting;
    drawAgain();
    table.show();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
};

/* The baseline's document is a page within the page, made when it is first opened. */
const openDocument = () => {
  const fold = document.getElementById("document"), text = document.getElementById("document-text");
  fold?.addEventListener("toggle", () => {
    if (!fold.open || fold.querySelector("iframe")) return;
    const frame = Report.element("iframe", { title: fold.dataset.title, sandbox: "allow-scripts", srcdoc: JSON.parse(text.textContent) });
    fold.append(frame);
  });
};

Report.start();
