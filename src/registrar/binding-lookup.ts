/** The questions of calls: which bindings of an extension can be reached now, best first. */
import type { DeviceId } from '../base/ids.ts'
import type { DirectoryReader } from '../directory/types.ts'
import type { BindingTable, Entry } from './binding-table.ts'
import type { Binding, BindingLookup } from './types.ts'

export function createLookup(table: BindingTable, directory: DirectoryReader, monotonic: () => number): BindingLookup {
  const reachable = (entry: Entry): boolean => entry.live && entry.deadline > monotonic()
  return {
    bindingsOf(extensionId) {
      const found: Binding[] = []
      for (const device of directory.devicesOf(extensionId)) {
        const entries = table.ofDevice(device.id)
        for (const entry of entries) {
          if (reachable(entry) && !hasNewerFlow(entry, entries, reachable)) found.push(entry.binding)
        }
      }
      return found.sort((a, b) => b.q - a.q || b.registeredAt - a.registeredAt)
    },
    isRegisteredFlow(flowId, deviceId) {
      for (const entry of table.ofFlow(flowId)) {
        if (reachable(entry) && (deviceId === undefined || entry.binding.deviceId === deviceId)) return true
      }
      return false
    },
    deviceOfFlow(flowId) {
      let found: DeviceId | undefined
      for (const entry of table.ofFlow(flowId)) {
        if (!reachable(entry)) continue
        // A proxy's flow carries several devices: then it names none.
        if (found !== undefined && found !== entry.binding.deviceId) return undefined
        found = entry.binding.deviceId
      }
      return found
    },
  }
}

/** RFC 5626 §7: of the flows of one instance one is used; the newest. */
function hasNewerFlow(entry: Entry, entries: readonly Entry[], reachable: (entry: Entry) => boolean): boolean {
  const { instanceId, registeredAt } = entry.binding
  if (instanceId === undefined) return false
  const at = entries.indexOf(entry)
  return entries.some((other, index) => {
    if (other === entry || other.binding.instanceId !== instanceId || !reachable(other)) return false
    return other.binding.registeredAt > registeredAt || (other.binding.registeredAt === registeredAt && index > at)
  })
}
