/** How the board names things. */

import { countdown, type Dates } from "../shared/dates.ts";
import type { Directory, Explanation, Meeting, TimeSlot, WorkingDay } from "./data.ts";
import type { Entry } from "./model.ts";
import { type Facts, texts } from "./texts.ts";

/** What the words refer to. */
export interface Names {
  readonly dates: Dates;
  readonly directory: Directory;
  readonly day: WorkingDay;
  /** Id of the location that the board shows. Empty: all. */
  readonly branch: string;
}

const BUSY: Partial<Record<TimeSlot["status"], string>> = {
  PreProcessing: texts.preparation,
  PostProcessing: texts.followUp,
  TravelTime: texts.travel,
};

/** "Buying a home", "Hold", "Busy" … */
export function titleOf(entry: Entry, names: Names): string {
  switch (entry.kind) {
    case "meeting":
      return entry.meeting ? topicName(entry.meeting.topicId, names) : texts.meeting;
    case "open":
      return texts.extraOpen;
    case "busy":
      return BUSY[entry.slot.status] ?? texts.busy;
    default:
      return texts[entry.kind];
  }
}

/** "Online", or "Room Nyhavn" */
export function placeOf(meeting: Meeting, names: Names): string {
  const room = roomName(meeting.roomId, names);
  return room ? `${texts.room} ${room}` : texts.types[meeting.type];
}

/** "4:59 left" */
export function timeLeft({ slot }: Entry, now: Date): string {
  return texts.left(countdown(Math.max(0, Date.parse(slot.holdExpiresAt ?? "") - now.getTime())));
}

/** "09:00–12:00, 13:00–16:00" */
export function hoursOf(hours: readonly { start: number; end: number }[], { dates }: Names): string {
  return hours.map(({ start, end }) => dates.span(new Date(start), new Date(end))).join(", ");
}

export function employeeName(id: string | undefined, { directory }: Names): string {
  return directory.employees.find((each) => each.id === id)?.displayName ?? "";
}

export function topicName(id: string | undefined, { directory }: Names): string {
  return directory.topics.find((each) => each.id === id)?.name ?? "";
}

export function roomName(id: string | undefined, { directory }: Names): string {
  return directory.rooms.find((each) => each.id === id)?.name ?? "";
}

export function branchName(id: string, { day }: Names): string {
  return day.locations.find((each) => each.id === id)?.displayName ?? id;
}

/** Say in one sentence why a rule refuses. A rule that this page does not know is in the words of the API. */
export function reason(rule: Explanation["rules"][number], name: string, names: Names): string {
  const known: Record<string, (facts: Facts) => string> = texts.rules;
  return known[rule.rule]?.(factsOf(rule.facts, name, names)) ?? rule.why ?? rule.rule;
}

function factsOf(facts: Explanation["rules"][number]["facts"], name: string, { dates }: Names): Facts {
  const text = (key: string): string | undefined => (typeof facts[key] === "string" ? facts[key] : undefined);
  const clock = (key: string): string | undefined => text(key)?.slice(0, 5);
  const span = (from: string | undefined, to: string | undefined) => (from && to ? texts.fromTo(from, to) : undefined);
  const moment = (key: string, write: (at: Date) => string) => {
    const value = text(key);
    return value && write(new Date(value));
  };
  const withDay = (at: Date): string => `${dates.shortDay(dates.dayOf(at))} ${dates.time(at)}`;
  return {
    name,
    hours: span(clock("worksFrom"), clock("worksTo")) ?? span(clock("opens"), clock("closes")),
    breaks: breaksOf(facts["breaks"]),
    until: moment("latestStart", withDay),
    from: moment("earliestStart", withDay),
    heldUntil: moment("heldUntil", dates.time),
    used: hours(facts["usedMinutes"]),
    cap: hours(facts["capMinutes"]),
    wanted: hours(facts["wantedMinutes"]),
    minutes: typeof facts["bufferMinutes"] === "number" ? facts["bufferMinutes"] : undefined,
  };
}

function breaksOf(breaks: unknown): string | undefined {
  if (!Array.isArray(breaks)) return undefined;
  return breaks
    .map(({ from, to }: { from: string; to: string }) => texts.fromTo(from.slice(0, 5), to.slice(0, 5)))
    .join(", ");
}

/** Minutes as "1:30 h" */
function hours(minutes: unknown): string | undefined {
  if (typeof minutes !== "number") return undefined;
  return `${Math.floor(minutes / 60)}:${String(Math.round(minutes % 60)).padStart(2, "0")} h`;
}
