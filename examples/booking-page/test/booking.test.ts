import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { advance, ask, assertAccessible, atStep, chooseTopic, freeTimes, newTimes, PHONE, visit } from "./support.ts";

interface Meeting {
  readonly id: string;
  readonly status: string;
  readonly startDate: string;
  readonly description?: string;
  readonly roomId?: string;
}

const meetings = (): Promise<Meeting[]> => ask("/bookme/meetings?status=Planned,Cancelled");
const holds = (): Promise<{ token: string; startDate: string }[]> => ask("/bookme/time-slots/held");

/** Choose a free time by its name. */
async function take(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).first().click();
}

test("a customer books, reloads, downloads the calendar file, moves and cancels", async () => {
  const note = `I bring <b>two</b> colleagues ${crypto.randomUUID()}`;
  const page = await visit();
  await atStep(page, "What is the meeting about?");
  await assertAccessible(page);
  await chooseTopic(page, "Savings and investment");
  await assertAccessible(page);
  await page.getByLabel("At a branch").check();
  await newTimes(page);
  const [first = ""] = await freeTimes(page);
  await take(page, first);

  await atStep(page, "Held for you");
  await assertAccessible(page);
  const before = await page.locator(".digits").textContent();
  assert.match(before ?? "", /^(5:00|4:5\d)$/);
  await page.reload();
  await atStep(page, "Held for you");
  assert.ok(((await page.locator(".digits").textContent()) ?? "") <= (before ?? ""), "a reload does not renew the hold");
  await page.getByLabel("Anything we should know?").fill(note);
  await page.getByRole("button", { name: "Confirm the meeting" }).click();

  await atStep(page, "Your meeting is booked");
  await assertAccessible(page);
  assert.ok(await page.locator("h1").evaluate((h1) => h1 === document.activeElement), "the new step has the focus");
  const [meeting] = (await meetings()).filter(({ description }) => description === note);
  assert.ok(meeting?.roomId);
  await page.getByText("At a branch, room ").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Add to calendar" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "meeting.ics");
  const file = await readFile(await download.path(), "utf8");
  assert.ok(file.startsWith("BEGIN:VCALENDAR") && file.includes(`UID:${meeting.id}`), file);

  await page.getByRole("button", { name: "Move" }).click();
  await atStep(page, "Move the meeting");
  await page.locator(".slot").first().waitFor();
  await assertAccessible(page);
  const later = (await freeTimes(page)).at(-1) ?? "";
  await take(page, later);
  await atStep(page, "Your meeting is moved");
  const moved = await ask<Meeting>(`/bookme/meetings/${meeting.id}`);
  assert.ok(moved.startDate > meeting.startDate);

  await page.getByRole("button", { name: "Cancel meeting" }).click();
  await page.getByRole("dialog").waitFor();
  await assertAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel meeting" }).click();
  await atStep(page, "Your meeting is cancelled");
  await assertAccessible(page);
  assert.equal((await ask<Meeting>(`/bookme/meetings/${meeting.id}`)).status, "Cancelled");
  await page.context().close();
});

test("two tabs race for one time: one wins, the other sees it within a second and is offered what is next", async (context) => {
  const before = (await holds()).length;
  const [first, second] = [await visit(), await visit()];
  for (const tab of [first, second]) await chooseTopic(tab, "Buying a home", "Magnus Østergaard");
  const free = await freeTimes(first);
  const [wanted = "", contested = ""] = [free[0], free.at(-1)]; // meetings at neighbouring times would overlap

  const reserved = first.waitForResponse((response) => response.url().endsWith("/time-slots/reserve"));
  await take(first, wanted);
  assert.equal((await reserved).status(), 200);
  const at = performance.now();
  await second.locator(".gone", { hasText: "is no longer free" }).waitFor();
  const seen = performance.now() - at;
  const read = await second.waitForResponse((response) => response.url().includes("/time-slots/available"));
  await read.finished();
  const reading = read.request().timing().responseEnd; // on a slow machine, one read alone takes long
  context.diagnostic(`the other tab saw it after ${Math.round(seen)} ms; a read takes ${Math.round(reading)} ms`);
  assert.ok(seen < 1_000 + 2 * reading, `the other tab saw it after ${seen} ms`);
  await second.locator(".leaving").getByRole("button", { name: wanted }).waitFor();
  assert.equal(await second.locator(".gone .chip").count(), 3);

  const third = await visit();
  await chooseTopic(third, "Buying a home", "Magnus Østergaard");
  await Promise.all([second, third].map((tab) => take(tab, contested)));
  const heading = /Held for you|Somebody was faster/;
  await Promise.all([second, third].map((tab) => atStep(tab, heading)));
  const ends = await Promise.all([second, third].map((tab) => tab.locator("h1").textContent()));
  assert.deepEqual(ends.toSorted(), ["Held for you", "Somebody was faster"]);
  assert.equal((await holds()).length, before + 2);
  const loser = ends[0] === "Held for you" ? third : second;
  await assertAccessible(loser);
  await loser.locator(".chip").first().click();
  await atStep(loser, "Held for you");
  for (const tab of [first, second, third]) {
    await tab.getByRole("button", { name: "Choose another time" }).click();
    await tab.locator(".slot").first().waitFor();
    await tab.context().close();
  }
  assert.equal((await holds()).length, before);
});

test("a hold expires by the test clock, and its time can be held again", async () => {
  const page = await visit("/demo", PHONE);
  await chooseTopic(page, "Pension");
  await assertAccessible(page);
  const [wanted = ""] = await freeTimes(page);
  await take(page, wanted);
  await atStep(page, "Held for you");
  await advance("PT10M");
  await atStep(page, "The hold has expired");
  assert.deepEqual(await holds(), [], "every hold is older than five minutes");
  await assertAccessible(page);
  await page.locator(".chip").first().click();
  await atStep(page, "Held for you");
  await page.context().close();
});

test("answers are lost in the middle of a reservation, and the page books once", async () => {
  const page = await visit();
  await chooseTopic(page, "Buying a home", "Liv Thorsen");
  const known = new Set((await meetings()).map(({ id }) => id));
  const held = (await holds()).length;
  const lost: string[] = [];
  // BookMe carries the request out, and the connection breaks before its answer arrives.
  await page.route(/reserve$|time-slots\/[^/]+$|meetings$/, async (route) => {
    const request = route.request();
    const name = `${request.method()} ${new URL(request.url()).pathname}`;
    if (request.method() === "GET" || lost.includes(name)) return await route.continue();
    lost.push(name);
    await route.fetch();
    await route.abort("connectionreset");
  });
  await take(page, (await freeTimes(page))[0] ?? "");
  await atStep(page, "Held for you");
  assert.equal((await holds()).length, held + 1);
  await page.getByRole("button", { name: "Confirm the meeting" }).click();
  await atStep(page, "Your meeting is booked");
  assert.equal(lost.length, 3, lost.join());
  assert.equal((await meetings()).filter(({ id }) => !known.has(id)).length, 1);
  await page.context().close();
});

test("a reload in the middle of a reservation without a connection continues it", async () => {
  const page = await visit();
  await chooseTopic(page, "Buying a home", "Astrid Møller");
  const held = (await holds()).length;
  const sent = page.waitForRequest(/reserve$/);
  await page.route(/reserve$/, (route) => route.abort("connectionreset"));
  await take(page, (await freeTimes(page))[0] ?? "");
  await sent;
  await page.getByText("The connection is lost.").waitFor();
  await page.unroute(/reserve$/);
  await page.reload();
  await atStep(page, "Held for you");
  assert.equal((await holds()).length, held + 1);
  await page.context().close();
});

test("the keyboard alone books a meeting", async () => {
  const page = await visit();
  await atStep(page, "What is the meeting about?");
  const press = (key: string): Promise<void> => page.keyboard.press(key);
  const focused = (): Promise<string> =>
    page.locator(":focus").evaluateAll(([it]) => it?.getAttribute("aria-label") ?? it?.textContent ?? "");
  const tabTo = async (text: string | RegExp): Promise<void> => {
    for (let count = 0; count < 40; count++) {
      if ((await focused()).match(text)) return;
      await press("Tab");
    }
    assert.fail(`Tab does not reach ${text}`);
  };
  await tabTo("Pension");
  await press("Enter");
  await page.locator(".slot").first().waitFor();
  assert.equal(await focused(), "Pension", "the heading of the new step has the focus");
  await tabTo(/^\d\d:\d\d, /);
  const first = await focused();
  await press("ArrowDown");
  assert.notEqual(await focused(), first);
  await press("ArrowUp");
  assert.equal(await focused(), first);
  await press("Enter");
  await atStep(page, "Held for you");
  assert.equal(await focused(), "Held for you");
  await tabTo("Confirm the meeting");
  await press("Enter");
  await atStep(page, "Your meeting is booked");
  await tabTo("Cancel meeting");
  await press("Enter");
  await press("Escape");
  assert.equal(await focused(), "Cancel meeting", "the dialog gives the focus back");
  await page.context().close();
});

test("the page speaks the language of the browser, and the visitor can choose another one", async () => {
  const page = await visit("/demo", { locale: "da-DK" });
  await atStep(page, "Hvad handler mødet om?");
  assert.equal(await page.locator("html").getAttribute("lang"), "da");
  await page.getByRole("button", { name: "English" }).click();
  await atStep(page, "What is the meeting about?");
  await page.context().close();
});
