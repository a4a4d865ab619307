/**
 * Taxonomy of findings as data, because the lists are renumbered: MITRE ATT&CK v19, ATLAS 5.6, OWASP Agentic 2026,
 * OWASP Non-Human Identities 2025. A detector names a behaviour, and this table says how each list calls it.
 */
export const TAXONOMY = {
  "out-of-graph-access": {
    attack: ["T1078.004"],
    atlas: ["AML.T0053"],
    owaspAgentic: ["ASI01", "ASI02", "ASI10"],
    owaspNhi: ["NHI5:2025"],
  },
  "token-theft": {
    attack: ["T1550.001", "T1528"],
    atlas: ["AML.T0091.000"],
    owaspAgentic: ["ASI03"],
    owaspNhi: ["NHI2:2025", "NHI9:2025"],
  },
  "token-after-end": {
    attack: ["T1078.004", "T1550.001"],
    atlas: ["AML.T0091.000"],
    owaspAgentic: ["ASI03", "ASI10"],
    owaspNhi: ["NHI1:2025", "NHI7:2025"],
  },
  "refresh-storm": {
    attack: ["T1499.003"],
    atlas: ["AML.T0034.002", "AML.T0029"],
    owaspAgentic: ["ASI08"],
    owaspNhi: ["NHI7:2025"],
  },
} as const;
export type Taxonomy = keyof typeof TAXONOMY;
