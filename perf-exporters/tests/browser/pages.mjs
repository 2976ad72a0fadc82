// usage: node pages.mjs CHROMIUM FOLDER SPEEDSCOPE_JSON
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import Ajv from "ajv";
import { chromium } from "playwright-core";
import * as checks from "./checks.mjs";

const [executablePath, folder, profile] = process.argv.slice(2);
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const browser = await chromium.launch({ executablePath, args });

/** Opens a file; whatever the console says or the page asks for is kept. */
async function open(name, path) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const trouble = [];
  // What a software renderer has to say of WebGL is not about the page.
  const told = (message) => ["error", "warning"].includes(message.type()) && !message.text().includes("GL Driver Message");
  page.on("console", (message) => { if (told(message)) trouble.push(message.text()); });
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("dialog", (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith("file:")) trouble.push(`asked for ${request.url()}`); });
  await page.goto(pathToFileURL(path).href);
  return { page, trouble, done: async () => {
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name !== "thousand" });
    assert.deepEqual(trouble, [], name);
    await context.close();
    console.log(`${name}: ok`);
  } };
}

async function perfPage(name, steps) {
  const path = join(folder, `${name}.html`);
  assert.ok(statSync(path).size < 2_000_000, `${path} is too large`);
  const { page, done } = await open(name, path);
  await page.waitForSelector("html[data-ready]", { timeout: 10_000 });
  const took = await page.evaluate(() => performance.getEntriesByName("draw")[0].duration);
  assert.ok(took < 1000, `${name} took ${took} ms to draw`);
  for (const step of steps) await step(page);
  await done();
}

function isValidSpeedscope() {
  const schema = createRequire(import.meta.url).resolve("speedscope/package.json").replace("package.json", "dist/release/file-format-schema.json");
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(schema, "utf8")));
  assert.ok(validate(JSON.parse(readFileSync(profile, "utf8"))), JSON.stringify(validate.errors?.slice(0, 5)));
  console.log("speedscope schema: ok");
}

/** The profile, given to speedscope itself. */
async function opensInSpeedscope() {
  const index = join(dirname(fileURLToPath(import.meta.url)), "node_modules/speedscope/dist/release/index.html");
  const { page, done } = await open("speedscope", index);
  await page.setInputFiles("input[type=file]", profile);
  await page.waitForFunction(() => document.title.includes("codescan"), null, { timeout: 10_000 });
  await done();
}

try {
  const { sortsAndFilters, opensAProbe, zoomsTheFlameGraph, hasBothColours, fitsAPhone, keepsNamesText } = checks;
  await perfPage("empty", [hasBothColours, fitsAPhone]);
  await perfPage("thousand", [sortsAndFilters, opensAProbe, zoomsTheFlameGraph, hasBothColours, fitsAPhone]);
  await perfPage("hostile", [keepsNamesText, fitsAPhone]);
  isValidSpeedscope();
  await opensInSpeedscope();
} finally {
  await browser.close();
}
