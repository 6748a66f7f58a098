import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { advance, ask, assertAccessible, PHONE, visit } from "./support.ts";

interface Slot {
  readonly id: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly employeeId: string;
  readonly roomId: string;
}

const FREJA = "Freja Lindqvist";
const CITY = "copenhagen-city";

/** A Monday of the sandbox that is far enough ahead for nobody else's bookings. */
async function quietMonday(): Promise<string> {
  const { now } = await ask<{ now: string }>("/sandbox/clock");
  const at = new Date(now);
  at.setUTCDate(at.getUTCDate() + 15 - (at.getUTCDay() || 7));
  return at.toISOString().slice(0, 10);
}

const post = <Answer>(path: string, body: unknown, method = "POST"): Promise<Answer> =>
  ask(path, { method, body: JSON.stringify(body) });

/** Remove what earlier runs have left on the day. */
async function clear(day: string): Promise<void> {
  const query = new URLSearchParams({ from: `${day}T00:00:00Z`, to: `${day}T23:00:00Z` });
  for (const { id } of await ask<{ id: string }[]>(`/bookme/meetings?${query}`)) await cancel(id);
  for (const slot of await ask<Slot[]>(`/bookme/time-slots?${query}`)) await remove(slot);
}

/** Free times of Freja on a day, online. */
async function offersOf(day: string): Promise<Slot[]> {
  const employees = await ask<{ id: string; displayName: string }[]>("/config/employees");
  const freja = employees.find(({ displayName }) => displayName === FREJA)?.id ?? "";
  const query = { requireEmployeeParticipation: "false", explicitEmployeeIds: freja, meetingTypes: "online" };
  const time = { startDate: `${day}T00:00:00Z`, lookForwardTime: "PT23H" };
  return await ask(`/bookme/time-slots/available?${new URLSearchParams({ ...query, ...time })}`);
}

/** Hold a free time as another client does. */
async function hold(offer: Slot, customerId: string): Promise<Slot> {
  const { startDate, endDate, employeeId } = offer;
  const timeSlot = { startDate, endDate, employeeId, status: "Reserved" };
  return await post("/bookme/time-slots/reserve", { timeSlot, token: crypto.randomUUID(), customerId });
}

async function meet(offer: Slot, description: string): Promise<{ id: string }> {
  const { id, employeeId } = await hold(offer, "customer-meets");
  await post(`/bookme/time-slots/${id}`, [{ op: "replace", path: "/status", value: "Booked" }], "PATCH");
  const [topic] = await ask<{ id: string }[]>("/bookme/meeting-topics?isCustomer=true");
  const [customerType] = await ask<{ id: string }[]>("/config/customer-types");
  const meeting = { bookedBy: "customer", type: "online", topicId: topic?.id, customerTypeId: customerType?.id };
  return await post("/bookme/meetings", {
    ...meeting,
    timeSlotId: id,
    employeeId,
    customerId: "customer-meets",
    description,
  });
}

const open = (day: string, options = {}): Promise<Page> =>
  visit(`/demo/board?${new URLSearchParams({ day, branch: CITY })}`, options);
const columnOf = (page: Page, name: string) =>
  page.locator(".column").filter({ has: page.getByRole("heading", { name }) });
const entryOf = (page: Page, slot: Slot) => page.locator(`[data-slot="${slot.id}"]`);

test("the board shows a meeting, a busy time, and a hold that falls and ends; why not; another client's booking", async (context) => {
  const day = await quietMonday();
  await clear(day);
  const [first, second, third] = (await offersOf(day)).filter((_, index) => index % 4 === 0);
  assert.ok(first && second && third);
  const page = await open(day);
  const freja = columnOf(page, FREJA);
  await freja.locator(".start.offered").first().waitFor();
  assert.equal(await freja.locator(".entry").count(), 0);
  assert.match((await page.locator(".summary").textContent()) ?? "", /at work · 0 meetings · 0 holds/);

  const held = await hold(first, "customer-holds");
  const answered = performance.now();
  await entryOf(page, held).waitFor();
  const seen = performance.now() - answered;
  context.diagnostic(`the board showed the hold ${Math.round(seen)} ms after its answer`);
  assert.ok(seen < 2_000, `the board showed the hold ${seen} ms after its answer`);
  const left = entryOf(page, held).locator(".left");
  const shown = (await left.textContent()) ?? "";
  assert.match(shown, /^(5:00|4:5\d) left$/);
  await page.waitForFunction(
    ([id, text]) => document.querySelector(`[data-slot="${id}"] .left`)?.textContent !== text,
    [held.id, shown],
  );

  const meeting = await meet(second, "<img src=x onerror=alert(1)> & questions");
  await freja.locator(".entry.meeting").waitFor();
  const busy = await post<Slot>("/bookme/time-slots", {
    ...timeOf(third),
    employeeId: third.employeeId,
    status: "Busy",
  });
  await entryOf(page, busy).waitFor();
  assert.match((await page.locator(".summary").textContent()) ?? "", /1 meeting · 1 hold/);

  await entryOf(page, held).click();
  const panel = page.locator(".details");
  await panel.getByText("customer-holds").waitFor();
  await panel.getByText(/^\d:\d\d left$/).waitFor();
  await assertAccessible(page);
  await freja.locator(".entry.meeting").click();
  await panel.getByText("<img src=x onerror=alert(1)> & questions").waitFor();
  assert.equal(await panel.getByRole("heading").evaluate((heading) => heading === document.activeElement), true);
  await page.keyboard.press("Escape");
  assert.equal(await freja.locator(".entry.meeting").evaluate((entry) => entry === document.activeElement), true);

  await freja.locator(".start.off").first().click();
  await panel.getByRole("heading", { name: /^Why is .* not offered\?$/ }).waitFor();
  await panel.getByText(`${FREJA} works from 09:00 to 16:00 on this day.`).waitFor();
  await panel.getByText("Staff can book it nevertheless.").waitFor();
  await freja.locator(".start.offered").last().click();
  await panel.getByRole("heading", { name: /can be booked$/ }).waitFor();

  await entryOf(page, held).click();
  await advance("PT6M");
  await entryOf(page, held).waitFor({ state: "detached" });
  await panel.getByText("This is no longer on the board.").waitFor();
  await cancel(meeting.id);
  await freja.locator(".entry.meeting").waitFor({ state: "detached" });
  await remove(busy);
  await entryOf(page, busy).waitFor({ state: "detached" });
  await page.context().close();
});

test("the board is used with the keyboard alone, in Danish, on a phone", async () => {
  const day = await quietMonday();
  const page = await open(day, { ...PHONE, locale: "da-DK" });
  const heading = page.getByRole("heading", { level: 1 });
  await page.locator(".start.offered").first().waitFor();
  assert.match((await heading.textContent()) ?? "", /^Mandag (den )?\d/);
  await reach(page, ".times button");
  const current = () =>
    page
      .locator(":focus")
      .evaluate((element) => [element.getAttribute("data-start"), element.closest("section")?.dataset["employee"]]);
  const [start, employee] = await current();
  await page.keyboard.press("ArrowRight");
  const [same, neighbour] = await current();
  assert.equal(same, start);
  assert.notEqual(neighbour, employee);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Hvorfor tilbydes .* ikke\?$/ }).waitFor();
  await page
    .locator("[data-rule=OUTSIDE_WORKING_HOURS]")
    .getByText(/ arbejder fra \d\d:\d\d til \d\d:\d\d denne dag\./)
    .waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Escape");
  assert.equal((await current())[1], employee, "the focus is back");
  await reach(page, "[aria-label='Næste dag']", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /^Tirsdag/ }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: /^Tirsdag/ }).waitFor();
  await page.context().setOffline(true);
  await page.getByText("Ingen forbindelse").waitFor();
  await page.context().setOffline(false);
  await page.locator(".state.live").waitFor();
  await page.context().close();
});

/** Press a key until an element with this selector has the focus. */
async function reach(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    if (
      await page.locator(":focus").evaluateAll((found, wanted) => found.some((each) => each.matches(wanted)), selector)
    )
      return;
    await page.keyboard.press(key);
  }
  assert.fail(`${selector} cannot be reached with ${key}`);
}

async function remove(slot: Slot): Promise<void> {
  await ask(`/bookme/time-slots/${slot.id}`, { method: "DELETE" });
}

async function cancel(meeting: string): Promise<void> {
  await ask(`/bookme/meetings/${meeting}`, { method: "DELETE" });
}

function timeOf({ startDate, endDate }: Slot): Pick<Slot, "startDate" | "endDate"> {
  return { startDate, endDate };
}
