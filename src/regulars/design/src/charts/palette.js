// The tokens of tokens.css as a chart needs them: plain colour values, read anew whenever the scheme changes.

export function palette() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    // The tones of segments and tags.
    look: (name) => token({ good: "good", info: "info", warn: "attention", bad: "loss" }[name] ?? "edge"),
    tone: (name) => token(`tone-${name}`),
    ink: token("ink"),
    inkSoft: token("ink-soft"),
    line: token("line"),
    lineSoft: token("line-soft"),
    panel: token("panel"),
    font: token("font"),
  };
}
