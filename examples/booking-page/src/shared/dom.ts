/** Small helpers to build the page. Texts become text nodes, so no text can become markup. */

export type Child = Node | string | number | false | null | undefined;

type Handlers = { [Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void };

export interface Attributes {
  readonly class?: string | undefined;
  /** Event handlers by the name of the event. */
  readonly on?: Handlers;
  /** Any attribute. `true` sets it without a value; `false` and undefined leave it out. */
  readonly [name: string]: string | number | boolean | undefined | Handlers;
}

/** Create an element with its attributes, event handlers and children. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, handler] of Object.entries(value as Handlers)) {
        element.addEventListener(event, handler as EventListener);
      }
    } else if (value !== false && value !== undefined) {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...present(children));
  return element;
}

/** Replace everything in the element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children));
}

/** Move the focus to an element that is no control, for example the heading of a new step. */
export function focusOn(element: HTMLElement): void {
  if (!element.matches("a[href], button, input, select, textarea")) element.tabIndex = -1;
  element.focus();
}

/** An element that screen readers read out whenever its text changes. It is invisible: say only what can be seen. */
export function announcer(urgent = false): { element: HTMLElement; say(text: string): void } {
  const element = h("div", { class: "visually-hidden", "aria-live": urgent ? "assertive" : "polite" });
  return {
    element,
    say(text) {
      // A repeated text is read out again only if the element has changed in between.
      element.textContent = element.textContent === text ? `${text}\u00a0` : text;
    },
  };
}

function present(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child): child is Node | string | number => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : child));
}
