/* What plots have in common: their size, round ticks, axes. */

const PLOT = { width: 700, left: 52, right: 16, bottom: 30 };

/** Plots are drawn as wide as they will be shown, at most so wide, so that their words keep their size. */
const fitPlots = (most) => { PLOT.width = Math.max(300, Math.min(most, innerWidth - 32)); };

/** Round values of a logarithmic axis that has about room for `most`. */
const ticksBetween = (low, high, most) => {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const step of steps) ticks.push(step * 10 ** power);
    }
    const inside = ticks.filter((tick) => tick >= low && tick <= high);
    if (inside.length <= most) return inside;
  }
  const decades = Math.ceil(Math.log10(high / low) / most);
  const first = Math.ceil(Math.log10(low));
  return Array.from({ length: most }, (_, at) => 10 ** (first + at * decades)).filter((tick) => tick <= high);
};

/** `10 µs` and not `10.0 µs`: ticks are round. */
const tickText = (tick, kind = "time", suffix = "") => {
  const [value, unit] = scaled(tick, kind, suffix);
  return `${Number(value)} ${unit}`.trim();
};

const timeAxis = (x, low, high, height) => ticksBetween(low, high, Math.floor(PLOT.width / 90)).map((tick) => [
  svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: height - PLOT.bottom, y2: height - PLOT.bottom + 4 }),
  svg("text", { x: x(tick), y: height - PLOT.bottom + 17, "text-anchor": "middle" }, tickText(tick)),
]);

/** Round values of a linear axis from 0 that has about room for `most`; sizes are round in their own unit. */
const ticksUpTo = (high, most, kind) => {
  let unit = 1;
  if (kind === "bytes") while (high / unit >= 1024) unit *= 1024;
  const raw = high / unit / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= raw) * power * unit;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, at) => at * step);
};

/** Steps of a clock, in seconds. */
const CLOCK = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** Round times from 0 up to so many seconds, on an axis that has about room for `most`. */
const secondsUpTo = (high, most) => {
  const step = CLOCK.find((one) => high / one <= most) ?? 86400 * Math.ceil(high / most / 86400);
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, at) => at * step);
};

/** Lines through values on a linear axis, with the values beside them. */
const levels = (ticks, y, kind, suffix) => ticks.map((tick) => [
  svg("line", { class: "axis", x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y(tick), y2: y(tick) }),
  svg("text", { x: PLOT.left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick === 0 ? "0" : tickText(tick, kind, suffix)),
]);

/** `M` and `L` through points; a point that is missing leaves a gap. */
const lineThrough = (points) => {
  let path = "";
  let open = false;
  for (const point of points) {
    if (point) path += `${open ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    open = Boolean(point);
  }
  return path;
};

/** Where the pointer is, in the units of a plot that is so wide. */
const pointerIn = (plot, width) => {
  let at = 0;
  plot.addEventListener("pointermove", (event) => { at = event.clientX; }, true);
  return () => {
    const box = plot.getBoundingClientRect();
    return ((at - box.left) / box.width) * width;
  };
};
