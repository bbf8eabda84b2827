// The report's behaviour: charts, the table behind each, its download, and definitions on hover. Everything else is
// plain HTML, and without this script the tables show.

import "./report.css";
import { draw, followChanges } from "./charts/draw.js";
import { offerTools } from "./charts/tools.js";
import { openDefinitionsOnHover } from "./definitions.js";

const figures = JSON.parse(document.getElementById("figures").textContent);

document.documentElement.classList.add("scripted");
for (const plot of document.querySelectorAll("[data-plot]")) draw(plot, figures[plot.dataset.plot].spec);
for (const tools of document.querySelectorAll("[data-tools]")) {
  offerTools(tools.closest("figure"), figures[tools.dataset.tools]);
}
followChanges();
openDefinitionsOnHover();
