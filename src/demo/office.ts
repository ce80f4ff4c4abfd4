/** An office that does not exist: twelve extensions, a group, a number, a trunk to the provider of the demo. */
import type { DeviceCredentials, OperationResult, Operations } from '../api/operations.ts'
import type { DemoProvider } from './provider.ts'

export const DEMO_DOMAIN = 'demo.internal'

export const DEMO_EXTENSIONS: readonly (readonly [number: string, name: string])[] = [
  ['101', 'Front desk'],
  ['102', 'Accounts'],
  ['103', 'Workshop'],
  ['104', 'Warehouse'],
  ['105', 'Sales one'],
  ['106', 'Sales two'],
  ['107', 'Support one'],
  ['108', 'Support two'],
  ['109', 'Meeting room'],
  ['110', 'Lobby'],
  ['111', 'Kitchen'],
  ['112', 'Night watch'],
]

/** Extension numbers that help is called by in some country are left out there. */
const HELP = new Set(['110', '112'])
const REPLACED: Readonly<Record<string, string>> = { '110': '120', '112': '122' }

export interface DemoLine {
  readonly extension: string
  readonly name: string
  readonly credentials: DeviceCredentials
}

/** Throws what an operation refuses. What is there already from an earlier start is taken as it is. */
export async function furnishOffice(operations: Operations, provider: DemoProvider): Promise<readonly DemoLine[]> {
  got(await operations.callingChange({ country: 'DE', areaCode: '30', openCountries: ['DE', 'AT', 'FR', 'LT'] }))
  const known = new Set(got(await operations.extensionList()).map(each => each.number))
  const lines: DemoLine[] = []
  for (const [planned, name] of DEMO_EXTENSIONS) {
    const extension = HELP.has(planned) ? REPLACED[planned]! : planned
    if (!known.has(extension)) got(await operations.extensionAdd({ number: extension, name }))
    // Passwords are kept nowhere: each start makes phones anew.
    for (const device of got(await operations.deviceList({ extension }))) {
      got(await operations.deviceRemove({ username: device.username }))
    }
    lines.push({ extension, name, credentials: got(await operations.deviceAdd({ extension, label: 'Demo phone' })) })
  }
  await connectOutside(operations, provider)
  return lines
}

async function connectOutside(operations: Operations, provider: DemoProvider): Promise<void> {
  const name = 'demo-provider'
  const { address: host, port, certificateAuthority } = provider
  const settings = { host, port, certificateAuthority, certificateNames: [host] }
  const exists = got(await operations.trunkList()).some(each => each.name === name)
  got(await (exists ? operations.trunkChange({ name, ...settings }) : operations.trunkAdd({ name, ...settings })))
  const owned = got(await operations.numberList()).some(each => each.e164 === '+493055501010')
  if (!owned) got(await operations.numberAdd({ e164: '+493055501010', target: 'extension:101', label: 'Main number' }))
  const grouped = got(await operations.groupList()).some(each => each.number === '200')
  if (!grouped) got(await operations.groupAdd({ number: '200', name: 'Sales', members: ['105', '106'] }))
}

export function got<T>(result: OperationResult<T>): T {
  if (result.ok) return result.value
  throw Object.assign(new Error(result.error.message), { code: result.error.code })
}
