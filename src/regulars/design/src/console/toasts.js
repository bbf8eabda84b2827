// Short words about what has been done. They stay until dismissed when they tell of a failure.

const SHOWN_MS = 6000;

let region;

export function dismissToasts() {
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-dismiss]")) target.closest(".toast").remove();
  });
  document.addEventListener("close", lieAbove, true);
  for (const each of document.querySelectorAll(".toasts .toast")) leave(each);
}

export function toast(text, tone) {
  // What asks again and again, as progress does, tells of its failure once.
  lieAbove();
  const shown = [...region.querySelectorAll("[data-text]")].map((each) => each.textContent);
  if (shown.includes(text)) return;
  const template = document.getElementById("toast-template");
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.add(`toast-${tone}`);
  if (tone === "bad") element.setAttribute("role", "alert");
  element.querySelector("[data-text]").textContent = text;
  region.append(element);
  leave(element);
}

// What stands outside of an open dialog lies below it, and can be neither read nor clicked.
function lieAbove() {
  region ??= document.querySelector(".toasts");
  if (!region) return;
  const place = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document.body;
  if (region.parentElement !== place) place.append(region);
}

function leave(element) {
  if (element.classList.contains("toast-bad")) return;
  let timer = setTimeout(() => element.remove(), SHOWN_MS);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => {
    timer = setTimeout(() => element.remove(), SHOWN_MS / 2);
  });
}
