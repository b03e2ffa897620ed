// "4 m ago" stays true while the page stays open, and the zone field can take the browser's zone.
const UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

function words(seconds) {
  let rest = Math.floor(Math.abs(seconds));
  if (rest < 10) return "just now";
  const parts = UNITS.map(([unit, size]) => {
    const n = Math.floor(rest / size);
    rest -= n * size;
    return [n, unit];
  });
  const first = parts.findIndex(([n]) => n > 0);
  const text = parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

// The server's clock counts: the page says when it was made, and only the time since then is ours.
const made = Date.parse(document.documentElement.dataset.now) || Date.now();
const opened = performance.now();

function tick() {
  if (document.hidden) return;
  const now = made + performance.now() - opened;
  for (const element of document.querySelectorAll("[data-relative]")) {
    const stamp = element.closest("time")?.dateTime;
    if (stamp) element.textContent = words((Date.parse(stamp) - now) / 1000);
  }
}

export function startTime() {
  setInterval(tick, 30000);
  const button = document.querySelector("[data-use-browser-zone]");
  const field = document.querySelector("[data-browser-zone]");
  if (!button || !field) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  button.textContent = `Take ${zone}`;
  button.hidden = !zone;
  button.addEventListener("click", () => { field.value = zone; button.form.requestSubmit(); });
}
