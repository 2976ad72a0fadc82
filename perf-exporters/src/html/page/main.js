/* The page, put together. */

/** A part that is made anew each time. */
const made = (make) => (slot) => slot.replaceChildren(...[make()].filter(Boolean));

/** A part that keeps what its reader did to it: made once, as soon as there is something to show, and then updated. */
const kept = (make) => {
  let part;
  return (slot) => {
    part ??= make();
    if (!part) return;
    part.update();
    if (!slot.contains(part.node)) slot.append(part.node);
  };
};

/** Each with its title for the list at the top, and a place of its own on the page. */
const PARTS_OF_PAGE = [
  ["", made(titleSection)], ["Costs", made(costsSection)], ["Findings", made(findingsSection)], ["Budgets", made(budgetsSection)], ["Changes", made(changesSection)],
  ["Over time", made(tracksSection)], ["Resources", made(resourcesSection)], ["Trend", made(trendSection)], ["Probes", kept(probesSection)],
  ["Call tree", kept(flameSection)], ["Machine", made(measurementSection)],
].map(([title, draw]) => ({ title, draw, slot: el("div", { class: "slot" }) }));

/** Drawings that came with the page. */
const DRAWN = [...document.querySelectorAll("main > .drawn")];

/** Everything that is known now. */
const drawPage = () => {
  performance.mark("begin");
  hideTip();
  for (const { draw, slot } of PARTS_OF_PAGE) draw(slot);
  const parts = PARTS_OF_PAGE.filter(({ title, slot }) => title && slot.firstElementChild).map(({ title, slot }) => [slot.firstElementChild.id, title]);
  const links = [...DRAWN.map((figure) => [figure.id, figure.querySelector("h2").textContent]), ...parts];
  if (links.length !== byId("nav").childElementCount) byId("nav").replaceChildren(...links.map(([id, title]) => el("a", { href: `#${id}` }, title)));
  updateDetail();
  performance.measure("draw", "begin");
};

/** Colours as the system has them, or as was chosen; kept where the browser lets a file keep something. */
const setUpTheme = () => {
  const button = byId("theme");
  const names = { auto: "Auto", light: "Light", dark: "Dark" };
  const kept = () => { try { return localStorage.getItem("perf-theme"); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem("perf-theme", theme); } catch { /* Then it is for this time only. */ } };
  const apply = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = names[theme];
    button.dataset.theme = theme;
  };
  button.addEventListener("click", () => {
    const order = Object.keys(names);
    const next = order[(order.indexOf(button.dataset.theme) + 1) % order.length];
    apply(next);
    keep(next);
  });
  const theme = kept();
  apply(theme in names ? theme : "auto");
};

setUpTheme();
byId("top").append(...PARTS_OF_PAGE.map(({ slot }) => slot));
PARTS_OF_PAGE[0].slot.after(...DRAWN);
drawPage();
setUpDetail();
document.documentElement.dataset.ready = "true";
