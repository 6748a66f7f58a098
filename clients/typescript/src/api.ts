import type { Client } from "openapi-fetch";
import type { paths } from "./schema.js";

/** One function for each HTTP method, with the paths and types of the OpenAPI document. */
export type Api = Client<paths>;

export interface RequestOptions {
  /** Stops the request and its repeats. BookMe has perhaps carried it out nevertheless. */
  signal?: AbortSignal | undefined;
}

/** A function of `Api` for paths that are variable. */
export type AnyPath = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
