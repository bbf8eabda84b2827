// Short words about what has been done. They stay until dismissed when they tell of a failure.

const SHOWN_MS = 6000;

export function dismissToasts() {
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-dismiss]")) target.closest(".toast").remove();
  });
  for (const each of document.querySelectorAll(".toasts .toast")) leave(each);
}

export function toast(text, tone) {
  // What asks again and again, as progress does, tells of its failure once.
  const shown = [...document.querySelectorAll(".toasts [data-text]")].map((each) => each.textContent);
  if (shown.includes(text)) return;
  const template = document.getElementById("toast-template");
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.add(`toast-${tone}`);
  if (tone === "bad") element.setAttribute("role", "alert");
  element.querySelector("[data-text]").textContent = text;
  document.querySelector(".toasts").append(element);
  leave(element);
}

function leave(element) {
  if (element.classList.contains("toast-bad")) return;
  let timer = setTimeout(() => element.remove(), SHOWN_MS);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => {
    timer = setTimeout(() => element.remove(), SHOWN_MS / 2);
  });
}
