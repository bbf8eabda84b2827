// The report's behaviour: charts, the table behind each, its download, and definitions on hover. Everything else is
// plain HTML, and without this script the tables show.

import "./report.css";
import { drawAll } from "./charts/draw.js";

const figures = JSON.parse(document.getElementById("figures").textContent);

document.documentElement.classList.add("scripted");
drawAll(figures);

for (const tools of document.querySelectorAll("[data-tools]")) {
  tools.hidden = false;
  const name = tools.dataset.tools;
  const figure = tools.closest("figure");
  tools.querySelector("[data-toggle]")?.addEventListener("click", (event) => {
    const shown = figure.classList.toggle("show-table");
    event.currentTarget.setAttribute("aria-pressed", String(shown));
  });
  tools.querySelector("[data-download]").addEventListener("click", () => download(figures[name]));
}

function download({ csv, file }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv;charset=utf-8" }));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A definition opens by its button (click, key or touch) without any script; a mouse that rests on it opens it too.
for (const button of document.querySelectorAll("button[popovertarget]")) {
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
