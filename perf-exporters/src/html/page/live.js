/* The page of a program that runs: asks it every few seconds, unless the reader wants it to hold still. */

const EVERY = 2000;
const watching = { paused: false, asking: false, lost: false, heard: Date.now() };

const pause = el("button", { type: "button", class: "ghost", id: "pause", "aria-pressed": "false", onclick: () => {
  watching.paused = !watching.paused;
  pause.setAttribute("aria-pressed", String(watching.paused));
  tellState();
  ask();
} });
const state = el("span", { class: "state", role: "status" });

const tellState = () => {
  pause.textContent = watching.paused ? "Go on" : "Pause";
  const [kind, words] = watching.paused ? ["held", "paused"] : watching.lost ? ["bad", "no answer"] : ["good", "live"];
  state.className = `state ${kind}`;
  state.textContent = words;
  state.title = `last heard at ${new Date(watching.heard).toLocaleTimeString()}`;
  document.documentElement.dataset.live = words;
};

/** Text that is being selected would be gone. */
const isSelecting = () => String(getSelection()) !== "";

const ask = async () => {
  if (watching.paused || watching.asking || document.hidden || isSelecting()) return;
  watching.asking = true;
  try {
    const answer = await fetch("live.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = await answer.json();
    // Whoever has paused meanwhile wants what was there.
    if (!watching.paused) {
      load(fresh);
      drawPage();
    }
    Object.assign(watching, { lost: false, heard: Date.now() });
    document.documentElement.dataset.heard = String(Number(document.documentElement.dataset.heard ?? 0) + 1);
  } catch {
    watching.lost = true;
  } finally {
    watching.asking = false;
    tellState();
  }
};

byId("live").append(state, pause);
tellState();
setInterval(ask, EVERY);
document.addEventListener("visibilitychange", ask);
