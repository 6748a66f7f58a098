/** The day of a branch: a column of times, and a column for each employee. Time goes down. */

import { fill, h } from "../shared/dom.ts";
import { type Choice, type ColumnView, columnView } from "./column.ts";
import { handleKeys } from "./keyboard.ts";
import type { Day } from "./model.ts";
import { texts } from "./texts.ts";
import type { Names } from "./words.ts";

export interface Board {
  readonly element: HTMLElement;
  show(day: Day, names: Names, now: Date): void;
  /** Show the time that holds have left, and the time of the day. */
  tick(now: Date): void;
}

const HOUR = 3_600_000;

export function boardView(choose: (choice: Choice) => void): Board {
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const clock = h("span", { class: "clock" });
  const nobody = h("p", { class: "nobody quiet", hidden: true }, texts.nobody);
  const element = h(
    "div",
    { class: "board card", role: "region", "aria-label": texts.board, tabindex: -1 },
    axis,
    nobody,
  );
  const keys = handleKeys(element);
  let columns = new Map<string, ColumnView>();
  let shown: Day | undefined;
  let names: Names | undefined;

  return {
    element,
    show(day, current, now) {
      const isOther = current.day.date !== names?.day.date;
      shown = day;
      names = current;
      const hours = (day.shown.end - day.shown.start) / HOUR;
      element.style.setProperty("--hours", String(hours));
      fill(axis, ...hourLabels(day, current), clock);
      // Another day is no change of this day: nothing of it is new.
      if (isOther) columns = new Map();
      const next = new Map(
        day.columns.map(({ employee }) => [employee.id, columns.get(employee.id) ?? columnView(choose)]),
      );
      for (const [index, column] of day.columns.entries()) {
        const view = next.get(column.employee.id)!;
        view.show(column, day, current, now);
        const place = element.children[index + 1];
        if (place !== view.element) element.insertBefore(view.element, place ?? null);
      }
      const kept = new Set([...next.values()].map((view) => view.element));
      for (const each of element.querySelectorAll<HTMLElement>(":scope > .column")) if (!kept.has(each)) each.remove();
      columns = next;
      nobody.hidden = day.columns.length > 0;
      keys.settle();
      this.tick(now);
    },
    tick(now) {
      if (!shown || !names) return;
      for (const view of columns.values()) view.tick(now);
      const at = now.getTime();
      element.classList.toggle("today", at >= shown.shown.start && at < shown.shown.end);
      element.style.setProperty("--now", String((at - shown.shown.start) / HOUR));
      clock.textContent = names.dates.time(now);
    },
  };
}

function hourLabels({ shown }: Day, { dates }: Names): HTMLElement[] {
  const count = Math.ceil((shown.end - shown.start) / HOUR);
  return Array.from({ length: count }, (_, hour) => h("span", {}, dates.time(new Date(shown.start + hour * HOUR))));
}
