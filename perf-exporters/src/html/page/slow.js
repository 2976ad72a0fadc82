/* Why the slowest calls of a probe are slow: a sentence, and each call with what its time went into. */

/** Where the time of a call goes besides named callees; their names are in no tree. */
const PARTS = { self: "itself", waiting: "waiting", others: "other probes" };

/** `[what, class, time]` of a call, in the order in which all of them are drawn. */
const partsOf = (call) => [
  [PARTS.self, "self", call.self], ...call.callees.map(([name, time]) => [name, "callee", time]),
  [PARTS.others, "others", call.others], [PARTS.waiting, "waiting", call.waiting],
].filter(([, , time]) => time > 0);

/** Callees are told apart by their rank, since tones of names may be alike. */
const TONES = 7;
const swatch = (what, kind, ranks) => {
  const box = el("i", { class: `part ${kind}` });
  if (kind === "callee") box.style.setProperty("--tone", (ranks.get(what) % TONES) / TONES);
  return box;
};

/** A call as a bar; callees of futures may overlap, so that their parts are more than the whole. */
const callBar = (call, ranks) => {
  const parts = partsOf(call);
  const whole = Math.max(call.duration, parts.reduce((sum, [, , time]) => sum + time, 0));
  const bar = el("span", { class: "parts", role: "img", "aria-label": parts.map(([what, , time]) => `${what} ${text(time, "time")}`).join(", ") },
    parts.map(([what, kind, time]) => {
      const part = swatch(what, kind, ranks);
      part.style.width = `${(100 * time) / whole}%`;
      part.dataset.what = `${what}: ${text(time, "time")}, ${percentText(share(time, call.duration))}`;
      return part;
    }));
  tip(bar, (target) => target.dataset.what && [target.dataset.what]);
  return bar;
};

/** What the bars are made of, the greatest first. */
const causesOf = (calls) => {
  const sums = new Map();
  for (const [what, kind, time] of calls.flatMap(partsOf)) {
    const sum = sums.get(what + kind) ?? { what, kind, time: 0 };
    sum.time += time;
    sums.set(what + kind, sum);
  }
  return [...sums.values()].sort((a, b) => b.time - a.time);
};

const causesLegend = (calls, causes, ranks) => {
  const all = calls.reduce((sum, call) => sum + call.duration, 0);
  const word = ({ what, kind }) => (kind === "callee"
    ? el("button", { type: "button", class: "link", onclick: () => openProbe(what) }, nameOf(what)) : el("span", null, what));
  return el("ul", { class: "causes" }, causes.slice(0, 8).map((cause) => el("li", null,
    swatch(cause.what, cause.kind, ranks), word(cause), el("span", { class: "hint" }, percentText(share(cause.time, all))))),
  causes.length > 8 && el("li", { class: "hint" }, `and ${causes.length - 8} more`));
};

/** Words in which names stand between backticks. */
const sentence = (words) => words.split("`").map((part, at) => (at % 2 ? el("code", null, part) : part));

/** How long before the end of the measurement a call began. */
const whenOf = (call) => {
  const ago = (meta.end - call.start) * 1e6;
  const exact = new Date(call.start).toISOString().replace("T", " ").replace("Z", " UTC");
  return el("span", { title: exact }, ago >= 0 && meta.end > 0 ? `${text(ago, "time")} before ${recent ? "now" : "the end"}` : exact);
};

const slowCalls = (probe) => {
  const calls = probe.slow;
  if (calls.length === 0) return null;
  const causes = causesOf(calls);
  const ranks = new Map(causes.filter(({ kind }) => kind === "callee").map(({ what }, rank) => [what, rank]));
  const traced = calls.some((call) => call.trace);
  const titles = ["took", "what it went into", "thread", "began", traced && "trace"].filter(Boolean);
  return el("div", { class: "slow" },
    el("h3", null, "Why the slowest calls are slow", calls.length < probe.slowKnown && el("span", { class: "legend" }, `${calls.length} of ${probe.slowKnown} are drawn`)),
    probe.tail && el("p", { class: "tail" }, sentence(probe.tail), "."),
    causesLegend(calls, causes, ranks),
    el("div", { class: "wide" }, el("table", { class: "grid" },
      el("thead", null, el("tr", null, titles.map((title) => el("th", { class: (title === "took" || title === "thread") && "num" }, title)))),
      el("tbody", null, calls.map((call) => el("tr", null,
        el("td", { class: "num" }, shown(call.duration, "time")), el("td", { class: "went" }, callBar(call, ranks)),
        el("td", { class: "num" }, String(call.thread)), el("td", { class: "hint" }, whenOf(call)),
        traced && el("td", null, el("code", { class: "trace", title: call.trace }, call.trace))))))));
};
