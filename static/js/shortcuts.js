// Keys that move and open, never keys that decide. Off inside fields, dialogs and on pages that say so.
let pending = false;

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog");
}

function step(direction) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement.closest("[data-row]"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, here + direction))];
  (next.matches("a") ? next : next.querySelector("a"))?.focus();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.body.dataset.shortcuts === "off" || document.querySelector("[data-no-shortcuts]")) return;
  if (pending) {
    pending = false;
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  const keys = {
    g: () => { pending = true; setTimeout(() => { pending = false; }, 1200); },
    j: () => step(1),
    k: () => step(-1),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => document.getElementById("shortcuts")?.showModal(),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

export function startShortcuts() {
  document.addEventListener("keydown", press);
}
