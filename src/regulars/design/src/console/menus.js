// A menu is a `details`: it opens and closes by itself. Here it also closes by Escape, and by a click or focus elsewhere.

export function closeMenusOutside() {
  const close = (target) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  };
  document.addEventListener("click", ({ target }) => close(target));
  document.addEventListener("focusin", ({ target }) => close(target));
  document.addEventListener("keydown", ({ key, target }) => {
    const menu = target.closest?.("details.menu[open]");
    if (key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
