import type { Offer } from "@bookme/client";
import { h } from "../shared/dom.ts";
import { type App, explain, type Step, untilAnswered, whenOf } from "./app.ts";
import type { Wanted } from "./offers.ts";
import { texts } from "./texts.ts";
import { timesStep } from "./times.ts";

/** Choose another time for a meeting. One request moves it, so it never loses its old time without having the new one. */
export async function movingStep(app: App, id: string, wanted: Wanted): Promise<Step> {
  const meeting = await app.connection.bookme.meeting(id);
  let isBusy = false;
  const problem = h("div", { role: "alert" });

  async function choose(offer: Offer): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    app.say(texts.moving);
    try {
      await untilAnswered(() => meeting.move(offer));
      app.go({ step: "meeting", id, isMoved: true });
    } catch (error) {
      isBusy = false;
      problem.replaceChildren(h("p", { class: "notice bad" }, explain(error)));
    }
  }

  const step = timesStep(app, wanted, {
    heading: texts.moveHeading,
    text: texts.moveFrom(whenOf(app.organisation.dates, meeting.data)),
    choose: (offer) => void choose(offer),
    back: () => app.go({ step: "meeting", id }),
  });
  step.element.querySelector(".about")?.append(problem);
  return step;
}
