/**
 * Arrow keys in the board: up and down in a day, left and right to the same time of the next employee. The board is
 * one stop of the Tab key, so that nobody has to pass hundreds of times.
 */

/** Handle keys in the board, and keep exactly one of its buttons reachable with Tab. */
export function handleKeys(board: HTMLElement): { settle(): void } {
  const buttons = (within: Element): HTMLElement[] => [...within.querySelectorAll<HTMLElement>(".times button")];
  const current = (): HTMLElement | undefined => buttons(board).find((button) => button.tabIndex === 0);
  const makeCurrent = (button: HTMLElement | undefined): void => {
    if (!button) return;
    for (const each of buttons(board)) if (each.tabIndex === 0 && each !== button) each.tabIndex = -1;
    button.tabIndex = 0;
  };
  board.addEventListener("focusin", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>(".times button");
    if (button) makeCurrent(button);
  });
  board.addEventListener("keydown", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>(".times button");
    const target = button && targetOf(event.key, button, buttons);
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
  return {
    settle() {
      if (!current())
        makeCurrent(board.querySelector<HTMLElement>(".times .offered, .times .entry") ?? buttons(board)[0]);
    },
  };
}

function targetOf(
  key: string,
  button: HTMLElement,
  buttons: (within: Element) => HTMLElement[],
): HTMLElement | undefined {
  const column = button.closest(".column");
  if (!column) return undefined;
  const own = buttons(column);
  const here = own.indexOf(button);
  switch (key) {
    case "ArrowUp":
      return own[here - 1];
    case "ArrowDown":
      return own[here + 1];
    case "Home":
      return own[0];
    case "End":
      return own.at(-1);
    case "ArrowLeft":
      return nearest(button, column.previousElementSibling, buttons);
    case "ArrowRight":
      return nearest(button, column.nextElementSibling, buttons);
    default:
      return undefined;
  }
}

/** Return the button of the other column at the same height. */
function nearest(
  button: HTMLElement,
  column: Element | null,
  buttons: (within: Element) => HTMLElement[],
): HTMLElement | undefined {
  if (!column?.classList.contains("column")) return undefined;
  const { top } = button.getBoundingClientRect();
  const distance = (each: HTMLElement): number => {
    const its = each.getBoundingClientRect();
    return its.top <= top && its.bottom > top ? 0 : Math.abs(its.top - top);
  };
  return buttons(column).reduce<HTMLElement | undefined>(
    (best, each) => (best && distance(best) <= distance(each) ? best : each),
    undefined,
  );
}
