import { ApiError, type Hold, type Offer } from "@bookme/client";
import { countdown } from "../shared/dates.ts";
import { fill, h } from "../shared/dom.ts";
import { poll } from "../shared/polling.ts";
import { type App, explain, type Step, untilAnswered, whenOf } from "./app.ts";
import { facts } from "./facts.ts";
import { lostStep } from "./lost.ts";
import type { Wanted } from "./offers.ts";
import { texts } from "./texts.ts";

/** Milliseconds between two readings of the hold, so that its end is seen as it happens. */
const PAUSE = 500;
const TICK = 250;
/** Seconds that are left when screen readers are told so. */
const SPOKEN = [240, 180, 120, 60, 30, 10];

/** The third step: the time is held while the countdown runs. Confirm it, or give it back. */
export function holdStep(app: App, hold: Hold, offer: Offer, wanted: Wanted): Step {
  const { dates } = app.organisation;
  const { holdExpiresAt = "", dateModified, startDate, endDate, roomId, employeeId } = hold.timeSlot;
  const whole = Date.parse(holdExpiresAt) - Date.parse(dateModified);
  const time = h("span", { class: "digits" });
  const rest = h("div", { class: "rest" });
  const timer = h("p", { class: "timer", role: "timer" }, time, " ", texts.left);
  const heading = h("h1", {}, texts.holdHeading);
  const note = h("textarea", { id: "note", rows: 2, maxlength: 1000 });
  const problem = h("div", { role: "alert" });
  const confirm = h("button", { type: "submit", class: "button primary" }, texts.confirm);
  const release = h("button", { type: "button", class: "button", on: { click: () => void giveBack() } }, texts.release);
  const submit = (event: Event): void => {
    event.preventDefault();
    void book();
  };
  const form = h(
    "form",
    { on: { submit } },
    h("div", { class: "field" }, h("label", { for: "note" }, texts.note), note),
    problem,
    h("div", { class: "buttons" }, confirm, release),
  );
  const element = h(
    "section",
    { class: "card narrow hold" },
    h("div", { class: "countdown" }, timer, h("div", { class: "bar", "aria-hidden": "true" }, rest)),
    heading,
    h("p", { class: "quiet" }, texts.holdText),
    facts(app, { startDate, endDate, employeeId, roomId, topicId: wanted.topicId, type: wanted.type }),
    form,
  );
  let isBusy = false;
  let spoken = Number.POSITIVE_INFINITY;

  function tick(): void {
    const left = hold.timeLeft;
    const seconds = Math.ceil(left / 1_000);
    const text = countdown(left);
    if (time.textContent !== text) time.textContent = text;
    rest.style.width = `${Math.min(100, (left / whole) * 100)}%`;
    element.classList.toggle("urgent", seconds <= 60);
    const due = SPOKEN.filter((each) => seconds <= each && each < spoken);
    if (due.length === 0) return;
    spoken = Math.min(...due);
    app.say(texts.leftSpoken(Math.floor(seconds / 60), seconds));
  }

  function expired(): void {
    stop();
    app.keep({ step: "times", wanted });
    const lost = lostStep(app, offer, wanted, texts.expiredHeading, texts.expiredText(whenOf(dates, offer)));
    fill(element, ...lost.element.childNodes);
    element.className = lost.element.className;
    lost.heading.tabIndex = -1;
    lost.heading.focus();
  }

  function busy(isNow: boolean, label = texts.confirm): void {
    isBusy = isNow;
    fill(confirm, label);
    for (const button of [confirm, release]) button.setAttribute("aria-disabled", String(isNow));
  }

  async function book(): Promise<void> {
    if (isBusy) return;
    busy(true, texts.confirming);
    fill(problem);
    const details = note.value.trim() ? { description: note.value.trim() } : {};
    try {
      const meeting = await untilAnswered(() => hold.createMeeting(details));
      app.go({ step: "meeting", id: meeting.id });
    } catch (error) {
      if (isOver(error)) return expired();
      busy(false);
      fill(problem, h("p", { class: "notice bad" }, explain(error)));
    }
  }

  async function giveBack(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    await hold.release().catch((error: unknown) => console.warn("The hold ends at its deadline.", error));
    app.go({ step: "times", wanted });
  }

  const ticking = setInterval(tick, TICK);
  const polling = poll(PAUSE, async () => {
    if (isBusy) return;
    await hold.refresh().catch((error: unknown) => {
      if (!isOver(error)) throw error;
      if (!isBusy) expired();
    });
  });
  function stop(): void {
    clearInterval(ticking);
    polling.stop();
  }
  tick();
  return { element, heading, end: stop };
}

/** Return whether the error says that the hold has ended. */
function isOver(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.is("HOLD_EXPIRED", "HOLD_RELEASED"));
}
