// What a page says of slow calls, of memory, and of a history.
import assert from "node:assert/strict";

export async function saysWhySlow(page, picture) {
  await page.click("#costs .cost >> nth=0");
  assert.match(await page.textContent("#detail .tail"), /^\d+ % of the (\d+ )?slowest calls? is /);
  const calls = await page.$$eval("#detail .slow tbody tr", (rows) => rows.map((row) => {
    const bar = row.querySelector(".parts");
    const parts = [...bar.children].map((part) => part.getBoundingClientRect().width);
    return { took: row.cells[0].textContent, wide: bar.getBoundingClientRect().width, parts, words: bar.getAttribute("aria-label") };
  }));
  assert.equal(calls.length, 8, "the dearest has all of its calls");
  for (const { wide, parts, words } of calls) {
    assert.equal(parts.length, words.split(", ").length);
    const sum = parts.reduce((one, other) => one + other, 0) + parts.length - 1;
    assert.ok(Math.abs(sum - wide) < 2 && Math.max(...parts) > wide * 0.3, `${sum} of ${wide}: ${parts}`);
  }
  const legend = await page.$$eval("#detail .causes li", (items) => items.map((item) => item.textContent));
  assert.ok(["itself", "waiting", "other probes"].every((what) => legend.some((words) => words.startsWith(what))), legend.join());
  assert.match(await page.getAttribute("#detail .trace >> nth=0", "title"), /^[0-9a-f]{32}$/);
  await page.$eval("#detail .slow", (slow) => slow.scrollIntoView());
  await page.hover("#detail .slow tbody tr:nth-child(2) .parts i >> nth=1");
  assert.match(await page.textContent("#tip"), /ms|µs|s/);
  await picture("-slow");
  // The name of a callee leads to it.
  const callee = page.locator("#detail .causes button").first();
  const wanted = await callee.textContent();
  await callee.click();
  assert.equal(await page.textContent("#detail-name .name"), wanted);
  await page.keyboard.press("Escape");
}

/** The greatest and the last height of a line, in its plot. */
const heights = (page, line) => page.$eval(line, (path) => {
  const numbers = path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
  const y = numbers.filter((_, at) => at % 2 === 1);
  return { points: y.length, top: Math.min(...y), last: y[y.length - 1] };
});

export async function drawsMemory(page) {
  assert.equal((await page.$$("#tracks .plot")).length, 2);
  const [heap, rss] = [await heights(page, "#tracks .track-line.heap"), await heights(page, "#tracks .track-line.rss")];
  assert.ok(heap.points > 200 && rss.points > 200 && rss.top < heap.top, "the resident set lies above the heap");
  assert.match(await page.textContent("#tracks .head"), /resident set up to [\d.]+ MiB · live heap up to [\d.]+ MiB · up to 1\.\d+ processors/);
  await page.hover("#tracks .plot .hit >> nth=0");
  assert.match(await page.textContent("#tip"), /after [\d.]+ s.*resident set: [\d.]+ MiB.*live heap: [\d.]+ MiB/s);
}

export async function drawsTheTrend(page, picture) {
  const shown = await page.$$eval("#trend .followed", (all) => all.map((one) => ({
    name: one.querySelector(".name").textContent,
    marks: [...one.querySelectorAll(".change-text")].map((mark) => [mark.textContent, mark.classList.contains("bad")]),
    plots: one.querySelectorAll(".trend").length,
  })));
  assert.ok(shown.length === 2 && shown.every(({ plots, marks }) => plots >= 3 && marks.length === 3), JSON.stringify(shown));
  const [worse, better] = shown.map(({ marks }) => marks);
  assert.ok(worse.every(([words, bad]) => bad && /^\+6\d %$/.test(words)), JSON.stringify(worse));
  assert.ok(better.every(([words, bad]) => !bad && /^−2\d %$/.test(words)), JSON.stringify(better));
  await page.hover("#trend .hit >> nth=0");
  assert.match(await page.textContent("#tip"), /report \d+ of 40, 2025-1\d-\d\d \d\d:\d\d UTC/);
  await page.click(`#trend .followed .link >> nth=0`);
  assert.equal((await page.$$("#detail .trend")).length, shown[0].plots);
  await page.$eval("#detail .trends", (trends) => trends.scrollIntoView());
  await picture("-trend");
  await page.keyboard.press("Escape");
}

/** A report of callers alone begins with their slowest figure. */
export async function namesWhatWasWaitedFor(page) {
  assert.equal(await page.textContent("h1"), "99 % of the calls of shop::response are within 16.9 ms.");
}
