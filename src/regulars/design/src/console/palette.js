// The palette finds customers, pages and what can be done while one types. Arrows choose, Enter takes, Escape closes. It
// is a combobox with a listbox: the focus stays in the field, which names the chosen option.

// Of what was chosen lately this tab keeps keys, never a name; the server says what they are, to those who may know.
const KEPT = "palette-recent";
const MOST_KEPT = 5;

export function usePalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) {
    // Nobody is in: who comes next is to find nothing of who was.
    sessionStorage.removeItem(KEPT);
    return;
  }
  const field = dialog.querySelector("[role=combobox]");
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const each of document.querySelectorAll("[data-mod]")) each.textContent = "⌘ K";
  }
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-opens-palette]")) openPalette();
  });
  field.addEventListener("input", () => (waiting.isStale = true));
  field.addEventListener("keydown", (event) => onKey(event, dialog, field));
  field.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!field.value.trim()) for (const key of recent()) detail.formData.append("recent", key);
  });
  dialog.addEventListener("htmx:afterSwap", ({ detail }) => onOffers(dialog, field, detail));
  for (const failure of ["htmx:sendError", "htmx:responseError"]) {
    field.addEventListener(failure, (event) => onFailure(event, dialog));
  }
  dialog.addEventListener("pointermove", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option && option.ariaSelected !== "true") choose(field, option);
  });
  dialog.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (!option) return;
    remember(option.dataset.key);
    if (option.matches("[data-again], [data-opens]")) dialog.close();
  });
}

export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog || dialog.open) return;
  const field = dialog.querySelector("[role=combobox]");
  dialog.querySelector("[name=next]").value = location.pathname + location.search;
  field.value = "";
  waiting.isStale = true;
  waiting.takes = false;
  dialog.showModal();
  field.dispatchEvent(new Event("asked"));
}

// What is shown is stale from a key on until its answer is there; Enter meanwhile takes the first of that answer.
const waiting = { isStale: true, takes: false };

function onOffers(dialog, field, { target, requestConfig }) {
  if (target.id !== "palette-offers") return;
  const first = optionsOf(dialog)[0];
  if (first) choose(field, first);
  else field.removeAttribute("aria-activedescendant");
  // More was typed since this was asked.
  if (requestConfig.parameters.q !== field.value) return;
  waiting.isStale = false;
  if (waiting.takes) first?.click();
  waiting.takes = false;
}

function onFailure(event, dialog) {
  // A toast would lie below the dialog.
  event.stopPropagation();
  waiting.takes = false;
  const { notReached, notDone } = document.body.dataset;
  dialog.querySelector("#palette-said").textContent = event.type === "htmx:sendError" ? notReached : notDone;
}

function onKey(event, dialog, field) {
  if (event.isComposing) return;
  const options = optionsOf(dialog);
  const at = options.findIndex((each) => each.ariaSelected === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (options.length) choose(field, options[(at + step + options.length) % options.length], true);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (waiting.isStale) waiting.takes = true;
    else options[at]?.click();
  }
}

function optionsOf(dialog) {
  return [...dialog.querySelectorAll("[role=option]")];
}

function choose(field, option, scrolls = false) {
  for (const each of optionsOf(option.closest("dialog"))) each.ariaSelected = String(each === option);
  field.setAttribute("aria-activedescendant", option.id);
  if (scrolls) option.scrollIntoView({ block: "nearest" });
}

function recent() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function remember(key) {
  if (!key) return;
  const kept = [key, ...recent().filter((each) => each !== key)].slice(0, MOST_KEPT);
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}
