/** Rules for repeats: which requests are safe to send again, after which answers, and how long to wait before. */

const UNKNOWN_OUTCOME = new Set([502, 503, 504]);
const TOO_MANY_REQUESTS = 429;
/** Codes that `fetch` of Node.js gives as `error.cause.code`. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8_000;

/** An answer that has been read completely. */
export interface Answer {
  readonly response: Response;
  readonly body: ArrayBuffer;
}

/** Result of one attempt: an answer, or the failure that prevented one. */
export type Outcome = Answer | { readonly failure: unknown };

/**
 * Return whether the request can be sent again although BookMe has perhaps carried it out.
 *
 * BookMe recognises a repeated `POST` by its `Idempotency-Key`, and repeats of changes of time slots and meetings by
 * their content. A JSON Patch of another record may do something else the second time, and a repeat with `If-Match`
 * would be refused because of the first attempt.
 */
export function isRepeatable(method: string, path: string, headers: Headers): boolean {
  if (method === "GET" || method === "HEAD") return true;
  if (method === "POST") return headers.has("Idempotency-Key");
  if (/\/bookme\/(time-slots|meetings)\/[^/]+$/.test(path)) return true;
  return (method === "PUT" || method === "DELETE") && !headers.has("If-Match") && !headers.has("If-None-Match");
}

/**
 * Return the milliseconds to wait before the next attempt, or undefined if this outcome is final.
 *
 * A 429 with a `reason`, such as `TOO_MANY_HOLDS`, is final: no pause changes the number of holds.
 */
export function pauseAfter(outcome: Outcome, attempt: number, repeatable: boolean): number | undefined {
  if ("failure" in outcome) return repeatable || wasNeverSent(outcome.failure) ? backoff(attempt) : undefined;
  const { status, headers } = outcome.response;
  const again = status === TOO_MANY_REQUESTS ? !hasReason(outcome.body) : repeatable && UNKNOWN_OUTCOME.has(status);
  if (!again) return undefined;
  const wanted = retryAfter(headers.get("Retry-After"));
  return wanted === undefined ? backoff(attempt) : wanted * (1 + Math.random() / 4);
}

/** Return whether no connection could be opened. Browsers do not say that, so there the answer is false. */
function wasNeverSent(failure: unknown): boolean {
  const cause: unknown = failure instanceof Error ? failure.cause : undefined;
  return cause instanceof Error && "code" in cause && NOT_CONNECTED.has(String(cause.code));
}

/** Random, so that clients that failed together do not come back together. */
function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
}

/** Return the milliseconds of a `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3). */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function hasReason(body: ArrayBuffer): boolean {
  try {
    return typeof JSON.parse(new TextDecoder().decode(body)).reason === "string";
  } catch {
    return false;
  }
}
