/** The choices above the board, and the state of the day in one line. */

import { addDays } from "../shared/dates.ts";
import { fill, h } from "../shared/dom.ts";
import type { Directory, WorkingDay } from "./data.ts";
import type { Day } from "./model.ts";
import type { Place } from "./place.ts";
import { texts } from "./texts.ts";
import type { Names } from "./words.ts";

export interface Toolbar {
  readonly element: HTMLElement;
  show(place: Required<Pick<Place, "day" | "branch">> & Place, day: WorkingDay, directory: Directory): void;
  summarise(day: Day, names: Names): void;
  /** Show whether the board is up to date. */
  connected(isConnected: boolean): void;
}

export function toolbar(go: (change: Place) => void, today: () => string): Toolbar {
  let day = "";
  const step = (days: number) => ({ click: () => go({ day: addDays(day, days) }) });
  const heading = h("h1", { tabindex: -1 });
  const arrow = (label: string, sign: string, days: number) =>
    h(
      "button",
      { type: "button", class: "button arrow", "aria-label": label, on: step(days) },
      h("span", { "aria-hidden": "true" }, sign),
    );
  const now = h("button", { type: "button", class: "button", on: { click: () => go({ day: today() }) } }, texts.today);
  const branch = choice(texts.branch, (value) => go({ branch: value }));
  const topic = choice(texts.topic, (value) => go({ topic: value || undefined }));
  const type = choice(texts.type, (value) => go({ type: value || undefined }));
  const summary = h("p", { class: "summary", "aria-live": "polite" });
  const state = h("p", { class: "state", role: "status" });

  return {
    element: h(
      "div",
      { class: "bar" },
      h("div", { class: "days" }, arrow(texts.previous, "‹", -1), heading, arrow(texts.next, "›", 1), now),
      h("div", { class: "choices" }, branch.element, topic.element, type.element),
      h("div", { class: "overview" }, summary, legend(), state),
    ),
    show(place, { locations }, { topics }) {
      day = place.day ?? "";
      branch.fill(place.branch ?? "", [
        ["", texts.everywhere],
        ...locations.map((each) => [each.id, each.displayName] as const),
      ]);
      topic.fill(place.topic ?? "", [["", texts.anyTopic], ...topics.map((each) => [each.id, each.name] as const)]);
      type.fill(place.type ?? "", [["", texts.anyType], ...Object.entries(texts.types)]);
    },
    summarise({ columns }, { day, dates }) {
      const text = dates.longDay(day.date);
      heading.textContent = text.slice(0, 1).toUpperCase() + text.slice(1);
      now.disabled = day.date === today();
      const entries = columns.flatMap((column) => column.entries.filter(({ slot }) => !slot.companionOf));
      const count = (...kinds: string[]): number => entries.filter(({ kind }) => kinds.includes(kind)).length;
      const starts = columns.flatMap((column) => column.cells.filter((cell) => cell.offered)).length;
      const parts = [
        day.isClosed ? texts.closed : texts.atWork(columns.filter(({ hours }) => hours.length > 0).length),
        texts.meetings(count("meeting")),
        texts.holds(count("hold", "booked")),
        texts.bookable(starts),
      ].join(" · ");
      if (summary.textContent !== parts) summary.textContent = parts;
    },
    connected(isConnected) {
      const text = isConnected ? texts.live : texts.lost;
      if (state.textContent === text) return;
      state.className = isConnected ? "state live" : "state notice bad";
      state.textContent = text;
    },
  };
}

/** A labelled list of options. */
function choice(label: string, choose: (value: string) => void) {
  const select = h("select", {});
  select.addEventListener("change", () => choose(select.value));
  let known = "";
  return {
    element: h("label", { class: "choice" }, h("span", {}, label), select),
    fill(value: string, options: readonly (readonly [string, string])[]) {
      const signature = JSON.stringify(options);
      if (signature !== known) fill(select, ...options.map(([id, name]) => h("option", { value: id }, name)));
      known = signature;
      select.value = value;
    },
  };
}

function legend(): HTMLElement {
  const kinds = ["meeting", "hold", "busy", "offered", "off"] as const;
  const items = kinds.map((kind) =>
    h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), texts[kind]),
  );
  return h("ul", { class: "legend", "aria-label": texts.legend }, ...items);
}
