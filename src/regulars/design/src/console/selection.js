// Chosen rows: `data-selection` holds the checkboxes, the bar that says how many, and the box that chooses all. Where a
// list has more than it shows, a box `data-choose-found` in the bar chooses all that it finds.

export function countSelection() {
  document.addEventListener("change", ({ target }) => {
    const list = target.closest("[data-selection]");
    if (!list || !target.matches("[data-choose], [data-choose-all], [data-choose-found]")) return;
    const boxes = [...list.querySelectorAll("[data-choose]")];
    const isFound = target.matches("[data-choose-found]") && target.checked;
    if (target.matches("[data-choose-all]") || isFound) for (const box of boxes) box.checked = target.checked;
    show(list, boxes);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-choose-none]");
    if (!button) return;
    const list = button.closest("[data-selection]");
    const boxes = [...list.querySelectorAll("[data-choose]")];
    for (const box of boxes) box.checked = false;
    show(list, boxes);
  });
  // How many the list finds may come after it.
  document.addEventListener("htmx:afterSettle", () => {
    for (const list of document.querySelectorAll("[data-selection]")) sayFound(list);
  });
}

function show(list, boxes) {
  const chosen = boxes.filter((box) => box.checked).length;
  const all = list.querySelector("[data-choose-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const bar = list.querySelector(".bulk-bar");
  bar.hidden = chosen === 0;
  for (const number of bar.querySelectorAll("[data-chosen]")) number.textContent = String(chosen);
  // Who takes one out does not mean all that the list finds.
  const found = bar.querySelector("[data-choose-found]");
  if (found && chosen < boxes.length) found.checked = false;
  sayFound(list);
}

// All that the list finds are as many as it says above its rows, exactly or about.
function sayFound(list) {
  const isFound = Boolean(list.querySelector("[data-choose-found]:checked"));
  for (const part of list.querySelectorAll("[data-says-chosen]")) part.hidden = isFound;
  for (const part of list.querySelectorAll("[data-says-found]")) {
    part.hidden = !isFound;
    part.querySelector("[data-found]").textContent = list.querySelector("[data-counted]")?.textContent ?? "";
  }
}
