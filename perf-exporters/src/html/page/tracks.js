/* Memory and processors over the time that processes were watched. */

const TRACK_HEIGHT = 190;

/** One line for each process, each at its own time on a common clock, in seconds. */
const linesOf = (tracks, origin, field) => tracks.map((track) =>
  track.at.map((at, index) => [(track.start + at - origin) / 1000, track[field][index]]));

/** The same of a figure that is about the time since the moment before: flat over that time. */
const stepsOf = (line) => line.slice(1).flatMap(([at, value], index) => [[line[index][0], value], [at, value]]);

const timePlot = ({ title, words, kind, suffix, series, seconds }) => {
  const all = series.flatMap(({ lines }) => lines.flat()).filter(([, value]) => value !== null);
  if (all.length < 2) return null;
  const [top, bottom] = [10, TRACK_HEIGHT - PLOT.bottom];
  const ticks = ticksUpTo(Math.max(...all.map(([, value]) => value), 1e-9) * 1.04, 4, kind);
  const high = Math.max(...all.map(([, value]) => value), ticks[ticks.length - 1]) * 1.04;
  const x = (second) => PLOT.left + (second / seconds) * (PLOT.width - PLOT.left - PLOT.right);
  const y = (value) => bottom - (Math.max(0, value) / high) * (bottom - top);
  const plot = svg("svg", { class: "plot", viewBox: `0 0 ${PLOT.width} ${TRACK_HEIGHT}`, role: "img", "aria-label": words },
    levels(ticks, y, kind, suffix),
    secondsUpTo(seconds, Math.floor(PLOT.width / 80)).map((tick) => [
      svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }),
      svg("text", { x: x(tick), y: bottom + 17, "text-anchor": "middle" }, tick === 0 ? "0" : tickText(tick * 1e9)),
    ]),
    series.map(({ name, lines }) => lines.map((line) =>
      svg("path", { class: `track-line ${name}`, d: lineThrough(line.map(([second, value]) => value !== null && [x(second), y(value)])) }))),
    svg("rect", { class: "hit", x: PLOT.left, y: 0, width: PLOT.width - PLOT.left, height: bottom }));
  const pointer = pointerIn(plot, PLOT.width);
  tip(plot, () => {
    const at = ((pointer() - PLOT.left) / (PLOT.width - PLOT.left - PLOT.right)) * seconds;
    const nearest = (line) => line.reduce((best, point) => (Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best));
    const near = series.flatMap(({ label, lines }) => lines.filter((line) => line.length > 0).map((line) => [label, nearest(line)]));
    if (near.length === 0) return null;
    const second = near[0][1][0];
    return [el("b", null, `after ${text(second * 1e9, "time")}`), ...near.slice(0, 8).flatMap(([label, [, value]]) =>
      [el("br"), `${label}: ${value === null ? "–" : text(value, kind, suffix)}`])];
  });
  return el("div", { class: "tracked" }, el("h3", null, title, series.length > 1 && el("span", { class: "legend" },
    series.map(({ name, label }) => el("span", null, el("i", { class: name }), label)))), plot);
};

const tracksSection = () => {
  const tracks = data.tracks.filter((track) => track.at.length > 1);
  if (tracks.length === 0) return null;
  fitPlots(590);
  const origin = Math.min(...tracks.map((track) => track.start));
  const seconds = Math.max(...tracks.map((track) => (track.start + track.at[track.at.length - 1] - origin) / 1000), 1e-3);
  const line = (name, label, field) => ({ name, label, lines: linesOf(tracks, origin, field) });
  const known = ({ lines }) => lines.some((points) => points.some(([, value]) => value !== null));
  const peak = (series) => series.lines.flat().reduce((most, [, value]) => Math.max(most, value ?? 0), 0);
  const [heap, rss] = [line("heap", "live heap", "live"), line("rss", "resident set", "rss")];
  const cpu = line("cpu", "processors", "cpu");
  cpu.lines = cpu.lines.map((points) => stepsOf(points.map(([at, value]) => [at, value === null ? null : value / 1000])));
  const memory = [rss, heap].filter(known);
  const peaks = [known(rss) && `resident set up to ${text(peak(rss), "bytes")}`, known(heap) && `live heap up to ${text(peak(heap), "bytes")}`,
    known(cpu) && `up to ${text(peak(cpu), "count")} processors`].filter(Boolean).join(" · ");
  return el("section", { id: "tracks", "aria-label": "Memory and processors" },
    el("div", { class: "head" }, el("h2", null, "Memory and processors"), el("span", { class: "hint" },
      [tracks.length > 1 && `a line for each of ${tracks.length} processes`, peaks].filter(Boolean).join(" · "))),
    el("div", { class: "tracks" },
      memory.length > 0 && timePlot({ title: "Memory", words: `Memory over ${text(seconds * 1e9, "time")}: ${peaks}`, kind: "bytes", series: memory, seconds }),
      known(cpu) && timePlot({ title: "Processors kept busy", words: `Processors kept busy over ${text(seconds * 1e9, "time")}: ${peaks}`, kind: "count", series: [cpu], seconds })));
};
