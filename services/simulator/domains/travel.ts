import { closedSlot, type Domain, growingSlot, loop, maybe, reads, sends, writes } from "../domain.ts";

/** Plans, books and changes business trips. */
export const travel: Domain = {
  name: "travel",
  owner: "people-team",
  rhythm: { kind: "always", sessionsPerDay: 24 },
  tokens: "session",
  subject: "employee",
  businessAction: "trip",
  slots: {
    employee: growingSlot("employee-{}@example.com", 0.6),
    route: growingSlot("route {}", 0.8),
    trip: growingSlot("trip-{}", 0.9),
    hotel: growingSlot("hotel-{}", 0.75),
    policy: closedSlot("travel-policy-{}", 2),
    agency: closedSlot("bookings@agency-{}.example.com", 3),
  },
  workflows: [
    {
      name: "Plan a trip",
      weight: 4,
      steps: [
        reads("policies", "read_policy", "policy"),
        loop(0.6, reads("flights", "search", "route")),
        loop(0.5, reads("hotels", "search", "route"), maybe(0.5, reads("hotels", "read_reviews", "hotel"))),
        writes("trips", "save_plan", "trip"),
      ],
    },
    {
      name: "Book a trip",
      weight: 3,
      steps: [
        reads("trips", "read_plan", "trip"),
        reads("flights", "check_price", "route"),
        writes("flights", "reserve", "route"),
        sends("mail", "send_booking", "agency"),
        writes("calendar", "add_trip", "trip"),
      ],
    },
    {
      name: "Change a booking",
      weight: 2,
      steps: [
        reads("trips", "read_booking", "trip"),
        loop(0.4, reads("flights", "search", "route")),
        writes("flights", "change", "trip"),
        maybe(0.4, writes("calendar", "move_trip", "trip")),
      ],
    },
  ],
};
