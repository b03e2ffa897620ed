// Follows a growing log until the reader scrolls up, and keeps what is on the page within bounds.
const MOST_LINES = 5000;

export function startLog() {
  const box = document.querySelector("[data-log]");
  if (!box) return;
  const follow = document.querySelector("[data-log-follow]");
  const atEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const toEnd = () => { box.scrollTop = box.scrollHeight; };

  if (!location.hash.startsWith("#L")) toEnd();
  if (!follow) return;
  follow.closest("[hidden]")?.removeAttribute("hidden");
  follow.addEventListener("change", () => { if (follow.checked) toEnd(); });
  box.addEventListener("scroll", () => { follow.checked = atEnd(); }, { passive: true });
  document.addEventListener("htmx:afterSettle", () => {
    const lines = box.querySelectorAll("li");
    for (let i = 0; i < lines.length - MOST_LINES; i += 1) lines[i].remove();
    if (follow.checked) toEnd();
  });
}
