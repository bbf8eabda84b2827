// The lines of a filter are drawn anew when what is asked changes. What one types meanwhile stays, and is sent.

export function keepWhatIsTyped() {
  let typed = null;
  document.addEventListener("htmx:oobBeforeSwap", ({ target }) => {
    const field = document.activeElement;
    const isTyping = target.id === "filter-lines" && target.contains(field) && field.matches("input[name]");
    typed = isTyping ? { name: field.name, type: field.type, value: field.value } : null;
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    const kept = typed;
    typed = null;
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
}
