/** For work that takes long: others of the process have their turn after every few milliseconds of it. */
const SLICE_MS = 4

export function createBreath(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await new Promise<void>(resolve => void setImmediate(resolve))
    since = performance.now()
  }
}
