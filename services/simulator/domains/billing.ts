import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Pays suppliers, answers questions about bills, chases debts. */
export const billing: Domain = {
  name: "billing",
  owner: "finance",
  rhythm: { kind: "office", sessionsPerDay: 28 },
  tokens: "session",
  businessAction: "case",
  slots: {
    case: growingSlot("case-{}", 0.9),
    ledger: closedSlot("ledger-{}", 2),
    payee: closedSlot("accounts@supplier-{}.example.com", 3),
    invoice: growingSlot("INV-{}", 0.85),
    ticket: growingSlot("ticket-{}", 0.9),
    customer: growingSlot("customer-{}@example.org", 0.8),
    topic: growingSlot("policy on topic {}", 0.7),
  },
  workflows: [
    {
      name: "Pay supplier invoices",
      weight: 3,
      steps: [
        reads("erp", "list_invoices", "ledger"),
        loop(
          0.5,
          reads("erp", "read_invoice", "invoice"),
          maybe(0.4, reads("erp", "match_order", "invoice")),
        ),
        writes("erp", "approve_invoice", "invoice"),
        sends("payments", "transfer_money", "payee"),
        writes("erp", "mark_paid", "invoice"),
      ],
    },
    {
      name: "Answer a billing question",
      weight: 4,
      steps: [
        reads("tickets", "read_ticket", "ticket"),
        reads("erp", "find_customer", "customer"),
        loop(0.4, reads("erp", "read_invoice", "invoice")),
        maybe(0.35, reads("documents", "search_policies", "topic")),
        writes("tickets", "reply", "ticket"),
      ],
    },
    {
      name: "Chase overdue invoices",
      weight: 2,
      steps: [
        reads("erp", "list_overdue", "ledger"),
        loop(0.6, reads("erp", "read_invoice", "invoice"), sends("mail", "send_reminder", "customer")),
        writes("erp", "note_reminder", "ledger"),
      ],
    },
  ],
};
