import type { AnyPath, Api, RequestOptions } from "./api.js";
import { unwrap } from "./errors.js";
import { nextCursor, type Page, Pages } from "./pages.js";
import type { components, paths } from "./schema.js";
import type { BookMeEvent } from "./webhooks.js";

type Answered<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Content } } } };
}
  ? Content
  : never;

/** Paths whose answer is a list. */
export type ListPath = { [Path in keyof paths]: Answered<Path> extends unknown[] ? Path : never }[keyof paths];
export type ItemOf<Path extends ListPath> = Answered<Path> extends (infer Item)[] ? Item : never;

/** Parameters of a path, without the cursor: the list follows that itself. */
export type ListParameters<Path extends keyof paths> = paths[Path] extends { get: { parameters: infer Parameters } }
  ? { [Place in keyof Parameters]: Omit<NonNullable<Parameters[Place]>, "cursor"> }
  : never;

/** Query of `GET /bookme/events`. `cursor` is that of the last page which you have processed. */
export type EventsQuery = NonNullable<paths["/bookme/events"]["get"]["parameters"]["query"]>;

export interface EventPage extends Page<BookMeEvent> {
  /** Keep it with the result of your work, and begin there next time. Also a page without events has one. */
  readonly cursor: string;
}

interface Given {
  readonly query?: object;
}

/** The list at a path. Types come from the callers: the function itself works with every path. */
export function listAt<Item>(api: Api, path: ListPath, parameters: Given, options: RequestOptions): Pages<Item> {
  const get = api.GET as AnyPath;
  return new Pages(async (cursor) => {
    const query = cursor === undefined ? parameters.query : { ...parameters.query, cursor };
    const answer = await get(path, { params: { ...parameters, query }, signal: options.signal ?? null });
    return { items: unwrap(answer) as Item[], next: nextCursor(answer.response) };
  });
}

/** The event log, up to its present end. */
export function eventsOf(api: Api, query: EventsQuery, { signal }: RequestOptions): Pages<BookMeEvent, EventPage> {
  return new Pages(async (next) => {
    const params = { query: next === undefined ? query : { ...query, cursor: next } };
    const answer = await api.GET("/bookme/events", { params, signal: signal ?? null });
    const { events, cursor }: components["schemas"]["Events"] = unwrap(answer);
    return { items: events, next: nextCursor(answer.response), cursor };
  });
}
