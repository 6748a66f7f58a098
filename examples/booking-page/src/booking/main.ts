import "../shared/style.css";
import "./style.css";
import { ApiError } from "@bookme/client";
import { connect } from "../shared/api.ts";
import { announcer, fill, focusOn, h } from "../shared/dom.ts";
import { header } from "../shared/header.ts";
import { sandboxClock } from "../shared/sandbox.ts";
import { type App, explain, readOrganisation, type Step, untilAnswered, whenOf } from "./app.ts";
import { holdStep } from "./hold.ts";
import { lostStep } from "./lost.ts";
import { meetingStep } from "./meeting.ts";
import { movingStep } from "./moving.ts";
import { type Place, savedPlace, savePlace } from "./place.ts";
import { reserve, reservingStep } from "./reserving.ts";
import { texts } from "./texts.ts";
import { timesStep } from "./times.ts";
import { topicsStep } from "./topics.ts";

const connection = connect("booking");
const { element: announcements, say } = announcer();
const banner = h("div", { class: "banner", role: "status" });
const main = h("main", {}, h("p", { class: "loading quiet" }, texts.loading));
const footer = h("footer", {});

/** Return the step at this place. */
async function stepAt(app: App, place: Place): Promise<Step> {
  const { bookme } = connection;
  switch (place.step) {
    case "times": {
      const { wanted } = place;
      if (wanted.movedMeeting) return await movingStep(app, wanted.movedMeeting, wanted);
      const topic = app.organisation.topics.find(({ id }) => id === wanted.topicId);
      return timesStep(app, wanted, {
        heading: topic?.name ?? texts.title,
        choose: (offer, chosen) => reserve(app, offer, chosen),
        back: () => app.go({ step: "topics" }),
      });
    }
    case "reserving":
      return reservingStep(app, place.attempt);
    case "hold":
      return await heldStep(app, place);
    case "meeting":
      return meetingStep(app, await untilAnswered(() => bookme.meeting(place.id)), place.isMoved ?? false);
    default:
      return topicsStep(app);
  }
}

/** The hold as BookMe knows it now. Its meeting exists perhaps: then the answer was lost before a reload. */
async function heldStep(app: App, { hold: saved, offer, wanted }: Extract<Place, { step: "hold" }>): Promise<Step> {
  const { bookme } = connection;
  try {
    const hold = await untilAnswered(() => bookme.resumeHold(saved));
    if (hold.expiresAt) return holdStep(app, hold, offer, wanted);
    const meeting = await bookme.meetings({ timeSlotId: hold.id }).first();
    if (!meeting) return holdStep(app, hold, offer, wanted);
    app.keep({ step: "meeting", id: meeting.id });
    return meetingStep(app, await bookme.meeting(meeting.id), false);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    app.keep({ step: "times", wanted });
    return lostStep(app, offer, wanted, texts.expiredHeading, texts.expiredText(whenOf(app.organisation.dates, offer)));
  }
}

/** Return the function that shows a place, and only the last place if several are wanted at once. */
function navigation(app: () => App): (place: Place, takesFocus?: boolean) => Promise<void> {
  let current: Step | undefined;
  let last: Place | undefined;
  return async (place, takesFocus = true) => {
    last = place;
    savePlace(place);
    current?.end?.();
    current = undefined;
    try {
      const step = await stepAt(app(), place);
      if (last !== place) return step.end?.();
      current = step;
      fill(main, step.element);
      document.title = `${step.heading.textContent} · ${texts.brand}`;
      if (takesFocus) focusOn(step.heading);
    } catch (error) {
      showFailure(error);
    }
  };
}

function showFailure(error: unknown): void {
  const begin = (): void => {
    savePlace({ step: "topics" });
    location.reload();
  };
  const again = h("button", { type: "button", class: "button", on: { click: begin } }, texts.tryAgain);
  fill(main, h("section", { class: "card narrow" }, h("p", { class: "notice bad", role: "alert" }, explain(error)), again));
}

async function start(): Promise<void> {
  document.title = texts.title;
  const board = h("a", { href: "/demo/board" }, texts.board);
  document.body.append(header(texts.brand, texts.language, board), banner, main, footer, announcements);
  connection.onChange((isConnected) => {
    fill(banner, isConnected ? false : h("p", { class: "notice" }, texts.lost));
    if (isConnected) say(texts.restored);
  });
  try {
    const organisation = await untilAnswered(() => readOrganisation(connection));
    const show = navigation(() => app);
    const app: App = { connection, organisation, go: (place) => void show(place), keep: savePlace, say };
    fill(footer, sandboxClock(connection, texts, organisation.dates.time));
    await show(savedPlace(), false);
  } catch (error) {
    showFailure(error);
  }
}

void start();
