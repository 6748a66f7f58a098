/** Wait this many milliseconds, or until the signal stops it. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await abortable(time, signal).finally(() => clearTimeout(timer));
}

/** Wait for the promise, or until the signal stops the wait. The work behind the promise goes on. */
export async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  // Nobody hears of a later failure of work that is not waited for: it must not end the process.
  promise.catch(() => {});
  signal.throwIfAborted();
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  return await Promise.race([promise, stopped]).finally(() => signal.removeEventListener("abort", stop));
}

/** Do the work with a signal that also fires after this many milliseconds. */
export async function within<Value>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  const tooLate = (): void => controller.abort(new DOMException("no answer in time", "TimeoutError"));
  const timer = setTimeout(tooLate, milliseconds);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
