/* All probes: sorted by any column, filtered by words. */

const cellOf = (value, kind, suffix) => (value ? shown(value, kind, suffix) : [el("span", { class: "none" }, "–")]);
/** A number of errors; a dash is none, and a question mark is not known. */
const errorsCell = (probe, number) => {
  if (number) return el("span", { class: "bad" }, shown(number, "count"));
  return probe.errorsUnknown ? [el("span", { class: "none", title: "not looked for: write #[perf_probe(errors)]" }, "?")] : cellOf(0);
};
const any = (field) => probes.some((probe) => probe[field]);

/** `key` sorts; `minor` columns give way on a phone; `fresh` ones are about the last seconds. */
const column = (title, key, show, more) => ({ title, key, show, ...more });
const changeCell = (key) => (probe) =>
  (probe[key] === undefined ? [el("span", { class: "none" }, "–")] : [el("span", { class: changeClass(probe[key]) }, changeText(probe[key]))]);

/** What was counted lately, of a live page. */
const recentColumns = () => [
  column("calls/s", "rate", (p) => cellOf(p.rate, "count"), { fresh: true }),
  column("busy", "load", (p) => el("span", { class: p.load >= 10 && "hot" }, percent(p.load)), { fresh: true, hint: "own time in the last seconds, as a part of one thread's time" }),
  column("p50 now", "p50Now", (p) => cellOf(p.p50Now, "time"), { fresh: true }),
  column("p99 now", "p99Now", (p) => cellOf(p.p99Now, "time"), { fresh: true }),
  column("errors/s", "errorRate", (p) => errorsCell(p, p.errorRate), { when: any("errors") || any("errorsUnknown"), fresh: true }),
];

const columns = () => [
  column("probe", "name", null, { up: true }),
  ...(recent ? recentColumns() : []),
  column("calls", "calls", (p) => cellOf(p.calls, "count")),
  column("errors", "errors", (p) => errorsCell(p, p.errors), { when: any("errors") || any("errorsUnknown") }),
  column("total", "total", (p) => cellOf(p.total, "time"), { minor: true, when: !recent }),
  column("self", "self", (p) => [below(p) && p.self > 0 && el("span", { class: "dim" }, "~"), cellOf(p.self, "time")]),
  column("waiting", "waiting", (p) => cellOf(p.waiting, "time"), { when: any("waiting"), minor: true, hint: "of the self time, on no processor; not in the share" }),
  column("share", "share", (p) => el("span", { class: p.share >= 10 && "hot" }, percent(p.share))),
  column("± self/call", "perCallChange", changeCell("perCallChange"), { when: Boolean(before), hint: "self time per call, against the earlier report" }),
  column("mean", "mean", (p) => cellOf(p.mean, "time"), { minor: true, when: !recent }),
  column("p50", "p50", (p) => el("span", { class: unresolved(p) && "dim" }, cellOf(p.p50, "time"))),
  column("± p50", "p50Change", changeCell("p50Change"), { when: Boolean(before), hint: "median, against the earlier report" }),
  column("p99", "p99", (p) => cellOf(p.p99, "time")),
  column("max", "max", (p) => cellOf(p.max, "time"), { minor: true }),
  column("items/s", "itemRate", (p) => cellOf(p.itemRate, "count"), { when: !recent && any("items"), minor: true }),
  column("bytes/s", "byteRate", (p) => cellOf(p.byteRate, "bytes"), { when: !recent && any("bytes"), minor: true }),
  column("allocs", "allocs", (p) => cellOf(p.allocs, "count"), { when: meta.tracking }),
  column("allocated", "allocBytes", (p) => cellOf(p.allocBytes, "bytes"), { when: meta.tracking, minor: true }),
  column("distribution", "spread", (p) => sketch(p), { plain: true, minor: true }),
].filter((one) => one.when !== false);

const rowOf = (probe, columns) => el("tr", { "data-name": probe.name },
  el("th", { scope: "row" }, el("button", { type: "button", class: "link", "data-probe": probe.name }, nameOf(probe.name))),
  columns.slice(1).map((one) => el("td", { class: [one.minor && "minor", one.plain && "shape", recent && !one.fresh && "total"].filter(Boolean).join(" ") || null }, one.show(probe))));

const compareBy = (key, up) => (a, b) => {
  const [left, right] = [a[key] ?? -Infinity, b[key] ?? -Infinity];
  const order = typeof left === "string" ? (left < right ? -1 : Number(left > right)) : left - right || 0;
  return (up ? order : -order) || (a.name < b.name ? -1 : 1);
};

const probesSection = () => {
  const state = { key: recent ? "load" : "share", up: false, words: [] };
  let shownColumns = [];
  let heads = [];
  let rows = new Map();
  const headRow = el("tr");
  const body = el("tbody");
  const count = el("span", { class: "hint", role: "status" });
  const none = el("p", { class: "empty", hidden: true }, "No probe has all these words in its name or file.");

  /** The rows that are wanted, in the order that is wanted. */
  const arrange = () => {
    const wanted = probes.filter((probe) => state.words.every((word) => probe.search.includes(word)));
    wanted.sort(compareBy(state.key, state.up));
    const focused = document.activeElement?.closest?.(".probes tbody tr")?.dataset.name;
    body.replaceChildren(...wanted.map((probe) => rows.get(probe)));
    if (focused) rows.get(named.get(focused))?.querySelector("button").focus({ preventScroll: true });
    count.textContent = wanted.length === probes.length ? plural(probes.length, "probe") : `${wanted.length} of ${plural(probes.length, "probe")}`;
    none.hidden = wanted.length > 0 || probes.length === 0;
    for (const head of heads) {
      if (head.dataset.key === state.key) head.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };
  const sortBy = (one) => {
    state.up = state.key === one.key ? !state.up : Boolean(one.up);
    state.key = one.key;
    arrange();
  };
  const headOf = (one) => el("th", { scope: "col", "data-key": one.plain ? null : one.key, class: one.minor && "minor", title: one.hint },
    one.plain ? el("span", { class: "hint" }, one.title) : el("button", { type: "button", onclick: () => sortBy(one) }, one.title));
  /** Rows of what is known now; heads only where they have changed, since they may have the focus. */
  const update = () => {
    const fresh = columns();
    if (fresh.map((one) => one.key).join() !== shownColumns.map((one) => one.key).join()) {
      heads = fresh.map(headOf);
      headRow.replaceChildren(...heads);
    }
    shownColumns = fresh;
    rows = new Map(probes.map((probe) => [probe, rowOf(probe, shownColumns)]));
    arrange();
  };

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !String(getSelection())) openProbe(row.dataset.name);
  });
  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && event.target.closest("tr")?.[step];
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
  });
  const filter = el("input", {
    type: "search", id: "filter", placeholder: "Filter by name or file   /", "aria-label": "Filter probes", autocomplete: "off", spellcheck: "false",
    oninput: () => { state.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean); arrange(); },
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
    }
  });
  const node = el("section", { id: "probes", "aria-label": "Probes" },
    el("div", { class: "head" }, el("h2", null, "Probes"), count, el("span", { class: "push" }), filter),
    el("div", { class: "tablewrap" }, el("table", { class: "probes" }, el("thead", null, headRow), body), none));
  return { node, update };
};
