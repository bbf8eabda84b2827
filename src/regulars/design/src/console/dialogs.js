// `data-opens="id"` opens a dialog over the page; `data-closes` within it closes it, as do Escape and its scrim. A dialog
// that stands in the page as `data-open` is opened at once (a form that came back with errors, a secret shown once); what
// is wrong in it comes first.
// What is asked for when it opens stands in a part `data-asked-for`; until the answer comes, that part is as the page had it.

export function openDialogs() {
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-opens]");
    if (opener) open(document.getElementById(opener.dataset.opens));
    if (target.closest("[data-closes]")) target.closest("dialog").close();
    // A click on the scrim is one on the dialog itself, outside of what it holds.
    if (target instanceof HTMLDialogElement && !target.hasAttribute("data-keep")) target.close();
  });
  for (const dialog of document.querySelectorAll("dialog[data-open]")) {
    dialog.showModal();
    dialog.querySelector('[aria-invalid="true"]')?.focus();
  }
}

const shapes = new WeakMap();

function open(dialog) {
  if (!dialog) return;
  const part = dialog.querySelector("[data-asked-for]");
  if (part) {
    if (!shapes.has(dialog)) shapes.set(dialog, part.innerHTML);
    // The part itself stays: the answer is on its way to it.
    part.innerHTML = shapes.get(dialog);
  }
  dialog.showModal();
}
