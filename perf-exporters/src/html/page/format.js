/* Numbers for people: three digits and a unit. */

const STEPS = {
  time: [["ns", 1], ["µs", 1e3], ["ms", 1e3], ["s", 1e3], ["min", 60], ["h", 60], ["d", 24]],
  count: [["", 1], ["K", 1e3], ["M", 1e3], ["G", 1e3], ["T", 1e3], ["P", 1e3], ["E", 1e3]],
  bytes: [["B", 1], ["KiB", 1024], ["MiB", 1024], ["GiB", 1024], ["TiB", 1024], ["PiB", 1024], ["EiB", 1024]],
};

const digits = (value, whole) => {
  const places = whole && Number.isInteger(value) ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toFixed(places);
};

/** Digits and unit; `suffix` stands behind the unit, as in `MiB/s`. */
const scaled = (number, kind, suffix = "") => {
  const steps = STEPS[kind];
  let value = Math.abs(number);
  let at = 0;
  while (at + 1 < steps.length && Number(digits(value, at === 0)) >= steps[at + 1][1]) {
    at += 1;
    value /= steps[at][1];
  }
  return [(number < 0 ? "−" : "") + digits(value, at === 0), steps[at][0] + suffix];
};

const text = (number, kind, suffix) => scaled(number, kind, suffix).join(" ").trim();
const shown = (number, kind, suffix) => {
  const [value, unit] = scaled(number, kind, suffix);
  return unit ? [value, el("span", { class: "unit" }, unit)] : [value];
};

const percentDigits = (value) =>
  value <= 0 ? "0" : value < 0.05 ? "<0.1" : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
const percentText = (value) => `${percentDigits(value)} %`;
const percent = (value) => [percentDigits(value), el("span", { class: "unit" }, "%")];
const share = (part, whole) => (whole > 0 ? (100 * part) / whole : 0);

/** From an earlier value to one of now, in per cent; null where there was none. */
const change = (now, before) => (before > 0 ? (100 * (now - before)) / before : now > 0 ? null : 0);
const changeText = (value) => {
  if (value === null) return "new";
  if (Math.abs(value) < 0.05) return "=";
  const sign = value > 0 ? "+" : "−";
  const size = Math.abs(value);
  return size >= 1000 ? `${sign}${(size / 100).toFixed(0)}×` : `${sign}${size.toFixed(size < 10 ? 1 : 0)} %`;
};
const changeClass = (value) => (value === null ? "warn" : value >= 5 ? "bad" : value <= -5 ? "good" : "dim");

const plural = (number, noun) => `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;

/** Where the last segment of a path begins: after the last `::` that is not inside `<…>` and not before one. */
const functionStart = (name) => {
  let depth = 0;
  let start = 0;
  for (let at = 0; at < name.length; at += 1) {
    if (name[at] === "<") depth += 1;
    else if (name[at] === ">" && name[at - 1] !== "-") depth = Math.max(0, depth - 1);
    else if (depth === 0 && name[at] === ":" && name[at - 1] === ":" && name[at + 1] !== "<") start = at + 1;
  }
  return start;
};

/** A name with its modules dimmed. */
const nameOf = (name) => {
  const start = functionStart(name);
  return el("span", { class: "name", title: name },
    start > 0 && el("span", { class: "mod" }, name.slice(0, start)),
    el("span", { class: "fn" }, name.slice(start)));
};
