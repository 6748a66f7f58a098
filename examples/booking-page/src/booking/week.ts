/** The free times of one week: a column for each day, and on a narrow screen one day at a time. */

import type { Offer } from "@bookme/client";
import { addDays, type Dates } from "../shared/dates.ts";
import { fill, h } from "../shared/dom.ts";
import { texts } from "./texts.ts";

const WORKDAYS = 5;
const WEEK = 7;
/** Milliseconds for which a time that is taken stays visible, crossed out. */
const FAREWELL = 6_000;

export interface Week {
  readonly element: HTMLElement;
  /** Show these offers, and return those that were shown before and are gone. Keeps the focus where it is. */
  show(offers: readonly Offer[]): Offer[];
  /** The last day that is shown. */
  lastDay(): string;
}

/** Create the view of the week that begins on this Monday. */
export function weekView(monday: string, dates: Dates, choose: (offer: Offer) => void): Week {
  const days = Array.from({ length: WEEK }, (_, index) => dayView(addDays(monday, index), dates, choose));
  const strip = h("div", { class: "strip", role: "group", "aria-label": texts.days }, ...days.map((day) => day.tab));
  const columns = h("div", { class: "days" }, ...days.map((day) => day.column));
  const empty = h("p", { class: "empty quiet", hidden: true }, texts.noWeek);
  const select = (chosen: DayView): void => days.forEach((day) => day.select(day === chosen));
  for (const day of days) day.tab.addEventListener("click", () => select(day));
  columns.addEventListener("keydown", moveWithArrows);
  let isFirst = true;

  return {
    element: h("div", { class: "week" }, strip, columns, empty),
    show(offers) {
      const dayOf = new Map(offers.map((offer) => [offer, dates.dayOf(new Date(offer.startDate))]));
      const gone = days.flatMap((day, index) =>
        day.show(offers.filter((offer) => dayOf.get(offer) === addDays(monday, index))),
      );
      // A weekend without free times is no news.
      days.forEach((day, index) => day.hide(index >= WORKDAYS && day.isEmpty()));
      empty.hidden = offers.length > 0;
      if (isFirst) select(days.find((day) => !day.isEmpty()) ?? days[0]!);
      isFirst = false;
      return gone;
    },
    lastDay: () => addDays(monday, days.findLastIndex((day) => !day.column.hidden)),
  };
}

interface DayView {
  readonly tab: HTMLButtonElement;
  readonly column: HTMLElement;
  show(offers: readonly Offer[]): Offer[];
  select(isSelected: boolean): void;
  hide(isHidden: boolean): void;
  isEmpty(): boolean;
}

function dayView(day: string, dates: Dates, choose: (offer: Offer) => void): DayView {
  const long = dates.longDay(day);
  const name = [h("span", { class: "weekday" }, dates.weekday(day)), " ", h("span", { class: "date" }, dates.shortDay(day))];
  const tab = h("button", { type: "button", class: "tab" }, ...name.map((part) => cloned(part)));
  const heading = h("h3", { "aria-label": long }, ...name);
  const list = h("ul", { class: "slots" });
  const nothing = h("p", { class: "nothing quiet" }, h("span", { "aria-hidden": "true" }, "–"), hiddenText(texts.noTimes));
  const column = h("section", { class: "day" }, heading, list, nothing);
  let shown = new Map<string, { offer: Offer; item: HTMLElement }>();

  const item = (offer: Offer): HTMLElement => {
    const time = dates.time(new Date(offer.startDate));
    const attributes = { type: "button", class: "slot", "aria-label": texts.slot(long, time) } as const;
    return h("li", {}, h("button", { ...attributes, on: { click: () => choose(offer) } }, time));
  };

  return {
    tab,
    column,
    show(offers) {
      const next = new Map<string, { offer: Offer; item: HTMLElement }>();
      for (const offer of offers) {
        const known = shown.get(offer.startDate);
        // The same start with another employee is another offer: its button must reserve that one.
        const same = known && known.offer.employeeId === offer.employeeId && known.offer.roomId === offer.roomId;
        next.set(offer.startDate, same ? known : { offer, item: replacing(known?.item, item(offer)) });
      }
      const gone = [...shown.values()].filter(({ offer }) => !next.has(offer.startDate));
      for (const { item } of gone) leave(item);
      place(list, [...next.values()].map(({ item }) => item));
      shown = next;
      tab.disabled = next.size === 0;
      nothing.hidden = next.size > 0;
      return gone.map(({ offer }) => offer);
    },
    select(isSelected) {
      tab.setAttribute("aria-pressed", String(isSelected));
      column.classList.toggle("selected", isSelected);
    },
    hide(isHidden) {
      tab.hidden = column.hidden = isHidden;
    },
    isEmpty: () => shown.size === 0,
  };
}

/** Put the items in order. Items that leave stay between them for a while. Only moves what is not in its place. */
function place(list: HTMLElement, items: readonly HTMLElement[]): void {
  let next = list.firstElementChild;
  for (const item of items) {
    while (next?.classList.contains("leaving") && next !== item) next = next.nextElementSibling;
    if (next === item) next = next.nextElementSibling;
    else list.insertBefore(item, next);
  }
}

/** Put the new item where the old one is, with the focus if the old one has it. */
function replacing(old: HTMLElement | undefined, item: HTMLElement): HTMLElement {
  const hadFocus = old?.contains(document.activeElement);
  old?.replaceWith(item);
  if (hadFocus) item.querySelector("button")?.focus();
  return item;
}

/** Cross the time out, and remove it after a while. A button with the focus keeps it until then. */
function leave(item: HTMLElement): void {
  const button = item.querySelector("button");
  item.classList.add("leaving");
  button?.setAttribute("aria-disabled", "true");
  button?.replaceWith(button.cloneNode(true)); // without its click
  const hadFocus = button === document.activeElement;
  if (hadFocus) item.querySelector("button")?.focus();
  setTimeout(() => {
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    if (item.contains(document.activeElement)) neighbour?.querySelector("button")?.focus();
    item.remove();
  }, FAREWELL);
}

/** Arrow keys go from time to time: up and down in a day, left and right to the same place of the next day. */
function moveWithArrows(event: KeyboardEvent): void {
  const button = (event.target as HTMLElement).closest<HTMLElement>(".slot");
  const day = button?.closest<HTMLElement>(".day");
  if (!button || !day) return;
  const slots = (column: Element | null): HTMLElement[] => [...(column?.querySelectorAll<HTMLElement>(".slot") ?? [])];
  const here = slots(day).indexOf(button);
  const side = event.key === "ArrowLeft" ? "previousElementSibling" : "nextElementSibling";
  let target: HTMLElement | undefined;
  if (event.key === "ArrowUp") target = slots(day)[here - 1];
  else if (event.key === "ArrowDown") target = slots(day)[here + 1];
  else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    let column = day[side];
    while (column && slots(column).length === 0) column = column[side];
    const there = slots(column);
    target = there[Math.min(here, there.length - 1)];
  } else return;
  event.preventDefault();
  target?.focus();
}

function cloned(part: Node | string): Node | string {
  return typeof part === "string" ? part : part.cloneNode(true);
}

function hiddenText(text: string): HTMLElement {
  const element = h("span", { class: "visually-hidden" });
  fill(element, text);
  return element;
}
