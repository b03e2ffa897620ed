// The decision page never updates itself. A quiet check compares what is bound now with what the page shows, and
// only raises the banner that says so; the server refuses a stale vote whether or not this ran.
import { say } from "./live.js";

const EVERY = 15000;

export function startDecisionGuard() {
  const page = document.querySelector("[data-check-url]");
  const banner = document.getElementById("stale");
  if (!page || !banner) return;
  const timer = setInterval(check, EVERY);

  async function check() {
    if (document.hidden) return;
    let answer;
    try {
      answer = await fetch(page.dataset.checkUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      answer = await answer.json();
    } catch {
      return; // not reachable now: the next check may be, and the server decides anyway
    }
    if (answer.content_hash === page.dataset.hash && answer.state === page.dataset.approval) return;
    clearInterval(timer);
    banner.hidden = false;
    say("This request changed after you opened the page. Reload it before you decide.");
  }
}
