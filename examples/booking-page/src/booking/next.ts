/** The next free times, as buttons: offered where the wanted time is not free any more. */

import type { Offer } from "@bookme/client";
import type { Dates } from "../shared/dates.ts";
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
    const time = dates.time(start);
    const text = its === day ? time : `${dates.weekday(its)} ${dates.shortDay(its)}, ${time}`;
    const label = its === day ? texts.slot(dates.longDay(its), time) : undefined;
    const attributes = { type: "button", class: "chip", "aria-label": label };
    return h("li", {}, h("button", { ...attributes, on: { click: () => choose(offer) } }, text));
  });
  return h("div", { class: "next" }, h("p", {}, texts.nextFree), h("ul", {}, ...items));
}
