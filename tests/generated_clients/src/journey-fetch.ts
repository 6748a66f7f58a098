/** The journey of a booking, with a client that openapi-typescript and openapi-fetch make of the OpenAPI document. */
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema.js";

type Reason = components["schemas"]["Reason"];

const client = createClient<paths>({
  baseUrl: process.env["BOOKME_URL"]!,
  headers: { Authorization: `Bearer ${process.env["BOOKME_TOKEN"]}` },
});

/** The answer's data; its headers are looked at where they are declared. */
function ok<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  assert.ok(answer.response.headers.get("X-Request-Id"));
  assert.ok(answer.data !== undefined, `${answer.response.url}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const [topic] = ok(await client.GET("/bookme/meeting-topics", { params: { query: { isCustomer: true } } }));
const [customerType] = ok(await client.GET("/config/customer-types"));
const employees = ok(await client.GET("/config/employees"));
assert.ok(topic && customerType && employees.length > 0);

const offered = ok(
  await client.GET("/bookme/time-slots/available", {
    params: {
      query: {
        requireEmployeeParticipation: false,
        topic: topic.id,
        customerTypeId: customerType.id,
        meetingTypes: ["online"],
        explicitEmployeeIds: employees.map((employee) => employee.id),
        lookForwardTime: "7.00:00:00",
        startDate: process.env["BOOKME_FROM"]!,
      },
    },
  }),
);
const slot = offered[0];
assert.ok(slot);

const token = `fetch-${crypto.randomUUID()}`;
const wanted = { startDate: slot.startDate, endDate: slot.endDate, employeeId: slot.employeeId, roomId: null };
const body = { timeSlot: { ...wanted, status: "Reserved" as const }, token };
const held = ok(await client.POST("/bookme/time-slots/reserve", { body }));
assert.equal(held.status, "Reserved");

const taken = await client.POST("/bookme/time-slots/reserve", { body: { ...body, token: `${token}-2` } });
assert.equal(taken.response.status, 409);
const reason: Reason | undefined = taken.error?.reason;
assert.equal(reason, "TIME_SLOT_TAKEN");

const booked = ok(
  await client.PATCH("/bookme/time-slots/{id}", {
    params: { path: { id: held.id }, query: { reservationToken: token } },
    body: [{ op: "replace", path: "/status", value: "Booked" }],
  }),
);
assert.equal(booked.status, "Booked");

const created = await client.POST("/bookme/meetings", {
  params: { header: { "Idempotency-Key": token } },
  body: {
    bookedBy: "customer",
    customerTypeId: customerType.id,
    timeSlotId: held.id,
    type: "online",
    topicId: topic.id,
    employeeId: slot.employeeId,
    customerId: "customer-4711",
    title: "Advice",
  },
});
const meeting = ok(created);
assert.equal(meeting.sequence, 0);

const changed = await client.PATCH("/bookme/meetings/{id}", {
  params: { path: { id: meeting.id }, header: { "If-Match": created.response.headers.get("ETag")! } },
  body: [{ op: "replace", path: "/title", value: "Better advice" }],
});
assert.equal(ok(changed).title, "Better advice");
assert.notEqual(changed.response.headers.get("ETag"), created.response.headers.get("ETag"));

const file = await client.POST("/bookme/meetings/{id}/ical", {
  params: { path: { id: meeting.id } },
  body: { description: "Bring payslips" },
  parseAs: "text",
});
assert.match(ok(file), /SUMMARY:Better advice\r\n/);

const unknown = await client.GET("/bookme/meetings/{id}", { params: { path: { id: crypto.randomUUID() } } });
assert.equal(unknown.error?.code, "NOT_FOUND");
