// The only thing here that cannot work without JavaScript: browsers ask a passkey only through a script. A form with
// data-passkey is sent once the passkey has answered; what it answered goes along as the field `credential` or,
// for a vote, `assertion` with the `nonce` of the statement that was signed.
const BYTES = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"];

function toBytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

function toText(buffer) {
  const chars = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(chars).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function read(options) {
  const list = (keys) => keys?.map((key) => ({ ...key, id: toBytes(key.id) }));
  const publicKey = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: toBytes(options.user.id) };
  for (const name of ["allowCredentials", "excludeCredentials"]) if (options[name]) publicKey[name] = list(options[name]);
  return { publicKey };
}

function write(key) {
  const response = {};
  for (const name of BYTES) if (key.response[name]) response[name] = toText(key.response[name]);
  return JSON.stringify({ id: key.id, rawId: key.id, type: key.type, response, clientExtensionResults: key.getClientExtensionResults() });
}

async function ask(url, init) {
  const answer = await fetch(url, init);
  const body = await answer.json();
  if (answer.ok) return body;
  throw new Error(body.detail || "The server did not answer.");
}

async function optionsOf(form, submitter) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const { content_hash: hash, csrfmiddlewaretoken: token, nonce } = form.elements;
  if (!hash) return (await ask(form.action, { headers: { "X-Requested-With": "XMLHttpRequest" } })).request_options.publicKey;
  const body = JSON.stringify({ decision: submitter.value, content_hash: hash.value });
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token.value };
  const issued = await ask(form.dataset.statementUrl, { method: "POST", headers, body });
  nonce.value = issued.statement.nonce;
  form.querySelector("input[name=decision]").value = submitter.value; // the buttons have the same name
  return issued.options;
}

async function send(event) {
  const form = event.target;
  event.preventDefault();
  const said = form.querySelector("[data-passkey-said]");
  said.hidden = true;
  try {
    const options = read(await optionsOf(form, event.submitter));
    const key = await navigator.credentials[form.dataset.passkey](options); // create or get
    (form.elements.assertion || form.elements.credential).value = write(key);
    form.submit();
  } catch (error) {
    said.textContent = error.name === "NotAllowedError" ? "The passkey did not answer. Try again." : error.message;
    said.hidden = false;
  }
}

export function startPasskeys() {
  for (const note of document.querySelectorAll("[data-needs-script]")) note.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", send);
  }
}
