// Parts of a page ask again by themselves (hx-trigger="every …"). A hidden tab or a reader who went away asks once
// a minute; a lost connection is said, with the time of the last good answer.
const IDLE_AFTER = 120000;
const SLOW = 60000;
let active = Date.now();
let good = new Date();
const asked = new WeakMap();

function isPoll(element) {
  return (element.getAttribute("hx-trigger") || "").includes("every");
}

function gate(event) {
  const element = event.detail.elt;
  if (!isPoll(element)) return;
  // Somebody is tabbing through it: what they stand on must not be taken away under them.
  if ("keepFocus" in element.dataset && element.contains(document.activeElement)) {
    event.preventDefault();
    return;
  }
  const now = Date.now();
  const away = document.hidden || now - active > IDLE_AFTER;
  if (away && now - (asked.get(element) || 0) < SLOW) {
    event.preventDefault();
    return;
  }
  asked.set(element, now);
}

function lost() {
  const badge = document.getElementById("offline");
  if (!badge) return;
  badge.querySelector("[data-offline-since]").textContent = good.toTimeString().slice(0, 5);
  badge.hidden = false;
}

function found() {
  good = new Date();
  const badge = document.getElementById("offline");
  if (badge) badge.hidden = true;
}

export function startPolling() {
  for (const name of ["pointermove", "keydown", "scroll", "touchstart"]) {
    addEventListener(name, () => { active = Date.now(); }, { passive: true });
  }
  document.addEventListener("htmx:beforeRequest", gate);
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", lost);
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.status < 400) found(); });
  document.querySelector("[data-offline-retry]")?.addEventListener("click", () => location.reload());
}
