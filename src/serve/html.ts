/** Returns cells of the head of a table. */
export function columns(...titles: string[]): string[] {
  return titles.map((title) => `<th scope="col">${title}</th>`);
}

/** Returns a table of these rows. `kind` is a class of the style. */
export function table(kind: string, head: readonly string[], rows: readonly string[]): string {
  return `<table class="${kind}">
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

/** Returns a text for HTML, also inside of quotes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Returns sentences as HTML. Words in backticks become code. */
export function sentences(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
