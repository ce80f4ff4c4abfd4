/** What is said to nft: one own table, asked at the ports of SIP before the machine's own filter. Only our own spellings get in. */
import type { KernelElement, SetName } from './element.ts'
import type { KernelPorts } from './types.ts'

const INTERVALS: readonly SetName[] = ['net4', 'net6', 'allow4', 'allow6']
const HASHED: readonly SetName[] = ['ban4', 'ban6']
/** Elements in one statement. */
const CHUNK = 500
const MAXIMUM_SECONDS = 365 * 24 * 3_600
/** Before `filter`, so that a firewall that accepts SIP does not decide first. */
const PRIORITY = -10

/** Throws RangeError: what the configuration says is checked before. */
export function checkNames(table: string, ports: KernelPorts): void {
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(table)) throw new RangeError('the name of a table is [a-z][a-z0-9_]{0,31}')
  for (const port of [...ports.udp, ...ports.tcp]) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError('a port is 1 to 65535')
  }
}

/** Whatever was left over in this table, by us, goes; no other table is named. */
export function* tableScript(table: string, ports: KernelPorts, size: number): Generator<string> {
  yield* removalScript(table)
  yield `add table inet ${table}\n`
  for (const set of HASHED) yield `add set inet ${table} ${set} { type ${typeOf(set)}; flags timeout; size ${size}; }\n`
  for (const set of INTERVALS) yield `add set inet ${table} ${set} { type ${typeOf(set)}; flags interval, timeout; }\n`
  yield `add chain inet ${table} sources\n`
  const rules = [
    'ip saddr @allow4 return',
    'ip6 saddr @allow6 return',
    'ip saddr @ban4 counter drop',
    'ip6 saddr & ffff:ffff:ffff:ffff:: @ban6 counter drop',
    'ip saddr @net4 counter drop',
    'ip6 saddr @net6 counter drop',
  ]
  for (const rule of rules) yield `add rule inet ${table} sources ${rule}\n`
  yield `add chain inet ${table} input { type filter hook input priority ${PRIORITY}; policy accept; }\n`
  yield `add rule inet ${table} input iifname "lo" return\n`
  for (const protocol of ['udp', 'tcp'] as const) {
    const chosen = [...new Set(ports[protocol])]
    if (chosen.length > 0) {
      yield `add rule inet ${table} input ${protocol} dport { ${chosen.join(', ')} } goto sources\n`
    }
  }
}

/** Works whether or not there is one. */
export function* removalScript(table: string): Generator<string> {
  yield `add table inet ${table}\n`
  yield `delete table inet ${table}\n`
}

/** Fails when somebody took the table away, and changes nothing. */
export function* presenceScript(table: string): Generator<string> {
  yield `list chain inet ${table} sources\n`
}

/** Elements that are not there yet. */
export function* additionScript(table: string, elements: Iterable<KernelElement>, now: number): Generator<string> {
  const bySet = new Map<SetName, string[]>()
  for (const element of elements) {
    const text = elementText(element, now)
    if (text === undefined) continue
    const texts = bySet.get(element.set) ?? []
    texts.push(text)
    bySet.set(element.set, texts)
    if (texts.length < CHUNK) continue
    bySet.delete(element.set)
    yield `add element inet ${table} ${element.set} { ${texts.join(', ')} }\n`
  }
  for (const [set, texts] of bySet) yield `add element inet ${table} ${set} { ${texts.join(', ')} }\n`
}

/** Whether or not it is there, and however long: an element that is added twice keeps its first time, so it is added to be deleted. */
export function* withdrawalScript(
  table: string,
  elements: Iterable<Pick<KernelElement, 'set' | 'text'>>,
): Generator<string> {
  for (const { set, text } of elements) {
    yield `add element inet ${table} ${set} { ${text} }\n`
    yield `delete element inet ${table} ${set} { ${text} }\n`
  }
}

export function* emptyingScript(table: string, sets: readonly SetName[]): Generator<string> {
  for (const set of sets) yield `flush set inet ${table} ${set}\n`
}

function elementText({ set, text, length, expiresAt }: KernelElement, now: number): string | undefined {
  const network = HASHED.includes(set) ? text : `${text}/${length}`
  if (expiresAt === undefined) return network
  const seconds = Math.min(Math.ceil((expiresAt - now) / 1_000), MAXIMUM_SECONDS)
  return seconds >= 1 ? `${network} timeout ${seconds}s` : undefined
}

function typeOf(set: SetName): string {
  return set.endsWith('4') ? 'ipv4_addr' : 'ipv6_addr'
}
