/** Free times, from the compact search: a week of all employees is a few kilobytes. */

import { type components, type Offer, unwrap } from "@bookme/client";
import type { Connection } from "../shared/api.ts";
import { milliseconds } from "../shared/dates.ts";

type Compact = components["schemas"]["CompactAvailability"];
export type MeetingType = components["schemas"]["MeetingType"];

/** The meeting that the visitor wants. */
export interface Wanted {
  readonly topicId: string;
  readonly customerTypeId: string;
  readonly type: MeetingType;
  /** Without it, any employee. */
  readonly employeeId?: string | undefined;
  /** The meeting that is to be moved: its own time counts as free. */
  readonly movedMeeting?: string | undefined;
}

export interface FreeTimes {
  /** Milliseconds. */
  readonly duration: number;
  /** One offer for each start, in the order of time. */
  readonly offers: readonly Offer[];
  /** Ids of the employees who are free at some of these times. */
  readonly employees: readonly string[];
}

const WEEK = "P7D";
/** The organisation decides how far a search may reach: 31 days by default. */
const FAR = "P14D";

/** Read the free times of a week. With `far` those of two weeks, with every employee who is free. */
export async function readOffers(
  { bookme, now }: Connection,
  wanted: Wanted,
  from: Date,
  { signal, far = false }: { signal?: AbortSignal; far?: boolean } = {},
): Promise<FreeTimes> {
  const query = {
    requireEmployeeParticipation: false,
    startDate: new Date(Math.max(from.getTime(), now().getTime())).toISOString(),
    lookForwardTime: far ? FAR : WEEK,
    getBestTimeSlots: !far,
    topic: wanted.topicId,
    customerTypeId: wanted.customerTypeId,
    meetingTypes: [wanted.type],
    ...(wanted.employeeId && { explicitEmployeeIds: [wanted.employeeId] }),
    ...(wanted.movedMeeting && { ignoreMeetingIds: [wanted.movedMeeting] }),
  };
  const params = { query };
  const answer = await bookme.api.GET("/bookme/time-slots/available/compact", { params, signal: signal ?? null });
  const found = unwrap(answer);
  const { employees, meetingDuration } = found;
  return { duration: milliseconds(meetingDuration), offers: offersOf(found, wanted), employees };
}

/** Return the first offers at or after this moment. */
export function offersFrom({ offers }: FreeTimes, start: Date, count = 3): Offer[] {
  return offers.filter((offer) => Date.parse(offer.startDate) >= start.getTime()).slice(0, count);
}

function offersOf(found: Compact, wanted: Wanted): Offer[] {
  const byStart = new Map<number, Offer>();
  const interval = milliseconds(found.slotInterval);
  const duration = milliseconds(found.meetingDuration);
  for (const day of found.days) {
    for (const { meetings, starts } of day.offers) {
      for (const [place, ranges] of Object.entries(starts)) {
        for (const number of ranges.flatMap(([first = 0, last = -1]) => range(first, last))) {
          const start = Date.parse(day.firstStart) + number * interval;
          if (byStart.has(start)) continue;
          byStart.set(start, {
            ...meetings[0],
            startDate: new Date(start).toISOString(),
            endDate: new Date(start + duration).toISOString(),
            employeeId: found.employees[Number(place)] ?? "",
            meetingTopicId: wanted.topicId,
          });
        }
      }
    }
  }
  return [...byStart.entries()].sort(([one], [other]) => one - other).map(([, offer]) => offer);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
