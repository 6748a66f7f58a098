/** The next free times, as buttons: offered where the wanted time is not free any more. */

import type { Offer } from "@bookme/client";
import { addDays, type Dates } from "../shared/dates.ts";
import { h } from "../shared/dom.ts";
import { texts } from "./texts.ts";

/** Return a list of buttons, or nothing if there are no offers. The day is named where it is another one. */
export function nextFree(
  offers: readonly Offer[],
  dates: Dates,
  day: string,
  choose: (offer: Offer) => void,
): HTMLElement | undefined {
  if (offers.length === 0) return undefined;
  const items = offers.map((offer) => {
    const start = new Date(offer.startDate);
    const its = dates.dayOf(start);
    const prefix = its === day ? "" : `${dates.weekday(its)} ${its < addDays(day, 7) ? "" : dates.shortDay(its)} `;
    const attributes = { type: "button", class: "chip", "aria-label": texts.slot(dates.longDay(its), dates.time(start)) };
    const text = `${prefix}${dates.time(start)}`.replace(/ +/g, " ");
    return h("li", {}, h("button", { ...attributes, on: { click: () => choose(offer) } }, text));
  });
  return h("div", { class: "next" }, h("p", {}, texts.nextFree), h("ul", {}, ...items));
}
