/* What was measured, as the rest of the page reads it. */

const FIELDS = [
  "line", "calls", "errors", "errorsUnknown", "panics", "cancelled", "polls", "items", "bytes", "total", "self", "waiting", "busy", "mean", "min",
  "max", "p50", "p90", "p95", "p99", "p999", "allocs", "allocBytes", "selfAllocs", "selfAllocBytes", "peak", "net",
];

/* All of it is set by `load`, and again where a live page learns more. */
let data;
let meta;
let probes;
let named;
let ranked;
let before;
/** What was counted lately and how many seconds that is about; of a live page only. */
let recent;
/** The call tree; children follow their parents. */
let nodes;

/** The least value of a bucket: 64 equal steps for each power of two, one step per value below 128. */
const lowOf = (bucket) => {
  const index = bucket * 2 ** data.coarse;
  if (index < 128) return index;
  const octave = Math.floor(index / 64) - 1;
  return (64 + (index % 64)) * 2 ** octave;
};

/** `[low, high, count]` of every bucket that is not empty; `high` is not in it. */
const bucketsOf = (flat) => {
  const buckets = [];
  let bucket = 0;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    bucket += flat[at];
    buckets.push([lowOf(bucket), lowOf(bucket + 1), flat[at + 1]]);
  }
  return buckets;
};

/** What is not known to be waiting is what shares are of. */
const probeOf = (raw, working) => {
  const probe = { name: raw.name, file: raw.file ?? "", places: raw.places, hist: raw.hist, tail: raw.tail, slow: [], search: `${raw.name} ${raw.places ?? raw.file ?? ""}`.toLowerCase() };
  for (const field of FIELDS) probe[field] = raw[field] ?? 0;
  probe.working = probe.self - probe.waiting;
  probe.share = share(probe.working, working);
  probe.perCall = probe.calls > 0 ? probe.self / probe.calls : 0;
  probe.allocsPerCall = probe.calls > 0 ? probe.allocs / probe.calls : 0;
  const seconds = probe.total / 1e9;
  probe.itemRate = seconds > 0 ? probe.items / seconds : 0;
  probe.byteRate = seconds > 0 ? probe.bytes / seconds : 0;
  return probe;
};

/** What a probe did lately, beside what it did in all. */
const addRecent = () => {
  const seconds = data.recent.span / 1e9;
  const rows = new Map(data.recent.probes.map((row) => [data.names[row[0]], row]));
  for (const probe of probes) {
    const [, calls, errors, self, p50, p99] = rows.get(probe.name) ?? [0, 0, 0, 0, 0, 0];
    probe.now = { calls, errors, self, p50, p99 };
    probe.rate = calls / seconds;
    probe.errorRate = errors / seconds;
    probe.load = share(self, data.recent.span);
    probe.p50Now = p50;
    probe.p99Now = p99;
  }
  const self = probes.reduce((sum, probe) => sum + probe.now.self, 0);
  const { processor } = data.recent;
  /* Threads cannot work more than the system gave them: the rest of it was waiting that no clock told. */
  return { seconds, self, processor, overdrawn: processor !== undefined && self > 1.1 * processor };
};

const addEarlier = () => {
  const earlier = {
    meta: data.before.meta,
    probes: new Map(data.before.probes.map((raw) => [raw.name, probeOf(raw, data.before.meta.working)])),
  };
  for (const probe of probes) {
    probe.earlier = earlier.probes.get(probe.name);
    if (!probe.earlier) continue;
    probe.p50Change = change(probe.p50, probe.earlier.p50);
    probe.perCallChange = change(probe.perCall, probe.earlier.perCall);
  }
  return earlier;
};

/** The slowest calls, by the names of what their time went into. */
const addSlow = () => {
  for (const [place, [known, calls]] of Object.entries(data.slow)) {
    const probe = named.get(data.names[place]);
    if (!probe) continue;
    probe.slowKnown = known;
    probe.slow = calls.map(([start, thread, duration, self, waiting, others, trace, named]) => {
      const callees = [];
      for (let at = 0; at + 1 < named.length; at += 2) callees.push([data.names[named[at]], named[at + 1]]);
      return { start, thread, duration, self, waiting, others, trace, callees };
    });
  }
};

/** A frame is as wide as what it has for itself and its callees have, so that callees always fit. */
const treeOf = (rows) => {
  const tree = rows.map(([name, parent, calls, total, self, allocs, bytes, selfAllocs, selfBytes], at) => ({
    at, name: data.names[name], parent, calls, total, self, allocs, bytes, children: [],
    own: { time: self, allocs: selfAllocs, bytes: selfBytes }, width: { time: 0, allocs: 0, bytes: 0 }, level: 0,
  }));
  for (const node of tree.slice(1)) {
    node.level = tree[node.parent].level + 1;
    tree[node.parent].children.push(node);
  }
  for (const node of [...tree].reverse()) {
    for (const weight of ["time", "allocs", "bytes"]) {
      node.width[weight] += node.own[weight];
      if (node.at > 0) tree[node.parent].width[weight] += node.width[weight];
    }
  }
  return tree;
};

const load = (fresh) => {
  data = fresh;
  meta = data.now.meta;
  probes = data.now.probes.map((raw) => probeOf(raw, meta.working));
  named = new Map(probes.map((probe) => [probe.name, probe]));
  ranked = [...probes].sort((a, b) => b.working - a.working || b.self - a.self || (a.name < b.name ? -1 : 1));
  before = data.before && addEarlier();
  recent = data.recent && addRecent();
  addSlow();
  nodes = treeOf(data.tree.rows);
};

/** Whether half of the calls are shorter than what an empty probe reads. */
const unresolved = (probe) => probe.hist.length > 0 && probe.p50 < meta.resolution;

/** Whether a call has less self time, on average, than what an empty probe reads. */
const below = (probe) => probe.self < Math.max(probe.calls, probe.polls) * meta.resolution;

/** How much longer the run took with probes, as `human::longer` says it. */
const longer = (effect) => {
  const times = 1 + effect / 100;
  if (effect >= 900) return `${times.toFixed(0)} × as long or more`;
  return effect >= 100 ? `${times.toFixed(1)} × as long` : `${percentText(effect)} longer`;
};

/** The same as a figure: words are wider than its cell. */
const longerFigure = (effect) => {
  if (effect >= 100) return [(1 + effect / 100).toFixed(effect >= 900 ? 0 : 1), el("span", { class: "unit" }, "×")];
  return effect >= 0.05 ? ["+", ...percent(effect)] : percent(effect);
};

const sumOf = (field) => probes.reduce((sum, probe) => sum + probe[field], 0);

load(JSON.parse(byId("data").textContent));
