// A file that is larger than `data-most-bytes` is refused before it is sent; the server holds to the same bound.

export function boundFiles() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("input[type=file][data-most-bytes]")) return;
    const isTooLarge = [...target.files].some((file) => file.size > Number(target.dataset.mostBytes));
    target.setCustomValidity(isTooLarge ? target.dataset.tooLarge : "");
    target.reportValidity();
  });
}
