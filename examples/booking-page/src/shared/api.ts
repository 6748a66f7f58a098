/** The client of BookMe for these pages, with the access token of the development stack. */

import { BookMe, NoAnswer } from "@bookme/client";
import { currentLanguage } from "./language.ts";

export type Page = "booking" | "board";

export interface Connection {
  readonly bookme: BookMe;
  /** The time of BookMe. In a sandbox it is not that of this machine. */
  now(): Date;
  /** Whether the clock of BookMe can be moved. Known after the first answer. */
  isSandbox(): boolean;
  /** Call the function when requests begin to fail (false), and when they succeed again (true). */
  onChange(changed: (isConnected: boolean) => void): void;
}

interface Grant {
  readonly token: string;
  /** Time of `performance.now()`. */
  readonly renewAt: number;
}

/**
 * Connect to the API that serves the page.
 *
 * `POST /demo/token` exists only in the development stack. A page of your own gets its token from the login of your
 * site: see decision 0047.
 */
export function connect(page: Page): Connection {
  const listeners: ((isConnected: boolean) => void)[] = [];
  let ahead = 0;
  let isSandbox = false;
  let connected = true;

  const change = (isConnected: boolean): void => {
    if (connected === isConnected) return;
    connected = isConnected;
    for (const listener of listeners) listener(isConnected);
  };

  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    headers.set("Accept-Language", currentLanguage());
    try {
      const response = await fetch(input, { ...init, headers });
      ahead = clockOf(response.headers) - Date.now();
      isSandbox = response.headers.has("BookMe-Sandbox");
      change(true);
      return response;
    } catch (failure) {
      if (!init?.signal?.aborted || isTimeout(init.signal)) change(false);
      throw failure;
    }
  };

  const bookme = new BookMe({ baseUrl: location.origin, token: tokens(page), fetch: send });
  return {
    bookme,
    now: () => new Date(Date.now() + ahead),
    isSandbox: () => isSandbox,
    onChange: (changed) => void listeners.push(changed),
  };
}

/** Return the time of the server. A sandbox names its time in `BookMe-Sandbox`. */
function clockOf(headers: Headers): number {
  const sandbox = /\bnow=([^;]+)/.exec(headers.get("BookMe-Sandbox") ?? "")?.[1];
  const time = Date.parse(sandbox ?? headers.get("Date") ?? "");
  return Number.isNaN(time) ? Date.now() : time;
}

function isTimeout(signal: AbortSignal): boolean {
  return signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
}

/** Each visitor is a client of their own, as each user is in production, and keeps that name in this tab. */
function visitor(): string {
  const known = sessionStorage.getItem("bookme-visitor") ?? crypto.randomUUID();
  sessionStorage.setItem("bookme-visitor", known);
  return known;
}

function tokens(page: Page): (refused?: string) => Promise<string> {
  let grant: Promise<Grant> | undefined;
  return async (refused) => {
    let current = await grant?.catch(() => undefined);
    if (!current || current.token === refused || performance.now() >= current.renewAt) {
      grant = newToken(page);
      current = await grant;
    }
    return current.token;
  };
}

async function newToken(page: Page): Promise<Grant> {
  const url = new URL(`/demo/token?${new URLSearchParams({ page, visitor: visitor() })}`, location.origin);
  const response = await fetch(url, { method: "POST" }).catch((failure: unknown) => {
    throw new NoAnswer("POST", url.href, failure);
  });
  if (!response.ok) throw new Error(`No access token: ${response.status}`);
  const { access_token: token, expires_in: seconds } = await response.json();
  return { token, renewAt: performance.now() + seconds * 900 };
}
