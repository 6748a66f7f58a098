/** The panel beside the board: what was chosen there, in words. */

import type { BookMe } from "@bookme/client";
import { fill, focusOn, h } from "../shared/dom.ts";
import type { Choice } from "./column.ts";
import { about, entryLines, explanationLines, heldLines, lines } from "./content.ts";
import { explain, readHold, type Wanted } from "./data.ts";
import type { Cell, Day, Entry } from "./model.ts";
import { texts } from "./texts.ts";
import { type Names, timeLeft, titleOf } from "./words.ts";

export interface Details {
  readonly element: HTMLElement;
  show(choice: Choice, names: Names, wanted: Wanted, duration: number): void;
  /** Say so if what the panel shows is no longer on the board. */
  check(day: Day): void;
  tick(now: Date): void;
  close(): void;
}

/** Create the panel. Escape and its button close it, and give the focus back to where it came from. */
export function detailsPanel(bookme: BookMe): Details {
  const heading = h("h2", {});
  const body = h("div", { class: "body" });
  const close = h(
    "button",
    { type: "button", class: "close", "aria-label": texts.close },
    h("span", { "aria-hidden": "true" }, "×"),
  );
  const element = h(
    "aside",
    { class: "details card", "aria-label": texts.details, hidden: true },
    heading,
    close,
    body,
  );
  let shown: Entry | undefined;
  let number = 0;

  const panel: Details = {
    element,
    show(choice, names, wanted, duration) {
      const mine = ++number;
      const { employee } = choice.column;
      mark(choice.button);
      shown = choice.what === "entry" ? choice.entry : undefined;
      element.hidden = false;
      const later = (fillIn: () => void): void => {
        if (mine === number) fillIn();
      };
      if (choice.what === "entry") showEntry(choice.entry, employee.id);
      else void showStart(choice.cell);
      focusOn(heading);

      function showEntry(entry: Entry, employeeId: string): void {
        const title = titleOf(entry, names);
        element.dataset["kind"] = entry.kind;
        heading.textContent = title;
        fill(body, ...entryLines(entry, employeeId, names));
        const main = entry.slot.companionOf ?? entry.slot.id;
        if (!entry.slot.holdExpiresAt) return;
        readHold(bookme, main).then(
          (held) => later(() => held && body.append(lines(...heldLines(held, names)))),
          (error: unknown) => console.warn(error),
        );
      }

      async function showStart({ start, offered }: Cell): Promise<void> {
        const span = [new Date(start), new Date(start + duration)] as const;
        const when = names.dates.span(...span);
        element.dataset["kind"] = "start";
        heading.textContent = when;
        // Stays in the page while its content changes, so that screen readers read out the answer.
        const answer = h("div", { class: "answer", "aria-live": "polite" }, texts.asking);
        fill(body, h("p", { class: "quiet" }, about(employee.displayName, names, wanted)), answer);
        try {
          const said = await explain(bookme, employee.id, span, wanted, offered);
          later(() => {
            heading.textContent = said.offered ? texts.canBook(when) : texts.why(when);
            fill(answer, ...explanationLines(said, employee.displayName, names));
          });
        } catch (error) {
          console.warn(error);
          later(() => fill(answer, h("p", { class: "notice bad" }, texts.failed)));
        }
      }
    },
    check(day) {
      const id = shown?.slot.id;
      if (!id || element.hidden || element.querySelector(".ended")) return;
      const isThere = day.columns.some(({ entries }) => entries.some(({ slot }) => slot.id === id));
      if (!isThere) body.prepend(h("p", { class: "notice ended", role: "status" }, texts.ended));
    },
    tick(now) {
      const left = element.querySelector(".time-left");
      if (left && shown) left.textContent = timeLeft(shown, now);
    },
    close() {
      if (element.hidden) return;
      element.hidden = true;
      number++;
      shown = undefined;
      const opener = marked() ?? document.querySelector<HTMLElement>(".times [tabindex='0']");
      mark(null);
      opener?.focus();
    },
  };
  close.addEventListener("click", () => panel.close());
  document.addEventListener("keydown", (event) => void (event.key === "Escape" && panel.close()));
  return panel;
}

/** Mark the button of the board whose details are shown. */
function mark(button: Element | null): void {
  marked()?.removeAttribute("aria-current");
  button?.setAttribute("aria-current", "true");
}

function marked(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".times [aria-current]");
}
