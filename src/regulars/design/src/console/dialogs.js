// `data-opens="id"` opens a dialog over the page; `data-closes` within it closes it, as do Escape and its scrim. A dialog
// that stands in the page as `data-open` is opened at once (a form that came back with errors, a secret shown once).

export function openDialogs() {
  document.addEventListener("click", ({ target }) => {
    const opener = target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (target.closest("[data-closes]")) target.closest("dialog").close();
    // A click on the scrim is one on the dialog itself, outside of what it holds.
    if (target instanceof HTMLDialogElement && !target.hasAttribute("data-keep")) target.close();
  });
  for (const dialog of document.querySelectorAll("dialog[data-open]")) dialog.showModal();
}
