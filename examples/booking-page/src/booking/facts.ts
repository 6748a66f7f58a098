import { type Child, h } from "../shared/dom.ts";
import { type App, capital } from "./app.ts";
import type { MeetingType } from "./offers.ts";
import { texts } from "./texts.ts";

export interface MeetingFacts {
  readonly startDate: string;
  readonly endDate: string;
  readonly topicId: string;
  readonly type: MeetingType;
  readonly employeeId?: string | undefined;
  readonly roomId?: string | undefined;
}

/** When, how and with whom the meeting takes place. */
export function facts({ organisation }: App, meeting: MeetingFacts): HTMLElement {
  const { topics, employees, rooms, dates } = organisation;
  const topic = topics.find(({ id }) => id === meeting.topicId)?.name;
  const employee = employees.find(({ id }) => id === meeting.employeeId)?.displayName;
  const room = rooms.find(({ id }) => id === meeting.roomId);
  const where = room ? `${texts.types[meeting.type]}, ${texts.room(room.name)}` : texts.types[meeting.type];
  const start = new Date(meeting.startDate);
  const span = dates.span(start, new Date(meeting.endDate));
  const rows: readonly (readonly [string, Child])[] = [
    [texts.about, topic],
    [texts.when, h("span", {}, `${capital(dates.longDay(dates.dayOf(start)))}, `, h("span", { class: "span" }, span))],
    [texts.where, where],
    [texts.who, employee],
  ];
  const known = rows.filter(([, value]) => value);
  return h("dl", { class: "facts" }, ...known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
