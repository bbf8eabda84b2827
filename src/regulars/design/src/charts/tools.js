// What one can do with a figure: see its table, and take it as a file.

export function offerTools(figure, { csv, file }) {
  const tools = figure.querySelector("[data-tools]");
  if (!tools) return;
  tools.hidden = false;
  tools.querySelector("[data-toggle]")?.addEventListener("click", (event) => {
    const shown = figure.classList.toggle("show-table");
    event.currentTarget.setAttribute("aria-pressed", String(shown));
  });
  tools.querySelector("[data-download]")?.addEventListener("click", () => download(csv, file));
}

function download(csv, file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv;charset=utf-8" }));
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
