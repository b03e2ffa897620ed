// A narrow screen opens with the long cards folded to their headings and counts; without scripts they are all open.
// Whoever follows a link into one finds it open.
const NARROW = "(width < 44rem)";

export function startFolding() {
  if (matchMedia(NARROW).matches) {
    for (const card of document.querySelectorAll("details[data-fold]")) card.open = false;
  }
  reveal();
  addEventListener("hashchange", reveal);
}

function reveal() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const card = target && target.closest("details[data-fold]");
  if (!card || card.open) return;
  card.open = true;
  target.scrollIntoView();
}
