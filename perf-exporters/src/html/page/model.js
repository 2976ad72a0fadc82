/* What was measured, as the rest of the page reads it. */

const FIELDS = [
  "line", "calls", "errors", "panics", "cancelled", "polls", "items", "bytes", "total", "self", "busy", "mean", "min",
  "max", "p50", "p90", "p95", "p99", "p999", "allocs", "allocBytes", "selfAllocs", "selfAllocBytes", "peak", "net",
];

const data = JSON.parse(byId("data").textContent);

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

const probeOf = (raw, measured) => {
  const probe = { name: raw.name, file: raw.file ?? "", hist: raw.hist, search: `${raw.name} ${raw.file ?? ""}`.toLowerCase() };
  for (const field of FIELDS) probe[field] = raw[field] ?? 0;
  probe.share = share(probe.self, measured);
  probe.perCall = probe.calls > 0 ? probe.self / probe.calls : 0;
  probe.allocsPerCall = probe.calls > 0 ? probe.allocs / probe.calls : 0;
  const seconds = probe.total / 1e9;
  probe.itemRate = seconds > 0 ? probe.items / seconds : 0;
  probe.byteRate = seconds > 0 ? probe.bytes / seconds : 0;
  return probe;
};

const meta = data.now.meta;
const probes = data.now.probes.map((raw) => probeOf(raw, meta.measured));
const named = new Map(probes.map((probe) => [probe.name, probe]));
const ranked = [...probes].sort((a, b) => b.self - a.self || (a.name < b.name ? -1 : 1));

const before = data.before && {
  meta: data.before.meta,
  probes: new Map(data.before.probes.map((raw) => [raw.name, probeOf(raw, data.before.meta.measured)])),
};
for (const probe of probes) {
  const earlier = before?.probes.get(probe.name);
  if (!earlier) continue;
  probe.earlier = earlier;
  probe.p50Change = change(probe.p50, earlier.p50);
  probe.perCallChange = change(probe.perCall, earlier.perCall);
}

/** Whether half of the calls are shorter than what an empty probe reads. */
const unresolved = (probe) => probe.hist.length > 0 && probe.p50 < meta.resolution;

const sumOf = (field) => probes.reduce((sum, probe) => sum + probe[field], 0);

/** The call tree; children follow their parents. */
const nodes = data.tree.rows.map(([name, parent, calls, total, self, allocs, bytes, selfAllocs, selfBytes], at) => ({
  at, name: data.tree.names[name], parent, calls, total, self, allocs, bytes, children: [],
  own: { time: self, allocs: selfAllocs, bytes: selfBytes }, width: { time: 0, allocs: 0, bytes: 0 }, level: 0,
}));
for (const node of nodes.slice(1)) {
  node.level = nodes[node.parent].level + 1;
  nodes[node.parent].children.push(node);
}
/* A frame is as wide as what it has for itself and its callees have, so that callees always fit. */
for (const node of [...nodes].reverse()) {
  for (const weight of ["time", "allocs", "bytes"]) {
    node.width[weight] += node.own[weight];
    if (node.at > 0) nodes[node.parent].width[weight] += node.width[weight];
  }
}
