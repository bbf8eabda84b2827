// A form as `data-passkey="create"` or `"get"` is sent with what the device says: a new passkey, or the proof that one is
// there. What the browser is to ask for stands in `data-options`, or is fetched from `data-options-from`; where it comes
// to nothing, the words of `data-failed` are shown. A form that is hidden shows where the browser knows passkeys.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

export function usePasskeys() {
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
}

async function ask(form) {
  try {
    const { publicKey } = await optionsOf(form);
    const credential = await (form.dataset.passkey === "create" ? create(publicKey) : get(publicKey));
    form.elements.credential.value = JSON.stringify(toPlain(credential));
    form.submit();
  } catch {
    fail(form);
  }
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

function create(options) {
  const withBytes = (list) => (list ?? []).map((each) => ({ ...each, id: toBytes(each.id) }));
  return navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
      // Each of ours signs in alone: the device keeps it, and asks who is there.
      authenticatorSelection: {
        ...options.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    },
  });
}

function get(options) {
  const allowed = options.allowCredentials?.map((each) => ({ ...each, id: toBytes(each.id) }));
  return navigator.credentials.get({
    publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: allowed ?? [] },
  });
}

function toPlain(credential) {
  const { response } = credential;
  const parts = ["attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"];
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, toText(response[part])])),
  };
}

function fail(form) {
  const words = form.querySelector("[data-passkey-failed]") ?? form.appendChild(document.createElement("p"));
  words.dataset.passkeyFailed = "";
  words.className = "field-error";
  words.setAttribute("role", "alert");
  words.textContent = form.dataset.failed;
}
