// Draw the figures of a page, and keep them right when the width, the scheme or the medium changes.

import { BarChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { options } from "./options.js";
import { palette } from "./palette.js";

use([BarChart, LineChart, SankeyChart, GridComponent, TooltipComponent, SVGRenderer]);

// An A4 page with the margins of report.css, less the card's padding, in CSS pixels.
const PAPER = { width: 660, height: 230 };

const drawn = new Map();
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export function draw(plot, spec) {
  const watching = new ResizeObserver(() => fit(plot));
  drawn.set(plot, { chart: init(plot, null, { renderer: "svg" }), spec, watching });
  render(plot);
  watching.observe(plot);
}

// What was taken out of the page is drawn no more.
export function forgetGone() {
  for (const [plot, { chart, watching }] of drawn) {
    if (plot.isConnected) continue;
    // It would tell of the size of a chart that is gone.
    watching.disconnect();
    chart.dispose();
    drawn.delete(plot);
  }
}

export function followChanges() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => onPaper(true));
  addEventListener("afterprint", () => onPaper(false));
}

function render(plot, { still = reducedMotion.matches } = {}) {
  const { chart, spec } = drawn.get(plot);
  chart.setOption(options(spec, palette(), { width: chart.getWidth(), still }), { notMerge: true });
}

function fit(plot) {
  const { chart } = drawn.get(plot);
  const wanted = plot.clientWidth;
  // A chart whose table is shown has no width; it keeps its own until it is seen again.
  if (!wanted || "paper" in document.documentElement.dataset) return;
  if (Math.abs(wanted - chart.getWidth()) > 1 || Math.abs(plot.clientHeight - chart.getHeight()) > 1) {
    chart.resize();
    render(plot, { still: true });
  }
}

function redraw() {
  for (const plot of drawn.keys()) render(plot, { still: true });
}

function onPaper(printing) {
  document.documentElement.toggleAttribute("data-paper", printing);
  for (const { chart } of drawn.values()) chart.resize(printing ? PAPER : undefined);
  redraw();
}
