/** What the panel says: names and values of a meeting, a hold or a busy time, and reasons in words. */

import type { Dates } from "../shared/dates.ts";
import { type Child, h } from "../shared/dom.ts";
import type { Explanation, Held, Wanted } from "./data.ts";
import type { Entry } from "./model.ts";
import { texts } from "./texts.ts";
import { employeeName, type Names, reason, roomName, titleOf, topicName } from "./words.ts";

/** Name the employee, and the meeting that was asked for. */
export function about(name: string, names: Names, { topic, type }: Wanted): string {
  const asked = [topic && texts.forTopic(topicName(topic, names)), type && `${texts.types[type]}.`].filter(Boolean);
  return asked.length ? `${name}. ${asked.join(" ")}` : name;
}

/** Say why a time is offered or not. */
export function explanationLines(said: Explanation, name: string, names: Names): Child[] {
  if (said.offered) return [h("p", { class: "notice good" }, texts.canBookText)];
  const refusing = said.rules.filter((rule) => !rule.passed);
  return [
    h(
      "ul",
      { class: "reasons" },
      ...reasonsOf(refusing).map((rule) => h("li", { "data-rule": rule.rule }, reason(rule, name, names))),
    ),
    refusing.every((rule) => rule.overridable) ? h("p", { class: "quiet" }, texts.overridable) : null,
  ];
}

/** Return the rules that are reasons of their own, and no consequence of others. */
function reasonsOf(refusing: Explanation["rules"]): Explanation["rules"] {
  const names = new Set(refusing.map(({ rule }) => rule));
  const hides: Partial<Record<string, boolean>> = {
    // Who does not work takes no type of meeting, and is at no branch.
    MEETING_TYPE_NOT_OFFERED: names.has("OUTSIDE_WORKING_HOURS"),
    NOT_AT_LOCATION: names.has("OUTSIDE_WORKING_HOURS") || names.has("MEETING_TYPE_NOT_OFFERED"),
    // The board asks without a room where nothing is offered. So a room is a reason only if there is no other one.
    ROOM_REQUIRED: names.size > 1,
    ROOM_TAKEN: [...names].some((name) => name !== "ROOM_TAKEN" && name !== "ROOM_REQUIRED"),
  };
  return refusing.filter(({ rule }) => !hides[rule]);
}

/** Describe something in an employee's day. */
export function entryLines(entry: Entry, employeeId: string, names: Names): Child[] {
  const { meeting, slot } = entry;
  const others = meeting?.additionalEmployees ?? slot.additionalEmployees ?? [];
  const team = [meeting?.employeeId ?? employeeId, ...others].map((id) => employeeName(id, names)).filter(Boolean);
  const room = roomName(meeting?.roomId ?? slot.roomId ?? undefined, names);
  const common: Line[] = [
    [texts.when, whenOf(entry, names.dates)],
    [texts.who, team.join(", ")],
  ];
  if (!meeting) {
    const left = slot.holdExpiresAt ? h("span", { class: "time-left" }) : undefined;
    const extended = slot.holdExtended ? ` (${texts.extended})` : "";
    return [
      h("p", { class: "quiet" }, explained(entry)),
      lines(...common, [texts.room, room], [texts.timeLeft, left && h("span", {}, left, extended)]),
    ];
  }
  return [
    meeting.title && meeting.title !== titleOf(entry, names) ? h("p", {}, meeting.title) : null,
    lines(
      ...common,
      [texts.how, texts.types[meeting.type]],
      [texts.room, room],
      [texts.customer, meeting.customerId],
      [texts.bookedBy, texts.by[meeting.bookedBy]],
      [texts.description, meeting.description],
      [texts.video, videoLink(meeting.videoLink)],
      [texts.created, momentOf(meeting.dateCreated, names.dates)],
      [texts.changed, meeting.sequence > 0 && momentOf(meeting.dateModified, names.dates)],
    ),
  ];
}

function explained({ kind }: Entry): string {
  switch (kind) {
    case "hold":
      return texts.holdExplained;
    case "booked":
      return texts.bookedExplained;
    case "open":
      return texts.openExplained;
    case "elsewhere":
      return texts.elsewhereExplained;
    default:
      return texts.busyExplained;
  }
}

/** Say who holds a time, as names and values. */
export function heldLines({ customerId, clientId, dateCreated }: Held, { dates }: Names): Line[] {
  return [
    [texts.customer, customerId],
    [texts.client, clientId],
    [texts.created, momentOf(dateCreated, dates)],
  ];
}

type Line = readonly [string, Child];

/** A list of names and values. Lines without a value are left out. */
export function lines(...all: Line[]): HTMLElement {
  const present = all.filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false);
  return h("dl", {}, ...present.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function videoLink(address: string | null | undefined): Child {
  // The API accepts only such addresses. A page never follows another scheme all the same.
  if (!address || !/^https?:\/\//i.test(address)) return undefined;
  return h("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, address);
}

function whenOf({ start, end }: Entry, dates: Dates): string {
  const [from, to] = [new Date(start), new Date(end)];
  const days = [from, to].map((at) => dates.dayOf(at));
  if (days[0] === days[1]) return dates.span(from, to);
  return [from, to].map((at, index) => `${dates.shortDay(days[index]!)} ${dates.time(at)}`).join(" – ");
}

function momentOf(text: string, dates: Dates): string {
  const at = new Date(text);
  return `${dates.shortDay(dates.dayOf(at))} ${dates.time(at)}`;
}
