/** Repeats work while the page is visible. */

export interface Polling {
  /** Do the work now, and go on from there. */
  now(): void;
  stop(): void;
}

/**
 * Do the work at once, and again this many milliseconds after each end. A hidden page waits, and begins at once when
 * it is shown again. The work gets a signal that fires when its result is no longer wanted.
 */
export function poll(pause: number, work: (signal: AbortSignal) => Promise<void>): Polling {
  let controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const run = async (): Promise<void> => {
    clearTimeout(timer);
    controller.abort();
    const { signal } = (controller = new AbortController());
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) console.warn(error);
    }
    if (!signal.aborted && !isStopped && !document.hidden) timer = setTimeout(run, pause);
  };
  const resume = (): void => void (document.hidden || run());
  document.addEventListener("visibilitychange", resume);
  window.addEventListener("online", resume);
  void run();
  return {
    now: () => void run(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
      controller.abort();
      document.removeEventListener("visibilitychange", resume);
      window.removeEventListener("online", resume);
    },
  };
}
