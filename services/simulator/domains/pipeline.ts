import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Loads, checks and exports data by a timetable. */
export const pipeline: Domain = {
  name: "pipeline",
  owner: "analytics",
  rhythm: { kind: "cron", everyMinutes: 40 },
  tokens: "hourly",
  slots: {
    bucket: closedSlot("landing-{}", 2),
    object: growingSlot("exports/batch-{}.parquet", 0.9),
    table: closedSlot("warehouse.sales_{}", 3),
    check: closedSlot("check-{}", 3),
    channel: closedSlot("channel-{}", 2),
    host: closedSlot("files-{}.partner.example.net", 3),
  },
  workflows: [
    {
      name: "Load daily sales",
      weight: 4,
      steps: [
        reads("storage", "list_objects", "bucket"),
        loop(0.6, reads("storage", "read_object", "object")),
        writes("warehouse", "load_table", "table"),
        maybe(0.5, reads("warehouse", "count_rows", "table")),
      ],
    },
    {
      name: "Check data quality",
      weight: 3,
      steps: [
        reads("warehouse", "list_tables"),
        loop(0.7, reads("warehouse", "run_check", "check")),
        writes("chat", "post_report", "channel"),
      ],
    },
    {
      name: "Export to partners",
      weight: 3,
      steps: [
        reads("warehouse", "run_query", "table"),
        writes("storage", "write_object", "object"),
        sends("transfer", "upload_file", "host"),
        reads("transfer", "read_receipt", "host"),
      ],
    },
  ],
};
