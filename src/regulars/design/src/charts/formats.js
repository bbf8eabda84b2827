// Numbers on axes and in tooltips, as the reader's locale writes them.

const LOCALES = { en: "en-GB", de: "de-DE" };

export function formatter({ format, currency, digits = 0 }, { compact = false } = {}) {
  const locale = LOCALES[document.documentElement.lang] ?? document.documentElement.lang;
  const options = { maximumFractionDigits: digits, minimumFractionDigits: compact ? 0 : digits };
  if (compact) {
    Object.assign(options, { notation: "compact", maximumFractionDigits: Math.max(digits, 1) });
  }
  if (format === "percent") {
    Object.assign(options, { style: "percent", notation: "standard", maximumFractionDigits: digits });
  } else if (format === "money" && currency) {
    Object.assign(options, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  }
  const numbers = new Intl.NumberFormat(locale, options);
  return (value) => (value === null || value === undefined || Number.isNaN(value) ? "–" : numbers.format(value));
}
