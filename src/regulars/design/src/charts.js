// The charts of the console's pages, loaded by those that have any. Each figure carries what it is drawn from.

import { draw, followChanges, forgetGone } from "./charts/draw.js";
import { offerTools } from "./charts/tools.js";

function show(part) {
  forgetGone();
  for (const figure of part.querySelectorAll("figure[data-figure]:not([data-shown])")) {
    const data = JSON.parse(figure.dataset.figure);
    figure.dataset.shown = "";
    const plot = figure.querySelector("[data-plot]");
    if (plot) draw(plot, data.spec);
    offerTools(figure, data);
  }
}

show(document);
followChanges();
// A part of the page that htmx has put in place may have figures of its own.
document.addEventListener("htmx:afterSettle", () => show(document));
