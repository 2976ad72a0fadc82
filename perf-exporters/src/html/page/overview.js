/* What somebody should know who looks for ten seconds. */

const figure = (what, value, more, state) =>
  el("div", { class: "figure" }, el("span", { class: "what" }, what), el("b", { class: state }, value), more && el("span", { class: "more" }, more));

const budgetsWith = (verdict) => data.budgets.filter((budget) => budget.verdict === verdict);

const lately = () => text(Math.round(recent.seconds * 10) * 1e8, "time");

/** What a probe costs, known waiting left out: lately, on a live page; else in all. */
const costOf = (probe) => (recent ? probe.now.self : probe.working);

/** What there is to say where no probe took time of its own: measurements of a caller, as those of a load, have none. */
const waitedFor = () => {
  const slowest = probes.filter((probe) => probe.calls > 0).sort((a, b) => b.p99 - a.p99)[0];
  if (!slowest) return ["No probe was called."];
  return ["99 % of the calls of ", nameOf(slowest.name), " are within ", el("em", null, text(slowest.p99, "time")), "."];
};

/** The sentence that stands first. */
const headline = () => {
  const broken = budgetsWith("fail");
  if (broken.length > 0) return ["", el("em", null, `${plural(broken.length, "budget")}`), ` ${broken.length === 1 ? "is" : "are"} over the limit.`];
  const top = [...ranked].sort((a, b) => costOf(b) - costOf(a))[0];
  if (!top || costOf(top) === 0) return recent ? ["No probe was called lately."] : waitedFor();
  const name = nameOf(top.name.slice(functionStart(top.name)));
  name.title = top.name;
  if (recent && recent.overdrawn) return [name, " takes ", el("em", null, percentText(share(costOf(top), recent.self))), " of the measured wall time, waiting included."];
  if (recent) return [name, " keeps ", el("em", null, percentText(top.load)), " of a processor busy."];
  return [name, " takes ", el("em", null, percentText(top.share)), " of the measured time."];
};

const titleSection = () => {
  const facts = [
    meta.program && el("b", null, meta.program),
    meta.time && meta.time.replace("T", " ").replace("Z", " UTC"),
    meta.processes > 1 && plural(meta.processes, "process").replace("processs", "processes"),
    meta.threads > 0 && plural(meta.threads, "thread"),
    before && "beside an earlier report",
  ].filter(Boolean);
  const calls = sumOf("calls");
  const errors = sumOf("errors");
  const effect = meta.effect >= 15 ? "bad" : meta.effect >= 5 ? "warn" : null;
  const wall = before ? change(meta.measured, before.meta.measured) : undefined;
  return el("div", { class: "title" },
    el("div", { class: "eyebrow" }, facts.map((fact) => el("span", null, fact))),
    el("h1", null, headline()),
    el("div", { class: "figures" },
      !recent && meta.measured > 0 && figure("measured time", shown(meta.measured, "time"), wall === undefined ? "all threads together" : el("span", { class: changeClass(wall) }, `${changeText(wall)} since before`)),
      meta.duration > 0 && figure(recent ? "watched for" : "wall time", shown(meta.duration, "time")),
      recent && figure("busy", shown(recent.self / 1e9 / recent.seconds, "count"), recent.overdrawn ? "threads in probes, waiting included" : "processors in probes", recent.overdrawn && "warn"),
      recent && recent.processor !== undefined && figure("given", shown(recent.processor / 1e9 / recent.seconds, "count"), "processors by the system"),
      recent && figure("calls a second", shown(sumOf("rate"), "count"), `in the last ${lately()}`),
      figure("calls", shown(calls, "count"), plural(probes.length, "probe")),
      figure("observer effect", longerFigure(meta.effect), `${text(meta.cost, "time")} a call`, effect),
      errors > 0 && figure("errors", shown(errors, "count"), `${percentText(share(errors, calls))} of the calls`, "bad"),
      data.budgets.length > 0 && figure("budgets", `${budgetsWith("pass").length} of ${data.budgets.length}`, "kept", budgetsWith("fail").length > 0 ? "bad" : "good"),
      meta.tracking && figure("allocations", shown(sumOf("selfAllocs"), "count"), `${text(sumOf("selfAllocBytes"), "bytes")} in probes`),
      meta.tracking && figure("live heap", shown(meta.live, "bytes"), recent ? "now" : "at the end")));
};

const costsSection = () => {
  const top = ranked.filter((probe) => costOf(probe) > 0).sort((a, b) => costOf(b) - costOf(a)).slice(0, 8);
  if (top.length === 0) return null;
  const whole = recent ? recent.self : meta.working;
  /* Lately, only what a probe took itself is known. */
  const reach = (probe) => (recent ? costOf(probe) : Math.max(probe.working, Math.min(probe.total, meta.working)));
  const most = Math.max(...top.map(reach));
  const bar = (probe) => {
    const [own, rest] = [el("i"), el("i", { class: "rest" })];
    own.style.width = `${(100 * costOf(probe)) / most}%`;
    rest.style.width = `${(100 * (reach(probe) - costOf(probe))) / most}%`;
    return el("span", { class: "track" }, own, rest);
  };
  const keys = recent
    ? el("span", { class: "hint" }, `own time in the last ${lately()}: of ${recent.overdrawn ? "a thread's time" : "a processor"}, and of all`)
    : el("span", { class: "keys" }, el("span", { class: "hint key" }, "its own time"), el("span", { class: "hint key rest" }, "with what it calls"));
  return el("section", { id: "costs", "aria-label": "What costs most" },
    el("div", { class: "head" }, el("h2", null, recent ? "What costs most now" : "What costs most"), el("span", { class: "push" }), keys),
    el("ol", { class: "costs" }, top.map((probe) => el("li", null,
      el("button", { type: "button", class: "cost", onclick: () => openProbe(probe.name) },
        nameOf(probe.name), el("span", { class: "num" }, recent ? percent(probe.load) : shown(probe.working, "time")),
        el("span", { class: "num share" }, percent(share(costOf(probe), whole))), bar(probe))))),
    notes());
};

const notes = () => {
  const small = ranked.filter(below);
  const [working, processor] = recent ? [recent.self, recent.processor] : [meta.working, meta.processor];
  const waited = meta.measured - meta.working;
  const unseen = probes.filter((probe) => probe.errorsUnknown).map((probe) => probe.name);
  const list = [
    ...(data.repeated ?? []).map((sentence) => ["warn", sentence]),
    processor !== undefined && working > 1.1 * processor && ["warn", `Shares are of ${text(working, "time")} of wall time, while the process had ${text(processor, "time")} of processor time: some of it is waiting, for a processor or for others, that could not be told.`],
    waited >= 0.01 * meta.measured && ["", `${text(waited, "time")} of ${text(meta.measured, "time")} of self time was waiting, and is not in the shares.`],
    meta.effect >= 5 && ["warn", `With its probes the program took about ${longer(meta.effect)}. Sample the ones that are called most, or remove them.`],
    small.length > 0 && ["", `Less self time a call (~) than the ${text(meta.resolution, "time")} that a probe can tell, so trust the calls and not the times: ${small.slice(0, 3).map((probe) => probe.name).join(", ")}${small.length > 3 ? ` and ${small.length - 3} more` : ""}.`],
    unseen.length > 0 && ["", `Errors are not looked for: write #[perf_probe(errors)] on ${unseen.slice(0, 3).join(", ")}${unseen.length > 3 ? ` and ${unseen.length - 3} more` : ""}.`],
    meta.lost > 0 && ["bad", `${plural(meta.lost, "call")} could not be attributed to a probe.`],
    meta.backward > 0 && ["bad", `The clock went backwards ${plural(meta.backward, "time")}.`],
    meta.dropped > 0 && ["bad", `The call tree had no room for ${plural(meta.dropped, "node")}.`],
  ].filter(Boolean);
  return list.length > 0 && el("ul", { class: "notes" }, list.map(([state, words]) => el("li", { class: state || null }, words)));
};

const openName = (name) => el("button", { type: "button", class: "link", onclick: () => openProbe(name) }, nameOf(name));

const STATES = { pass: ["good", "kept"], warn: ["warn", "over target"], fail: ["bad", "over limit"], inconclusive: ["dim", "inconclusive"] };

/** A figure of a budget in its own unit. */
const inUnit = (value, unit) => {
  if (value === null || value === undefined) return "–";
  if (unit === "ns") return shown(value, "time");
  if (unit === "bytes") return shown(value, "bytes");
  if (unit === "per_second") return shown(value, "count", "/s");
  return unit === "ratio" ? percent(100 * value) : shown(value, "count");
};
const budgetsSection = () => {
  if (data.budgets.length === 0) return null;
  const order = ["fail", "warn", "inconclusive", "pass"];
  const rows = [...data.budgets].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return el("section", { id: "budgets", "aria-label": "Budgets" },
    el("div", { class: "head" }, el("h2", null, "Budgets")),
    el("div", { class: "wide" }, el("table", { class: "grid" },
      el("thead", null, el("tr", null, ["probe", "what", "target", "limit", "measured", ""].map((title, at) => el("th", { class: at > 1 && at < 5 && "num" }, title)))),
      el("tbody", null, rows.map((budget) => {
        const [state, words] = STATES[budget.verdict] ?? ["", budget.verdict];
        return el("tr", { title: budget.reason || null }, el("td", null, openName(budget.probe)), el("td", null, budget.metric),
          el("td", { class: "num" }, inUnit(budget.target, budget.unit)), el("td", { class: "num" }, inUnit(budget.limit, budget.unit)),
          el("td", { class: `num ${state}` }, inUnit(budget.actual, budget.unit)), el("td", null, el("span", { class: `pill ${state}` }, words)));
      })))));
};

/** What cost or saved most, per call, at the number of calls of now. */
const changesSection = () => {
  if (!before) return null;
  const counted = meta.tracking && before.meta.tracking;
  const moved = probes.filter((probe) => probe.earlier && (probe.p50Change === null || Math.abs(probe.p50Change) >= 5 || Math.abs(probe.perCallChange ?? 100) >= 5 || (counted && probe.allocsPerCall !== probe.earlier.allocsPerCall)));
  const cost = (probe) => (probe.perCall - probe.earlier.perCall) * probe.calls;
  moved.sort((a, b) => Math.abs(cost(b)) - Math.abs(cost(a)));
  const only = (list, other) => list.filter((probe) => !other.has(probe.name)).map((probe) => probe.name);
  const gone = only([...before.probes.values()], named);
  const fresh = only(probes, before.probes);
  const names = (title, list) => list.length > 0 && el("p", { class: "hint" }, `${title}: ${list.slice(0, 8).join(", ")}${list.length > 8 ? ` and ${list.length - 8} more` : ""}`);
  const same = JSON.stringify(meta.machine) === JSON.stringify(before.meta.machine);
  const cell = (value, earlier, kind) => [el("td", { class: "num" }, shown(value, kind)), el("td", { class: `num ${changeClass(change(value, earlier))}` }, changeText(change(value, earlier)))];
  return el("section", { id: "changes", "aria-label": "What changed" },
    el("div", { class: "head" }, el("h2", null, "What changed"), el("span", { class: same ? "hint" : "hint warn" },
      same ? `since ${before.meta.time.replace("T", " ").replace("Z", " UTC") || "the earlier report"}, same machine and build` : "another machine or build: compare times with care")),
    moved.length === 0 ? el("p", { class: "hint" }, "No probe changed by 5 % or more.") :
      el("div", { class: "wide" }, el("table", { class: "grid" },
        el("thead", null, el("tr", null, el("th", null, "probe"), ["p50", "self / call", "allocs / call"].map((title) => [el("th", { class: "num" }, title), el("th", { class: "num" }, "±")]))),
        el("tbody", null, moved.slice(0, 10).map((probe) => el("tr", null, el("td", null, openName(probe.name)),
          cell(probe.p50, probe.earlier.p50, "time"), cell(probe.perCall, probe.earlier.perCall, "time"), counted ? cell(probe.allocsPerCall, probe.earlier.allocsPerCall, "count") : [el("td", { class: "num" }, "–"), el("td", { class: "num" }, "–")]))))),
    names("New", fresh), names("Gone", gone));
};

const measurementSection = () => {
  const machine = meta.machine;
  const alike = probes.filter((probe) => probe.places).map((probe) => probe.name);
  const facts = [
    ["processor", machine.cpu_model], ["cores", machine.cores && String(machine.cores)], ["system", [machine.os, machine.arch].filter(Boolean).join(" ")],
    ["compiler", machine.rustc], ["build", machine.profile], ["allocator", machine.allocator],
    ["clock", meta.clock], ["shortest time resolved", text(meta.resolution, "time")], ["cost of a probe", `${text(meta.cost, "time")} a call, ${text(meta.observer, "time")} in all`],
    ["one name at several places", alike.slice(0, 8).join(", ") + (alike.length > 8 ? ` and ${alike.length - 8} more` : "")],
  ].filter(([, value]) => value);
  return el("section", { id: "machine", "aria-label": "How it was measured" },
    el("div", { class: "head" }, el("h2", null, "How it was measured")),
    el("dl", { class: "facts" }, facts.map(([what, value]) => el("div", null, el("dt", null, what), el("dd", null, value)))));
};
