/** The files of a replay: opened, read, and what is wrong with one named by file, line and column, or place in the document. */
import { createGeography } from '../geography/geography.ts'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { fail, ok, type Result } from '../base/result.ts'
import type { ReplayFiles } from '../cli/ports.ts'
import { defaultPolicy, type FraudPolicy } from '../fraud/policy.ts'
import { describePolicyFault, parsePolicy } from '../fraud/policy-document.ts'
import { createDeck, type Deck } from '../fraud/rating/deck.ts'
import { readOrganisation, type ReplayOrganisation } from '../fraud/replay/organisation.ts'
import { RecordingError } from '../fraud/replay/read-calls.ts'
import { runReplay } from '../fraud/replay/run-replay.ts'
import { ALL_RULES } from '../fraud/rules/index.ts'
import { readDeckRates } from './deck-file.ts'

/** Of a policy or an organisation: thousands of extensions fit. */
const MAXIMUM_DOCUMENT = 4 * 1_048_576

type Read<T> = Result<T, string>

/** `write` resolves when more may be written: a recording of any length takes little memory. */
export async function replayFiles(
  files: ReplayFiles,
  write: (text: string) => Promise<void>,
  onRuleError: (rule: string, error: unknown) => void,
): Promise<Read<{ readonly calls: number }>> {
  const organisation = await organisationFrom(files.organisation)
  if (!organisation.ok) return organisation
  const policy = await policyFrom(files.policy, organisation.value)
  if (!policy.ok) return policy
  const deck = await deckFrom(files.deck, policy.value)
  if (!deck.ok) return deck
  const geography = createGeography({ onProblem: detail => onRuleError('countries of addresses', detail) })
  try {
    const tally = await runReplay({
      calls: files.file === '-' ? process.stdin : createReadStream(files.file, { highWaterMark: 1_048_576 }),
      json: files.json,
      write,
      organisation: organisation.value,
      policy: policy.value,
      deck: deck.value,
      countryOfAddress: address => geography.countryOfAddress(address),
      onRuleError,
    })
    return ok({ calls: tally.sums.calls })
  } catch (error) {
    if (error instanceof RecordingError) return fail(`${files.file}, ${error.message}`)
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return fail(`${files.file} cannot be read: ${message}`)
  }
}

async function organisationFrom(file: string | undefined): Promise<Read<ReplayOrganisation>> {
  const text = file === undefined ? ok(undefined) : await documentFrom(file)
  if (!text.ok) return text
  const organisation = readOrganisation(text.value)
  return organisation.ok ? organisation : fail(describePolicyFault(file ?? '', organisation.error))
}

async function policyFrom(file: string | undefined, { calling }: ReplayOrganisation): Promise<Read<FraudPolicy>> {
  const standard = defaultPolicy(calling.organisationId, calling.country)
  if (file === undefined) return ok(standard)
  const text = await documentFrom(file)
  if (!text.ok) return text
  const policy = parsePolicy(text.value, standard, ALL_RULES)
  return policy.ok ? policy : fail(describePolicyFault(file, policy.error))
}

async function deckFrom(file: string | undefined, { currency }: FraudPolicy): Promise<Read<Deck | undefined>> {
  if (file === undefined) return ok(undefined)
  const rates = await readDeckRates(file)
  return rates.ok ? ok(createDeck(currency, rates.value)) : rates
}

async function documentFrom(file: string): Promise<Read<string>> {
  try {
    if ((await stat(file)).size > MAXIMUM_DOCUMENT) return fail(`${file} is larger than 4 MiB`)
    return ok(await readFile(file, 'utf8'))
  } catch (error) {
    return fail(`${file} cannot be read: ${(error as Error).message}`)
  }
}
