// Numbers: as texts, and along axes.
"use strict";
const Report = {};

/* A number as the page shows it: six significant digits, 8.22772e-10, ∞; "–" where there is none. */
Report.text = (value) => {
  if (value === null || value === undefined) return "–";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "-∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(6)));
  return value.toExponential(5).replace(/\.?0+e/, "e").replace("e+", "e");
};

/* From the data: what is infinite stands there as a text. */
Report.number = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);

const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (exponent) => "10" + [...String(exponent)].map((each) => POWERS[each] ?? "⁻").join("");

/* A short text for a tick. On a wide logarithmic axis powers of ten look alike. */
Report.tick = (value, isWide = false) => {
  if (value === 0) return "0";
  const size = Math.abs(value), exponent = Math.round(Math.log10(size));
  if (size >= (isWide ? 0.01 : 0.001) && size < (isWide ? 1e3 : 1e5)) return String(Number(value.toPrecision(8))).replace("-", "−");
  const mantissa = Number((value / 10 ** exponent).toPrecision(8));
  if (mantissa === 1) return power(exponent);
  return Number(value.toPrecision(8)).toExponential().replace("e+", "e").replace(/-/g, "−");
};

Report.isWide = ({ low, high, isLog }) => isLog && (low < 1e-4 || high > 1e5);

/* Ticks between two numbers, at most about so many. */
Report.ticks = (low, high, isLog, most) => (isLog ? logTicks(low, high, most) : evenTicks(low, high, most));

const evenTicks = (low, high, most) => {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0)) return [low];
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= rough * 0.999) ?? 10 * unit;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high * (1 + 1e-12) + step * 1e-9; at++) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
};

const logTicks = (low, high, most) => {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first >= 2) {
    const stride = Math.ceil((last - first + 1) / Math.max(2, most)), found = [];
    for (let at = Math.ceil(first / stride) * stride; at <= last; at += stride) found.push(Number(`1e${at}`));
    return found;
  }
  if (high / low < 3) return evenTicks(low, high, most);
  const found = [];
  for (let at = first - 1; at <= last + 1; at++) for (const each of [1, 2, 5]) found.push(Number(`${each}e${at}`));
  return found.filter((each) => each >= low * 0.999 && each <= high * 1.001);
};

/* Where a number stands between two others, 0 to 1 within them; and the number that stands there. */
Report.place = (value, low, high, isLog) =>
  low === high ? 0.5 : isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
Report.valueAt = (place, low, high, isLog) =>
  low === high ? low : isLog ? low * (high / low) ** place : low + place * (high - low);
