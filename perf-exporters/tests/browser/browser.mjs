// A browser that keeps whatever goes wrong in a page.
import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const launch = (executablePath) => chromium.launch({ executablePath, args });

/** Opens an address; whatever the console says or the page asks of others than `home` is kept. `done` ends it. */
export async function open(browser, folder, name, url, home, fullPage = true) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const trouble = [];
  // What a software renderer has to say of WebGL is not about the page.
  const told = (message) => ["error", "warning"].includes(message.type()) && !message.text().includes("GL Driver Message");
  page.on("console", (message) => { if (told(message)) trouble.push(message.text()); });
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("dialog", (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(home)) trouble.push(`asked for ${request.url()}`); });
  await page.goto(url);
  const picture = (what) => page.screenshot({ path: join(folder, `${name}${what}.png`), fullPage });
  const done = async () => {
    await picture("");
    assert.deepEqual(trouble, [], name);
    await context.close();
    console.log(`${name}: ok`);
  };
  return { page, trouble, picture, done };
}

/** A page of perf that has drawn itself, and did so in less than a second: of several times the least, since others may have the processor. */
export async function isDrawn(page, name) {
  await page.waitForSelector("html[data-ready]", { timeout: 10_000 });
  const took = await page.evaluate(() => performance.getEntriesByName("draw").map((draw) => draw.duration));
  assert.ok(Math.min(...took) < 1000, `${name} took ${took} ms to draw`);
}
