import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** Why BookMe refused a request. A newer server can answer reasons that this version does not list. */
export type Reason = Schemas["Reason"] | (string & {});

/** The body of an error answer (RFC 9457). A newer server can send more members. */
export type Problem = Partial<Schemas["Problem"]>;

/** The base of all errors of this package. */
export class BookMeError extends Error {
  override name = "BookMeError";
}

/** BookMe refused the request, or could not carry it out. Decide by `reason`, and without one by `status`. */
export class ApiError extends BookMeError {
  override name = "ApiError";
  readonly status: number;
  /** For example `TIME_SLOT_TAKEN`. `docs/api.md` lists all reasons with what to do. */
  readonly reason: Reason | undefined;
  /** All members of the answer, for example `nextTimeSlots` of `TIME_SLOT_TAKEN`. */
  readonly problem: Problem;
  /** Other free times, if the wanted one was taken (`TIME_SLOT_TAKEN`). Give one of them to `bookme.hold`. */
  readonly nextTimeSlots: readonly Schemas["FreeTimeSlot"][];
  /** Name this id when you report a problem. */
  readonly requestId: string | undefined;

  constructor(response: Response, body: unknown) {
    const problem: Problem = typeof body === "object" && body !== null ? { ...body } : {};
    const text = problem.message ?? problem.detail ?? response.statusText;
    super(`${text} (${[response.status, problem.reason].filter(Boolean).join(" ")})`);
    this.status = response.status;
    this.reason = problem.reason;
    this.problem = problem;
    this.nextTimeSlots = problem.nextTimeSlots ?? [];
    this.requestId = problem.requestId ?? response.headers.get("X-Request-Id") ?? undefined;
  }

  /** Return whether the error has one of these reasons. */
  is(...reasons: Reason[]): boolean {
    return this.reason !== undefined && reasons.includes(this.reason);
  }
}

/**
 * No answer came within the time. `cause` is the last failure. If `mayHaveHappened`, BookMe has perhaps carried out
 * the request: read the resource, or send the same request with the same token or `Idempotency-Key`.
 */
export class NoAnswer extends BookMeError {
  override name = "NoAnswer";
  readonly mayHaveHappened: boolean;

  constructor(method: string, url: string, cause: unknown) {
    const why = cause instanceof Error ? messageOf(cause) : String(cause);
    const { origin, pathname } = new URL(url);
    super(`No answer to ${method} ${origin}${pathname}: ${why}`, { cause });
    this.mayHaveHappened = method !== "GET" && method !== "HEAD";
  }
}

/** The issuer of access tokens refused the client, for example because its secret is wrong. */
export class TokenRefused extends BookMeError {
  override name = "TokenRefused";
}

/** The request does not come from BookMe, or is older than five minutes. Answer it with status 401. */
export class WebhookNotVerified extends BookMeError {
  override name = "WebhookNotVerified";
}

/** `fetch` of Node.js says only "fetch failed", and has the failure itself as cause. */
function messageOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
}

/** Return the data of an answer of `bookme.api`. Throws ApiError if the answer is an error. */
export function unwrap<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  if (answer.response.ok) return answer.data as Data;
  throw new ApiError(answer.response, answer.error);
}
