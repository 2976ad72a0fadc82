// What is done with a page, and what must come of it.
import assert from "node:assert/strict";

const names = (page) => page.$$eval(".probes tbody tr", (rows) => rows.map((row) => row.dataset.name));
const opened = (page) => page.$eval("#detail", (dialog) => dialog.open);

export async function sortsAndFilters(page) {
  const bySelf = await names(page);
  assert.equal(bySelf.length, 1000);
  await page.click('.probes th[data-key="name"] button');
  const byName = await names(page);
  assert.deepEqual(byName, [...byName].sort((a, b) => (a < b ? -1 : 1)));
  assert.equal(await page.getAttribute('.probes th[data-key="name"]', "aria-sort"), "ascending");
  await page.focus('.probes th[data-key="calls"] button');
  await page.keyboard.press("Enter");
  const calls = await page.$eval('.probes th[data-key="calls"]', (head) => head.getAttribute("aria-sort"));
  assert.equal(calls, "descending");

  await page.focus("body");
  await page.keyboard.press("/");
  await page.keyboard.type("cache insert");
  const found = await names(page);
  assert.ok(found.length > 0 && found.length < 100, `${found.length} found`);
  assert.ok(found.every((name) => name.includes("cache") && name.includes("insert")));
  await page.fill("#filter", "no such probe");
  assert.equal((await names(page)).length, 0);
  assert.ok(await page.isVisible(".empty"));
  await page.fill("#filter", "");
}

export async function opensAProbe(page) {
  await page.focus(".probes tbody tr button");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.ok(await opened(page));
  const name = await page.$eval(".probes tbody tr:nth-child(2)", (row) => row.dataset.name);
  assert.equal(await page.$eval("#detail-name .name", (shown) => shown.textContent), name);
  assert.ok((await page.$$(".plot .column")).length > 5, "a distribution");
  assert.ok((await page.getAttribute(".plot .curve", "d")).length > 50, "a percentile curve");
  assert.ok(page.url().includes("#probe="), "an address of its own");
  await page.hover(".plot .hit >> nth=40");
  await page.keyboard.press("Escape");
  assert.ok(!(await opened(page)));
}

export async function zoomsTheFlameGraph(page) {
  const shown = () => page.$$eval(".flame button", (frames) => frames.map((frame) => Number(frame.dataset.at)));
  const all = await shown();
  assert.ok(all.length > 20, `${all.length} frames`);
  const wide = await page.$$eval(".flame button:not(.root)", (frames) =>
    Number(frames.sort((a, b) => b.offsetWidth - a.offsetWidth)[1].dataset.at));
  await page.click(`.flame button[data-at="${wide}"]`);
  const box = async (at) => (await page.$(`.flame button[data-at="${at}"]`)).boundingBox();
  const [zoomed, root] = [await box(wide), await box(0)];
  assert.ok(Math.abs(zoomed.width - root.width) < 2, "the frame fills the width");
  assert.ok((await shown()).length < all.length);
  await page.keyboard.press("Escape");
  assert.deepEqual(await shown(), all);

  await page.click('[data-value="allocs"]');
  assert.equal(await page.getAttribute(".flame", "data-weight"), "allocs");
  assert.notDeepEqual(await shown(), all);
  await page.fill("#flame-search", "insert");
  assert.ok((await page.$$(".flame button.match")).length > 0);
}

export async function hasBothColours(page) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await paper();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await paper();
  assert.notEqual(light, dark, "the system's colours are followed");
  await page.click("#theme");
  assert.equal(await paper(), light, "light was chosen");
  await page.click("#theme");
  assert.equal(await paper(), dark, "dark was chosen");
  await page.click("#theme");
}

export async function fitsAPhone(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels wide`);
}

export async function keepsNamesText(page) {
  const shown = await names(page);
  assert.ok(shown.includes("</script><script>alert('probe')</script>"));
  assert.ok(shown.includes("a;b\\nc\\u{202e}d"));
  assert.equal(await page.$$eval("img, main script, b b", (found) => found.length), 0);
  for (const name of shown) {
    await page.evaluate((name) => { location.hash = `#probe=${encodeURIComponent(name)}`; }, name);
    await page.waitForFunction((name) => document.querySelector("#detail-name .name")?.textContent === name, name);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector("#detail").childElementCount === 0);
  }
  const text = await page.textContent("main");
  assert.ok(text.includes("over limit") && text.includes("What changed"), "budgets and comparison");
  assert.ok(/budgets? (is|are) over the limit/.test(await page.textContent("h1")));
}
