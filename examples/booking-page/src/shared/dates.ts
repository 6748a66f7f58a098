/**
 * Dates and times in the organisation's time zone, whatever zone the browser has.
 *
 * A day is a string such as "2026-11-30". Days are counted as days, so that summer time does not matter.
 */

const DAY = 86_400_000;

export interface Dates {
  /** IANA name of the time zone. */
  readonly zone: string;
  /** "09:30" */
  time(at: Date): string;
  /** "09:30–10:30" */
  span(start: Date, end: Date): string;
  /** "Monday 30 November" */
  longDay(day: string): string;
  /** "Mon" */
  weekday(day: string): string;
  /** "30 Nov" */
  shortDay(day: string): string;
  /** The day at this moment. */
  dayOf(at: Date): string;
  /** The moment at which the day begins. */
  startOf(day: string): Date;
  /** The zone's name in words, such as "Central European Standard Time". */
  zoneName(at: Date): string;
}

/** Return the dates of a zone in a language. */
export function datesIn(zone: string, language: string): Dates {
  // British English has the 24-hour clock and the day before the month, as Danish has.
  const locale = language === "en" ? "en-GB" : language;
  const written = (options: Intl.DateTimeFormatOptions, timeZone = zone) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone });
  const clock = written({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const long = written({ weekday: "long", day: "numeric", month: "long" }, "UTC");
  const weekday = written({ weekday: "short" }, "UTC");
  const short = written({ day: "numeric", month: "short" }, "UTC");
  const name = written({ timeZoneName: "long" });
  const time = (at: Date) => clock.format(at).replace(".", ":");
  return {
    zone,
    time,
    span: (start, end) => `${time(start)}–${time(end)}`,
    longDay: (day) => long.format(noon(day)),
    weekday: (day) => weekday.format(noon(day)).replace(".", ""),
    shortDay: (day) => short.format(noon(day)).replace(".", ""),
    dayOf: (at) => dayIn(zone, at),
    startOf: (day) => startOfDay(zone, day),
    zoneName: (at) => name.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? zone,
  };
}

/** Return the day that is this many days later. */
export function addDays(day: string, days: number): string {
  return new Date(noon(day).getTime() + days * DAY).toISOString().slice(0, 10);
}

/** Return the Monday of the day's week. */
export function mondayOf(day: string): string {
  return addDays(day, -((noon(day).getUTCDay() + 6) % 7));
}

/** Write milliseconds as "4:59". A part of a second counts as a second. */
export function countdown(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Read a duration of the API, such as "01:30:00" or "1.00:00:00", in milliseconds. */
export function milliseconds(duration: string): number {
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] =
    /^(?:(\d+)\.)?(\d+):(\d+)(?::(\d+))?/.exec(duration) ?? [];
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

function dayIn(zone: string, at: Date): string {
  // The Swedish order of a date is that of ISO 8601.
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at);
}

/** Zones are at most 14 hours from UTC: the day begins at one of these hours, or at a quarter of one. */
function startOfDay(zone: string, day: string): Date {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const local = (at: number): number => Date.parse(`${clock.format(at).replace(" ", "T")}Z`);
  // The offset at the guess can differ from that at the result when the clocks change on this day: so look twice.
  const guess = utc - (local(utc) - utc);
  return new Date(guess - (local(guess) - utc));
}
