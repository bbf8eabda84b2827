// The report's behaviour: charts, the table behind each, its download, and definitions on hover. Everything else is
// plain HTML, and without this script the tables show.

import "./report.css";
import { drawAll } from "./charts/draw.js";
import { openDefinitionsOnHover } from "./definitions.js";

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

openDefinitionsOnHover();
