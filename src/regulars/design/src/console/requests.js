// What is sent, is sent once, and a failure is told.

import { toast } from "./toasts.js";

// A second click before the answer would do the thing twice.
export function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A file that is fetched leaves the page as it is.
    if (event.defaultPrevented || form.method !== "post" || event.submitter?.hasAttribute("data-again")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
      button.setAttribute("aria-busy", "true");
    }
  });
  // A page that comes back from the browser's cache may send again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });
}

// A filter is applied when it changes; without scripts its form has a button.
export function sendOnChange() {
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-send]")) target.form.requestSubmit();
  });
}

export function tellFailures() {
  const { notReached, notDone } = document.body.dataset;
  for (const [event, text] of [["htmx:sendError", notReached], ["htmx:responseError", notDone]]) {
    document.body.addEventListener(event, ({ detail }) => {
      // A panel whose content did not come would wait for ever; where it closes, its button asks again.
      if (detail.target?.matches("[data-asked-for]")) detail.target.closest("dialog").close();
      toast(text, "bad");
    });
  }
}
