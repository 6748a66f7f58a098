/** The API at `BOOKME_URL`, as the tests use it. Start one with `bookme dev`. */
import assert from "node:assert/strict";
import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BookMe, type BookMeOptions, type HoldOptions, type Offer } from "@bookme/client";

export const URL_OF_API = process.env["BOOKME_URL"] ?? "http://127.0.0.1:8000";
const CREDENTIALS = { clientId: "demo", clientSecret: "bookme-development" };

export function client(options: Partial<BookMeOptions> = {}): BookMe {
  return new BookMe({ baseUrl: URL_OF_API, ...CREDENTIALS, ...options });
}

/** What the client wants to book, and a time at which that is free. `place` skips times that other tests take. */
export async function wanted(bookme: BookMe, place = 0): Promise<[Offer, HoldOptions]> {
  const topic = await bookme.topics({ isCustomer: true }).first();
  const customerType = await bookme.customerTypes().first();
  assert.ok(topic && customerType);
  const about = { topic: topic.id, customerTypeId: customerType.id };
  const offers = await bookme.search({ ...about, meetingTypes: ["online"], lookForwardTime: "P14D" }).all();
  const offer = offers[place];
  assert.ok(offer, "no time is free");
  return [offer, { customerTypeId: customerType.id, customerId: "customer-4711" }];
}

/** What happens to an answer on its way back: it is lost, broken in its middle, kept, or replaced by the gateway's. */
export type Trouble = "lost" | "broken" | "kept" | { status: number; retryAfter?: string };

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly at: number;
}

/** A gateway between client and API, on loopback, that can lose answers. BookMe has carried out these requests. */
export class Gateway implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #server: Server;
  #troubles: { method: string; path: RegExp; trouble: Trouble; left: number }[] = [];

  static async start(): Promise<Gateway> {
    const gateway = new Gateway();
    await new Promise<void>((resolve) => gateway.#server.listen(0, "127.0.0.1", resolve));
    return gateway;
  }

  constructor() {
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Let this happen to the next requests with this method and path. */
  next(method: string, path: RegExp, trouble: Trouble, times = 1): void {
    this.#troubles.push({ method, path, trouble, left: times });
  }

  requests(method: string, path: RegExp): Seen[] {
    return this.seen.filter((each) => each.method === method && path.test(each.path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = request;
    const body = Buffer.concat(await request.toArray());
    const key = request.headers["idempotency-key"] as string | undefined;
    this.seen.push({ method, path, key, at: performance.now() });
    const trouble = this.#trouble(method, path);
    if (typeof trouble === "object") {
      response.writeHead(trouble.status, trouble.retryAfter ? { "Retry-After": trouble.retryAfter } : {});
      response.end();
      return;
    }
    const answer = await forward(request, body);
    const content = Buffer.concat(await answer.toArray());
    if (trouble === "kept") return;
    if (trouble === "lost") return void response.destroy();
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (trouble === "broken") return void response.write(content.subarray(0, 20), () => response.destroy());
    response.end(content);
  }

  #trouble(method: string, path: string): Trouble | undefined {
    const found = this.#troubles.find((each) => each.left > 0 && each.method === method && each.path.test(path));
    if (found) found.left -= 1;
    return found?.trouble;
  }
}

async function forward(request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { method, headers, url } = request;
  return await new Promise((resolve, reject) => {
    send(new URL(url ?? "/", URL_OF_API), { method, headers }, resolve).on("error", reject).end(body);
  });
}
