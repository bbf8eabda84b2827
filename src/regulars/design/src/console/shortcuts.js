// Fast hands: Ctrl/Cmd-K and / lead to the search, ? shows what the keys do.

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") search(event);
    else if (!typing && !event.ctrlKey && !event.metaKey && event.key === "/") search(event);
    else if (!typing && event.key === "?") document.getElementById("shortcuts")?.showModal();
  });
}

function search(event) {
  const field = document.querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}
