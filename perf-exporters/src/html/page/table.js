/* All probes: sorted by any column, filtered by words. */

const cellOf = (value, kind, suffix) => (value ? shown(value, kind, suffix) : [el("span", { class: "none" }, "–")]);
const any = (field) => probes.some((probe) => probe[field]);

/** `key` sorts; `minor` columns give way on a phone. */
const column = (title, key, show, more) => ({ title, key, show, ...more });
const changeCell = (key) => (probe) =>
  (probe[key] === undefined ? [el("span", { class: "none" }, "–")] : [el("span", { class: changeClass(probe[key]) }, changeText(probe[key]))]);

const COLUMNS = [
  column("probe", "name", null, { up: true }),
  column("calls", "calls", (p) => cellOf(p.calls, "count")),
  column("errors", "errors", (p) => (p.errors ? el("span", { class: "bad" }, shown(p.errors, "count")) : cellOf(0)), { when: any("errors") }),
  column("total", "total", (p) => cellOf(p.total, "time"), { minor: true }),
  column("self", "self", (p) => cellOf(p.self, "time")),
  column("share", "share", (p) => el("span", { class: p.share >= 10 && "hot" }, percent(p.share))),
  column("± self/call", "perCallChange", changeCell("perCallChange"), { when: Boolean(before), hint: "self time per call, against the earlier report" }),
  column("mean", "mean", (p) => cellOf(p.mean, "time"), { minor: true }),
  column("p50", "p50", (p) => el("span", { class: unresolved(p) && "dim" }, cellOf(p.p50, "time"))),
  column("± p50", "p50Change", changeCell("p50Change"), { when: Boolean(before), hint: "median, against the earlier report" }),
  column("p99", "p99", (p) => cellOf(p.p99, "time")),
  column("max", "max", (p) => cellOf(p.max, "time"), { minor: true }),
  column("items/s", "itemRate", (p) => cellOf(p.itemRate, "count"), { when: any("items"), minor: true }),
  column("bytes/s", "byteRate", (p) => cellOf(p.byteRate, "bytes"), { when: any("bytes"), minor: true }),
  column("allocs", "allocs", (p) => cellOf(p.allocs, "count"), { when: meta.tracking }),
  column("allocated", "allocBytes", (p) => cellOf(p.allocBytes, "bytes"), { when: meta.tracking, minor: true }),
  column("distribution", "spread", (p) => sketch(p), { plain: true, minor: true }),
].filter((one) => one.when !== false);

const rowOf = (probe) => {
  const row = el("tr", { "data-name": probe.name },
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", "data-probe": probe.name }, nameOf(probe.name))),
    COLUMNS.slice(1).map((one) => el("td", { class: [one.minor && "minor", one.plain && "shape"].filter(Boolean).join(" ") || null }, one.show(probe))));
  return row;
};

const compareBy = (key, up) => (a, b) => {
  const [left, right] = [a[key] ?? -Infinity, b[key] ?? -Infinity];
  const order = typeof left === "string" ? (left < right ? -1 : Number(left > right)) : left - right || 0;
  return (up ? order : -order) || (a.name < b.name ? -1 : 1);
};

const probesSection = () => {
  const rows = new Map(probes.map((probe) => [probe, rowOf(probe)]));
  const state = { key: "self", up: false, words: [] };
  const body = el("tbody");
  const count = el("span", { class: "hint", role: "status" });
  const none = el("p", { class: "empty", hidden: true }, "No probe has all these words in its name or file.");

  const update = () => {
    const wanted = probes.filter((probe) => state.words.every((word) => probe.search.includes(word)));
    wanted.sort(compareBy(state.key, state.up));
    body.replaceChildren(...wanted.map((probe) => rows.get(probe)));
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
    update();
  };
  const heads = COLUMNS.map((one) => el("th", { scope: "col", "data-key": one.plain ? null : one.key, class: one.minor && "minor", title: one.hint },
    one.plain ? el("span", { class: "hint" }, one.title) : el("button", { type: "button", onclick: () => sortBy(one) }, one.title)));

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
    oninput: () => { state.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean); update(); },
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
    }
  });
  update();
  return el("section", { id: "probes", "aria-label": "Probes" },
    el("div", { class: "head" }, el("h2", null, "Probes"), count, el("span", { class: "push" }), filter),
    el("div", { class: "tablewrap" }, el("table", { class: "probes" }, el("thead", null, el("tr", null, heads)), body), none));
};
