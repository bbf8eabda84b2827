// Fast hands: the keys that the dialog of keys lists do what it says. It is printed from one list on the server, and what
// is pressed is looked up in it: `data-keys` with what it does, or where it goes. Two letters are pressed one after the other.

import { openPalette } from "./palette.js";

const BETWEEN_MS = 1500;
const TYPED_IN = "input, select, textarea, [contenteditable]";

const doings = { palette: openPalette, search, keys: () => show("shortcuts") };

export function listenToKeys() {
  let before = "";
  let timer;
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, target, isComposing, repeat } = event;
    if (isComposing || repeat || altKey || key.length > 1) return;
    const isHeld = ctrlKey || metaKey;
    if (!isHeld && (target.closest?.(TYPED_IN) || !hasLetters() || document.querySelector("dialog[open]"))) return;
    const pressed = isHeld ? `mod+${key.toLowerCase()}` : key;
    const entry = find(before && !isHeld ? `${before} ${pressed}` : pressed) ?? find(pressed);
    clearTimeout(timer);
    before = isHeld || entry ? "" : pressed;
    timer = setTimeout(() => (before = ""), BETWEEN_MS);
    if (!entry) return;
    event.preventDefault();
    if (entry.dataset.goes) location.assign(entry.dataset.goes);
    else doings[entry.dataset.does]?.();
  });
}

function hasLetters() {
  return document.getElementById("shortcuts")?.hasAttribute("data-letters");
}

function find(pressed) {
  return [...document.querySelectorAll("#shortcuts [data-keys]")].find((each) => each.dataset.keys === pressed);
}

function show(id) {
  document.getElementById(id)?.showModal();
}

// Where the page has no search of its own, the palette searches.
function search() {
  const field = document.querySelector("[data-search]");
  if (!field) {
    openPalette();
    return;
  }
  field.focus();
  field.select();
}
