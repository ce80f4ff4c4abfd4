/** The subscriptions that live: by dialog, by what they watch, by device. Bounded in each way. */
import type { DeviceId, ExtensionId } from '../base/ids.ts'
import type { SubscriptionLimits } from './options.ts'
import type { Subscription } from './subscription.ts'

export class SubscriptionTable {
  readonly #limits: SubscriptionLimits
  /** Insertion order is age: the oldest comes first. */
  readonly #byDialog = new Map<string, Subscription>()
  readonly #byWatched = new Map<string, Set<Subscription>>()
  readonly #byDevice = new Map<DeviceId, Set<Subscription>>()

  constructor(limits: SubscriptionLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#byDialog.size
  }

  get(dialogId: string): Subscription | undefined {
    return this.#byDialog.get(dialogId)
  }

  all(): readonly Subscription[] {
    return [...this.#byDialog.values()]
  }

  watching(packageName: string, watchedId: ExtensionId): readonly Subscription[] {
    return [...(this.#byWatched.get(`${packageName} ${watchedId}`) ?? [])]
  }

  ofDevice(deviceId: DeviceId): readonly Subscription[] {
    return [...(this.#byDevice.get(deviceId) ?? [])]
  }

  /**
   * Whether one more of this device has room. `replace`: it has, in place of this one, which a phone that started anew has
   * forgotten.
   */
  roomFor(
    deviceId: DeviceId,
    packageName: string,
    watchedId: ExtensionId,
  ): 'room' | 'full' | 'device-full' | Subscription {
    const own = this.ofDevice(deviceId)
    const alike = own.filter(({ parts }) => parts.package.name === packageName && parts.watchedId === watchedId)
    const deviceFull = own.length >= this.#limits.perDevice
    if (alike[0] !== undefined && (alike.length >= this.#limits.alike || deviceFull)) return alike[0]
    if (deviceFull) return 'device-full'
    return this.size >= this.#limits.maximum ? 'full' : 'room'
  }

  add(subscription: Subscription): void {
    const {
      dialog,
      package: { name },
      watchedId,
      watcher,
    } = subscription.parts
    this.#byDialog.set(dialog.id, subscription)
    join(this.#byWatched, `${name} ${watchedId}`, subscription)
    join(this.#byDevice, watcher.device.id, subscription)
  }

  remove(subscription: Subscription): void {
    const {
      dialog,
      package: { name },
      watchedId,
      watcher,
    } = subscription.parts
    this.#byDialog.delete(dialog.id)
    leave(this.#byWatched, `${name} ${watchedId}`, subscription)
    leave(this.#byDevice, watcher.device.id, subscription)
  }
}

function join<K>(sets: Map<K, Set<Subscription>>, key: K, subscription: Subscription): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([subscription]))
  else set.add(subscription)
}

function leave<K>(sets: Map<K, Set<Subscription>>, key: K, subscription: Subscription): void {
  const set = sets.get(key)
  if (set?.delete(subscription) === true && set.size === 0) sets.delete(key)
}
