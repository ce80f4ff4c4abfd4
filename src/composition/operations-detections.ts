/** The operations on detections. What takes long is bounded, and done for one asker at a time: calls go on meanwhile. */
import type {
  DetectionFile,
  DetectionOperations,
  DetectionRuleView,
  DetectionStatusView,
  FoundView,
} from '../api/detection-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import { backTest } from '../detection/back-test.ts'
import type { ListedRule } from '../detection/rule-set.ts'
import { readRuleFiles } from '../detection/test-files.ts'
import type { Detection, SigmaRule } from '../detection/types.ts'
import type { DetectionParts } from './detection-parts.ts'
import type { DetectionRules } from './detection-rules.ts'
import { problemView, testDetectionFiles } from './detection-test.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

const MAXIMUM_TEXT = 262_144
/** Of a run over the past: at the machine, and for whoever asks over HTTP. */
const AT_THE_MACHINE = { maximumEvents: 5_000_000, maximumMs: 300_000 }
const FROM_AFAR = { maximumEvents: 500_000, maximumMs: 20_000 }

export function detectionOperations(options: OperationsOptions): DetectionOperations {
  const { detections: parts } = options
  if (parts === undefined) {
    const away = async <T>(): Promise<OperationResult<T>> => needsServer('what concerns detections')
    return {
      detectionsList: away,
      detectionsStatus: away,
      detectionsReload: away,
      detectionsTest: away,
      detectionsRun: away,
    }
  }
  return {
    async detectionsList({ id }) {
      const { rules } = await parts.rules()
      const found = rules.filter(({ rule }) => id === undefined || rule.id === id)
      if (id !== undefined && found.length === 0) return unknown(id)
      return done(found.map(ruleView))
    },
    detectionsStatus: async () => done(statusOf(parts, await parts.rules())),
    async detectionsReload() {
      const { live } = parts
      if (live === undefined) return needsServer('a reading of rules that run')
      return attempt(async () => statusOf(parts, await live.reload(options.actor)))
    },
    detectionsTest: ({ files }) =>
      alone(parts, files, async () => {
        const { running } = await parts.rules()
        return done(await testDetectionFiles(files, running))
      }),
    detectionsRun: input => alone(parts, input.files ?? [], () => run(options, parts, input)),
  }
}

async function run(
  options: OperationsOptions,
  parts: DetectionParts,
  { since, until, rules: wanted, files }: Parameters<DetectionOperations['detectionsRun']>[0],
): ReturnType<DetectionOperations['detectionsRun']> {
  const { running } = await parts.rules()
  const read = files === undefined ? { rules: running, faults: [] } : readRuleFiles(files, running)
  const asked = wanted ?? read.rules.map(each => each.id)
  const missing = asked.find(id => !read.rules.some(each => each.id === id))
  if (missing !== undefined) return unknown(missing)
  const bounds = options.actor.kind === 'operator' ? AT_THE_MACHINE : FROM_AFAR
  const tried = only(asked, read.rules, running)
  return attempt(async () => {
    const result = await backTest({
      log: options.log,
      rules: tried,
      since,
      until: until ?? options.clock.now(),
      ...bounds,
    })
    const titles = tried.filter(each => asked.includes(each.id) && !each.base)
    return {
      events: result.events,
      since,
      until: result.to,
      partial: result.partial,
      rules: titles.map(({ id, title }) => ({ rule: id, title, found: result.counts.get(id) ?? 0 })),
      found: result.found.map(foundView),
      problems: read.faults.map(problemView),
    }
  })
}

/** Those that are asked for, and, telling nobody, those that they stand on. */
function only(
  asked: readonly string[],
  rules: readonly SigmaRule[],
  known: readonly SigmaRule[],
): readonly SigmaRule[] {
  const all = [...rules, ...known.filter(each => !rules.some(({ id, name }) => id === each.id || name === each.name))]
  const ids = new Set(asked)
  const bases = new Set<string>()
  const stand = (rule: SigmaRule): void => {
    if (rule.kind === 'event') return
    for (const name of rule.rules) {
      if (bases.has(name)) continue
      bases.add(name)
      for (const each of all) if (each.name === name) stand(each)
    }
  }
  for (const each of all) if (ids.has(each.id)) stand(each)
  return all.flatMap(rule => {
    if (ids.has(rule.id)) return [rule]
    return bases.has(rule.name) ? [{ ...rule, base: true }] : []
  })
}

/** One at a time, and of a bounded size. */
async function alone<T>(
  { gate }: DetectionParts,
  files: readonly DetectionFile[],
  work: () => Promise<OperationResult<T>>,
): Promise<OperationResult<T>> {
  const length = files.reduce((sum, { text }) => sum + text.length, 0)
  if (length > MAXIMUM_TEXT)
    return refusal(`these files have ${length} characters; ${MAXIMUM_TEXT} at most are tried at once`)
  if (gate.busy) return refusal('another run or test of detections is under way; try it again when it has ended')
  gate.busy = true
  try {
    return await work()
  } finally {
    gate.busy = false
  }
}

function statusOf({ folder, live }: DetectionParts, { rules, faults }: DetectionRules): DetectionStatusView {
  return {
    rules: rules.length,
    own: rules.filter(each => each.own).length,
    disabled: rules.filter(each => each.disabled).length,
    folder: folder ?? null,
    problems: faults.map(problemView),
    live: live === undefined ? null : live.figures,
  }
}

function ruleView({ rule, own, disabled }: ListedRule): DetectionRuleView {
  const { id, name, title, description, level, kind, tags, falsePositives, source: file } = rule
  const state = disabled ? 'disabled' : rule.base ? 'base' : 'on'
  return { id, name, title, description, level, kind, state, own, file, tags, falsePositives }
}

function foundView({ rule, at, group, count, events }: Detection): FoundView {
  return { rule: rule.id, title: rule.title, level: rule.level, at, group, count, events }
}

function unknown<T>(id: string): OperationResult<T> {
  return refused({
    code: 'DETECTION_UNKNOWN',
    message: `there is no rule ${id}; ringfence detections list shows those that exist`,
  })
}

function refusal<T>(message: string): OperationResult<T> {
  return refused({ code: 'DETECTION_REFUSED', message })
}
