import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import {
  ApiError,
  BookMe,
  type BookMeEvent,
  TokenRefused,
  unwrap,
  verifyWebhook,
  WebhookNotVerified,
} from "@bookme/client";
import { client, Gateway, URL_OF_API, wanted } from "./support.ts";

test("an error has the reason, the facts and the request", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);
  await using _ = await bookme.hold(offer, plan);
  const error = await bookme.hold(offer, plan).catch((failure) => failure);
  assert.ok(error instanceof ApiError, error);
  assert.deepEqual([error.status, error.reason, error.problem.code], [409, "TIME_SLOT_TAKEN", "CONFLICT"]);
  assert.ok(error.is("NOT_OFFERED", "TIME_SLOT_TAKEN") && !error.is("NOT_OFFERED"));
  assert.match(error.message, /\(409 TIME_SLOT_TAKEN\)$/);
  assert.ok(error.requestId && error.problem.heldUntil);
  const next = error.nextTimeSlots[0];
  assert.ok(next);
  await using other = await bookme.hold(next, plan);
  assert.equal(other.timeSlot.startDate, next.startDate);
});

test("a malformed request and an unknown path are errors too", async () => {
  const bookme = client();
  const malformed = await bookme.search({ startDate: "yesterday" }).first().catch((failure) => failure);
  assert.ok(malformed instanceof ApiError && malformed.problem.errors?.[0]?.pointer === "/startDate", malformed);
  const answer = await bookme.api.GET("/bookme/no-such-path" as "/config/rooms");
  assert.throws(() => unwrap(answer), { status: 404, reason: undefined });
});

test("an old client reads the answers of a newer server", () => {
  const body = { code: "TEAPOT", message: "New.", reason: "BRAND_NEW", anything: { else: 1 } };
  const error = new ApiError(new Response(null, { status: 418 }), body);
  assert.ok(error.is("BRAND_NEW"));
  assert.deepEqual(error.problem["anything"], { else: 1 });
  const page = new ApiError(new Response(null, { status: 502, statusText: "Bad Gateway" }), "<html>");
  assert.deepEqual([page.message, page.reason, page.nextTimeSlots], ["Bad Gateway (502)", undefined, []]);
});

test("createMeeting says what is missing before it sends anything", async () => {
  const bookme = client();
  const [offer] = await wanted(bookme);
  await using hold = await bookme.hold({ startDate: offer.startDate, endDate: offer.endDate });
  await assert.rejects(hold.createMeeting(), /needs type, topicId, customerTypeId, customerId: name it in hold\(\)/);
});

test("lists and events come page by page", { timeout: 60_000 }, async () => {
  const bookme = client();
  const started = await bookme.events({ limit: 500 }).all();
  const tokens: string[] = [];
  const ids: string[] = [];
  for (const title of ["One", "Two", "Three"]) {
    const hold = await bookme.hold(...(await wanted(bookme)));
    tokens.push(hold.token);
    ids.push((await hold.createMeeting({ title })).id);
  }
  const sizes: number[] = [];
  const listed: string[] = [];
  for await (const page of bookme.pages("/bookme/meetings", { query: { limit: 2 } }).pages()) {
    sizes.push(page.items.length);
    listed.push(...page.items.map((meeting) => meeting.id));
  }
  assert.ok(sizes.length >= 2 && sizes.slice(0, -1).every((size) => size === 2), `${sizes}`);
  assert.equal(new Set(listed).size, listed.length);
  assert.deepEqual(listed.slice(-3), ids);
  const titles: (string | undefined)[] = [];
  for await (const meeting of bookme.meetings({ limit: 1 })) titles.push(meeting.title);
  assert.deepEqual(titles.slice(-3), ["One", "Two", "Three"]);

  let cursor: string | undefined;
  const events: BookMeEvent[] = [];
  while (events.filter((event) => event.type === "meeting.created").length < 3 + created(started)) {
    for await (const page of bookme.events({ limit: 2, cursor }).pages()) {
      events.push(...page.items);
      cursor = page.cursor;
    }
  }
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  assert.ok(tokens.every((token) => events.some((event) => event.data.reservationToken === token)));
  for (const id of ids) await (await bookme.meeting(id)).cancel();
});

function created(events: BookMeEvent[]): number {
  return events.filter((event) => event.type === "meeting.created").length;
}

test("requests at the same time share one token, and a refused token is renewed once", async () => {
  await using gateway = await Gateway.start();
  const bookme = client({ baseUrl: gateway.url, tokenUrl: `${gateway.url}/oauth2/token` });
  await Promise.all(Array.from({ length: 10 }, () => bookme.rooms().first()));
  assert.equal(gateway.requests("POST", /oauth2/).length, 1);
  gateway.next("GET", /\/rooms$/, { status: 401 });
  assert.ok(await bookme.rooms().first());
  assert.equal(gateway.requests("POST", /oauth2/).length, 2);

  const given: (string | undefined)[] = [];
  const token = (refused?: string): string => `wrong-${given.push(refused)}`;
  const error = await client({ token }).rooms().first().catch((failure) => failure);
  assert.equal(error.status, 401);
  assert.deepEqual(given, [undefined, "wrong-1"]);
});

test("the token endpoint's refusal, and missing credentials, are clear", async () => {
  const wrong = await client({ clientSecret: "wrong" }).rooms().first().catch((failure) => failure);
  assert.ok(wrong instanceof TokenRefused, wrong);
  assert.match(wrong.message, /gives no token to demo: 401 Client id or client secret is wrong/);
  assert.throws(() => new BookMe({ baseUrl: URL_OF_API }), /needs a clientId and a clientSecret, or a token/);
  assert.throws(() => new BookMe({ baseUrl: "localhost:8000", token: "any" }), /must begin with http/);
});

test("the token endpoint is found in the issuer's discovery document", async () => {
  const asked: string[] = [];
  const issuerThat = (document: object, status = 200): typeof globalThis.fetch => async (input) => {
    asked.push(new Request(input).url);
    return Response.json(document, { status });
  };
  const refused = async (fetch: typeof globalThis.fetch): Promise<unknown> =>
    await client({ issuer: "https://issuer.example/tenant/", fetch }).rooms().first().catch((failure) => failure);

  const none = await refused(issuerThat({}, 404));
  assert.ok(none instanceof TokenRefused, `${none}`);
  assert.match(none.message, /tenant\/\.well-known\/openid-configuration names no token endpoint \(404\)\. Pass issuer/);
  const unsafe = await refused(issuerThat({ token_endpoint: "http://issuer.example/token" }));
  assert.ok(unsafe instanceof TokenRefused, `${unsafe}`);
  assert.match(unsafe.message, /which is not https/);
  assert.deepEqual(new Set(asked), new Set(["https://issuer.example/tenant/.well-known/openid-configuration"]));
  assert.ok(await client({ issuer: URL_OF_API }).rooms().first());
  assert.ok(await client({ tokenUrl: `${URL_OF_API}/oauth2/token` }).rooms().first());
});

test("a webhook is verified as it comes, and nothing else is", { timeout: 60_000 }, async () => {
  const bookme = client();
  const server = createServer();
  const delivery = new Promise<[Buffer, IncomingHttpHeaders]>((resolve) => {
    server.on("request", async (request, response) => {
      resolve([Buffer.concat(await request.toArray()), request.headers]);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bookme`;
  const wish = { url, eventTypes: ["booking.reserved" as const] };
  const webhook = unwrap(await bookme.api.POST("/bookme/webhooks", { body: wish }));
  await using hold = await bookme.hold(...(await wanted(bookme)));
  const [body, headers] = await delivery;

  const event = verifyWebhook(body, headers, webhook.secret);
  assert.deepEqual([event.type, event.data.reservationToken], ["booking.reserved", hold.token]);
  const asFetchHasThem = new Headers(headers as Record<string, string>);
  assert.equal(verifyWebhook(body.toString(), asFetchHasThem, webhook.secret).id, event.id);
  const changed = body.toString().replace("reserved", "released");
  assert.throws(() => verifyWebhook(changed, headers, webhook.secret), WebhookNotVerified);
  assert.throws(() => verifyWebhook(body, headers, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), WebhookNotVerified);
  assert.throws(() => verifyWebhook(body, {}, webhook.secret), WebhookNotVerified);
  const old = { ...headers, "webhook-timestamp": "1700000000" };
  assert.throws(() => verifyWebhook(body, old, webhook.secret), /too old/);
  unwrap(await bookme.api.DELETE("/bookme/webhooks/{id}", { params: { path: { id: webhook.id } } }));
  server.closeAllConnections();
  server.close();
});
