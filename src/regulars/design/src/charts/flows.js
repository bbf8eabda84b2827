// Flows between two days: bands from what was at the left to what is at the right, in the order in which they are told.

export function flows(spec, colours, { width, still }) {
  const narrow = width < 520;
  const margin = narrow ? 92 : 150;
  return {
    animation: !still,
    animationDuration: 400,
    textStyle: { fontFamily: colours.font, color: colours.inkSoft, fontSize: 12 },
    tooltip: {
      trigger: "item",
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.panel,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 12, lineHeight: 18 },
      formatter: ({ data }) => data.text,
    },
    series: [
      {
        type: "sankey",
        left: margin,
        right: margin,
        top: 8,
        bottom: 8,
        nodeWidth: 10,
        nodeGap: 10,
        draggable: false,
        // None of its own: segments stand from the best to the lost at both sides.
        layoutIterations: 0,
        emphasis: { focus: "adjacency", lineStyle: { opacity: 0.75 } },
        blur: { lineStyle: { opacity: 0.08 } },
        data: spec.nodes.map((node) => ({
          name: node.id,
          text: node.text,
          depth: node.side === "left" ? 0 : 1,
          itemStyle: { color: colours.look(node.look), borderWidth: 0 },
          label: {
            position: node.side,
            color: colours.ink,
            fontSize: narrow ? 11 : 12,
            width: margin - 10,
            overflow: narrow ? "break" : "truncate",
            lineHeight: 13,
            formatter: node.label,
          },
        })),
        links: spec.links.map((link) => ({
          source: link.from,
          target: link.to,
          value: link.value,
          text: link.text,
          lineStyle: { color: colours.tone(link.tone), opacity: link.faint ? 0.18 : 0.5, curveness: 0.5 },
        })),
      },
    ],
  };
}
