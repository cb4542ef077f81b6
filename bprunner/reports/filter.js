// What is typed above the table: words, which a run has to show, and comparisons such as learning_rate < 0.1.
"use strict";

const TOKENS = /"([^"]*)"|(<=|>=|==|!=|<|>|=)|([^\s<>=!"]+|[!"])/g;
const COMPARE = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "=": (a, b) => a === b, "==": (a, b) => a === b, "!=": (a, b) => a !== b,
};

/* A function of a row, or null where nothing is asked. Throws an Error that says what cannot be read. */
Report.filterOf = (text, state) => {
  const tokens = [...text.matchAll(TOKENS)].map(([whole, quoted, sign, word]) => ({
    text: quoted ?? word ?? whole, isSign: sign !== undefined, isQuoted: quoted !== undefined,
  }));
  const conditions = [];
  for (let at = 0; at < tokens.length; ) {
    const [first, sign, value] = tokens.slice(at, at + 3);
    if (first.isSign) throw new Error(`a column's name is missing before ${first.text}`);
    if (sign?.isSign) {
      if (!value || value.isSign) throw new Error(`a value is missing after ${sign.text}`);
      conditions.push(comparison(state, first.text, sign.text, value.text));
      at += 3;
    } else {
      if (first.isQuoted || first.text.toLowerCase() !== "and") conditions.push(word(state, first.text));
      at += 1;
    }
  }
  return conditions.length ? (row) => conditions.every((holds) => holds(row)) : null;
};

/* A column by its name, its path, or its heading. */
const columnNamed = (state, name) => {
  const plain = (text) => text.toLowerCase().replace(/[\s’']+/g, "_");
  const found = state.columns.find((each) => each.key === name) ?? state.columns.find((each) => [each.key, each.name].map(plain).includes(plain(name)));
  if (found) return found;
  const names = state.columns.map((each) => (each.kind === "varied" ? each.name : each.key));
  throw new Error(`there is no column ${name}; there are ${names.join(", ")}`);
};

const NUMBERS = { inf: Infinity, infinity: Infinity, "∞": Infinity, "-inf": -Infinity };

const comparison = (state, name, sign, value) => {
  const column = columnNamed(state, name), compare = COMPARE[sign];
  if (column.type === "label") {
    const asNumber = Number(value), isNumber = value.trim() !== "" && !Number.isNaN(asNumber);
    if ("<>".includes(sign[0])) {
      if (!isNumber) throw new Error(`${name} has words, which are compared by = and != alone`);
      return (row) => column.values[row] !== null && compare(Number(column.labels[column.values[row]]), asNumber);
    }
    const wanted = value.toLowerCase();
    return (row) => compare(column.values[row] === null ? null : column.labels[column.values[row]].toLowerCase(), wanted);
  }
  const number = NUMBERS[value.toLowerCase()] ?? Number(value);
  if (Number.isNaN(number) || value.trim() === "") throw new Error(`${value} is no number`);
  return (row) => column.values[row] !== null && compare(column.values[row], number);
};

/* A word that stands in a label of the run, or in its name. */
const word = (state, text) => {
  const wanted = text.toLowerCase(), labelled = state.columns.filter((each) => each.type === "label");
  return (row) => labelled.some((column) => state.textOf(column, row).toLowerCase().includes(wanted)) || state.nameOf(row).toLowerCase().includes(wanted);
};
