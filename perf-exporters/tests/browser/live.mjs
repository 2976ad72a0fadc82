// The page of a program that runs. usage: node live.mjs CHROMIUM FOLDER PROGRAM
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { hasBothColours, fitsAPhone } from "./checks.mjs";
import { isDrawn, launch, open } from "./browser.mjs";

const [executablePath, folder, program] = process.argv.slice(2);
const browser = await launch(executablePath);

/** The program, serving; `end` waits until it is gone. */
async function serving(address, ...args) {
  const child = spawn(program, args, { env: { ...process.env, PERF_SERVE: address, PERF_MONITOR: "on" }, stdio: ["pipe", "pipe", "inherit"] });
  const [url] = await once(createInterface({ input: child.stdout }), "line");
  return { url, end: async () => { child.stdin.end(); if (child.exitCode === null) await once(child, "exit"); } };
}

const heard = (page) => page.evaluate(() => Number(document.documentElement.dataset.heard ?? 0));
/** Waits until the page has learnt this many times more. */
const learns = async (page, times) => {
  const before = await heard(page);
  await page.waitForFunction((wanted) => Number(document.documentElement.dataset.heard) >= wanted, before + times, { timeout: 60_000 });
};
const is = (page, words) => page.waitForFunction((words) => document.documentElement.dataset.live === words, words, { timeout: 30_000 });
const callsOf = (page, name) => page.$eval(`.probes tr[data-name="${name}"]`, (row) => [...row.cells].map((cell) => cell.textContent));

async function followsWhatGoesOn(page) {
  await is(page, "live");
  const before = await callsOf(page, "served::collatz");
  await learns(page, 2);
  assert.notDeepEqual(await callsOf(page, "served::collatz"), before, "figures move");
  const heads = await page.$$eval(".probes thead th", (found) => found.map((head) => head.textContent));
  for (const head of ["calls/s", "busy", "p99 now", "errors/s", "calls", "self", "p99"]) assert.ok(heads.includes(head), heads.join());
  assert.match(await page.textContent("h1"), /keeps [\d.]+ % of a processor busy|takes [\d.]+ % of the measured wall time, waiting included/);
  assert.equal((await page.$$("#tracks .plot")).length, 2, "memory and processors");
}

async function losesNothingOfWhatWasDone(page, picture) {
  await page.click('.probes th[data-key="name"] button');
  await page.click('.flame button:has-text("round")');
  await page.fill("#flame-search", "check");
  await page.fill("#filter", "served");
  const state = () => page.evaluate(() => ({
    sorted: document.querySelector('.probes th[data-key="name"]').getAttribute("aria-sort"),
    rows: [...document.querySelectorAll(".probes tbody tr")].map((row) => row.dataset.name),
    filter: [document.querySelector("#filter").value, document.activeElement?.id ?? document.activeElement?.className],
    search: document.querySelector("#flame-search").value,
    above: [...document.querySelectorAll(".flame button.above")].map((frame) => frame.textContent),
    // Where a reader sees it: the page's own `scrollY` moves with whatever grows above.
    place: Math.round(document.querySelector('.probes th[data-key="name"]').getBoundingClientRect().top),
  }));
  const before = await state();
  assert.deepEqual([before.sorted, before.above], ["ascending", ["all"]]);
  await learns(page, 2);
  assert.deepEqual(await state(), before);

  await page.focus('.probes tr[data-name="served::collatz"] button');
  await learns(page, 1);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.probe), "served::collatz", "the focus stays on its row");
  await page.keyboard.press("Enter");
  await page.$eval("#detail", (detail) => { detail.scrollTop = 200; });
  const calls = () => page.textContent("#detail .stats");
  const seen = await calls();
  await learns(page, 2);
  const { top, name } = await page.$eval("#detail", (detail) => ({ top: detail.scrollTop, name: detail.open && detail.dataset.probe }));
  assert.deepEqual([top, name], [200, "served::collatz"]);
  assert.notEqual(await calls(), seen, "and shows what is known now");
  await picture("-probe");
  await page.keyboard.press("Escape");
}

async function canHoldStill(page) {
  await page.click("#pause");
  await is(page, "paused");
  await page.waitForTimeout(500); // what was asked for before may still come
  const [times, shown] = [await heard(page), await page.textContent("main")];
  await page.waitForTimeout(5_000);
  assert.deepEqual([await heard(page), await page.textContent("main")], [times, shown]);
  await page.click("#pause");
  await learns(page, 1);
}

async function comesBackWithTheProgram(page, trouble, server) {
  const address = new URL(server.url).host;
  await server.end();
  await is(page, "no answer");
  // The browser tells of every connection that was refused, and of nothing else.
  assert.ok(trouble.splice(0).every((words) => words.includes("net::ERR_")), trouble.join());
  const again = await serving(address);
  await is(page, "live");
  trouble.splice(0);
  await learns(page, 1);
  return again;
}

try {
  let server = await serving("127.0.0.1:0");
  const live = await open(browser, folder, "live", server.url, new URL(server.url).origin);
  await isDrawn(live.page, "live");
  await followsWhatGoesOn(live.page);
  await losesNothingOfWhatWasDone(live.page, live.picture);
  await canHoldStill(live.page);
  await hasBothColours(live.page);
  server = await comesBackWithTheProgram(live.page, live.trouble, server);
  await fitsAPhone(live.page);
  await live.done();
  await server.end();

  const times = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) =>
    [`service::module${at % 17}::Worker${at}::step`, Array.from({ length: 50 }, (_, call) => (1 + at) * 1_000 + call * 7_919)]));
  writeFileSync(join(folder, "times.json"), JSON.stringify(times));
  const many = await serving("127.0.0.1:0", "--replay", join(folder, "times.json"));
  const page = await open(browser, folder, "live-thousand", many.url, new URL(many.url).origin, false);
  await learns(page.page, 2);
  await isDrawn(page.page, "live-thousand");
  assert.equal((await page.page.$$(".probes tbody tr")).length, 1_000);
  await page.done();
  await many.end();
} finally {
  await browser.close();
}
