/**
 * A fraud policy as a JSON document: what people write, what a replay reads, what the store keeps. Money is decimal text, since a
 * JSON number is a float. What is left out stays as it was; what is not understood is refused, with where it stands.
 */
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import { RESPONSES, type Response, type RuleDescription, type RuleMode } from '../guard/types.ts'
import type { Caps, FraudPolicy, RuleSetting } from './policy.ts'
import { exemptionsDocument, readExemptions } from './policy-exemptions.ts'
import { formatMicros, type Micros, parseMicros } from './rating/money.ts'

export interface PolicyFault {
  /** `caps.call`, `rules.FRAUD_BURST.mode`; empty: the document as a whole. */
  readonly path: string
  readonly message: string
}

/** The rules that exist: a setting of one that does not would protect nobody. */
export type KnownRules = readonly Pick<RuleDescription, 'id' | 'thresholds'>[]

export const CAP_NAMES = [
  'call',
  'extensionDay',
  'organisationDay',
  'organisationMonth',
  'riskyDay',
] as const satisfies readonly (keyof Caps)[]

export const RULE_MODES = ['on', 'dry-run'] as const satisfies readonly RuleMode[]

export const LONGEST_CALL_SECONDS = 24 * 3_600
export const LARGEST_THRESHOLD = 1_000_000_000
const MAXIMUM_EXTENSIONS = 10_000
const FIELDS = ['currency', 'caps', 'extensionDayCaps', 'maximumCallSeconds', 'rules'] as const
const RULE_FIELDS = ['mode', 'response', 'thresholds', 'exempt'] as const

type Read<T> = Result<T, PolicyFault>
type Fields = Readonly<Record<string, unknown>>

export function describePolicyFault(file: string, { path, message }: PolicyFault): string {
  return path === '' ? `${file}: ${message}` : `${file}: ${path}: ${message}`
}

/** Reads a document over `base`. */
export function parsePolicy(text: string, base: FraudPolicy, known: KnownRules): Read<FraudPolicy> {
  let document: unknown
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return fault('', `is no JSON: ${(error as Error).message}`)
  }
  return readPolicy(document, base, known)
}

/** The same for a document that was parsed already. */
export function readPolicy(document: unknown, base: FraudPolicy, known: KnownRules): Read<FraudPolicy> {
  const fields = fieldsOf(document, '', FIELDS)
  if (!fields.ok) return fields
  const { currency, caps, extensionDayCaps, maximumCallSeconds, rules } = fields.value
  const readCurrency = given(currency, base.currency, value => currencyOf(value))
  if (!readCurrency.ok) return readCurrency
  const readCaps = given(caps, base.caps, value => capsOf(value, base.caps))
  if (!readCaps.ok) return readCaps
  const own = given(extensionDayCaps, base.extensionDayCaps, value => extensionCapsOf(value))
  if (!own.ok) return own
  const seconds = given(maximumCallSeconds, base.maximumCallSeconds, value =>
    wholeNumber('maximumCallSeconds', value, 1, LONGEST_CALL_SECONDS),
  )
  if (!seconds.ok) return seconds
  const settings = given(rules, base.rules, value => rulesOf(value, base.rules, known))
  if (!settings.ok) return settings
  return ok({
    organisationId: base.organisationId,
    currency: readCurrency.value,
    caps: readCaps.value,
    extensionDayCaps: own.value,
    maximumCallSeconds: seconds.value,
    rules: settings.value,
  })
}

/** All of it, so that it reads as the same whatever the defaults become. */
export function policyDocument(policy: FraudPolicy): Fields {
  const money = (amounts: Readonly<Record<string, Micros>>): Fields =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatMicros(amount)]))
  return {
    currency: policy.currency,
    caps: money({ ...policy.caps }),
    extensionDayCaps: money(policy.extensionDayCaps),
    maximumCallSeconds: policy.maximumCallSeconds,
    rules: Object.fromEntries(Object.entries(policy.rules).map(([id, setting]) => [id, settingDocument(setting)])),
  }
}

function settingDocument({ exempt, ...setting }: RuleSetting): Fields {
  return exempt === undefined ? setting : { ...setting, exempt: exemptionsDocument(exempt) }
}

export function serialisePolicy(policy: FraudPolicy): string {
  return `${JSON.stringify(policyDocument(policy), undefined, 2)}\n`
}

/** One rule's setting over what was set before; also what a command changes. */
export function readRuleSetting(
  id: string,
  value: unknown,
  before: RuleSetting | undefined,
  known: KnownRules,
): Read<RuleSetting> {
  const path = `rules.${id.slice(0, 64)}`
  const rule = known.find(each => each.id === id)
  if (rule === undefined)
    return fault(path, `there is no such rule; there are ${known.map(each => each.id).join(', ')}`)
  const fields = fieldsOf(value, path, RULE_FIELDS)
  if (!fields.ok) return fields
  const mode = given(fields.value['mode'], before?.mode ?? 'on', each => oneOf(`${path}.mode`, each, RULE_MODES))
  if (!mode.ok) return mode
  const response = given<Response | undefined>(fields.value['response'], before?.response, each =>
    oneOf(`${path}.response`, each, RESPONSES),
  )
  if (!response.ok) return response
  const thresholds = given(fields.value['thresholds'], before?.thresholds ?? {}, each =>
    thresholdsOf(`${path}.thresholds`, each, before?.thresholds ?? {}, rule.thresholds),
  )
  if (!thresholds.ok) return thresholds
  const exempt = given(fields.value['exempt'], before?.exempt ?? [], each =>
    readExemptions(`${path}.exempt`, each, before?.exempt),
  )
  if (!exempt.ok) return exempt
  return ok({
    mode: mode.value,
    ...(response.value === undefined ? {} : { response: response.value }),
    ...(Object.keys(thresholds.value).length === 0 ? {} : { thresholds: thresholds.value }),
    ...(exempt.value.length === 0 ? {} : { exempt: exempt.value }),
  })
}

function rulesOf(value: unknown, before: FraudPolicy['rules'], known: KnownRules): Read<FraudPolicy['rules']> {
  const fields = fieldsOf(value, 'rules')
  if (!fields.ok) return fields
  const settings: Record<string, RuleSetting> = { ...before }
  for (const [id, each] of Object.entries(fields.value)) {
    const setting = readRuleSetting(id, each, before[id], known)
    if (!setting.ok) return setting
    settings[id] = setting.value
  }
  return ok(settings)
}

function thresholdsOf(
  path: string,
  value: unknown,
  before: Readonly<Record<string, number>>,
  known: Readonly<Record<string, number>>,
): Read<Readonly<Record<string, number>>> {
  const fields = fieldsOf(value, path, Object.keys(known))
  if (!fields.ok) return fields
  const thresholds: Record<string, number> = { ...before }
  for (const [name, each] of Object.entries(fields.value)) {
    const threshold = wholeNumber(`${path}.${name}`, each, 0, LARGEST_THRESHOLD)
    if (!threshold.ok) return threshold
    thresholds[name] = threshold.value
  }
  return ok(thresholds)
}

function capsOf(value: unknown, base: Caps): Read<Caps> {
  const fields = fieldsOf(value, 'caps', CAP_NAMES)
  if (!fields.ok) return fields
  const caps: Record<keyof Caps, Micros> = { ...base }
  for (const name of CAP_NAMES) {
    const cap = given(fields.value[name], base[name], each => moneyOf(`caps.${name}`, each))
    if (!cap.ok) return cap
    caps[name] = cap.value
  }
  return ok(caps)
}

function extensionCapsOf(value: unknown): Read<Readonly<Record<string, Micros>>> {
  const fields = fieldsOf(value, 'extensionDayCaps')
  if (!fields.ok) return fields
  const entries = Object.entries(fields.value)
  if (entries.length > MAXIMUM_EXTENSIONS)
    return fault('extensionDayCaps', `more than ${MAXIMUM_EXTENSIONS} extensions`)
  const caps: Record<string, Micros> = {}
  for (const [number, each] of entries) {
    const path = `extensionDayCaps.${number.slice(0, 32)}`
    if (!/^[A-Za-z0-9._-]{1,32}$/.test(number)) return fault(path, 'is no number of an extension, such as 101')
    const cap = moneyOf(path, each)
    if (!cap.ok) return cap
    caps[number] = cap.value
  }
  return ok(caps)
}

function currencyOf(value: unknown): Read<string> {
  if (typeof value === 'string' && /^[A-Z]{3}$/.test(value)) return ok(value)
  return fault('currency', `${shown(value)} is no currency in three letters, such as EUR`)
}

function moneyOf(path: string, value: unknown): Read<Micros> {
  if (typeof value === 'number') {
    return fault(path, `money is written as text, so that it is exact: "${value}" and not ${value}`)
  }
  if (typeof value !== 'string') return fault(path, `${shown(value)} is no amount as text, such as "5" or "12.50"`)
  const amount = parseMicros(value)
  return amount.ok ? amount : fault(path, amount.error)
}

function wholeNumber(path: string, value: unknown, from: number, to: number): Read<number> {
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return ok(value)
  return fault(path, `${shown(value)} is not a whole number from ${from} to ${to}`)
}

function oneOf<T extends string>(path: string, value: unknown, allowed: readonly T[]): Read<T> {
  const found = allowed.find(each => each === value)
  return found === undefined ? fault(path, `${shown(value)} is none of ${allowed.join(', ')}`) : ok(found)
}

/** An object whose fields are all among the allowed ones. */
function fieldsOf(value: unknown, path: string, allowed?: readonly string[]): Read<Fields> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault(path, `${shown(value)} is no object`)
  }
  const fields = value as Fields
  const unknown = Object.keys(fields).find(name => allowed !== undefined && !allowed.includes(name))
  if (unknown === undefined) return ok(fields)
  const inside = path === '' ? unknown.slice(0, 64) : `${path}.${unknown.slice(0, 64)}`
  return fault(inside, `is not known; allowed are ${allowed!.join(', ')}`)
}

function given<T>(value: unknown, otherwise: T, read: (value: unknown) => Read<T>): Read<T> {
  return value === undefined ? ok(otherwise) : read(value)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 32)
}

function fault(path: string, message: string): Result<never, PolicyFault> {
  return fail({ path, message })
}
