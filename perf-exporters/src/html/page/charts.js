/* Distribution and percentile curve, drawn as plain shapes. */

/** Counts in `bins` columns of equal width on the logarithmic axis; a bucket on an edge is split in proportion. */
const rebinned = (buckets, low, high, bins) => {
  const columns = new Array(bins).fill(0);
  const scale = bins / Math.log(high / low);
  const place = (value) => Math.log(Math.max(value, low) / low) * scale;
  for (const [from, to, count] of buckets) {
    const start = Math.min(place(from), bins - 1e-9);
    const end = Math.max(Math.min(place(to), bins), start + 1e-9);
    for (let at = Math.floor(start); at < end && at < bins; at += 1) {
      columns[at] += (count * (Math.min(at + 1, end) - Math.max(at, start))) / (end - start);
    }
  }
  return columns;
};

const rangeOf = (...lists) => {
  const all = lists.flat();
  const low = Math.max(1, Math.min(...all.map((bucket) => bucket[0])));
  const high = Math.max(...all.map((bucket) => bucket[1]));
  return high / low < 1.5 ? [low / 1.3, high * 1.3] : [low, high];
};

/** Labels of quantiles, on as many levels as keep them apart; the lowest of them stand first. */
const quantileMarks = (probe, x, bottom) => {
  const ends = [];
  const marks = [["p50", probe.p50], ["p90", probe.p90], ["p99", probe.p99], ["p99.9", probe.p999]].map(([label, value]) => {
    const at = x(Math.max(value, 1));
    const long = 6.4 * label.length + 5;
    const back = at + long > PLOT.width;
    let level = ends.findIndex((end) => end < at - (back ? long : 0));
    if (level < 0) level = ends.length;
    ends[level] = at + (back ? 2 : long);
    return [
      svg("line", { class: "quantile", x1: at, x2: at, y1: 4 + level * 13, y2: bottom }),
      svg("text", { class: "quantile-text", x: back ? at - 3 : at + 3, y: 13 + level * 13, "text-anchor": back ? "end" : "start" }, label),
    ];
  });
  return [marks, ends.length];
};

const distribution = (probe) => {
  const height = 240;
  const buckets = bucketsOf(probe.hist);
  const earlier = probe.earlier ? bucketsOf(probe.earlier.hist) : [];
  const [low, high] = rangeOf(buckets, earlier);
  const bins = 85;
  const total = (list) => list.reduce((sum, bucket) => sum + bucket[2], 0) || 1;
  const shares = (list) => rebinned(list, low, high, bins).map((count) => count / total(list));
  const [now, then] = [shares(buckets), shares(earlier)];
  const most = Math.max(...now, ...then);
  const bottom = height - PLOT.bottom;
  const step = (PLOT.width - PLOT.left - PLOT.right) / bins;
  const x = (value) => PLOT.left + (Math.log(value / low) / Math.log(high / low)) * step * bins;
  const [marks, levels] = quantileMarks(probe, x, bottom);
  const top = 12 + levels * 13;
  const tall = (part) => (part > 0 ? Math.max(1.5, (part / most) * (bottom - top)) : 0);
  const edge = (at) => low * (high / low) ** (at / bins);
  const columns = now.map((part, at) => part > 0 && svg("rect", {
    class: "column", x: PLOT.left + at * step + 0.4, width: Math.max(0.6, step - 0.8), y: bottom - tall(part), height: tall(part), rx: 1,
  }));
  const outline = then.map((part, at) => {
    const y = bottom - tall(part);
    return `${at === 0 ? "M" : "L"}${(PLOT.left + at * step).toFixed(1)} ${y.toFixed(1)}H${(PLOT.left + (at + 1) * step).toFixed(1)}`;
  });
  const cover = now.map((_, at) => svg("rect", {
    class: "hit", x: PLOT.left + at * step, width: step, y: 0, height: bottom, "data-at": at,
  }));
  const plot = svg("svg", {
    class: "plot", viewBox: `0 0 ${PLOT.width} ${height}`, role: "img",
    "aria-label": `Distribution of ${plural(probe.calls, "call")}: half within ${text(probe.p50, "time")}, 99 % within ${text(probe.p99, "time")}`,
  },
  svg("line", { class: "axis", x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: bottom, y2: bottom }),
  svg("text", { x: PLOT.left - 8, y: top + 8, "text-anchor": "end" }, percentText(100 * most)),
  svg("text", { x: PLOT.left - 8, y: bottom, "text-anchor": "end" }, "0"),
  timeAxis(x, low, high, height), columns,
  earlier.length > 0 && svg("path", { class: "earlier", d: outline.join("") }),
  marks, cover);
  tip(plot, (target) => {
    const at = Number(target.dataset.at ?? NaN);
    if (!(now[at] > 0 || then[at] > 0)) return null;
    const words = [el("b", null, `${text(edge(at), "time")} – ${text(edge(at + 1), "time")}`), el("br"), `${percentText(100 * now[at])} of the calls`];
    return earlier.length > 0 ? [...words, el("br"), `before: ${percentText(100 * then[at])}`] : words;
  });
  return plot;
};

/** `[share of calls, value]`, a point for every bucket. */
const curveOf = (buckets, max) => {
  const total = buckets.reduce((sum, bucket) => sum + bucket[2], 0);
  let seen = 0;
  return buckets.map(([low, high, count]) => {
    seen += count;
    return [seen / total, Math.min((low + high) / 2, max)];
  });
};

const percentileCurve = (probe) => {
  const height = 230;
  const buckets = bucketsOf(probe.hist);
  const earlier = probe.earlier ? bucketsOf(probe.earlier.hist) : [];
  const [low, high] = rangeOf(buckets, earlier);
  const timed = buckets.reduce((sum, bucket) => sum + bucket[2], 0);
  const nines = Math.min(5, Math.max(1, Math.log10(Math.max(timed, 10))));
  const [top, bottom] = [12, height - PLOT.bottom];
  const x = (part) => {
    const nine = part >= 1 ? nines : Math.min(nines, -Math.log10(1 - part));
    return PLOT.left + (nine / nines) * (PLOT.width - PLOT.left - PLOT.right);
  };
  const y = (value) => bottom - (Math.log(Math.max(value, low) / low) / Math.log(high / low)) * (bottom - top);
  const path = (points) => points
    .map(([part, value], at) => (at === 0 ? `M${PLOT.left} ${y(value).toFixed(1)}` : `V${y(value).toFixed(1)}`) + `H${x(part).toFixed(1)}`)
    .join("");
  const points = curveOf(buckets, probe.max);
  const marks = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999].filter((part) => x(part) < PLOT.width - PLOT.right - 46);
  const label = (part) => `${Number((part * 100).toPrecision(7))} %`;
  const plot = svg("svg", { class: "plot", viewBox: `0 0 ${PLOT.width} ${height}`, role: "img", "aria-label": "Percentile curve" },
    ticksBetween(low, high, 6).map((tick) => [
      svg("line", { class: "axis", x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: PLOT.left - 8, y: y(tick) + 4, "text-anchor": "end" }, tickText(tick)),
    ]),
    [0, ...marks, 1].map((part, at, all) => [
      svg("line", { class: "axis", x1: x(part), x2: x(part), y1: bottom, y2: bottom + 4 }),
      svg("text", { x: x(part), y: bottom + 17, "text-anchor": at === all.length - 1 ? "end" : "middle" },
        part === 0 ? "min" : part === 1 ? "max" : label(part)),
    ]),
    earlier.length > 0 && svg("path", { class: "earlier", d: path(curveOf(earlier, probe.earlier.max)) }),
    svg("path", { class: "curve", d: path(points) }),
    svg("rect", { class: "hit", x: PLOT.left, y: 0, width: PLOT.width - PLOT.left, height: bottom }));
  const pointer = pointerIn(plot, PLOT.width);
  tip(plot, () => {
    const point = points.find(([part]) => x(part) >= pointer()) ?? points[points.length - 1];
    return [el("b", null, `${Number((100 * point[0]).toPrecision(6))} %`), ` of the calls within ${text(point[1], "time")}`];
  });
  return plot;
};

/** The distribution as one small shape for a cell of the table. */
const sketch = (probe) => {
  const buckets = bucketsOf(probe.hist);
  if (buckets.length === 0) return null;
  const bins = 25;
  const [low, high] = rangeOf(buckets);
  const columns = rebinned(buckets, low, high, bins);
  const most = Math.max(...columns);
  const d = columns.map((count, at) => {
    const tall = count > 0 ? Math.max(1, (20 * count) / most) : 0;
    return tall > 0 ? `M${at * 4} 21v${(-tall).toFixed(1)}h3v${tall.toFixed(1)}z` : "";
  }).join("");
  return svg("svg", { viewBox: "0 0 100 22", "aria-hidden": "true" }, svg("path", { d }));
};
