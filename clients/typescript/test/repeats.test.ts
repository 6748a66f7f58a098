import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiError, type BookMe, NoAnswer, type Repeat, unwrap } from "@bookme/client";
import { client, Gateway, type Trouble, wanted } from "./support.ts";

const RESERVE = /\/reserve$/;
const TIME_SLOT = /\/time-slots\/[0-9a-f-]{36}/;
const MEETINGS = /\/meetings$/;
const MEETING = /\/meetings\/[0-9a-f-]{36}/;

/** Wait for this event of the meeting, and return the types of all events of its booking and of the meeting itself. */
async function story(bookme: BookMe, token: string, meetingId: string, last: string): Promise<string[]> {
  const signal = AbortSignal.timeout(20_000);
  for (;;) {
    const events = await bookme.events({ limit: 500 }, { signal }).all();
    const own = events.filter(({ data }) => data.reservationToken === token || data.meetingId === meetingId);
    const types = own.map((event) => event.type);
    if (types.includes(last)) return types;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for (const trouble of ["lost", "broken"] as const) {
  test(`one booking, although the first answer to each request is ${trouble}`, { timeout: 60_000 }, async () => {
    await using gateway = await Gateway.start();
    const bookme = client({ baseUrl: gateway.url });
    const [offer, plan] = await wanted(bookme);
    for (const path of [RESERVE, MEETINGS, /\/move$/]) gateway.next("POST", path, trouble);
    for (const path of [TIME_SLOT, MEETING]) gateway.next("PATCH", path, trouble);
    for (const path of [/available/, MEETING]) gateway.next("GET", path, trouble);
    gateway.next("DELETE", MEETING, trouble);

    const hold = await bookme.hold(offer, plan);
    await hold.confirm();
    const meeting = await hold.createMeeting();
    await meeting.change({ title: "Once" });
    const [later] = await wanted(bookme, 20);
    await meeting.move(later);
    assert.equal((await bookme.meeting(meeting.id)).data.sequence, 2);
    assert.equal((await meeting.cancel("ill")).sequence, 3);

    const types = await story(client(), hold.token, meeting.id, "meeting.cancelled");
    const once = ["booking.reserved", "booking.booked", "meeting.created", "meeting.changed", "meeting.moved"];
    assert.deepEqual(types, [...once, "meeting.cancelled"]);
    const reservations = gateway.requests("POST", RESERVE);
    assert.equal(reservations.length, 2);
    assert.ok(reservations[0]?.key && reservations[0].key === reservations[1]?.key);
  });
}

test("a released hold stays released, although the answer is lost", async () => {
  await using gateway = await Gateway.start();
  const bookme = client({ baseUrl: gateway.url });
  const hold = await bookme.hold(...(await wanted(bookme)));
  gateway.next("DELETE", TIME_SLOT, "lost");
  await hold.release();
  assert.equal(gateway.requests("DELETE", TIME_SLOT).length, 2);
});

test("the client waits for Retry-After, and reports the repeat", async () => {
  await using gateway = await Gateway.start();
  const repeats: Repeat[] = [];
  const bookme = client({ baseUrl: gateway.url, onRepeat: (repeat) => repeats.push(repeat) });
  gateway.next("GET", /customer-types/, { status: 503, retryAfter: "1" });
  gateway.next("GET", /customer-types/, { status: 429, retryAfter: new Date(Date.now() + 2_000).toUTCString() });
  assert.ok(await bookme.customerTypes().first());
  const [first, second] = gateway.requests("GET", /customer-types/);
  assert.ok(first && second && second.at - first.at >= 999);
  assert.deepEqual(repeats.map(({ status, attempt }) => [status, attempt]), [[503, 1], [429, 2]]);
  assert.ok(repeats.every(({ pause }) => pause <= 2_500));
});

test("a wait that would pass the deadline is not begun", async () => {
  await using gateway = await Gateway.start();
  const bookme = client({ baseUrl: gateway.url, timeout: 2_000 });
  await bookme.rooms().first();
  gateway.next("GET", /customer-types/, { status: 503, retryAfter: "60" });
  const began = performance.now();
  const error: ApiError = await bookme.customerTypes().first().catch((failure) => failure);
  assert.equal(error.status, 503);
  assert.ok(performance.now() - began < 1_000);
});

test("an API that never answers is given up at the deadline", async () => {
  await using gateway = await Gateway.start();
  const bookme = client({ baseUrl: gateway.url, timeout: 1_500 });
  const [offer, plan] = await wanted(bookme);
  gateway.next("POST", RESERVE, "lost", 100);
  const began = performance.now();
  const error = await bookme.hold(offer, plan).catch((failure) => failure);
  assert.ok(error instanceof NoAnswer && error.mayHaveHappened, error);
  assert.ok(performance.now() - began < 2_500);
  gateway.next("GET", /\/rooms$/, "kept", 100);
  const kept = await bookme.rooms().first().catch((failure) => failure);
  assert.ok(kept instanceof NoAnswer && !kept.mayHaveHappened, kept);
});

/** Requests whose repeat could do something else are sent once, unless the first one was certainly not carried out. */
const CONFIG: [string, Trouble, number][] = [
  ["a lost answer", "lost", 1],
  ["503", { status: 503, retryAfter: "0" }, 1],
  ["429", { status: 429, retryAfter: "0" }, 2],
];
for (const [name, trouble, times] of CONFIG) {
  test(`a JSON Patch of the configuration after ${name} is sent ${times} times`, async () => {
    await using gateway = await Gateway.start();
    const bookme = client({ baseUrl: gateway.url, scope: "bookme.config" });
    gateway.next("PATCH", /organization/, trouble);
    const body = [{ op: "test" as const, path: "/timeZone", value: "Europe/Copenhagen" }];
    await bookme.api.PATCH("/bookme/config/organization", { body }).then(unwrap).catch(() => {});
    assert.equal(gateway.requests("PATCH", /organization/).length, times);
  });
}

test("a request that could not be sent is sent when the API is there", async () => {
  await using gateway = await Gateway.start();
  const { url } = gateway;
  await gateway[Symbol.asyncDispose]();
  const error = await client({ baseUrl: url, timeout: 800, token: "none" }).rooms().first().catch((failure) => failure);
  assert.ok(error instanceof NoAnswer);
  assert.match(error.message, /No answer to GET http.*\/config\/rooms: .*ECONNREFUSED/);
});

test("a signal stops a request, its repeats and the wait for a token", async () => {
  await using gateway = await Gateway.start();
  const bookme = client({ baseUrl: gateway.url, tokenUrl: `${gateway.url}/oauth2/token`, timeout: 1_000 });
  gateway.next("POST", /oauth2/, "kept");
  await assert.rejects(bookme.rooms({ signal: AbortSignal.timeout(100) }).first(), { name: "TimeoutError" });
  gateway.next("GET", /\/rooms$/, { status: 503, retryAfter: "5" }, 2);
  await assert.rejects(client({ baseUrl: gateway.url }).rooms({ signal: AbortSignal.timeout(300) }).first(), {
    name: "TimeoutError",
  });
  assert.equal(gateway.requests("GET", /\/rooms$/).length, 1);
  const why = new Error("the customer left");
  await assert.rejects(bookme.rooms({ signal: AbortSignal.abort(why) }).first(), why);
});
