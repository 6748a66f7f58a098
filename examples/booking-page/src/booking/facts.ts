import { h } from "../shared/dom.ts";
import { type App, whenOf } from "./app.ts";
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
  const rows = [
    [texts.about, topic],
    [texts.when, whenOf(dates, meeting)],
    [texts.where, where],
    [texts.who, employee],
  ];
  const known = rows.filter(([, value]) => value);
  return h("dl", { class: "facts" }, ...known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
