// What was typed into a field with data-draft survives a lost network or an expired session. It is forgotten once
// the server says, with data-draft-done on the next page, that it has the text.
const key = (name) => `draft:${name}`;

export function startDrafts() {
  let store;
  try {
    store = window.localStorage;
  } catch {
    return; // storage is switched off
  }
  for (const done of document.querySelectorAll("[data-draft-done]")) store.removeItem(key(done.dataset.draftDone));
  for (const field of document.querySelectorAll("[data-draft]")) {
    const kept = store.getItem(key(field.dataset.draft));
    if (kept && !field.value) field.value = kept;
    field.addEventListener("input", () => {
      if (field.value) store.setItem(key(field.dataset.draft), field.value);
      else store.removeItem(key(field.dataset.draft));
    });
  }
}
