/** The rules that count on this machine: ours, and those of the operator's folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../config/schema.ts'
import { createDetectionEngine } from '../detection/engine.ts'
import { packagedRules } from '../detection/packaged-rules.ts'
import { fingerprintOf, readRuleFolder } from '../detection/rule-folder.ts'
import { inForce, type ListedRule, ruleSet } from '../detection/rule-set.ts'
import type { RuleFault, SigmaRule } from '../detection/types.ts'

export interface DetectionRules {
  readonly rules: readonly ListedRule[]
  /** Those that run. */
  readonly running: readonly SigmaRule[]
  readonly faults: readonly RuleFault[]
  /** Of the folder. */
  readonly fingerprint: string
}

const FOLDER = 'detections'

/** Undefined: there is none, and nobody asked for one. */
export function ruleFolderOf({
  detections,
  dataDirectory,
}: Pick<Configuration, 'detections' | 'dataDirectory'>): string | undefined {
  if (detections.folder !== undefined) return detections.folder
  const standard = join(dataDirectory, FOLDER)
  return existsSync(standard) ? standard : undefined
}

export function rulesFingerprint(configuration: Configuration): Promise<string> {
  const folder = ruleFolderOf(configuration)
  return folder === undefined ? Promise.resolve('') : fingerprintOf(folder)
}

/** Never rejects: what cannot be read is a fault, and our own rules are always there. */
export async function readDetectionRules(configuration: Configuration): Promise<DetectionRules> {
  const folder = ruleFolderOf(configuration)
  const ours = packagedRules()
  const own = folder === undefined ? { rules: [], faults: [], fingerprint: '' } : await readRuleFolder(folder)
  const { disabled } = configuration.detections
  const { rules, faults } = ruleSet({ packaged: ours.rules, own: own.rules, disabled })
  const running = inForce(rules)
  const dangling = createDetectionEngine(running).faults
  return {
    rules,
    running,
    faults: [...ours.faults, ...own.faults, ...faults, ...dangling],
    fingerprint: own.fingerprint,
  }
}
