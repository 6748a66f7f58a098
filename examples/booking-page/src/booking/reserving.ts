import { ApiError, type Offer } from "@bookme/client";
import { fill, h } from "../shared/dom.ts";
import { type App, explain, type Step, untilAnswered, whenOf } from "./app.ts";
import { lostStep } from "./lost.ts";
import type { Wanted } from "./offers.ts";
import type { Attempt } from "./place.ts";
import { texts } from "./texts.ts";

/** Reserve the time. The token names this booking from now on, also after a reload. */
export function reserve(app: App, offer: Offer, wanted: Wanted): void {
  app.go({ step: "reserving", attempt: { token: crypto.randomUUID(), offer, wanted } });
}

/** A reservation on its way. Repeats it until there is an answer: with the same token, it is the same hold. */
export function reservingStep(app: App, attempt: Attempt): Step {
  const { bookme } = app.connection;
  const { token, offer, wanted } = attempt;
  const { dates } = app.organisation;
  const heading = h("h1", {}, texts.holding(dates.time(new Date(offer.startDate))));
  const leave = h("button", { type: "button", class: "link", on: { click: () => app.go({ step: "times", wanted }) } });
  leave.append(texts.release);
  const element = h("section", { class: "card narrow waiting" }, heading, h("p", {}, leave));
  const { type, topicId, customerTypeId } = wanted;
  const leaving = new AbortController();
  const { signal } = leaving;

  async function send(): Promise<void> {
    try {
      const plan = { type, topicId, customerTypeId, customerId: `visitor-${token.slice(0, 8)}` };
      const hold = await untilAnswered(() => bookme.hold(offer, { ...plan, token, signal }));
      app.go({ step: "hold", hold: hold.toJSON(), offer, wanted });
    } catch (error) {
      if (!signal.aborted) refused(error);
    }
  }

  function refused(error: unknown): void {
    const isTaken = error instanceof ApiError && error.is("TIME_SLOT_TAKEN", "NOT_OFFERED");
    const text = isTaken ? texts.takenText(whenOf(dates, offer)) : explain(error);
    const lost = lostStep(app, offer, wanted, isTaken ? texts.takenHeading : texts.failed, text);
    app.keep({ step: "times", wanted });
    fill(element, ...lost.element.childNodes);
    element.className = lost.element.className;
    lost.heading.tabIndex = -1;
    lost.heading.focus();
  }

  void send();
  // A hold that BookMe makes nevertheless is released automatically when it expires.
  return { element, heading, end: () => leaving.abort() };
}
