// Pages that stay as they are, and a profile. usage: node pages.mjs CHROMIUM FOLDER SPEEDSCOPE_JSON
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import Ajv from "ajv";
import { isDrawn, launch, open } from "./browser.mjs";
import * as checks from "./checks.mjs";
import * as more from "./checks_time.mjs";

const [executablePath, folder, profile] = process.argv.slice(2);
const browser = await launch(executablePath);

async function perfPage(name, steps) {
  const path = join(folder, `${name}.html`);
  assert.ok(statSync(path).size < 2_000_000, `${path} is too large`);
  const { page, picture, done } = await open(browser, folder, name, pathToFileURL(path).href, "file:", name !== "thousand");
  await isDrawn(page, name);
  for (const step of steps) await step(page, picture);
  await done();
}

function isValidSpeedscope() {
  const schema = createRequire(import.meta.url).resolve("speedscope/package.json").replace("package.json", "dist/release/file-format-schema.json");
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(schema, "utf8")));
  assert.ok(validate(JSON.parse(readFileSync(profile, "utf8"))), JSON.stringify(validate.errors?.slice(0, 5)));
  console.log("speedscope schema: ok");
}

/** Time of every function in seconds, with and without what it calls, as the profile has it. */
function timesInProfile() {
  const { shared, profiles: [{ samples, weights, unit }] } = JSON.parse(readFileSync(profile, "utf8"));
  assert.equal(unit, "nanoseconds");
  const times = new Map(shared.frames.map(({ name }) => [name, [0, 0]]));
  samples.forEach((stack, at) => {
    const names = stack.map((frame) => shared.frames[frame].name);
    for (const name of new Set(names)) times.get(name)[0] += weights[at] / 1e9;
    times.get(names[names.length - 1])[1] += weights[at] / 1e9;
  });
  return times;
}

const UNITS = { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1 };
const seconds = (cell) => {
  const [, number, unit] = /^([\d.]+)(ns|µs|ms|s) \(/.exec(cell);
  return Number(number) * UNITS[unit];
};

/** The profile, given to speedscope itself, whose table of functions must say what the profile says. */
async function opensInSpeedscope() {
  const index = join(dirname(fileURLToPath(import.meta.url)), "node_modules/speedscope/dist/release/index.html");
  const { page, done } = await open(browser, folder, "speedscope", pathToFileURL(index).href, "file:");
  await page.setInputFiles("input[type=file]", profile);
  await page.waitForFunction(() => document.title.includes("codescan"), null, { timeout: 10_000 });
  await page.keyboard.press("3"); // its view by function
  await page.getByText("Symbol Name").waitFor({ timeout: 10_000 });
  // The head of its table is there before the rows are.
  const filled = (rows) => [...document.querySelectorAll("table tr")].filter((row) => row.textContent.includes("%)")).length >= rows;
  await page.waitForFunction(filled, timesInProfile().size, { timeout: 10_000 });
  const rows = await page.$$eval("table tr", (found) => found.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
  const shown = new Map(rows.filter((cells) => /%\)$/.test(cells[0])).map(([total, own, name]) => [name, [seconds(total), seconds(own)]]));
  const times = timesInProfile();
  assert.deepEqual([...shown.keys()].sort(), [...times.keys()].sort());
  for (const [name, right] of times) {
    const near = (at) => Math.abs(shown.get(name)[at] - right[at]) <= 0.006 * right[at];
    assert.ok(near(0) && near(1), `${name}: ${shown.get(name)} in speedscope, ${right} in the profile`);
  }
  await done();
}

try {
  const { sortsAndFilters, opensAProbe, zoomsTheFlameGraph, hasBothColours, fitsAPhone, keepsNamesText } = checks;
  const { namesWhatWasWaitedFor, saysWhySlow, drawsMemory, drawsTheTrend } = more;
  await perfPage("empty", [hasBothColours, fitsAPhone]);
  await perfPage("thousand", [sortsAndFilters, opensAProbe, saysWhySlow, drawsMemory, drawsTheTrend, zoomsTheFlameGraph, hasBothColours, fitsAPhone]);
  await perfPage("hostile", [drawsMemory, keepsNamesText, fitsAPhone]);
  await perfPage("load", [namesWhatWasWaitedFor, fitsAPhone]);
  isValidSpeedscope();
  await opensInSpeedscope();
} finally {
  await browser.close();
}
