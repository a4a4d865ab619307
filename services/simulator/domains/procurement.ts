import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Compares offers, orders from contracted vendors, follows deliveries. */
export const procurement: Domain = {
  name: "procurement",
  owner: "operations",
  rhythm: { kind: "office", sessionsPerDay: 24 },
  tokens: "session",
  businessAction: "request",
  slots: {
    request: growingSlot("request-{}", 0.9),
    offer: growingSlot("offer-{}", 0.85),
    topic: growingSlot("article {}", 0.75),
    sheet: growingSlot("sheet-{}", 0.8),
    parcel: growingSlot("parcel-{}", 0.85),
    depot: closedSlot("depot-{}", 2),
    vendor: closedSlot("orders@vendor-{}.example.com", 3),
  },
  workflows: [
    {
      name: "Compare offers",
      weight: 3,
      steps: [
        reads("purchasing", "read_request", "request"),
        loop(0.4, reads("catalogue", "search_articles", "topic")),
        loop(0.6, reads("catalogue", "read_offer", "offer")),
        writes("sheets", "save_comparison", "sheet"),
      ],
    },
    {
      name: "Place an order",
      weight: 3,
      steps: [
        reads("purchasing", "read_request", "request"),
        reads("vendors", "read_vendor", "vendor"),
        maybe(0.4, reads("vendors", "read_contract", "vendor")),
        writes("purchasing", "create_order", "request"),
        sends("mail", "send_order", "vendor"),
      ],
    },
    {
      name: "Follow deliveries",
      weight: 2,
      steps: [
        reads("purchasing", "list_open_orders", "depot"),
        loop(0.6, reads("shipping", "read_status", "parcel")),
        maybe(0.4, writes("purchasing", "update_order", "depot")),
      ],
    },
  ],
};
