// The till: one field has the focus, whatever is touched beside it, so that a scanner always finds it. Without scripts all
// works, but one clicks into the field.

const HELD = "a, button, input, select, textarea, summary, [tabindex], dialog";

export function keepTill() {
  const till = document.querySelector(".till");
  if (!till) return;
  const field = () => till.querySelector("[data-till-field]");
  const focus = () => {
    if (document.querySelector("dialog[open]")) return;
    const entry = field();
    entry?.focus({ preventScroll: true });
    entry?.setSelectionRange(entry.value.length, entry.value.length);
  };

  // On a touch screen the page's own keys stand there, and the screen's would cover half of it.
  if (matchMedia("(pointer: coarse)").matches && till.querySelector("[data-till-key]")) {
    field()?.setAttribute("inputmode", "none");
  }

  document.addEventListener("click", ({ target }) => {
    const key = target.closest("[data-till-key]");
    if (key) press(field(), key.dataset.tillKey);
    if (key || !target.closest(HELD) || target.id === "content" || target.closest(".till-tender, .till-pays")) focus();
  });
  document.addEventListener("close", focus, true);
  // What is asked for anew takes away what had the focus.
  document.body.addEventListener("htmx:afterSettle", () => {
    if (document.activeElement === document.body) focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyped = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isTyped && document.activeElement === document.body) focus();
    if (event.key !== "Escape" || document.querySelector("dialog[open], details.menu[open]")) return;
    location.assign(till.querySelector("[data-till-home]").href);
  });
  for (const form of till.querySelectorAll("[data-till-fades]")) fade(form);
  focus();
}

function press(entry, key) {
  if (!entry) return;
  entry.value = key === "back" ? entry.value.slice(0, -1) : entry.value + key;
  entry.dispatchEvent(new Event("input", { bubbles: true }));
}

// What can be undone for a minute is offered as long, and says so.
function fade(form) {
  const ends = performance.now() + Number(form.dataset.tillFades) * 1000;
  const seconds = form.querySelector("[data-till-seconds]");
  const timer = setInterval(() => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    if (left > 0) {
      seconds.textContent = `${left} s`;
      return;
    }
    clearInterval(timer);
    form.remove();
  }, 500);
}
