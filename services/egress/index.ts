/** What other rooms see of egress. */
export { type DenialPage, type DenialSelection as DenialQuery, denialsOf, deniedUntil } from "./denials.ts";
export { type EgressOptions, startEgress } from "./egress.ts";
export { type FileFeedOptions, startFileFeed } from "./feeds/file.ts";
export { startWebhookFeed, type WebhookFeedOptions } from "./feeds/webhook.ts";
