/* The page, put together. */

const SECTIONS = [
  ["costs", "Costs", costsSection], ["budgets", "Budgets", budgetsSection], ["changes", "Changes", changesSection],
  ["probes", "Probes", probesSection], ["flame", "Call tree", () => nodes.length > 1 && flameSection()],
  ["machine", "Machine", measurementSection],
];

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

performance.mark("begin");
setUpTheme();
for (const part of [titleSection(), ...SECTIONS.map(([, , make]) => make())]) {
  if (part) byId("top").append(part);
}
for (const [id, title] of SECTIONS) {
  if (byId(id)) byId("nav").append(el("a", { href: `#${id}` }, title));
}
setUpDetail();
performance.measure("draw", "begin");
document.documentElement.dataset.ready = "true";
