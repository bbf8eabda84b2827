// Chosen rows: `data-selection` holds the checkboxes, the bar that says how many, and the box that chooses all.

export function countSelection() {
  document.addEventListener("change", ({ target }) => {
    const list = target.closest("[data-selection]");
    if (!list || !target.matches("[data-choose], [data-choose-all]")) return;
    const boxes = [...list.querySelectorAll("[data-choose]")];
    if (target.matches("[data-choose-all]")) for (const box of boxes) box.checked = target.checked;
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
}
