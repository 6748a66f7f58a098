/** Reads what the board shows. All of it is open to a token with `bookme.read` and `bookme.staff`. */

import { type BookMe, type components, type RequestOptions, unwrap } from "@bookme/client";
import { milliseconds } from "../shared/dates.ts";

type Schemas = components["schemas"];
export type WorkingDay = Schemas["WorkingDay"];
export type TimeSlot = Schemas["TimeSlot"];
export type Meeting = Schemas["Meeting"];
export type Held = Schemas["HeldTimeSlot"];
export type MeetingType = Schemas["MeetingType"];
export type Explanation = Schemas["SlotExplained"];
export type Offered = Schemas["OfferedMeeting"];

/** Lists that rarely change. */
export interface Directory {
  readonly topics: readonly Schemas["Topic"][];
  readonly employees: readonly Schemas["Employee"][];
  readonly rooms: readonly Schemas["Room"][];
}

/** The times at which customers are offered a meeting. */
export interface Offers {
  /** Milliseconds between two starts, and of a meeting. */
  readonly interval: number;
  readonly duration: number;
  /** By employee and start (milliseconds since 1970): a meeting that is offered, one without a room if there is one. */
  readonly starts: ReadonlyMap<string, ReadonlyMap<number, Offered>>;
}

/** The meeting for which the board shows free times. */
export interface Wanted {
  readonly topic?: string | undefined;
  readonly type?: MeetingType | undefined;
}

const LONGEST_PAGE = 500;
const MOST_IDS = 500;

export async function readDirectory(bookme: BookMe): Promise<Directory> {
  const [topics, employees, rooms] = await Promise.all([
    bookme.topics({ isCustomer: false }).all(),
    bookme.employees().all(),
    bookme.rooms().all(),
  ]);
  return { topics, employees, rooms };
}

/** Read the working hours of a day, or of today. */
export async function readWorkingDay(
  bookme: BookMe,
  day: string | undefined,
  options?: RequestOptions,
): Promise<WorkingDay> {
  const query = day === undefined ? {} : { date: day };
  return unwrap(await bookme.api.GET("/bookme/working-hours", { params: { query }, ...signalOf(options) }));
}

/** Read the holds, busy times and meetings' times of these employees on the day, of all clients. */
export async function readTimeSlots(
  bookme: BookMe,
  day: WorkingDay,
  employees: readonly string[],
  options: RequestOptions,
): Promise<TimeSlot[]> {
  const query = { from: day.startDate, to: day.endDate, limit: LONGEST_PAGE, employeeIds: listed(employees) };
  return await bookme.pages("/bookme/time-slots", { query }, options).all();
}

export async function readMeetings(bookme: BookMe, day: WorkingDay, options: RequestOptions): Promise<Meeting[]> {
  const query = { from: day.startDate, to: day.endDate, limit: LONGEST_PAGE, sort: "startDate" } as const;
  return await bookme.pages("/bookme/meetings", { query }, options).all();
}

/** Search the times of the day that customers are offered who ask for one of these employees. */
export async function readOffers(
  bookme: BookMe,
  day: WorkingDay,
  employees: readonly string[],
  wanted: Wanted,
  options: RequestOptions,
): Promise<Offers> {
  const hours = (Date.parse(day.endDate) - Date.parse(day.startDate)) / 3_600_000;
  const query = {
    requireEmployeeParticipation: false,
    getBestTimeSlots: false,
    explicitEmployeeIds: listed(employees),
    startDate: day.startDate,
    lookForwardTime: `PT${Math.max(1, Math.ceil(hours))}H`,
    ...meetingOf(wanted),
  };
  const found = unwrap(
    await bookme.api.GET("/bookme/time-slots/available/compact", { params: { query }, ...signalOf(options) }),
  );
  const interval = milliseconds(found.slotInterval);
  return { interval, duration: milliseconds(found.meetingDuration), starts: startsOf(found, interval) };
}

/** Ask why an employee is offered at a time or not. A meeting that is offered there is explained with its room. */
export async function explain(
  bookme: BookMe,
  employeeId: string,
  [start, end]: readonly [Date, Date],
  wanted: Wanted,
  offered: Offered | undefined,
): Promise<Explanation> {
  const time = { employeeId, startDate: start.toISOString(), endDate: end.toISOString() };
  const { meetingType, ...where } = offered ?? {};
  const query = { ...time, ...meetingOf({ ...wanted, type: meetingType ?? wanted.type }), ...where };
  return unwrap(await bookme.api.GET("/bookme/time-slots/explain", { params: { query } }));
}

/** Read what the client said when it reserved a time slot. Undefined if it is no longer held. */
export async function readHold(bookme: BookMe, id: string): Promise<Held | undefined> {
  for await (const hold of bookme.pages("/bookme/time-slots/held", { query: { limit: LONGEST_PAGE } })) {
    if (hold.id === id) return hold;
  }
  return undefined;
}

function startsOf(found: Schemas["CompactAvailability"], interval: number): Map<string, Map<number, Offered>> {
  const starts = new Map(found.employees.map((employee) => [employee, new Map<number, Offered>()]));
  for (const { firstStart, offers } of found.days) {
    const offered = offers.flatMap(({ meetings, starts }) => meetings.map((meeting) => ({ meeting, starts })));
    // Those without a room come last, and so replace the others.
    for (const { meeting, starts: ranges } of offered.sort((one, other) => needs(other.meeting) - needs(one.meeting))) {
      for (const [place, start] of startsIn(ranges)) {
        starts.get(found.employees[place] ?? "")?.set(Date.parse(firstStart) + start * interval, meeting);
      }
    }
  }
  return starts;
}

function needs({ roomId, serviceGroup }: Offered): number {
  return Number(Boolean(roomId)) + Number(Boolean(serviceGroup));
}

/** List the employees, by their place, with the number of each start in the ranges. */
function startsIn(ranges: Schemas["CompactOffer"]["starts"]): [number, number][] {
  return Object.entries(ranges).flatMap(([place, its]) =>
    its.flatMap(([from = 0, to = 0]) =>
      Array.from({ length: to - from + 1 }, (_, index): [number, number] => [Number(place), from + index]),
    ),
  );
}

/** The API takes a list of at most 500 ids. Without a list it answers for all employees. */
function listed(ids: readonly string[]): string[] {
  return ids.length > MOST_IDS ? [] : [...ids];
}

function meetingOf({ topic, type }: Wanted): { topic?: string; meetingTypes?: MeetingType[] } {
  return { ...(topic && { topic }), ...(type && { meetingTypes: [type] }) };
}

function signalOf(options: RequestOptions | undefined): { signal?: AbortSignal } {
  return options?.signal ? { signal: options.signal } : {};
}
