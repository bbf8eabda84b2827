// A field for conditions offers what could come next: arrow keys choose, Enter or Tab takes, Escape closes. The field is
// all there is without it.

const WAIT_MS = 120;
const SHOWN = 8;

export function completeConditions() {
  document.addEventListener("input", ({ target }) => {
    if (target.matches?.("[data-completes]")) soon(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.("[data-completes]")) onKey(event);
  });
  document.addEventListener("focusout", ({ target }) => {
    // A click on an offer takes it before the list goes.
    if (target.matches?.("[data-completes]")) setTimeout(() => close(target), 150);
  });
}

let timer;
let asked = 0;

function soon(field) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(field), WAIT_MS);
}

async function ask(field) {
  const number = ++asked;
  const query = new URLSearchParams({ text: field.value, at: field.selectionStart });
  try {
    const answer = await fetch(`${field.dataset.completes}?${query}`, { headers: { Accept: "application/json" } });
    const { items } = answer.ok ? await answer.json() : { items: [] };
    // Only the last question counts.
    if (number === asked && document.activeElement === field) show(field, items.slice(0, SHOWN));
  } catch {
    close(field);
  }
}

function listOf(field) {
  return document.getElementById(`${field.id}-offers`);
}

function show(field, items) {
  close(field);
  if (!items.length) return;
  const list = document.createElement("ul");
  list.id = `${field.id}-offers`;
  list.className = "offers";
  list.setAttribute("role", "listbox");
  for (const [number, item] of items.entries()) list.append(offer(field, item, number));
  // Below the form: what it says of the text, and its button, stay in sight. In a long form, below the field's own part.
  (field.closest("[data-offers]") ?? field.form).append(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("role", "combobox");
}

function offer(field, item, number) {
  const row = document.createElement("li");
  row.id = `${field.id}-offer-${number}`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", "false");
  const text = document.createElement("span");
  text.className = "mono";
  text.textContent = item.text;
  row.append(text);
  if (item.label) {
    const label = document.createElement("span");
    label.className = "faint";
    label.textContent = item.label;
    row.append(label);
  }
  row.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    take(field, item);
  });
  row.offered = item;
  return row;
}

function onKey(event) {
  const field = event.target;
  const list = listOf(field);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit();
    return;
  }
  if (!list) return;
  const rows = [...list.children];
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(field, rows, (at + (event.key === "ArrowDown" ? 1 : rows.length - 1) + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % rows.length);
  } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) {
    event.preventDefault();
    take(field, rows[at].offered);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close(field);
  }
}

function choose(field, rows, at) {
  for (const [number, row] of rows.entries()) row.setAttribute("aria-selected", String(number === at));
  field.setAttribute("aria-activedescendant", rows[at].id);
  rows[at].scrollIntoView({ block: "nearest" });
}

function take(field, item) {
  const behind = field.value.slice(field.selectionStart);
  const space = /^[\s,)]/.test(behind) || item.text === "(" ? "" : " ";
  field.value = field.value.slice(0, item.start) + item.text + space + behind;
  const place = item.start + item.text.length + space.length;
  field.setSelectionRange(place, place);
  close(field);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close(field) {
  listOf(field)?.remove();
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
  field.removeAttribute("aria-expanded");
  field.removeAttribute("role");
}
