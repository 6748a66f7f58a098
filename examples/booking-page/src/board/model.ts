/** The day of a branch, made of the lists that the API answers. Without any element of the page. */

import type { Directory, Meeting, Offered, Offers, TimeSlot, WorkingDay } from "./data.ts";

export type Kind = "meeting" | "hold" | "booked" | "busy" | "open" | "elsewhere";

export type Employee = Directory["employees"][number];

/** Something in an employee's day. */
export interface Entry {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly slot: TimeSlot;
  /** The meeting of the time slot, if it has one. */
  readonly meeting?: Meeting | undefined;
}

/** The time of one start on the grid. */
export interface Cell {
  readonly start: number;
  readonly end: number;
  readonly isWorking: boolean;
  /** A meeting that can begin then. */
  readonly offered: Offered | undefined;
}

/** One employee's day. Times are milliseconds since 1970. */
export interface Column {
  readonly employee: Employee;
  readonly hours: readonly Span[];
  /** Ids of the locations of these hours. */
  readonly places: readonly string[];
  readonly entries: readonly Entry[];
  readonly cells: readonly Cell[];
}

export interface Day {
  readonly columns: readonly Column[];
  readonly shown: Span;
  readonly interval: number;
  readonly duration: number;
}

/** Everything that was read about a branch. */
export interface Read {
  readonly branch: string;
  readonly employees: readonly Employee[];
  readonly day: WorkingDay;
  readonly slots: readonly TimeSlot[];
  readonly meetings: readonly Meeting[];
  readonly offers: Offers;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const HOUR = 3_600_000;
/** Hours that an empty day shows, since its midnight. */
const USUAL = [8, 17] as const;

/** Entries that take the time. The others only say more about it. */
export function takesTime({ kind }: Entry): boolean {
  return kind !== "open" && kind !== "elsewhere";
}

/** Return the employees who work at the branch on this day, or belong to it. Without a branch: all. */
export function employeesAt(branch: string, day: WorkingDay, { employees }: Directory): Employee[] {
  const works = ({ workingHours }: WorkingDay["employees"][number]) =>
    workingHours.some(({ location }) => location === branch);
  const there = new Set(day.employees.filter(works).map(({ employeeId }) => employeeId));
  return employees.filter(({ id, location }) => !branch || location === branch || there.has(id));
}

/** Return the day of the employees. Those at work come first. */
export function dayOf({ employees, day, slots, meetings, offers }: Read): Day {
  const bySlot = new Map(meetings.map((meeting) => [meeting.timeSlotId, meeting]));
  const working = new Map(day.employees.map((each) => [each.employeeId, each.workingHours]));
  const rows = employees.map((employee) => {
    const hours = working.get(employee.id) ?? [];
    const entries = slots.filter(({ employeeId }) => employeeId === employee.id).map((slot) => entryOf(slot, bySlot));
    const places = [...new Set(hours.map((each) => each.location))];
    return { employee, hours: hours.map(spanOf), places, entries };
  });
  const spans = rows.flatMap(({ hours, entries }) => [...hours, ...entries]);
  const shown = wholeHours(spans, spanOf(day));
  const columns = rows.map((row) => ({ ...row, cells: cellsOf(row, shown, offers) }));
  const { interval, duration } = offers;
  return { columns: columns.sort((one, other) => rank(one) - rank(other)), shown, interval, duration };
}

/** Return the branch with most employees on the day. */
export function largestBranch(day: WorkingDay, directory: Directory): string {
  const count = ({ id }: { id: string }): number => employeesAt(id, day, directory).length;
  return day.locations.toSorted((one, other) => count(other) - count(one))[0]?.id ?? "";
}

function entryOf(slot: TimeSlot, meetings: ReadonlyMap<string | undefined, Meeting>): Entry {
  // The time slot of an additional employee belongs to the meeting of the main one.
  const meeting = meetings.get(slot.companionOf ?? slot.id);
  return { kind: kindOf(slot, meeting), ...spanOf(slot), slot, meeting };
}

function kindOf({ status, holdExpiresAt }: TimeSlot, meeting: Meeting | undefined): Kind {
  switch (status) {
    case "Reserved":
      return "hold";
    case "Booked":
      return meeting || !holdExpiresAt ? "meeting" : "booked";
    case "ExtraOpen":
    case "AvailableForWork":
      return "open";
    case "WorkingFromElsewhere":
      return "elsewhere";
    default:
      return "busy";
  }
}

function cellsOf(
  { employee, hours, entries }: Pick<Column, "employee" | "hours" | "entries">,
  shown: Span,
  offers: Offers,
): Cell[] {
  const offered = offers.starts.get(employee.id);
  const taken = entries.filter(takesTime);
  const working: Span[] = [...hours, ...entries.filter(({ kind }) => kind === "open")];
  const cells: Cell[] = [];
  for (let start = shown.start; start < shown.end; start += offers.interval) {
    const end = start + offers.interval;
    if (taken.some((each) => each.start <= start && each.end >= end)) continue;
    const isWorking = working.some((each) => each.start <= start && each.end > start);
    cells.push({ start, end, isWorking, offered: offered?.get(start) });
  }
  return cells;
}

/** Return the hours, from the first to the last of the spans, that lie in the day. */
function wholeHours(spans: readonly Span[], day: Span): Span {
  const hours = (at: number): number => (at - day.start) / HOUR;
  const first = spans.length ? Math.floor(Math.min(...spans.map(({ start }) => hours(start)))) : USUAL[0];
  const last = spans.length ? Math.ceil(Math.max(...spans.map(({ end }) => hours(end)))) : USUAL[1];
  return { start: day.start + Math.max(0, first) * HOUR, end: Math.min(day.end, day.start + last * HOUR) };
}

function spanOf({ startDate, endDate }: { startDate: string; endDate: string }): Span {
  return { start: Date.parse(startDate), end: Date.parse(endDate) };
}

function rank({ hours }: Column): number {
  return hours.length === 0 ? 1 : 0;
}
