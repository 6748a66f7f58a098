import { h } from "../shared/dom.ts";
import type { App, Step } from "./app.ts";
import { texts } from "./texts.ts";

/** The first step: choose a topic. */
export function topicsStep({ organisation, go }: App): Step {
  const heading = h("h1", {}, texts.topicHeading);
  // A page of your own knows what kind of customer has logged in.
  const { customerTypes } = organisation;
  const usual = customerTypes.find(({ name }) => name === "Private") ?? customerTypes[0];
  const items = organisation.topics.map((topic) => {
    // A topic that is not for everybody has its customer types.
    const customerTypeId = topic.customerTypes[0] ?? usual?.id ?? "";
    const choose = (): void => go({ step: "times", wanted: { topicId: topic.id, customerTypeId, type: "online" } });
    const arrow = h("span", { class: "arrow", "aria-hidden": "true" }, "→");
    return h("li", {}, h("button", { type: "button", class: "topic", on: { click: choose } }, topic.name, arrow));
  });
  const list = h("ul", { class: "topics" }, ...items);
  const element = h("section", { class: "card narrow" }, heading, h("p", { class: "quiet" }, texts.topicIntro), list);
  return { element, heading };
}
