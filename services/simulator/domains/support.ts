import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Answers customers, refunds them, hands the hard cases to people. */
export const support: Domain = {
  name: "support",
  owner: "customer-care",
  rhythm: { kind: "always", sessionsPerDay: 30 },
  tokens: "hourly",
  subject: "customer",
  businessAction: "ticket",
  slots: {
    customer: growingSlot("customer-{}@example.org", 0.8),
    ticket: growingSlot("ticket-{}", 0.9),
    order: growingSlot("order-{}", 0.85),
    topic: growingSlot("how to {}", 0.7),
    rota: closedSlot("rota-{}", 2),
    desk: closedSlot("desk-{}@example.com", 3),
  },
  workflows: [
    {
      name: "Resolve a ticket",
      weight: 5,
      steps: [
        reads("tickets", "read_ticket", "ticket"),
        reads("crm", "find_customer", "customer"),
        loop(
          0.5,
          reads("documents", "search_articles", "topic"),
          maybe(0.4, reads("documents", "read_article")),
        ),
        maybe(0.35, reads("orders", "read_order", "order")),
        writes("tickets", "reply", "ticket"),
        maybe(0.5, writes("tickets", "close", "ticket")),
      ],
    },
    {
      name: "Refund an order",
      weight: 2,
      steps: [
        reads("tickets", "read_ticket", "ticket"),
        reads("orders", "read_order", "order"),
        reads("documents", "read_refund_policy"),
        sends("orders", "refund", "order"),
        writes("tickets", "reply", "ticket"),
      ],
    },
    {
      name: "Escalate to a person",
      weight: 2,
      steps: [
        reads("tickets", "read_ticket", "ticket"),
        loop(0.3, reads("crm", "read_history", "ticket")),
        reads("calendar", "find_on_call", "rota"),
        sends("mail", "forward_ticket", "desk"),
        writes("tickets", "assign", "rota"),
      ],
    },
  ],
};
