// The one polite region of the page. At most one sentence in five seconds; the last one wins.
const PAUSE = 5000;
let last = 0;
let timer = null;

export function say(sentence) {
  clearTimeout(timer);
  const wait = Math.max(0, last + PAUSE - Date.now());
  timer = setTimeout(() => {
    last = Date.now();
    document.getElementById("live").textContent = sentence;
  }, wait);
}
