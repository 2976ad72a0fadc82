/* How figures went from report to report, with the places where they changed. */

const FIGURES = { p50: ["median", "time"], p99: ["p99", "time"], self: ["own time a call", "time"], allocs: ["allocations a call", "count"] };
const TREND = { width: 290, height: 112, left: 4, right: 60, top: 24, bottom: 18 };
/** Probes whose figures are drawn without being asked for. */
const MOST_TRENDS = 8;

const dayOf = (millis) => new Date(millis).toISOString().slice(0, 10);

/** Noise of a per cent shall not look like a mountain range. */
const spanOf = (values) => {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = Math.max((high - low) * 0.1, high * 0.02, 1e-9);
  return [Math.max(0, low - room), high + room];
};

const trendPlot = ({ figure, values, changes }) => {
  const [title, kind] = FIGURES[figure];
  const { width, height, left, right, top, bottom } = TREND;
  const [low, high] = spanOf(values);
  const x = (at) => left + (values.length < 2 ? 0.5 : at / (values.length - 1)) * (width - left - right);
  const y = (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom);
  const points = values.map((value, at) => value !== null && [x(at), y(value)]);
  const last = values.findLastIndex((value) => value !== null);
  const ends = [0, ...changes.map(([at]) => at), values.length];
  const middles = changes.length > 0 ? [changes[0][1], ...changes.map(([, , after]) => after)] : [];
  const marks = changes.map(([at, from, to]) => {
    const moved = change(to, from);
    const worse = to > from ? "bad" : "good";
    const place = (x(at) + x(at - 1)) / 2;
    const early = place < (width - right) / 2;
    return [
      svg("line", { class: `change ${worse}`, x1: place, x2: place, y1: top - 8, y2: height - bottom }),
      svg("text", { class: `change-text ${worse}`, x: early ? place + 4 : place - 4, y: top - 2, "text-anchor": early ? "start" : "end" }, changeText(moved)),
    ];
  });
  const times = data.trend.times;
  const words = `${title} over ${plural(values.length, "report")}: now ${text(values[last], kind)}, ${plural(changes.length, "change")}`;
  const plot = svg("svg", { class: "plot trend", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
    svg("text", { class: "trend-title", x: left, y: 10 }, title),
    svg("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
    middles.map((middle, at) => svg("line", { class: "middle", x1: x(ends[at]), x2: x(ends[at + 1] - 1), y1: y(middle), y2: y(middle) })),
    svg("path", { class: "course", d: lineThrough(points) }), marks,
    svg("circle", { class: "dot", cx: x(last), cy: y(values[last]), r: 3 }),
    svg("text", { class: "trend-now", x: x(last) + 7, y: y(values[last]) + 4 }, text(values[last], kind)),
    svg("text", { x: left, y: height - 5 }, dayOf(times[0])),
    svg("text", { x: width - right, y: height - 5, "text-anchor": "end" }, dayOf(times[times.length - 1])),
    svg("rect", { class: "hit", x: 0, y: 0, width, height }));
  const pointer = pointerIn(plot, width);
  tip(plot, () => {
    const inside = (pointer() - left) / (width - left - right);
    const at = Math.max(0, Math.min(values.length - 1, Math.round(inside * (values.length - 1))));
    const time = new Date(times[at]).toISOString().slice(0, 16).replace("T", " ");
    return [el("b", null, values[at] === null ? "not called" : text(values[at], kind)), el("br"), `report ${at + 1} of ${values.length}, ${time} UTC`];
  });
  return plot;
};

const trendPlots = (course) => el("div", { class: "trends" }, course.figures.map(trendPlot));

/** Of one probe, in its sheet. */
const trendOf = (probe) => {
  const course = data.trend?.probes.find((one) => data.names[one.name] === probe.name);
  return course && [el("h3", null, `Over ${plural(data.trend.times.length, "report")}`), trendPlots(course)];
};

const trendSection = () => {
  if (!data.trend || data.trend.probes.length === 0) return null;
  const { times, probes: courses } = data.trend;
  const moved = courses.filter((course) => course.figures.some((line) => line.changes.length > 0));
  const shown = courses.slice(0, Math.max(1, Math.min(MOST_TRENDS, moved.length)));
  const summary = moved.length === 0 ? "no figure changed" : `${plural(moved.length, "probe")} changed`;
  return el("section", { id: "trend", "aria-label": "Trend" },
    el("div", { class: "head" }, el("h2", null, "Trend"), el("span", { class: "hint" },
      `${plural(times.length, "report")}, ${dayOf(times[0])} to ${dayOf(times[times.length - 1])}: ${summary}`)),
    shown.map((course) => el("div", { class: "followed" }, el("h3", null, openName(data.names[course.name])), trendPlots(course))),
    courses.length > shown.length && el("p", { class: "hint" }, "Other probes have theirs where they are opened."));
};
