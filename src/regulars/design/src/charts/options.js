// From a figure's plain description (made in Python, read from the page's JSON) to the options of ECharts.
// `bars` stand over named periods, `lines` over periods or over a number; `flows` lead from one day to another.

import { flows } from "./flows.js";
import { formatter } from "./formats.js";

export function options(spec, colours, { width, still }) {
  if (spec.kind === "flows") return flows(spec, colours, { width, still });
  const base = {
    animation: !still,
    animationDuration: 400,
    textStyle: { fontFamily: colours.font, color: colours.inkSoft, fontSize: 12 },
    grid: {
      left: 4,
      right: spec.endLabels ? 52 : 16,
      top: 22,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "all",
    },
    xAxis: xAxis(spec, colours, width),
    yAxis: yAxis(spec, colours),
    tooltip: tooltip(spec, colours),
  };
  const draw = spec.kind === "bars" ? bars : lines;
  return { ...base, series: draw(spec, colours) };
}

function xAxis({ x, kind }, colours, width) {
  const shared = {
    name: x.name,
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: colours.inkSoft },
    axisLine: { lineStyle: { color: colours.line }, onZero: false },
    axisTick: { show: false },
    axisLabel: { color: colours.inkSoft, hideOverlap: true },
    splitLine: { show: false },
  };
  if (x.labels) {
    // Labels are all shown where they fit, else as many as fit evenly.
    const needed = x.labels.reduce((sum, label) => sum + 6.5 * label.length + 10, 0);
    const axisLabel = { ...shared.axisLabel, interval: needed < width - 60 ? 0 : "auto" };
    return { ...shared, axisLabel, type: "category", data: x.labels, boundaryGap: kind === "bars" };
  }
  return {
    ...shared,
    type: "value",
    min: x.min,
    max: x.max,
    splitNumber: width < 480 ? 4 : 6,
    // The end of a count of days is no round number, and says nothing.
    axisLabel: { ...shared.axisLabel, showMaxLabel: x.format === "percent", formatter: formatter(x, { compact: true }) },
  };
}

function yAxis({ y }, colours) {
  return {
    type: "value",
    min: y.min,
    max: y.max,
    splitNumber: 4,
    // What is counted has no fractions.
    minInterval: y.format === "number" && !y.digits ? 1 : 0,
    // Shares of a whole are marked by quarters.
    interval: y.format === "percent" && y.max === 1 ? 0.25 : undefined,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: colours.inkSoft, formatter: ticks(y) },
    splitLine: { lineStyle: { color: colours.lineSoft } },
  };
}

function ticks(y) {
  const write = formatter(y, { compact: true });
  return (value) => write(y.signless ? Math.abs(value) : value);
}

function tooltip(spec, colours) {
  const value = formatter(spec.y);
  const position = spec.x.labels ? (index) => spec.x.labels[index] : formatter(spec.x);
  return {
    trigger: "axis",
    renderMode: "richText",
    confine: true,
    backgroundColor: colours.panel,
    borderColor: colours.line,
    textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 12, lineHeight: 18 },
    axisPointer: {
      type: spec.kind === "bars" ? "shadow" : "line",
      shadowStyle: { color: colours.lineSoft, opacity: 0.6 },
      lineStyle: { color: colours.line },
      label: { show: false },
    },
    formatter: (points) => {
      const named = points.filter((point) => point.seriesName && !point.seriesName.startsWith("\u0000"));
      if (!named.length) return "";
      const first = named[0];
      const heading = spec.x.labels
        ? spec.x.labels[first.dataIndex] + (spec.partial?.[first.dataIndex] ? ` ${spec.partialLabel}` : "")
        : `${spec.x.name}: ${position(first.value[0])}`;
      const rows = named.map((point) => {
        const raw = Array.isArray(point.value) ? point.value[1] : point.value;
        return `${point.seriesName}: ${value(spec.y.signless ? Math.abs(raw) : raw)}`;
      });
      return [heading, ...rows].join("\n");
    },
  };
}

function bars(spec, colours) {
  const value = formatter(spec.y, { compact: true });
  const totals = spec.x.labels.map((_, i) => spec.series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0));
  const top = spec.series.length - 1;
  return spec.series.map((one, index) => ({
    name: one.name,
    type: "bar",
    stack: spec.stacked ? "all" : undefined,
    barMaxWidth: 44,
    barCategoryGap: "28%",
    emphasis: { disabled: true },
    itemStyle: { color: colours.tone(one.tone), borderRadius: 2, borderColor: colours.panel, borderWidth: 1 },
    data: one.values.map((each, i) => ({ value: each, itemStyle: { opacity: spec.partial?.[i] ? 0.45 : 1 } })),
    label: {
      show: Boolean(spec.labelled) && index === top,
      position: "top",
      color: colours.ink,
      fontWeight: 600,
      formatter: ({ dataIndex }) => (spec.labelled?.includes(dataIndex) ? value(totals[dataIndex]) : ""),
    },
  }));
}

function lines(spec, colours) {
  const value = formatter(spec.y);
  const points = (one, values) => (one.at ? values.map((each, i) => [one.at[i], each]) : values);
  return spec.series.flatMap((one, index) => {
    const color = colours.tone(one.tone);
    const line = {
      name: one.name,
      type: "line",
      step: one.step ? "end" : false,
      showSymbol: Boolean(one.symbols),
      symbol: "circle",
      symbolSize: 7,
      emphasis: { disabled: true },
      z: 3,
      lineStyle: { color, width: one.thin ? 1.4 : 2, type: one.dashed ? [5, 4] : "solid" },
      itemStyle: { color },
      data: points(one, one.values),
      endLabel: {
        show: Boolean(spec.endLabels && one.endLabel),
        color,
        fontWeight: 600,
        formatter: ({ value: last }) => value(Array.isArray(last) ? last[1] : last),
      },
    };
    return one.low ? [...band(one, points, color, index), line] : [line];
  });
}

// A band is drawn as its lower edge, unseen, with the height above it stacked and filled.
function band(one, points, color, index) {
  const edge = {
    type: "line",
    step: one.step ? "end" : false,
    stack: `band ${index}`,
    stackStrategy: "all",
    showSymbol: false,
    silent: true,
    emphasis: { disabled: true },
    lineStyle: { opacity: 0 },
  };
  return [
    { ...edge, name: `\u0000low ${index}`, data: points(one, one.low) },
    {
      ...edge,
      name: `\u0000high ${index}`,
      data: points(one, one.high.map((high, i) => high - one.low[i])),
      areaStyle: { color, opacity: 0.13 },
    },
  ];
}
