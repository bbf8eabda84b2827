// The lines of a filter are drawn anew when what is asked changes. What one types meanwhile stays, and is sent.
// A line that was added, or that a chip leads to, is where one begins.

export function keepWhatIsTyped() {
  let typed = null;
  document.addEventListener("htmx:oobBeforeSwap", ({ target }) => {
    const field = document.activeElement;
    const isTyping = target.id === "filter-lines" && target.contains(field) && field.matches("input[name]");
    typed = isTyping ? { name: field.name, type: field.type, value: field.value } : null;
  });
  document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
    const kept = typed;
    typed = null;
    if (target.id === "filter-lines") begin();
    const field = kept && document.querySelector(`#filter-lines input[name="${kept.name}"]`);
    if (!field || field.type !== kept.type) return;
    field.focus();
    if (field.value === kept.value) return;
    // When it listens: until then it would take what is put back for what it had from the beginning.
    setTimeout(() => {
      field.value = kept.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
  begin();
}

function begin() {
  // When htmx has given the focus back to what had it.
  setTimeout(() => document.querySelector("#filter-lines [data-begins]")?.focus());
}
