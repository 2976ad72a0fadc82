/* The call tree as a flame graph: outermost calls on top, a frame as wide as its part of the whole. */

const ROW = 24;
/** Frames narrower than this part of the view are not drawn. */
const LEAST = 1 / 1500;
const WEIGHTS = { time: ["Time", "time"], allocs: ["Allocations", "count"], bytes: ["Bytes", "bytes"] };

/** The same name always has the same tone, between 0 and 1. */
const toneOf = (name) => {
  let hash = 2166136261;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  return ((hash >>> 0) % 1000) / 1000;
};

/** The node that these names lead to, or as far as they lead. */
const nodeAt = (way) => {
  let node = nodes[0];
  for (const name of way) {
    const next = node.children.find((child) => child.name === name);
    if (!next) break;
    node = next;
  }
  return node;
};

/** The names that lead to a node of a tree. */
const wayTo = (node, tree) => {
  const way = [];
  for (let at = node; at.at !== 0; at = tree[at.parent]) way.unshift(at.name);
  return way;
};

const flameSection = () => {
  if (nodes.length < 2) return null;
  /* `tree` is what is drawn; `root` and `told` are in it. */
  const state = { weight: "time", tree: nodes, root: nodes[0], told: nodes[0], words: "" };
  const frames = el("div", { class: "flame", "data-weight": "time" });
  const info = el("div", { class: "flameinfo" });
  const whole = () => nodes[0].width[state.weight];
  const amount = (node) => text(node.width[state.weight], WEIGHTS[state.weight][1]);

  const tell = (node) => {
    state.told = node;
    const top = node.at === 0;
    const reset = state.root.at !== 0 && el("button", { type: "button", class: "ghost", id: "unzoom", onclick: () => zoom(nodes[0]) }, "Show all");
    info.replaceChildren(...[
      top ? el("span", null, el("b", null, "Everything")) : el("button", { type: "button", class: "link", title: "Open the probe", onclick: () => openProbe(node.name) }, nameOf(node.name)),
      el("span", null, el("b", null, amount(node)), ` · ${percentText(share(node.width[state.weight], whole()))}`),
      !top && el("span", null, `own ${text(node.own[state.weight], WEIGHTS[state.weight][1])}`),
      !top && el("span", null, `${text(node.calls, "count")} calls on this way`),
      top && data.tree.hidden > 0 && el("span", null, `${plural(data.tree.hidden, "node")} too small or too deep to be drawn`),
      state.words && el("span", null, `${percentText(share(matched(), whole()))} matches`),
      reset].filter(Boolean));
  };

  const matches = (node) => state.words !== "" && node.at > 0 && node.name.toLowerCase().includes(state.words);
  /** What matching frames have together, none counted within another. */
  const matched = () => {
    let sum = 0;
    const waiting = [nodes[0]];
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (matches(node)) sum += node.width[state.weight];
      else waiting.push(...node.children);
    }
    return sum;
  };

  const frame = (node, left, width, above) => {
    const label = node.at === 0 ? "all" : node.name.slice(functionStart(node.name));
    const button = el("button", {
      type: "button", "data-at": node.at, "aria-label": `${node.at === 0 ? "everything" : node.name}, ${amount(node)}`,
      class: [node.at === 0 && "root", above && "above", width < 0.025 && "slim", matches(node) && "match"].filter(Boolean).join(" ") || null,
    }, label);
    button.style.left = `${100 * left}%`;
    button.style.width = `${100 * width}%`;
    button.style.top = `${node.level * ROW}px`;
    button.style.setProperty("--tone", toneOf(node.name));
    return button;
  };

  const draw = () => {
    const drawn = [];
    for (let node = state.root; node.at !== 0;) {
      node = nodes[node.parent];
      drawn.unshift(frame(node, 0, 1, true));
    }
    const unit = state.root.width[state.weight] || 1;
    let deepest = state.root.level;
    const waiting = [[state.root, 0]];
    while (waiting.length > 0) {
      const [node, left] = waiting.pop();
      const width = node === state.root ? 1 : node.width[state.weight] / unit;
      if (width < LEAST) continue;
      drawn.push(frame(node, left, width, false));
      deepest = Math.max(deepest, node.level);
      let from = left;
      const widest = [...node.children].sort((a, b) => b.width[state.weight] - a.width[state.weight]);
      for (const child of widest) {
        waiting.push([child, from]);
        from += child.width[state.weight] / unit;
      }
    }
    frames.dataset.weight = state.weight;
    frames.classList.toggle("searching", state.words !== "");
    frames.style.height = `${(deepest + 1) * ROW + 1}px`;
    frames.replaceChildren(...drawn);
    tell(state.root);
  };
  const zoom = (node) => {
    state.root = node;
    draw();
    frames.querySelector(`[data-at="${node.at}"]`)?.focus({ preventScroll: true });
  };

  const nodeOf = (target) => nodes[Number(target.closest?.("button")?.dataset.at ?? NaN)];
  frames.addEventListener("click", (event) => { const node = nodeOf(event.target); if (node) zoom(node); });
  for (const kind of ["pointerover", "focusin"]) {
    frames.addEventListener(kind, (event) => { const node = nodeOf(event.target); if (node) tell(node); });
  }
  frames.addEventListener("pointerleave", () => tell(state.root));
  frames.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.root.at !== 0) zoom(nodes[0]); });
  tip(frames, (target) => {
    const node = nodeOf(target);
    return node && [el("b", null, node.at === 0 ? "everything" : node.name), el("br"), `${amount(node)} · ${percentText(share(node.width[state.weight], whole()))}`];
  });

  const pick = meta.tracking && choice("Width", Object.entries(WEIGHTS).map(([key, [title]]) => [key, title]), "time", (weight) => {
    state.weight = weight;
    draw();
  });
  const search = el("input", {
    type: "search", id: "flame-search", placeholder: "Find in the tree", "aria-label": "Find in the call tree", spellcheck: "false",
    oninput: () => { state.words = search.value.trim().toLowerCase(); draw(); },
  });
  /** The same place in the tree of now, with the focus where it was. */
  const update = () => {
    const ways = [state.root, state.told].map((node) => wayTo(node, state.tree));
    const focused = frames.contains(document.activeElement) && wayTo(state.tree[Number(document.activeElement.dataset.at)], state.tree);
    const [root, told] = ways.map(nodeAt);
    Object.assign(state, { tree: nodes, root });
    draw();
    tell(told);
    if (focused) frames.querySelector(`[data-at="${nodeAt(focused).at}"]`)?.focus({ preventScroll: true });
  };
  const node = el("section", { id: "flame", "aria-label": "Call tree" },
    el("div", { class: "head" }, el("h2", null, "Call tree"),
      el("span", { class: "hint" }, "Choose a frame to look closer, Esc to go back"), el("span", { class: "push" }), pick, search),
    el("div", { class: "flamewrap" }, frames, info));
  return { node, update };
};
