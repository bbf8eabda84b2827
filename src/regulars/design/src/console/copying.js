// `data-copies="id"` copies the text of an element, and says so on the button for a moment.

export function copyOnClick() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copies]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    const words = button.querySelector("[data-words]");
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => (words.textContent = before), 1500);
  });
}
