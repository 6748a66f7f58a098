/** The journey of a booking, with a client that @hey-api/openapi-ts makes of the OpenAPI document. */
import assert from "node:assert/strict";
import { client } from "./generated/hey/client.gen.js";
import {
  customerTypesList,
  employeesAll,
  meetingsCreate,
  meetingsDelete,
  meetingsGenerateICal,
  meetingsList,
  timeSlotsList,
  timeSlotsPatch,
  timeSlotsReserve,
  topicsList,
} from "./generated/hey/index.js";
import type { AvailableTimeslot, CreateMeetingRequest, Meeting, MeetingType, Topic } from "./generated/hey/index.js";

client.setConfig({ baseUrl: process.env["BOOKME_URL"]!, auth: () => process.env["BOOKME_TOKEN"]!, throwOnError: true });
const throwOnError = true as const;

const topics: Topic[] = (await topicsList({ query: { isCustomer: true }, throwOnError })).data;
const customerTypes = (await customerTypesList({ throwOnError })).data;
const employees = (await employeesAll({ throwOnError })).data;
const [topic] = topics;
const [customerType] = customerTypes;
assert.ok(topic && customerType);

const type: MeetingType = "telephone";
const offered: AvailableTimeslot[] = (
  await timeSlotsList({
    query: {
      requireEmployeeParticipation: false,
      topic: topic.id,
      customerTypeId: customerType.id,
      meetingTypes: [type],
      explicitEmployeeIds: employees.map((employee) => employee.id),
      startDate: process.env["BOOKME_FROM"]!,
    },
    throwOnError,
  })
).data;
const slot = offered[0];
assert.ok(slot);

const token = `hey-${crypto.randomUUID()}`;
const { startDate, endDate, employeeId } = slot;
const wanted = { startDate, endDate, employeeId, status: "Reserved" as const };
const held = (await timeSlotsReserve({ body: { timeSlot: wanted, token }, throwOnError })).data;
const mark = { op: "replace", path: "/status", value: "Booked" } as const;
const booked = (await timeSlotsPatch({ path: { id: held.id }, body: [mark], throwOnError })).data;
assert.equal(booked.status, "Booked");

const content: CreateMeetingRequest = {
  bookedBy: "customer",
  customerTypeId: customerType.id,
  timeSlotId: held.id,
  type,
  topicId: topic.id,
  employeeId,
  customerId: "customer-4711",
};
const meeting: Meeting = (await meetingsCreate({ body: content, throwOnError })).data;
const file = (await meetingsGenerateICal({ path: { id: meeting.id }, body: { title: "A call" }, parseAs: "text", throwOnError }))
  .data;
assert.match(file, /SUMMARY:A call\r\n/);

const listed = (await meetingsList({ query: { timeSlotId: held.id }, throwOnError })).data;
assert.deepEqual(listed, [meeting]);

const cancelled = (await meetingsDelete({ path: { id: meeting.id }, query: { reason: "ill" }, throwOnError })).data;
assert.equal(cancelled.reason, "ill");

const again = await timeSlotsPatch({ path: { id: crypto.randomUUID() }, body: [mark], throwOnError: false });
assert.equal(again.error?.code, "NOT_FOUND");
