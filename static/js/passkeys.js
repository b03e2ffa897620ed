// Browsers ask a passkey only through a script. A form with data-passkey (create, get) is sent once it has answered,
// with the answer in its field `credential` or, for a vote, in `assertion` with the `nonce` of what was signed.
const BYTES = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"];

function toBytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

function toText(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function read(options) {
  const withBytes = (one) => ({ ...one, id: toBytes(one.id) });
  const user = options.user && { user: withBytes(options.user) };
  const [allowCredentials, excludeCredentials] = [options.allowCredentials, options.excludeCredentials].map((keys) => (keys || []).map(withBytes));
  return { publicKey: { ...options, ...user, challenge: toBytes(options.challenge), allowCredentials, excludeCredentials } };
}

function write({ id, type, response: given }) {
  const response = Object.fromEntries(BYTES.filter((name) => given[name]).map((name) => [name, toText(given[name])]));
  return JSON.stringify({ id, rawId: id, type, response, clientExtensionResults: {} });
}

async function ask(url, init) {
  const answer = await fetch(url, init);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

async function optionsOf(form, submitter) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const { content_hash: hash, csrfmiddlewaretoken: token, nonce } = form.elements;
  if (!hash) return (await ask(form.action, { headers: { "X-Requested-With": "XMLHttpRequest" } })).request_options.publicKey;
  const init = { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token.value } };
  const body = JSON.stringify({ decision: submitter.value, content_hash: hash.value });
  const issued = await ask(form.dataset.statementUrl, { ...init, body });
  nonce.value = issued.statement.nonce;
  form.querySelector("input[name=decision]").value = submitter.value; // the buttons have the same name
  return issued.options;
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  try {
    const key = await navigator.credentials[form.dataset.passkey](read(await optionsOf(form, event.submitter)));
    (form.elements.assertion || form.elements.credential).value = write(key);
    form.submit();
  } catch (error) {
    const said = form.querySelector("[data-passkey-said]");
    said.textContent = error.name === "NotAllowedError" ? "The passkey did not answer. Try again." : error.message;
    said.hidden = false;
  }
}

export function startPasskeys() {
  for (const note of document.querySelectorAll("[data-needs-script]")) note.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = false;
  document.addEventListener("submit", (event) => event.target.matches("[data-passkey]") && send(event));
}
