/** Client of BookMe, a booking service for meetings. Begin with the class `BookMe`. */
export type { Api, RequestOptions } from "./api.js";
export { BookMe, type BookMeOptions, type SearchQuery } from "./client.js";
export {
  ApiError,
  BookMeError,
  NoAnswer,
  type Problem,
  type Reason,
  TokenRefused,
  unwrap,
  WebhookNotVerified,
} from "./errors.js";
export {
  Hold,
  type HoldOptions,
  type MeetingDetails,
  type Offer,
  type Plan,
  type SavedHold,
  type TimeSlot,
} from "./hold.js";
export type { EventPage, EventsQuery, ItemOf, ListPath } from "./lists.js";
export { type ChangeOptions, Meeting, type MeetingChanges, type MeetingData, type NewTime } from "./meeting.js";
export { type Page, Pages } from "./pages.js";
export type { components, operations, paths } from "./schema.js";
export type { Repeat } from "./http/sender.js";
export type { TokenSource } from "./http/tokens.js";
export { type BookMeEvent, verifyWebhook, type WebhookHeaders } from "./webhooks.js";
