/** One employee's day as a heading and a list: meetings, holds, busy times, and the starts between them. */

import { h } from "../shared/dom.ts";
import type { Cell, Column, Entry, Day } from "./model.ts";
import { texts } from "./texts.ts";
import { branchName, employeeName, hoursOf, type Names, placeOf, timeLeft, titleOf } from "./words.ts";

/** What the user has chosen to look at. */
export type Choice = { readonly column: Column; readonly button: HTMLElement } & (
  { readonly what: "entry"; readonly entry: Entry } | { readonly what: "start"; readonly cell: Cell }
);

export interface ColumnView {
  readonly element: HTMLElement;
  /** Show the employee's day as it is now. What has not changed keeps its element, and so the focus. */
  show(column: Column, day: Day, names: Names, now: Date): void;
  /** Show the time that holds have left. */
  tick(now: Date): void;
}

interface Item {
  readonly element: HTMLElement;
  readonly signature: string;
  readonly entry: Entry | undefined;
}

const HOUR = 3_600_000;
/** Entries that last less than this have room for one line only. */
const SHORT = 45 * 60_000;

export function columnView(choose: (choice: Choice) => void): ColumnView {
  const name = h("h2", {});
  const hours = h("p", { class: "hours quiet" });
  const list = h("ul", { class: "times" });
  const element = h("section", { class: "column" }, h("header", { class: "who" }, name, hours), list);
  let items = new Map<string, Item>();
  let isFirst = true;

  return {
    element,
    show(column, day, names, now) {
      name.textContent = column.employee.displayName;
      hours.textContent = hoursText(column, names);
      element.dataset["employee"] = column.employee.id;
      element.classList.toggle("away", column.hours.length === 0);
      const next = new Map<string, Item>();
      for (const each of [...column.entries, ...column.cells].sort(inOrder)) {
        const key = "kind" in each ? each.slot.id : String(each.start);
        const signature = JSON.stringify([each, day.shown, names.dates.zone]);
        const known = items.get(key);
        const item = known?.signature === signature ? known : itemOf(each, column, day, names, choose, signature);
        if (known && known !== item) replace(known.element, item.element);
        if (!known && !isFirst && "kind" in each) item.element.classList.add("new");
        next.set(key, item);
      }
      settle(
        list,
        [...next.values()].map((item) => item.element),
      );
      items = next;
      isFirst = false;
      this.tick(now);
    },
    tick(now) {
      for (const { element, entry } of items.values()) if (entry?.slot.holdExpiresAt) showTimeLeft(element, entry, now);
    },
  };
}

function itemOf(
  each: Entry | Cell,
  column: Column,
  day: Day,
  names: Names,
  choose: (choice: Choice) => void,
  signature: string,
): Item {
  const entry = "kind" in each ? each : undefined;
  const button = entry ? entryButton(entry, names) : cellButton(each as Cell, names);
  button.tabIndex = -1;
  button.addEventListener("click", () => {
    const chosen = entry ? { what: "entry" as const, entry } : { what: "start" as const, cell: each as Cell };
    choose({ ...chosen, column, button });
  });
  const element = h("li", {}, button);
  const start = Math.max(each.start, day.shown.start);
  // As properties and not as an attribute, which the content security policy forbids.
  element.style.setProperty("--from", String((start - day.shown.start) / HOUR));
  element.style.setProperty("--length", String((Math.min(each.end, day.shown.end) - start) / HOUR));
  return { element, signature, entry };
}

function entryButton(entry: Entry, names: Names): HTMLElement {
  const title = titleOf(entry, names);
  const span = names.dates.span(new Date(entry.start), new Date(entry.end));
  const isShort = entry.end - entry.start < SHORT;
  const detail = entry.meeting && placeOf(entry.meeting, names);
  const partner = entry.slot.companionOf && entry.meeting ? employeeName(entry.meeting.employeeId, names) : undefined;
  return h(
    "button",
    { type: "button", class: `entry ${entry.kind}${isShort ? " short" : ""}`, "data-slot": entry.slot.id },
    h("span", { class: "title" }, title),
    h("span", { class: "visually-hidden" }, ", "),
    h("span", { class: "span" }, span),
    entry.slot.holdExpiresAt ? h("span", { class: "left", "aria-hidden": "true" }) : null,
    entry.slot.holdExpiresAt ? h("span", { class: "drain", "aria-hidden": "true" }) : null,
    detail ? h("span", { class: "visually-hidden" }, ", ") : null,
    detail ? h("span", { class: "detail" }, [detail, partner].filter(Boolean).join(" · ")) : null,
  );
}

function cellButton(cell: Cell, { dates }: Names): HTMLElement {
  const time = dates.time(new Date(cell.start));
  const kind = cell.offered ? "offered" : cell.isWorking ? "closed" : "off";
  const label = cell.offered ? texts.free(time) : texts.notOffered(time);
  return h(
    "button",
    { type: "button", class: `start ${kind}`, "data-start": new Date(cell.start).toISOString(), "aria-label": label },
    h("span", { "aria-hidden": "true" }, time),
  );
}

function showTimeLeft(element: HTMLElement, entry: Entry, now: Date): void {
  const { holdExpiresAt, dateModified } = entry.slot;
  const until = Date.parse(holdExpiresAt ?? "");
  const share = (until - now.getTime()) / (until - Date.parse(dateModified));
  const left = element.querySelector(".left");
  const text = timeLeft(entry, now);
  if (left && left.textContent !== text) left.textContent = text;
  element.style.setProperty("--share", String(Math.min(1, Math.max(0, share))));
}

function hoursText({ hours, places }: Column, names: Names): string {
  if (hours.length === 0) return names.day.isClosed ? texts.closed : texts.off;
  const elsewhere = places.filter((place) => place !== names.branch).map((place) => branchName(place, names));
  return [hoursOf(hours, names), elsewhere.join(", ")].filter(Boolean).join(" · ");
}

/** Earlier first. At the same time the start comes before what takes it. */
function inOrder(one: Entry | Cell, other: Entry | Cell): number {
  return one.start - other.start || Number("kind" in one) - Number("kind" in other);
}

/** Put the new element where the old one is, with the focus if the old one has it. */
function replace(old: HTMLElement, element: HTMLElement): void {
  const hadFocus = old.contains(document.activeElement);
  const wasCurrent = old.querySelector("button")?.tabIndex === 0;
  old.replaceWith(element);
  const button = element.querySelector("button");
  if (wasCurrent && button) button.tabIndex = 0;
  if (old.querySelector("[aria-current]")) button?.setAttribute("aria-current", "true");
  if (hadFocus) button?.focus();
}

/** Put the elements in order, remove the others, and move only what is not in its place. */
function settle(list: HTMLElement, elements: readonly HTMLElement[]): void {
  const kept = new Set<Element>(elements);
  const before = [...list.children];
  const lost = before.find((each) => !kept.has(each) && each.contains(document.activeElement));
  const neighbour = lost && before.slice(before.indexOf(lost)).find((each) => kept.has(each));
  for (const each of before) if (!kept.has(each)) each.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  if (lost) (neighbour ?? elements.at(-1))?.querySelector("button")?.focus();
}
