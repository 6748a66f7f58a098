import { NoAnswer } from "../errors.js";
import { type Answer, isRepeatable, type Outcome, pauseAfter } from "./repeats.js";
import type { TokenSource } from "./tokens.js";
import { abortable, sleep, within } from "./waiting.js";

const UNAUTHORIZED = 401;
const WITHOUT_BODY = new Set([204, 205, 304]);
/** BookMe answers within 10 s, and requests that read a calendar within a minute. */
const ATTEMPT = 15_000;
const CALENDAR_ATTEMPT = 65_000;
const CALENDAR = /\/bookme\/config\/calendars\/[^/]+\/(file|refresh)$/;

/** A request that is about to be repeated, for your log. */
export interface Repeat {
  readonly method: string;
  readonly url: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The answer's status, if there was an answer. */
  readonly status: number | undefined;
  /** The failure, if there was no answer. */
  readonly failure: unknown;
  /** Milliseconds until the next attempt. */
  readonly pause: number;
}

export interface SenderSettings {
  readonly fetch: typeof globalThis.fetch;
  readonly token?: TokenSource | undefined;
  /** Milliseconds for a request with all its repeats. A request that reads a calendar has 50 s more. */
  readonly timeout: number;
  readonly onRepeat?: ((repeat: Repeat) => void) | undefined;
}

interface Prepared {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: ArrayBuffer | undefined;
  readonly signal: AbortSignal;
  readonly attemptTime: number;
  readonly repeatable: boolean;
}

/** Sends requests with an access token, and repeats them where that is safe. */
export class Sender {
  readonly #settings: SenderSettings;

  constructor(settings: SenderSettings) {
    this.#settings = settings;
  }

  /**
   * Send the request, and return the first final answer, whatever its status. `repeatable` overrides the rule for
   * this kind of request. Throws NoAnswer if the time is over, and the reason of the request's signal.
   */
  async send(request: Request, repeatable?: boolean): Promise<Response> {
    const prepared = await prepare(request, repeatable);
    const end = performance.now() + this.#settings.timeout + (prepared.attemptTime - ATTEMPT);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(prepared, end);
      const pause = pauseAfter(outcome, attempt, prepared.repeatable);
      if (pause === undefined || performance.now() + pause >= end) return settled(outcome, prepared);
      this.#report(prepared, outcome, attempt, pause);
      await sleep(pause, prepared.signal);
    }
  }

  /** Send the request once, and once more with a new token if BookMe refuses the token. */
  async #attempt(request: Prepared, end: number): Promise<Outcome> {
    const token = await this.#token(request.signal);
    const outcome = await this.#fetch(request, token, end);
    if (token === undefined || "failure" in outcome || outcome.response.status !== UNAUTHORIZED) return outcome;
    const renewed = await this.#token(request.signal, token);
    return renewed === token ? outcome : await this.#fetch(request, renewed, end);
  }

  async #token(signal: AbortSignal, refused?: string): Promise<string | undefined> {
    return await abortable(Promise.resolve(this.#settings.token?.(refused)), signal);
  }

  /** The whole body is read here, so that an answer that breaks off counts as no answer. */
  async #fetch(request: Prepared, token: string | undefined, end: number): Promise<Outcome> {
    const time = Math.min(end - performance.now(), request.attemptTime);
    const headers = new Headers(request.headers);
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    const { method, url, body } = request;
    try {
      return await within(time, request.signal, async (signal) => {
        const response = await this.#settings.fetch(url, { method, headers, body: body ?? null, signal });
        return { response, body: await response.arrayBuffer() };
      });
    } catch (failure) {
      request.signal.throwIfAborted();
      return { failure };
    }
  }

  #report(request: Prepared, outcome: Outcome, attempt: number, pause: number): void {
    const status = "failure" in outcome ? undefined : outcome.response.status;
    const failure = "failure" in outcome ? outcome.failure : undefined;
    this.#settings.onRepeat?.({ method: request.method, url: request.url, attempt, status, failure, pause });
  }
}

/** Read the request, so that it can be sent several times. Each `POST` to BookMe gets a key that names it. */
async function prepare(request: Request, repeatable?: boolean): Promise<Prepared> {
  const { method, url, signal } = request;
  const { pathname } = new URL(url);
  const headers = new Headers(request.headers);
  const takesKey = method === "POST" && /\/(bookme|config)\//.test(pathname);
  if (takesKey && !headers.has("Idempotency-Key")) headers.set("Idempotency-Key", crypto.randomUUID());
  const content = method === "GET" || method === "HEAD" ? undefined : await request.arrayBuffer();
  const attemptTime = CALENDAR.test(pathname) ? CALENDAR_ATTEMPT : ATTEMPT;
  const body = content?.byteLength ? content : undefined;
  repeatable ??= isRepeatable(method, pathname, headers);
  return { method, url, headers, body, signal, attemptTime, repeatable };
}

function settled(outcome: Outcome, request: Prepared): Response {
  if ("failure" in outcome) throw new NoAnswer(request.method, request.url, outcome.failure);
  return rebuilt(outcome);
}

function rebuilt({ response, body }: Answer): Response {
  const { status, statusText, headers } = response;
  return new Response(WITHOUT_BODY.has(status) ? null : body, { status, statusText, headers });
}
