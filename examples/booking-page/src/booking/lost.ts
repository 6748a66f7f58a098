import type { Offer } from "@bookme/client";
import { h } from "../shared/dom.ts";
import { type App, explain, type Step } from "./app.ts";
import { nextFree } from "./next.ts";
import { offersFrom, readOffers, type Wanted } from "./offers.ts";
import { reserve } from "./reserving.ts";
import { texts } from "./texts.ts";

/** The wanted time is lost: somebody else has it, or its hold is over. Offers what is free from then on. */
export function lostStep(app: App, offer: Offer, wanted: Wanted, title: string, text: string): Step {
  const { connection, organisation, go } = app;
  const { dates } = organisation;
  const heading = h("h1", {}, title);
  const offered = h("div", { "aria-live": "polite" });
  const all = (): void => go({ step: "times", wanted });
  const element = h(
    "section",
    { class: "card narrow lost" },
    h("p", { class: "badge warn", "aria-hidden": "true" }, "!"),
    heading,
    h("p", { class: "quiet" }, text),
    offered,
    h("div", { class: "buttons" }, h("button", { type: "button", class: "button", on: { click: all } }, texts.allTimes)),
  );
  const start = new Date(offer.startDate);
  void readOffers(connection, wanted, start, { far: true }).then(
    (times) => {
      const next = nextFree(offersFrom(times, start), dates, dates.dayOf(start), (chosen) => reserve(app, chosen, wanted));
      if (next) offered.append(next);
    },
    (error: unknown) => offered.append(h("p", { class: "notice bad" }, explain(error))),
  );
  return { element, heading };
}
