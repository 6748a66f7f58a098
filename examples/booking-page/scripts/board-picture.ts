/**
 * Takes the picture of the staff board: `node scripts/board-picture.ts DIRECTORY`, while a `bookme dev` with new data
 * runs. It books a day of the demo organisation first, and moves the test clock by a few minutes.
 */

import { join } from "node:path";
import { chromium } from "playwright-core";

const API = process.env["BOOKME_URL"] ?? "http://127.0.0.1:8000";
const CITY = "copenhagen-city";
const directory = process.argv[2] ?? "../../docs/pictures";

interface Named {
  readonly id: string;
  readonly displayName?: string;
  readonly name?: string;
}

interface Slot {
  readonly id: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly employeeId: string;
  readonly roomId: string;
}

const form = { grant_type: "client_credentials", client_id: "web", client_secret: "bookme-development" };
const scope = "bookme.read bookme.book bookme.staff";
const grant = await fetch(`${API}/oauth2/token`, { method: "POST", body: new URLSearchParams({ ...form, scope }) });
const { access_token: token } = (await grant.json()) as { access_token: string };

async function ask<Answer>(path: string, body?: unknown, method = body ? "POST" : "GET"): Promise<Answer> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await fetch(API + path, { method, headers, body: body ? JSON.stringify(body) : null });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

const employees = await ask<Named[]>("/config/employees");
const topics = await ask<Named[]>("/bookme/meeting-topics?isCustomer=false");
const customerTypes = await ask<Named[]>("/config/customer-types");
const day = mondayAfter((await ask<{ date: string }>("/bookme/working-hours")).date);

function mondayAfter(date: string): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + 8 - (at.getUTCDay() || 7));
  return at.toISOString().slice(0, 10);
}

function idOf(list: readonly Named[], name: string): string {
  return list.find((each) => (each.displayName ?? each.name)?.startsWith(name))?.id ?? "";
}

/** Hold the first free time of an employee at or after this time (UTC). */
async function hold(employee: string, time: string, type: string): Promise<Slot> {
  const whom = {
    requireEmployeeParticipation: "false",
    explicitEmployeeIds: idOf(employees, employee),
    meetingTypes: type,
  };
  const when = { startDate: `${day}T${time}:00Z`, lookForwardTime: "PT10H" };
  const [offer] = await ask<Slot[]>(
    `/bookme/time-slots/available?${new URLSearchParams({ ...whom, ...when, meetingLocation: CITY })}`,
  );
  if (!offer) throw new Error(`${employee} has no free time at ${time}`);
  const { startDate, endDate, employeeId, roomId } = offer;
  const timeSlot = { startDate, endDate, employeeId, roomId, status: "Reserved" };
  return await ask("/bookme/time-slots/reserve", { timeSlot, token: crypto.randomUUID(), customerId: "customer-4711" });
}

async function meet(employee: string, time: string, type: string, topic: string, customer = "Private"): Promise<void> {
  const { id, employeeId, roomId } = await hold(employee, time, type);
  await ask(`/bookme/time-slots/${id}`, [{ op: "replace", path: "/status", value: "Booked" }], "PATCH");
  const about = { topicId: idOf(topics, topic), customerTypeId: idOf(customerTypes, customer), type };
  await ask("/bookme/meetings", {
    ...about,
    bookedBy: "customer",
    timeSlotId: id,
    employeeId,
    roomId,
    customerId: "customer-4712",
  });
}

async function busy(employee: string, from: string, to: string, status = "Busy"): Promise<void> {
  const time = { startDate: `${day}T${from}:00Z`, endDate: `${day}T${to}:00Z` };
  await ask("/bookme/time-slots", { ...time, employeeId: idOf(employees, employee), status });
}

const later = (by: string): Promise<unknown> => ask("/sandbox/clock", { advance: by });

await meet("Freja", "08:00", "online", "Savings");
await meet("Freja", "11:00", "physical", "Buying");
await meet("Magnus", "09:30", "physical", "Buying");
await meet("Magnus", "13:00", "telephone", "Savings");
await meet("Sigrid", "10:00", "physical", "Pension", "Private Banking");
await meet("Aksel", "07:30", "online", "Financing", "Business");
await meet("Aksel", "12:00", "physical", "Financing", "Business");
await meet("Liv", "08:30", "telephone", "Buying");
await busy("Magnus", "11:00", "12:00");
await busy("Sigrid", "13:00", "15:00");
await busy("Aksel", "10:00", "10:30", "TravelTime");
await busy("Liv", "07:00", "07:30");
await hold("Freja", "13:00", "online");
await later("PT2M");
await hold("Sigrid", "08:00", "physical");
await later("PT1M20S");
await hold("Liv", "10:00", "online");

const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });
const size = { width: 1280, height: 800 };
const page = await browser.newPage({ viewport: size, locale: "en-GB", reducedMotion: "reduce" });
await page.goto(`${API}/demo/board?${new URLSearchParams({ day, branch: CITY })}`);
await page.locator(".entry.hold").nth(2).waitFor();
await page.locator(".start.closed").nth(6).click();
await page.locator("[data-rule]").first().waitFor();
// The columns have become narrower: the pointer is not to point at another one.
await page.mouse.move(0, 0);
await page.screenshot({ path: join(directory, "board.png") });
await browser.close();
