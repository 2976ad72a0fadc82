/* One probe, opened: figures, distribution, percentile curve, callers and callees. */

const stat = (what, value, more) =>
  el("div", null, el("dt", null, what), el("dd", null, value, more && el("small", null, more)));

const changed = (value) => value !== undefined && el("small", { class: changeClass(value) }, `${changeText(value)} since before`);

const statsOf = (probe) => {
  const each = (number) => (probe.calls > 0 ? number / probe.calls : 0);
  const stats = recent ? [
    stat("calls a second", shown(probe.rate, "count"), "in the last seconds"),
    stat("busy", percent(probe.load), recent.overdrawn ? "of a thread's time, waiting included" : "of a processor"),
    stat("median now", shown(probe.p50Now, "time")),
    stat("p99 now", shown(probe.p99Now, "time")),
  ] : [];
  stats.push(
    stat("calls", shown(probe.calls, "count"), probe.polls > 0 && `${text(probe.polls, "count")} polls`),
    stat("self time", [below(probe) && "~", shown(probe.self, "time")], `${percentText(probe.share)} of all${probe.waiting > 0 ? ", without waiting" : ""}`),
    probe.waiting > 0 && stat("waiting", shown(probe.waiting, "time"), "of the self time"),
    stat("total time", shown(probe.total, "time"), probe.polls > 0 && `busy ${text(probe.busy, "time")}`),
    stat("mean", shown(probe.mean, "time")),
    stat("median", shown(probe.p50, "time"), changed(probe.p50Change)),
    stat("p90", shown(probe.p90, "time")),
    stat("p99", shown(probe.p99, "time")),
    stat("p99.9", shown(probe.p999, "time")),
    stat("shortest", shown(probe.min, "time")),
    stat("longest", shown(probe.max, "time")));
  for (const kind of ["errors", "panics", "cancelled"]) {
    if (probe[kind] > 0) stats.push(stat(kind, el("span", { class: "bad" }, shown(probe[kind], "count")), `${percentText(share(probe[kind], probe.calls))} of the calls`));
  }
  if (probe.errorsUnknown) stats.push(stat("errors", "?", "not looked for"));
  if (probe.items > 0) stats.push(stat("items", shown(probe.items, "count"), text(probe.itemRate, "count", "/s")));
  if (probe.bytes > 0) stats.push(stat("bytes", shown(probe.bytes, "bytes"), text(probe.byteRate, "bytes", "/s")));
  if (meta.tracking) {
    stats.push(
      stat("allocations", shown(probe.allocs, "count"), `${text(each(probe.allocs), "count")} per call`),
      stat("allocated", shown(probe.allocBytes, "bytes"), `${text(each(probe.allocBytes), "bytes")} per call`),
      stat("greatest peak", shown(probe.peak, "bytes")),
      stat("kept", shown(probe.net, "bytes"), "allocated, not freed"));
  }
  return stats;
};

/** Callers or callees with their time, the greatest first. */
const waysOf = (title, sums) => {
  const rows = [...sums].filter(([name]) => name !== "").sort((a, b) => b[1].total - a[1].total).slice(0, 12);
  return rows.length > 0 && [
    el("h3", null, title),
    el("ul", { class: "ways" }, rows.map(([name, sum]) => el("li", null,
      el("button", { type: "button", class: "link", onclick: () => openProbe(name) }, nameOf(name)),
      el("span", null, `${text(sum.calls, "count")} × · ${text(sum.total, "time")}`)))),
  ];
};

const relatives = (name) => {
  const [callers, callees] = [new Map(), new Map()];
  const add = (sums, key, node) => {
    const sum = sums.get(key) ?? { calls: 0, total: 0 };
    sums.set(key, { calls: sum.calls + node.calls, total: sum.total + node.total });
  };
  for (const node of nodes.slice(1)) {
    if (node.name === name) {
      add(callers, nodes[node.parent].name === "" || node.parent === 0 ? "" : nodes[node.parent].name, node);
      for (const child of node.children) add(callees, child.name, child);
    }
  }
  return [waysOf("Called by", callers), waysOf("Calls", callees)];
};

const legend = (probe) => probe.earlier &&
  el("span", { class: "legend" }, el("span", null, el("i"), "now"), el("span", null, el("i", { class: "earlier" }), "before"));

/** All about a probe, below its name. */
const contentOf = (probe) => [
  el("dl", { class: "stats" }, statsOf(probe)),
  unresolved(probe) && el("p", { class: "hint warn" },
    `Half of the calls are shorter than the ${text(meta.resolution, "time")} that an empty probe reads: trust their number, not their times.`),
  probe.hist.length > 0
    ? [el("h3", null, "How long calls took", legend(probe)), distribution(probe),
      el("h3", null, "Within which time how many calls ended"), percentileCurve(probe)]
    : el("p", { class: "hint" }, "No call was timed."),
  slowCalls(probe),
  trendOf(probe),
  relatives(probe.name),
];

const openProbe = (name) => {
  const probe = named.get(name);
  if (!probe) return;
  const dialog = byId("detail");
  hideTip();
  fitPlots(700);
  const place = probe.places ? `several places, which count together: ${probe.places}` : probe.file && `${probe.file}:${probe.line}`;
  dialog.dataset.probe = name;
  dialog.replaceChildren(el("div", { class: "sheet" },
    el("header", null,
      el("h2", { id: "detail-name" }, nameOf(name), place && el("div", { class: "where" }, place)),
      el("button", { type: "button", class: "ghost", onclick: () => dialog.close() }, "Close")),
    el("div", { class: "content" }, contentOf(probe))));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  history.replaceState(null, "", `#probe=${encodeURIComponent(name)}`);
};

/** What is known now of the probe that is open, as far down as it was read. */
const updateDetail = () => {
  const dialog = byId("detail");
  const probe = dialog.open && named.get(dialog.dataset.probe);
  if (!probe) return;
  fitPlots(700);
  const { scrollTop } = dialog;
  const content = dialog.querySelector(".content");
  content.replaceWith(el("div", { class: "content" }, contentOf(probe)));
  dialog.scrollTop = scrollTop;
};

const setUpDetail = () => {
  const dialog = byId("detail");
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    if (dialog.open) return;
    hideTip();
    dialog.replaceChildren();
    history.replaceState(null, "", "#probes");
  });
  const fromAddress = () => {
    const wanted = /^#probe=(.*)$/.exec(location.hash);
    try {
      if (wanted) openProbe(decodeURIComponent(wanted[1]));
    } catch { /* An address that is cut short names no probe. */ }
  };
  addEventListener("hashchange", fromAddress);
  fromAddress();
};
