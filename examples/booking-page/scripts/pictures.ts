/**
 * Takes the pictures of the booking page: `npm run pictures -- DIRECTORY`, while a `bookme dev` with new data runs.
 *
 * `booking-page.png`: a hold. `booking-race.png`: what the other tab sees. `booking.png`: an animation of a customer whose
 * first choice is taken, and who books another time.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { animated, type Frame } from "./apng.ts";

const API = process.env["BOOKME_URL"] ?? "http://127.0.0.1:8000";
const directory = process.argv[2] ?? "../../docs/pictures";
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" });

async function opened(width: number, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height }, locale: "en-GB", reducedMotion: "reduce" });
  await page.goto(`${API}/demo`);
  return page;
}

async function freeTimesOf(page: Page, topic: string, adviser: string): Promise<void> {
  await page.getByRole("button", { name: topic }).click();
  await page.getByLabel("Adviser").selectOption({ label: adviser });
  await page.locator(".slot").nth(8).waitFor();
}

async function race(): Promise<void> {
  const [first, second] = [await opened(1280, 780), await opened(1280, 780)];
  for (const tab of [first, second]) await freeTimesOf(tab, "Savings and investment", "Magnus Østergaard");
  await first.locator(".slot").nth(2).click();
  await second.locator(".gone .chip").first().waitFor();
  await second.screenshot({ path: join(directory, "booking-race.png") });
  await first.locator(".digits", { hasText: "4:5" }).waitFor();
  await first.screenshot({ path: join(directory, "booking-page.png") });
  await first.getByRole("button", { name: "Choose another time" }).click();
  await first.locator(".slot").first().waitFor();
}

async function journey(): Promise<void> {
  const [page, other] = [await opened(940, 680), await opened(940, 680)];
  await freeTimesOf(other, "Pension", "Emil Søndergaard");
  const frames: Frame[] = [];
  const take = async (duration: number): Promise<void> => void frames.push({ png: await page.screenshot(), duration });
  await page.getByRole("button", { name: "Pension" }).waitFor();
  await take(1_200);
  await freeTimesOf(page, "Pension", "Emil Søndergaard");
  await take(1_500);
  await other.locator(".slot").nth(2).click();
  await page.locator(".gone .chip").first().waitFor();
  await take(2_500);
  await page.locator(".gone .chip").first().click();
  await page.locator(".digits").waitFor();
  for (let second = 0; second < 3; second++) {
    const before = (await page.locator(".digits").textContent()) ?? "";
    await take(1_000);
    await page.locator(".digits", { hasNotText: before }).waitFor();
  }
  await page.getByRole("button", { name: "Confirm the meeting" }).click();
  await page.getByRole("heading", { name: "Your meeting is booked" }).waitFor();
  await take(3_000);
  await writeFile(join(directory, "booking.png"), animated(frames));
}

await race();
await journey();
await browser.close();
