/** The settings under which the service is killed: it acts by itself. */
export const ENFORCING = {
  partitions: 4,
  playbook: [
    { name: "quarantine-agent", when: { minSeverity: "high" }, do: "quarantine", mode: "enforce" },
    {
      name: "stop-refreshing",
      when: { detectors: ["refresh-storm"], minSeverity: "medium" },
      do: "quarantine",
      mode: "enforce",
    },
    {
      name: "revoke-token",
      when: { minSeverity: "high", evidence: ["invariant"] },
      do: "revoke-token",
      mode: "enforce",
    },
  ],
  responder: { maxActionsPer10Min: 10_000 },
};
