/* Elements are made here and nowhere else; text goes in as text. */

const SVG = "http://www.w3.org/2000/svg";

const fill = (node, attributes, children) => {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false || value === null) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(3)) {
    if (child !== undefined && child !== null && child !== false) node.append(child);
  }
  return node;
};

const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);

/** A row of buttons of which one is pressed. */
const choice = (label, options, chosen, onchange) => {
  const buttons = options.map(([value, text]) =>
    el("button", {
      type: "button", "aria-pressed": String(value === chosen), "data-value": value,
      onclick: () => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other.dataset.value === value));
        onchange(value);
      },
    }, text));
  return el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
};

/** Away with the words beside the pointer, and out of a dialog whose content may be replaced. */
const hideTip = () => {
  const box = byId("tip");
  box.hidden = true;
  document.body.append(box);
};

/** Words beside the pointer. `describe` gives the nodes to show. */
const tip = (target, describe) => {
  const box = byId("tip");
  const place = (event) => {
    const { width, height } = box.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - width - 8);
    const below = event.clientY + 18 + height < innerHeight;
    box.style.left = `${Math.max(8, x)}px`;
    box.style.top = `${below ? event.clientY + 18 : Math.max(8, event.clientY - height - 12)}px`;
  };
  const hide = () => { box.hidden = true; };
  target.addEventListener("pointermove", (event) => {
    const words = event.pointerType === "touch" ? null : describe(event.target);
    if (!words) return hide();
    box.replaceChildren(...words);
    // A modal dialog is above everything but its own content.
    (byId("detail").open ? byId("detail") : document.body).append(box);
    box.hidden = false;
    place(event);
  });
  target.addEventListener("pointerleave", hide);
  target.addEventListener("pointerdown", hide);
};
