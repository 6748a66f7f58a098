import type { Offer } from "@bookme/client";
import { addDays, mondayOf } from "../shared/dates.ts";
import { fill, h } from "../shared/dom.ts";
import { poll } from "../shared/polling.ts";
import { type App, capital, explain, type Step } from "./app.ts";
import { nextFree } from "./next.ts";
import { type FreeTimes, type MeetingType, offersFrom, readOffers, type Wanted } from "./offers.ts";
import { texts } from "./texts.ts";
import { type Week, weekView } from "./week.ts";

/**
 * Milliseconds between two readings of the week, so that what others take is seen within a second. A page with many
 * visitors reads less often, for example every five seconds.
 */
const PAUSE = 250;
const TYPES: readonly MeetingType[] = ["online", "telephone", "physical"];

export interface TimesOptions {
  readonly heading: string;
  readonly text?: string | undefined;
  /** Called with the chosen time. */
  choose(offer: Offer, wanted: Wanted): void;
  back(): void;
}

/** The second step: choose one of the free times, which are read again and again. */
export function timesStep(app: App, start: Wanted, { heading: title, text, choose, back }: TimesOptions): Step {
  const { connection, organisation } = app;
  const { dates } = organisation;
  let wanted = start;
  let monday: string | undefined;
  let firstMonday = "";
  let week: Week | undefined;
  let times: FreeTimes | undefined;

  const heading = h("h1", {}, title);
  const duration = h("p", { class: "fact" });
  const adviser = h("select", { id: "adviser", on: { change: () => change({ employeeId: adviser.value || undefined }) } });
  const about = h(
    "div",
    { class: "about" },
    h("button", { type: "button", class: "link", on: { click: back } }, `← ${texts.back}`),
    heading,
    text && h("p", { class: "quiet" }, text),
    duration,
    !start.movedMeeting && typeChoice(wanted.type, (type) => change({ type, employeeId: undefined })),
    h("div", { class: "field" }, h("label", { for: "adviser" }, texts.adviser), adviser),
    h("p", { class: "quiet small" }, texts.zone(dates.zoneName(connection.now()))),
  );
  const period = h("h2", { "aria-live": "polite" }, texts.week);
  const previous = arrow("‹", texts.previous, () => show(-7));
  const next = arrow("›", texts.next, () => show(7));
  const notice = h("div", { class: "gone" });
  const place = h("div", { class: "place" }, h("p", { class: "quiet" }, texts.loading));
  const bar = h("div", { class: "weekbar" }, period, previous, next);
  const element = h("section", { class: "card booking" }, about, h("div", { class: "calendar" }, bar, notice, place));

  function change(changed: Partial<Wanted>): void {
    wanted = { ...wanted, ...changed };
    app.keep({ step: "times", wanted });
    place.inert = true; // the times on the screen are those of the former choice
    monday = undefined;
    polling.now();
  }

  function show(days: number): void {
    if (monday) monday = addDays(monday, days);
    week = undefined;
    polling.now();
  }

  /** Find the first week with free times, and the advisers who can be chosen. */
  async function begin(signal: AbortSignal): Promise<void> {
    const all = await readOffers(connection, { ...wanted, employeeId: undefined }, connection.now(), { signal, far: true });
    const its = wanted.employeeId ? await readOffers(connection, wanted, connection.now(), { signal, far: true }) : all;
    signal.throwIfAborted();
    const first = its.offers[0];
    firstMonday = monday = mondayOf(dates.dayOf(first ? new Date(first.startDate) : connection.now()));
    week = undefined;
    fillAdvisers(all.employees);
    fill(duration, texts.minutes(all.duration / 60_000));
  }

  function fillAdvisers(free: readonly string[]): void {
    const known = organisation.employees.filter(({ id }) => free.includes(id) || id === wanted.employeeId);
    const options = known.map(({ id, displayName }) =>
      h("option", { value: id, selected: id === wanted.employeeId }, displayName),
    );
    fill(adviser, h("option", { value: "" }, texts.anyone), ...options);
  }

  async function read(signal: AbortSignal): Promise<void> {
    if (!monday) await begin(signal);
    const shown = monday ?? "";
    times = await readOffers(connection, wanted, dates.startOf(shown), { signal });
    signal.throwIfAborted();
    if (!week) {
      week = weekView(shown, dates, (offer) => choose(offer, wanted));
      fill(place, week.element);
      place.inert = false;
      fill(notice);
      previous.disabled = shown <= firstMonday;
      week.show(times.offers);
      fill(period, `${dates.shortDay(shown)} – ${dates.shortDay(week.lastDay())}`);
      return;
    }
    const [gone] = week.show(times.offers);
    if (gone) tellGone(gone);
  }

  function tellGone(gone: Offer): void {
    const day = dates.dayOf(new Date(gone.startDate));
    const when = `${capital(dates.longDay(day))}, ${dates.time(new Date(gone.startDate))}`;
    const offers = offersFrom(times!, new Date(gone.startDate));
    fill(notice, h("p", { class: "what" }, texts.gone(when)), nextFree(offers, dates, day, (offer) => choose(offer, wanted)));
    app.say(texts.gone(when));
  }

  const polling = poll(PAUSE, async (signal) => {
    try {
      await read(signal);
    } catch (error) {
      if (!week && !signal.aborted) fill(place, h("p", { class: "notice bad", role: "alert" }, explain(error)));
      throw error;
    }
  });
  return { element, heading, end: polling.stop };
}

function typeChoice(current: MeetingType, choose: (type: MeetingType) => void): HTMLElement {
  const options = TYPES.map((type) => {
    const change = (): void => choose(type);
    const input = h("input", { type: "radio", name: "type", value: type, checked: type === current, on: { change } });
    return h("label", { class: "option" }, input, h("span", {}, texts.types[type]));
  });
  return h("fieldset", { class: "field types" }, h("legend", {}, texts.how), h("div", { class: "options" }, ...options));
}

function arrow(sign: string, label: string, click: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "arrowbutton", "aria-label": label, on: { click } }, sign);
}

