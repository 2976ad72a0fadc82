// usage: node check.mjs CHROMIUM ADDRESS FOLDER
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, address, folder] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath, args });
const page = await (await browser.newContext({ viewport: { width: 1360, height: 480 } })).newPage();
await page.goto(address);
// The page is Perfetto's own; what it says on the console is its business.
await page.waitForFunction(() => globalThis.app?.trace?.engine !== undefined, null, { timeout: 60_000 });

/** Rows of a query to the engine that has read the trace; its words for text and numbers are "str" and 0. */
const ask = (sql, shape) => page.evaluate(async ([sql, shape]) => {
  const filled = Object.fromEntries(Object.entries(shape).map(([key, kind]) => [key, kind === "text" ? "str" : 0]));
  const rows = [];
  const result = await globalThis.app.trace.engine.query(sql);
  for (const row = result.iter(filled); row.valid(); row.next()) {
    rows.push(Object.fromEntries(Object.keys(filled).map((key) => [key, row[key]])));
  }
  return rows;
}, [sql, shape]);

const number = "number", text = "text";
const report = JSON.parse(readFileSync(join(folder, "shop.json"), "utf8"));
const seen = await ask("select name, count(*) as calls, sum(dur) as ns, max(depth) as depth from slice group by name",
  { name: text, calls: number, ns: number, depth: number });
assert.deepEqual(seen.map((row) => row.name).sort(), report.probes.map((probe) => probe.name).sort());
for (const { name, calls, ns, depth } of seen) {
  const probe = report.probes.find((probe) => probe.name === name);
  assert.equal(calls, probe.calls, name);
  // Each end of a call is rounded to a nanosecond.
  assert.ok(Math.abs(ns - probe.sum_ns) <= calls, `${name}: ${ns} of ${probe.sum_ns} ns`);
  assert.equal(depth, name === "shop::checkout" ? 0 : 1, `${name} is nested`);
}
const threads = await ask("select thread.name as name, count(*) as calls from slice join thread_track on " +
  "slice.track_id = thread_track.id join thread using (utid) group by thread.name", { name: text, calls: number });
assert.deepEqual(threads, [{ name: "desk 1", calls: 1200 }, { name: "desk 2", calls: 1200 }]);
await page.waitForTimeout(2000); // it draws when it has read
await page.screenshot({ path: join(folder, "perfetto.png") });
await browser.close();
console.log(`Perfetto has read ${seen.reduce((sum, row) => sum + row.calls, 0)} calls on ${threads.length} threads`);
