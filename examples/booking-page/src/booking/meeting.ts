import type { Meeting } from "@bookme/client";
import { fill, h } from "../shared/dom.ts";
import { type App, explain, type Step, untilAnswered, whenOf } from "./app.ts";
import { facts } from "./facts.ts";
import { texts } from "./texts.ts";

/** The last step: the meeting, with its calendar file. It can be moved and cancelled. */
export function meetingStep(app: App, meeting: Meeting, isMoved: boolean): Step {
  const { data } = meeting;
  if (data.status === "Cancelled") return cancelledStep(app, meeting);
  const heading = h("h1", {}, isMoved ? texts.movedHeading : texts.meetingHeading);
  const problem = h("div", { role: "alert" });
  const { topicId, customerTypeId, type, employeeId } = data;
  const wanted = { topicId, customerTypeId, type, employeeId, movedMeeting: meeting.id };
  const dialog = cancelDialog(async () => {
    await untilAnswered(() => meeting.cancel());
    app.go({ step: "meeting", id: meeting.id });
  });
  const download = (): void => {
    fill(problem);
    meeting.ics().then(save, (error: unknown) => fill(problem, h("p", { class: "notice bad" }, explain(error))));
  };
  const move = (): void => app.go({ step: "times", wanted });
  const element = h(
    "section",
    { class: "card narrow meeting" },
    h("p", { class: "badge good", "aria-hidden": "true" }, "✓"),
    heading,
    facts(app, data),
    problem,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "button primary", on: { click: download } }, texts.download),
      h("button", { type: "button", class: "button", on: { click: move } }, texts.move),
      h("button", { type: "button", class: "button danger", on: { click: () => dialog.showModal() } }, texts.cancel),
    ),
    h("p", {}, another(app, "link")),
    dialog,
  );
  return { element, heading };
}

function cancelledStep(app: App, meeting: Meeting): Step {
  const heading = h("h1", {}, texts.cancelledHeading);
  const text = h("p", { class: "quiet" }, texts.cancelledText(whenOf(app.organisation.dates, meeting.data)));
  const badge = h("p", { class: "badge", "aria-hidden": "true" }, "✕");
  const again = h("div", { class: "buttons" }, another(app, "button primary"));
  return { element: h("section", { class: "card narrow meeting" }, badge, heading, text, again), heading };
}

function another(app: App, look: string): HTMLElement {
  const again = (): void => app.go({ step: "topics" });
  return h("button", { type: "button", class: look, on: { click: again } }, texts.another);
}

/** Ask before the meeting is cancelled: that is final. */
function cancelDialog(cancel: () => Promise<void>): HTMLDialogElement {
  const problem = h("div", { role: "alert" });
  const go = (): void => {
    if (yes.getAttribute("aria-disabled") === "true") return;
    yes.setAttribute("aria-disabled", "true");
    fill(yes, texts.cancelling);
    cancel().catch((error: unknown) => {
      yes.setAttribute("aria-disabled", "false");
      fill(yes, texts.cancel);
      fill(problem, h("p", { class: "notice bad" }, explain(error)));
    });
  };
  const yes = h("button", { type: "button", class: "button danger", on: { click: go } }, texts.cancel);
  const no = h("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, texts.keep);
  const dialog = h(
    "dialog",
    { class: "card", "aria-labelledby": "cancel-question" },
    h("h2", { id: "cancel-question" }, texts.cancelQuestion),
    h("p", { class: "quiet" }, texts.cancelText),
    problem,
    h("div", { class: "buttons" }, no, yes),
  );
  return dialog;
}

/** Let the browser save the calendar file. */
function save(file: string): void {
  const address = URL.createObjectURL(new Blob([file], { type: "text/calendar" }));
  h("a", { href: address, download: "meeting.ics" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
