/** The journey of a booking, with a client that openapi-generator (typescript-fetch) makes of the OpenAPI document. */
import assert from "node:assert/strict";
import { BookMeApi, BookedBy, Configuration, MeetingType, OrganizationConfigurationApi, PatchOp } from "./generated/index.js";
import { ResponseError } from "./generated/index.js";

const configuration = new Configuration({
  basePath: process.env["BOOKME_URL"]!,
  // For the scheme `oauth2`, this generator sends the value as it is.
  accessToken: `Bearer ${process.env["BOOKME_TOKEN"]}`,
});
const bookMe = new BookMeApi(configuration);
const organization = new OrganizationConfigurationApi(configuration);

const topic = (await bookMe.topicsList({ isCustomer: true }))[0]!;
const customerType = (await organization.customerTypesList())[0]!;
const employees = await organization.employeesAll();

const offered = await bookMe.timeSlotsList({
  requireEmployeeParticipation: false,
  topic: topic.id,
  customerTypeId: customerType.id,
  meetingTypes: [MeetingType.Online, MeetingType.Telephone],
  explicitEmployeeIds: employees.map((employee) => employee.id),
  startDate: new Date(process.env["BOOKME_FROM"]!),
});
const { startDate, endDate, employeeId, meetingType } = offered.at(-1)!;

const token = `generator-${crypto.randomUUID()}`;
const timeSlot = { startDate, endDate, employeeId, status: "Reserved" as const };
const held = await bookMe.timeSlotsReserve({ reservation: { timeSlot, token } });
const patchOperation = [{ op: PatchOp.Replace, path: "/status", value: "Booked" }];
const booked = await bookMe.timeSlotsPatch({ id: held.id, patchOperation, reservationToken: token });
assert.equal(booked.status, "Booked");
assert.deepEqual(booked.startDate, startDate);

const meeting = await bookMe.meetingsCreate({
  idempotencyKey: token,
  createMeetingRequest: {
    bookedBy: BookedBy.Customer,
    customerTypeId: customerType.id,
    timeSlotId: held.id,
    type: meetingType,
    topicId: topic.id,
    employeeId,
    customerId: "customer-4711",
  },
});
const file = await bookMe.meetingsGenerateICal({ id: meeting.id, meetingICalRequest: { title: "Advice" } });
assert.match(file, /SUMMARY:Advice\r\n/);

await assert.rejects(bookMe.meetingsGet({ id: crypto.randomUUID() }), (error) => {
  return error instanceof ResponseError && error.response.status === 404;
});
