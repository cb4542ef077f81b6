// Drawing: the colours of the page, marks of fates, layers to draw on. Nothing moves by itself.
"use strict";

/* The colours in use; on paper those of a light page. `scale`: on paper everything is drawn larger, and shown smaller. */
Report.look = { isPrinting: false, isDark: false, scale: 1 };

Report.look.refresh = () => {
  const look = Report.look, style = getComputedStyle(document.documentElement);
  look.isDark = !look.isPrinting && matchMedia("(prefers-color-scheme: dark)").matches;
  const light = { paper: "#fff", ink: "#222", soft: "#5f6368", faint: "#e3e4e6" };
  for (const name of Object.keys(light)) {
    look[name] = look.isPrinting ? light[name] : style.getPropertyValue(`--${name}`).trim() || light[name];
  }
  look.away = look.isDark ? "#383e45" : "#e0e2e5";
  look.scale = look.isPrinting ? 2 : 1;
  look.font = `${12.5 * look.scale}px DejaVu Sans, Verdana, Helvetica, Arial, sans-serif`;
};

Report.fateColour = (fate) => (Report.look.isDark ? fate.dark : fate.light);

/* Adds a fate's mark to a path. */
Report.mark = (path, marker, x, y, size) => {
  const r = size / 2;
  if (marker === "o") {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  } else if (marker === "v") polygon(path, x, y, [[-r, -r * 0.8], [r, -r * 0.8], [0, r]]);
  else if (marker === "s") polygon(path, x, y, [[-r * 0.85, -r * 0.85], [r * 0.85, -r * 0.85], [r * 0.85, r * 0.85], [-r * 0.85, r * 0.85]]);
  else if (marker === "D") polygon(path, x, y, [[0, -r * 1.1], [r * 1.1, 0], [0, r * 1.1], [-r * 1.1, 0]]);
  else polygon(path, x, y, CROSS.map(([dx, dy]) => [dx * r, dy * r]));
};

const CROSS = [[-0.5, -1], [0, -0.5], [0.5, -1], [1, -0.5], [0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5], [-0.5, 1], [-1, 0.5], [-0.5, 0], [-1, -0.5]];

const polygon = (path, x, y, corners) => {
  corners.forEach(([dx, dy], at) => (at ? path.lineTo(x + dx, y + dy) : path.moveTo(x + dx, y + dy)));
  path.closePath();
};

/* Fills and outlines marks, so that pale ones are seen on a light page; outlines of many would be all that is seen. */
Report.fillMarks = (context, path, fill, areMany = false) => {
  context.fillStyle = fill;
  context.strokeStyle = areMany ? "#0002" : Report.look.isDark ? "#0009" : "#0007";
  context.lineWidth = 0.8 * Report.look.scale;
  context.fill(path);
  context.stroke(path);
};

/* A text with a rim of paper, so that it can be read above lines. */
Report.write = (context, text, x, y, align) => {
  const look = Report.look;
  context.font = `600 ${look.font}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4 * look.scale;
  context.strokeStyle = look.paper;
  context.fillStyle = look.ink;
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
};

Report.shortened = (text, most) => ([...text].length > most ? [...text].slice(0, most - 1).join("") + "…" : text);

/* A canvas that covers an element, and its context, in CSS pixels. */
Report.layer = (parent, width, height) => {
  const canvas = document.createElement("canvas"), ratio = devicePixelRatio || 1;
  canvas.className = "layer";
  parent.append(canvas);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return { canvas, context, clear: () => context.clearRect(0, 0, width, height) };
};

/* An element with attributes and children; texts stay texts. */
Report.element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};

Report.counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
