/** Puts tables between their markers, `<!-- NAME: printed by npm run docs -->` and `<!-- end of NAME -->`; the rest stays. */
export function withTables(path: string, text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((page, [name, printed]) => between(path, page, name, printed), text);
}

function between(path: string, page: string, name: string, printed: string): string {
  const begin = `<!-- ${name}: printed by npm run docs -->`;
  const end = `<!-- end of ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${printed}\n\n${page.slice(to)}`;
}
