/** The staff board: one day of a branch, refreshed every second while the page is visible. */

import { type Connection, connect } from "../shared/api.ts";
import { addDays, datesIn } from "../shared/dates.ts";
import { fill, h } from "../shared/dom.ts";
import { header } from "../shared/header.ts";
import { currentLanguage } from "../shared/language.ts";
import { poll } from "../shared/polling.ts";
import "../shared/style.css";
import "./board.css";
import { boardView } from "./board.ts";
import {
  type Directory,
  type MeetingType,
  readDirectory,
  readMeetings,
  readOffers,
  readTimeSlots,
  readWorkingDay,
} from "./data.ts";
import type { Wanted, WorkingDay } from "./data.ts";
import { detailsPanel } from "./details.ts";
import { type Day, dayOf, employeesAt, largestBranch, type Read } from "./model.ts";
import { keepInAddress, type Place, placeInAddress } from "./place.ts";
import { texts } from "./texts.ts";
import { toolbar } from "./toolbar.ts";
import type { Names } from "./words.ts";

/** Milliseconds between two readings of the time slots. */
const PAUSE = 700;
/** Milliseconds after which everything is read again, also if no time slot has changed. */
const REREAD = 10_000;
/** Days ahead among which the first one on which somebody works is shown first. */
const AHEAD = 7;

document.title = texts.title;
const connection = connect("board");
const loading = h(
  "main",
  { class: "loading" },
  h("h1", {}, texts.title),
  h("p", { class: "quiet", role: "status" }, texts.loading),
);
const top = header(texts.brand, texts.language, h("a", { href: "/demo" }, texts.booking));
fill(document.body, top, loading);
begin().catch((error: unknown) => {
  console.error(error);
  fill(loading, h("h1", {}, texts.title), h("p", { class: "notice bad", role: "alert" }, texts.failed));
});

async function begin(): Promise<void> {
  const { bookme } = connection;
  const place = placeInAddress();
  const [directory, first] = await Promise.all([readDirectory(bookme), firstDay(connection, place.day)]);
  run(directory, first, {
    branch: largestBranch(first, directory),
    ...known(place, directory, first),
    day: first.date,
  });
}

function run(directory: Directory, first: WorkingDay, given: Place): void {
  const { bookme, now } = connection;
  let place = given;
  let read: Read | undefined;
  let shown: { day: Day; names: Names } | undefined;
  let readAt = 0;
  let dates = datesIn(first.timeZone, currentLanguage());

  const panel = detailsPanel(bookme);
  const board = boardView((choice) => shown && panel.show(choice, shown.names, wantedOf(place), shown.day.duration));
  const bar = toolbar(go, () => dates.dayOf(now()));
  fill(
    document.body,
    top,
    h("main", { class: "staff" }, bar.element, h("div", { class: "stage" }, board.element, panel.element)),
  );
  bar.connected(true);
  connection.onChange((isConnected) => bar.connected(isConnected));
  bar.show(present(place), first, directory);
  setInterval(() => {
    board.tick(now());
    panel.tick(now());
  }, 500);

  const polling = poll(PAUSE, async (signal) => {
    try {
      await refresh(signal);
      bar.connected(true);
    } catch (error) {
      if (!signal.aborted) bar.connected(false);
      throw error;
    }
  });

  /** Read what may have changed, and show it. */
  async function refresh(signal: AbortSignal): Promise<void> {
    const { branch = "" } = place;
    const before =
      read?.day.date === place.day && read?.branch === branch && performance.now() - readAt < REREAD ? read : undefined;
    const day = before?.day ?? (await readWorkingDay(bookme, place.day, { signal }));
    const employees = before?.employees ?? employeesAt(branch, day, directory);
    const ids = employees.map(({ id }) => id);
    const slots = await readTimeSlots(bookme, day, ids, { signal });
    if (before && JSON.stringify(slots) === JSON.stringify(before.slots)) return;
    const [meetings, offers] = await Promise.all([
      readMeetings(bookme, day, { signal }),
      readOffers(bookme, day, ids, wantedOf(place), { signal }),
    ]);
    if (signal.aborted) return;
    read = { branch, employees, day, slots, meetings, offers };
    readAt = performance.now();
    show(read);
  }

  /** Show what was read. */
  function show(read: Read): void {
    dates = datesIn(read.day.timeZone, currentLanguage());
    const day = dayOf(read);
    const names = { dates, directory, day: read.day, branch: read.branch };
    shown = { day, names };
    bar.show(present(place), read.day, directory);
    bar.summarise(day, names);
    board.show(day, names, now());
    panel.check(day);
    panel.tick(now());
  }

  function go(change: Place): void {
    place = { ...place, ...change };
    keepInAddress(place);
    panel.close();
    readAt = -REREAD;
    polling.now();
  }
}

/** Return the wanted day, or today, or the first day after it on which somebody works. */
async function firstDay({ bookme }: Connection, wanted: string | undefined): Promise<WorkingDay> {
  const today = await readWorkingDay(bookme, wanted);
  let day = today;
  for (let ahead = 1; !wanted && !isWorkday(day) && ahead <= AHEAD; ahead++) {
    day = await readWorkingDay(bookme, addDays(today.date, ahead));
  }
  return isWorkday(day) ? day : today;
}

function isWorkday(day: WorkingDay): boolean {
  return day.employees.some(({ workingHours }) => workingHours.length > 0);
}

function wantedOf({ topic, type }: Place): Wanted {
  return { topic, type: type as MeetingType | undefined };
}

/** Return what the address names and exists. An old link can name what has been removed. */
function known({ branch, topic, type }: Place, { topics }: Directory, { locations }: WorkingDay): Place {
  return {
    ...((branch === "" || locations.some(({ id }) => id === branch)) && { branch }),
    ...(topics.some(({ id }) => id === topic) && { topic }),
    ...(type && Object.hasOwn(texts.types, type) && { type }),
  };
}

function present(place: Place): Place & { day: string; branch: string } {
  return { ...place, day: place.day ?? "", branch: place.branch ?? "" };
}
