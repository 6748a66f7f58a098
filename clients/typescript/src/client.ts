import createClient from "openapi-fetch";
import type { Api, RequestOptions } from "./api.js";
import { BookMeError } from "./errors.js";
import { type Hold, type HoldOptions, hold, type Offer, resumeHold, type SavedHold } from "./hold.js";
import {
  type EventPage,
  type EventsQuery,
  eventsOf,
  type ItemOf,
  type ListParameters,
  type ListPath,
  listAt,
} from "./lists.js";
import { type Meeting, type MeetingData, readMeeting } from "./meeting.js";
import type { Pages } from "./pages.js";
import type { components, paths } from "./schema.js";
import { type Repeat, Sender } from "./http/sender.js";
import { cachedTokens, type TokenSource } from "./http/tokens.js";
import type { BookMeEvent } from "./webhooks.js";

type Schemas = components["schemas"];
type Query<Path extends keyof paths> = ListParameters<Path> extends { query?: infer Parameters } ? Parameters : never;

/** Parameters of a search. */
export type SearchQuery = Omit<NonNullable<Query<"/bookme/time-slots/available">>, "requireEmployeeParticipation"> & {
  /** Find only times at which all `explicitEmployeeIds` are free. False if absent. */
  requireEmployeeParticipation?: boolean;
};

export interface BookMeOptions {
  /** Address of the API, for example `http://127.0.0.1:8000`. */
  baseUrl: string;
  /** The client and its secret at the issuer of access tokens. Only for servers. */
  clientId?: string | undefined;
  clientSecret?: string | undefined;
  /** Address of the issuer, whose discovery document names its token endpoint. `baseUrl` if absent. */
  issuer?: string | undefined;
  /** Token endpoint, if the issuer has no discovery document. */
  tokenUrl?: string | undefined;
  /** For example `bookme.read bookme.book`. */
  scope?: string | undefined;
  audience?: string | undefined;
  /** Instead of a client and its secret: an access token, or a function that gives one. For browsers. */
  token?: string | TokenSource | undefined;
  /** Milliseconds for one call, with all its repeats. 30,000 if absent. */
  timeout?: number | undefined;
  /** Called before each repeat of a request, for your log. */
  onRepeat?: ((repeat: Repeat) => void) | undefined;
  /** Replaces `fetch`, for example to send requests through a proxy. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** A client of BookMe. Make one for your program, and use it everywhere: it keeps the access token. */
export class BookMe {
  /** Every operation of the API, with the types of the OpenAPI document. Use `unwrap` to get the data or an error. */
  readonly api: Api;

  constructor(options: BookMeOptions) {
    const { baseUrl, timeout = 30_000, onRepeat } = options;
    if (!/^https?:/i.test(baseUrl)) throw new BookMeError(`baseUrl must begin with http: or https:, not ${baseUrl}`);
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const token = tokensOf(options, new Sender({ fetch, timeout, onRepeat }));
    const sender = new Sender({ fetch, timeout, onRepeat, token });
    this.api = createClient<paths>({ baseUrl, fetch: (request) => sender.send(request) });
  }

  /** Topics of meetings. `isCustomer: true` lists only those that customers can book. */
  topics(query: NonNullable<Query<"/bookme/meeting-topics">>, options?: RequestOptions): Pages<Schemas["Topic"]> {
    return this.pages("/bookme/meeting-topics", { query }, options);
  }

  /** Types of customers. */
  customerTypes(options?: RequestOptions): Pages<Schemas["CustomerType"]> {
    return this.pages("/config/customer-types", {}, options);
  }

  /** Employees who can be booked. */
  employees(options?: RequestOptions): Pages<Schemas["Employee"]> {
    return this.pages("/config/employees", {}, options);
  }

  /** Rooms for physical meetings. */
  rooms(options?: RequestOptions): Pages<Schemas["Room"]> {
    return this.pages("/config/rooms", {}, options);
  }

  /** Search times that you can hold now. */
  search(query: SearchQuery = {}, options: RequestOptions = {}): Pages<Schemas["AvailableTimeslot"]> {
    const asked = { requireEmployeeParticipation: false, ...query };
    return listAt(this.api, "/bookme/time-slots/available" as ListPath, { query: asked }, options);
  }

  /** Hold an offered time for a few minutes. */
  async hold(offer: Offer, options: HoldOptions = {}): Promise<Hold> {
    return await hold(this.api, offer, options);
  }

  /** Continue with a hold of another process: what `JSON.stringify(hold)` wrote there. */
  async resumeHold(saved: SavedHold, options: RequestOptions = {}): Promise<Hold> {
    return await resumeHold(this.api, saved, options);
  }

  /** Read a meeting. */
  async meeting(id: string, options: RequestOptions = {}): Promise<Meeting> {
    return await readMeeting(this.api, id, options);
  }

  /** Meetings in the order of their last change. */
  meetings(query: Query<"/bookme/meetings"> = {}, options: RequestOptions = {}): Pages<MeetingData> {
    return listAt(this.api, "/bookme/meetings" as ListPath, { query: { limit: 100, ...query } }, options);
  }

  /** Events after a cursor, up to the present end of the log. */
  events(query: EventsQuery = {}, options: RequestOptions = {}): Pages<BookMeEvent, EventPage> {
    return eventsOf(this.api, query, options);
  }

  /** The list at a path of the API, page by page. */
  pages<Path extends ListPath>(
    path: Path,
    parameters: Partial<ListParameters<Path>> = {},
    options: RequestOptions = {},
  ): Pages<ItemOf<Path>> {
    return listAt(this.api, path, parameters as object, options);
  }
}

function tokensOf(options: BookMeOptions, sender: Sender): TokenSource {
  const { token, clientId, clientSecret, issuer = options.baseUrl, tokenUrl, scope, audience } = options;
  if (token !== undefined) return typeof token === "string" ? () => token : token;
  if (!clientId || !clientSecret) throw new BookMeError("BookMe needs a clientId and a clientSecret, or a token");
  return cachedTokens({ clientId, clientSecret, issuer, tokenUrl, scope, audience }, sender);
}
