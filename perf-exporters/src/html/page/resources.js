/* Why the program is slow, and what the system told of it. */

const findingsSection = () => {
  const findings = data.findings ?? [];
  if (findings.length === 0) return null;
  return el("section", { id: "findings", "aria-label": "Findings" },
    el("div", { class: "head" }, el("h2", null, "Why it is slow"), el("span", { class: "hint" }, "what the figures of this report show")),
    el("ul", { class: "findings" }, findings.map((found) => el("li", null,
      el("h3", null, found.title, found.subject && [" · ", found.probe && named.has(found.subject) ? openName(found.subject) : found.subject],
        el("span", { class: `pill ${found.confidence === "high" ? "bad" : found.confidence === "medium" ? "warn" : "dim"}` }, `${found.confidence} confidence`)),
      el("p", null, found.evidence.join(" · ")),
      found.missing && el("p", { class: "hint" }, `missing: ${found.missing.join(", ")}`),
      el("p", { class: "hint" }, found.remedy)))));
};

/** A number in the unit of its row. */
const resourceText = (value, unit) => {
  if (unit === "share") return percentText(100 * value);
  const [kind, per] = unit.split("/");
  const words = text(Math.abs(value), kind, per ? "/s" : undefined);
  return value < 0 ? `−${words}` : words;
};

const GROWTH = { share: "time", "bytes/s": "bytes", "count/s": "count", bytes: "bytes", count: "count", time: "time" };

const courseOf = (values) => {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 1e-12);
  const [width, height] = [120, 20];
  const at = (value, index) => value !== null && [(index / Math.max(1, values.length - 1)) * width, height - 1 - (value / most) * (height - 2)];
  return known.length > 1 && svg("svg", { class: "small-course", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("path", { d: lineThrough(values.map(at)) }));
};

const resourcesOf = (track, title) => {
  const heads = ["figure", "mean", "p95", "most", "growth", "over time"];
  const row = ({ label, unit, numbers, course }) => el("tr", null, el("td", null, label),
    numbers.map((number, at) => el("td", { class: "num" }, resourceText(number, at === 3 ? GROWTH[unit] : unit))), el("td", null, courseOf(course)));
  const thread = ([name, threads, cpu, ready]) => {
    const bar = el("i");
    bar.style.width = `${Math.min(100, 100 * cpu)}%`;
    return el("tr", null, el("td", null, threads > 1 ? `${name} × ${threads}` : name), el("td", { class: "num" }, percent(100 * cpu)),
      el("td", null, el("span", { class: "track" }, bar)), el("td", { class: "num" }, percent(100 * ready)));
  };
  const limits = (track.limits ?? []).map(([what, value, unit]) => `${what} ${text(value, unit)}`).join(" · ");
  return [
    title && el("h3", null, title),
    limits && el("p", { class: "hint" }, `May use: ${limits}`),
    el("div", { class: "wide" }, el("table", { class: "grid resources" },
      el("thead", null, el("tr", null, heads.map((head, at) => el("th", { class: at > 0 && at < 5 && "num" }, head)))), el("tbody", null, track.figures.map(row)))),
    track.threads && el("div", { class: "wide" }, el("table", { class: "grid threads" },
      el("thead", null, el("tr", null, el("th", null, "thread"), el("th", { class: "num" }, "on a processor"), el("th"), el("th", { class: "num" }, "ready without one"))),
      el("tbody", null, track.threads.map(thread)))),
    track.zero && el("p", { class: "hint" }, `Nothing all the time: ${track.zero.join(", ")}.`),
    track.absent && el("details", { class: "absent" }, el("summary", null, "What is missing, and why"),
      el("ul", null, track.absent.map(([what, why]) => el("li", null, `${what}: ${why}`)))),
    track.own !== undefined && el("p", { class: "hint" }, `The monitor itself took ${(100 * track.own).toFixed(3)} % of a processor.`),
  ];
};

const resourcesSection = () => {
  const told = data.tracks.filter((track) => track.figures);
  if (told.length === 0) return null;
  const shown = told.slice(0, 4);
  return el("section", { id: "resources", "aria-label": "Resources" },
    el("div", { class: "head" }, el("h2", null, "Resources"), el("span", { class: "hint" },
      told.length > shown.length ? `${shown.length} of ${told.length} processes` : "what the system told; sums as growth in a second, time as a part of the time")),
    shown.map((track) => resourcesOf(track, told.length > 1 && `Process ${track.pid}`)));
};
