/** The clock of a sandbox, with a button that moves it: so a hold can be seen to expire without waiting. */

import { h } from "./dom.ts";
import type { Connection } from "./api.ts";

type Post = (path: string, init: object) => Promise<{ response: Response }>;

export interface ClockTexts {
  clock(time: string): string;
  readonly advance: string;
}

/** Create the clock. It shows itself when an answer has come from a sandbox. */
export function sandboxClock({ bookme, now, isSandbox }: Connection, texts: ClockTexts, time: (at: Date) => string): HTMLElement {
  const shown = h("span", {});
  // The published document, and so the client's types, have no paths of the sandbox.
  const post = bookme.api.POST as unknown as Post;
  const advance = (): void => void post("/sandbox/clock", { body: { advance: "PT5M" } });
  const button = h("button", { type: "button", class: "button small", on: { click: advance } }, texts.advance);
  const element = h("div", { class: "sandbox", hidden: true }, shown, button);
  const tick = (): void => {
    element.hidden = !isSandbox();
    const text = texts.clock(time(now()));
    if (shown.textContent !== text) shown.textContent = text;
  };
  setInterval(tick, 500);
  tick();
  return element;
}
