/** HTML in which text from outside can be nothing but text. */

/** HTML that is known to be well made. */
export interface Markup {
  readonly markup: string;
}

type Insertion = string | number | Markup | readonly Markup[];

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template: what is put in is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Insertion[]): Markup {
  const written = strings.map((text, at) => text + (at < parts.length ? writtenOf(parts[at] ?? "") : ""));
  return { markup: written.join("") };
}

function writtenOf(part: Insertion): string {
  if (Array.isArray(part)) return part.map(({ markup }: Markup) => markup).join("\n");
  if (typeof part === "object" && "markup" in part) return part.markup;
  return String(part).replace(/[&<>"']/g, (sign) => NAMED[sign] ?? "");
}

/** Longer cells are sentences: they stand to the left and may be broken. */
const LONGEST_FIGURE = 30;

/** A table with a title for each column. */
export function htmlTable(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Markup {
  const kind = (value: string | number) => (String(value).length > LONGEST_FIGURE ? "words" : "figure");
  const cell = (value: string | number, at: number) =>
    at === 0 ? html`<th scope="row">${value}</th>` : html`<td class="${kind(value)}">${value}</td>`;
  return html`<div class="wide"><table>
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
</table></div>`;
}
