/** The panel beside the board: what was chosen there, in words. */

import type { BookMe } from "@bookme/client";
import type { Dates } from "../shared/dates.ts";
import { type Child, fill, focusOn, h } from "../shared/dom.ts";
import type { Choice } from "./column.ts";
import { explain, type Explanation, type Held, readHold, type Wanted } from "./data.ts";
import type { Cell, Day, Entry } from "./model.ts";
import { texts } from "./texts.ts";
import { employeeName, type Names, reason, roomName, timeLeft, titleOf, topicName } from "./words.ts";

export interface Details {
  readonly element: HTMLElement;
  show(choice: Choice, names: Names, wanted: Wanted, duration: number): void;
  /** Say so if what the panel shows is no longer on the board. */
  check(day: Day): void;
  tick(now: Date): void;
  close(): void;
}

/** Create the panel. Escape and its button close it, and give the focus back to where it came from. */
export function detailsPanel(bookme: BookMe): Details {
  const heading = h("h2", {});
  const body = h("div", { class: "body" });
  const close = h("button", { type: "button", class: "close", "aria-label": texts.close }, h("span", { "aria-hidden": "true" }, "×"));
  const element = h("aside", { class: "details card", "aria-label": texts.details, hidden: true }, heading, close, body);
  let shown: Entry | undefined;
  let number = 0;

  const panel: Details = {
    element,
    show(choice, names, wanted, duration) {
      const mine = ++number;
      const { employee } = choice.column;
      mark(document.activeElement);
      shown = choice.what === "entry" ? choice.entry : undefined;
      element.hidden = false;
      const later = (fillIn: () => void): void => {
        if (mine === number) fillIn();
      };
      if (choice.what === "entry") showEntry(choice.entry, employee.id);
      else void showStart(choice.cell);
      focusOn(heading);

      function showEntry(entry: Entry, employeeId: string): void {
        const title = titleOf(entry, names);
        element.dataset["kind"] = entry.kind;
        heading.textContent = title;
        fill(body, ...entryLines(entry, employeeId, names));
        const main = entry.slot.companionOf ?? entry.slot.id;
        if (!entry.slot.holdExpiresAt) return;
        readHold(bookme, main).then(
          (held) => later(() => held && body.append(lines(...heldLines(held, names)))),
          (error: unknown) => console.warn(error),
        );
      }

      async function showStart({ start, offered }: Cell): Promise<void> {
        const span = [new Date(start), new Date(start + duration)] as const;
        const when = names.dates.span(...span);
        element.dataset["kind"] = "start";
        heading.textContent = when;
        // Stays in the page while its content changes, so that screen readers read out the answer.
        const answer = h("div", { class: "answer", "aria-live": "polite" }, texts.asking);
        fill(body, h("p", { class: "quiet" }, about(employee.displayName, names, wanted)), answer);
        try {
          const said = await explain(bookme, employee.id, span, wanted, offered);
          later(() => {
            heading.textContent = said.offered ? texts.canBook(when) : texts.why(when);
            fill(answer, ...explanationLines(said, employee.displayName, names));
          });
        } catch (error) {
          console.warn(error);
          later(() => fill(answer, h("p", { class: "notice bad" }, texts.failed)));
        }
      }
    },
    check(day) {
      const id = shown?.slot.id;
      if (!id || element.hidden || element.querySelector(".ended")) return;
      const isThere = day.columns.some(({ entries }) => entries.some(({ slot }) => slot.id === id));
      if (!isThere) body.prepend(h("p", { class: "notice ended", role: "status" }, texts.ended));
    },
    tick(now) {
      const left = element.querySelector(".time-left");
      if (left && shown) left.textContent = timeLeft(shown, now);
    },
    close() {
      if (element.hidden) return;
      element.hidden = true;
      number++;
      shown = undefined;
      const opener = marked();
      mark(null);
      opener?.focus();
    },
  };
  close.addEventListener("click", () => panel.close());
  document.addEventListener("keydown", (event) => void (event.key === "Escape" && panel.close()));
  return panel;
}

/** Return the rules that are reasons of their own, and no consequence of others. */
function reasonsOf(refusing: Explanation["rules"]): Explanation["rules"] {
  const names = new Set(refusing.map(({ rule }) => rule));
  const hides: Partial<Record<string, boolean>> = {
    // Who does not work takes no type of meeting.
    MEETING_TYPE_NOT_OFFERED: names.has("OUTSIDE_WORKING_HOURS"),
    // The board asks without a room where nothing is offered. So a room is a reason only if there is no other one.
    ROOM_REQUIRED: names.size > 1,
    ROOM_TAKEN: [...names].some((name) => name !== "ROOM_TAKEN" && name !== "ROOM_REQUIRED"),
  };
  return refusing.filter(({ rule }) => !hides[rule]);
}

/** Name the employee, and the meeting that was asked for. */
function about(name: string, names: Names, { topic, type }: Wanted): string {
  const asked = [topic && texts.forTopic(topicName(topic, names)), type && `${texts.types[type]}.`].filter(Boolean);
  return asked.length ? `${name}. ${asked.join(" ")}` : name;
}

/** Mark the button of the board whose details are shown. */
function mark(button: Element | null): void {
  marked()?.removeAttribute("aria-current");
  button?.setAttribute("aria-current", "true");
}

function marked(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".times [aria-current]");
}

function explanationLines(said: Explanation, name: string, names: Names): Child[] {
  if (said.offered) return [h("p", { class: "notice good" }, texts.canBookText)];
  const refusing = said.rules.filter((rule) => !rule.passed);
  return [
    h("ul", { class: "reasons" }, ...reasonsOf(refusing).map((rule) => h("li", { "data-rule": rule.rule }, reason(rule, name, names)))),
    refusing.every((rule) => rule.overridable) ? h("p", { class: "quiet" }, texts.overridable) : null,
  ];
}

function entryLines(entry: Entry, employeeId: string, names: Names): Child[] {
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

function heldLines({ customerId, clientId, dateCreated }: Held, { dates }: Names): Line[] {
  return [
    [texts.customer, customerId],
    [texts.client, clientId],
    [texts.created, momentOf(dateCreated, dates)],
  ];
}

type Line = readonly [string, Child];

/** A list of names and values. Lines without a value are left out. */
function lines(...all: Line[]): HTMLElement {
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
