/** A detector's page of documentation, from its own declaration. */
import type { Detector, FindingKind } from "../../detectors/detector.ts";
import { TAXONOMY } from "../../detectors/tags.ts";
import { settingsTable } from "./settings-table.ts";
import { table } from "./table.ts";

/** What a page is made of. */
type Documented = Pick<Detector, "id" | "version" | "about" | "settings" | "on" | "hearsLate">;

/** One detector, whole, in Markdown. */
export function detectorPage({ id, version, about, settings, on, hearsLate }: Documented): string {
  return `${[
    "<!-- Printed by npm run docs from the detector's declaration; change that, not this. -->",
    `# ${id}: ${lowerFirst(about.title)}`,
    about.summary,
    `Version ${version} · hears ${on.map((kind) => `\`${kind}\``).join(", ")} · ${lateness(hearsLate)} · [source](../${id}.ts)`,
    section("Findings", Object.entries(about.kinds).map(findingSection).join("\n\n")),
    section("Formulas", list(about.formulas.map((formula) => `\`${formula}\``))),
    ...(about.tables ?? []).map(({ title, text, columns, rows }) =>
      section(title, `${text}\n\n${table(columns, rows)}`),
    ),
    section("Settings", `Under \`detectors.${id}\` in \`offgraph.yaml\`.\n\n${settingsTable(settings)}`),
    section("Blind spots", list(about.blindSpots)),
    section("False positives", list(about.falsePositives)),
    section("Runbook", about.runbook.map((step, at) => `${at + 1}. ${step}`).join("\n")),
    section("References", list(about.references)),
  ].join("\n\n")}\n`;
}

/** The catalogue as a table of links. */
export function detectorIndex(detectors: readonly Detector[]): string {
  const rows = detectors.map(({ id, about }: Documented) => [
    `[${id}](docs/${id}.md)`,
    about.title,
    Object.entries(about.kinds)
      .map(([kind, { severity }]) => `\`${kind}\` (${severity})`)
      .join(", "),
  ]);
  return table(["detector", "sees", "findings"], rows);
}

function findingSection([kind, { severity, evidence, fires, silencedBy, tags }]: [
  string,
  FindingKind,
]): string {
  return [
    `### \`${kind}\`: ${severity}, ${evidence}`,
    list([`Fires when ${fires}.`, `Silenced by ${silencedBy}.`, `Tags: ${tags.map(tagText).join("; ")}.`]),
  ].join("\n\n");
}

function tagText(tag: keyof typeof TAXONOMY): string {
  const { attack, atlas, owaspAgentic, owaspNhi } = TAXONOMY[tag];
  const lists = [
    ["ATT&CK", attack],
    ["ATLAS", atlas],
    ["OWASP Agentic", owaspAgentic],
    ["OWASP NHI", owaspNhi],
  ] as const;
  return lists.map(([name, ids]) => `${name} ${ids.join(", ")}`).join("; ");
}

const lateness = (hearsLate: boolean) => (hearsLate ? "hears late events too" : "does not hear late events");
const section = (title: string, body: string) => `## ${title}\n\n${body}`;
const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join("\n");
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
