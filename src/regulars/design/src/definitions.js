// A definition opens by its button (click, key or touch) without any script; a mouse that rests on it opens it too.
export function openDefinitionsOnHover() {
  for (const button of document.querySelectorAll("button.term[popovertarget]")) {
    const target = document.getElementById(button.getAttribute("popovertarget"));
    let wait;
    let hovered = false;
    button.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType !== "mouse") return;
      wait = setTimeout(() => {
        if (target.matches(":popover-open")) return;
        target.showPopover({ source: button });
        hovered = true;
      }, 350);
    });
    button.addEventListener("pointerleave", () => {
      clearTimeout(wait);
      if (hovered) target.hidePopover();
      hovered = false;
    });
    button.addEventListener("click", (event) => {
      // The click that follows the hover would close what it opened; it keeps it open instead.
      if (hovered) event.preventDefault();
      hovered = false;
    });
  }
}
