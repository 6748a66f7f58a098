/** Chromium, and what the tests do beside it: they ask the API as staff, and move the clock of the sandbox. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Address of a sandbox that serves the pages. */
export const API = process.env["BOOKME_URL"] ?? "http://127.0.0.1:8000";
const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SECRET = process.env["BOOKME_SECRET"] ?? "bookme-development";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Milliseconds to wait for what has to appear. */
const PATIENCE = 20_000;

export const PHONE = { viewport: { width: 390, height: 844 } };
export const DESKTOP = { viewport: { width: 1280, height: 800 } };

let browser: Browser;
before(async () => {
  browser = await chromium.launch({ executablePath: EXECUTABLE });
});
after(async () => {
  await browser.close();
});

/** Open a page as a new visitor. A message of the browser's console that reports an error fails the test. */
export async function visit(path = "/demo", options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "America/New_York", ...DESKTOP, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) assert.fail(message.text());
  });
  await page.goto(API + path);
  return page;
}

/** Wait until the step with this heading has begun. */
export async function atStep(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Go to the free times of a topic, perhaps of one adviser. */
export async function chooseTopic(page: Page, topic: string, adviser?: string): Promise<void> {
  await page.getByRole("button", { name: topic }).click();
  await page.locator(".slot").first().waitFor();
  if (adviser === undefined) return;
  await page.getByLabel("Adviser").selectOption({ label: adviser });
  await newTimes(page);
}

/** Wait for the times of another choice. */
export async function newTimes(page: Page): Promise<void> {
  await page.locator(".place:not([inert]) .slot:visible").first().waitFor();
}

/** Return the names of the free times that the page shows, such as "10:00, Monday 30 November". */
export async function freeTimes(page: Page): Promise<string[]> {
  const names = await page.locator(".slot:not([aria-disabled]):visible").evaluateAll((slots) =>
    slots.map((slot) => slot.getAttribute("aria-label") ?? ""),
  );
  return names;
}

/** Assert that axe finds nothing serious on the page. In dark colours, only the contrast can differ. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found = await page.evaluate(
      async (options) => {
        const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
        const { violations } = await axe.run(options);
        return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html) }));
      },
      colorScheme === "light" ? {} : { runOnly: ["color-contrast"] },
    );
    const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(serious, [], `${colorScheme}: ${JSON.stringify(serious, null, 1)}`);
  }
}

let staffToken: Promise<string> | undefined;

/** Ask the API as staff. */
export async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  staffToken ??= newToken();
  const headers = { Authorization: `Bearer ${await staffToken}`, "Content-Type": "application/json" };
  const response = await fetch(API + path, { ...init, headers });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

async function newToken(): Promise<string> {
  const scope = "bookme.read bookme.book bookme.staff";
  const form = { grant_type: "client_credentials", client_id: "browser-tests", client_secret: SECRET, scope };
  const response = await fetch(`${API}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** Move the clock of the sandbox, and wait until everything that was due is done. */
export async function advance(by: string): Promise<void> {
  await ask("/sandbox/clock", { method: "POST", body: JSON.stringify({ advance: by }) });
}
