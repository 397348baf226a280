/**
 * Calls a function of the application. What it throws must neither stop the client nor vanish: it surfaces as an
 * uncaught error of the application, after the client has finished its step.
 */
export function callApp<A extends unknown[]>(callback: ((...args: A) => void) | undefined, ...args: A): void {
  try {
    callback?.(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
