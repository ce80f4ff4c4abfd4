/** A test of files with rules, as it is answered: for the operation, and for a command without a server. */
import type { DetectionFile, DetectionProblemView, DetectionTestView } from '../api/detection-operations.ts'
import { packagedRules } from '../detection/packaged-rules.ts'
import { type TestedRule, testFiles } from '../detection/test-files.ts'
import type { RuleFault, SigmaRule } from '../detection/types.ts'

/** `known`: rules that those of the files may stand on. */
export async function testDetectionFiles(
  files: readonly DetectionFile[],
  known: readonly SigmaRule[] = packagedRules().rules,
): Promise<DetectionTestView> {
  const { rules, faults } = await testFiles(files, known)
  return { rules: rules.map(testedView), problems: faults.map(problemView) }
}

export function problemView({ source: file, where, message: problem }: RuleFault): DetectionProblemView {
  return { file, where, problem }
}

function testedView({ rule, outcome }: TestedRule): DetectionTestView['rules'][number] {
  const { id, title, source: file } = rule
  const tested = { id, title, file, attack: outcome?.attack ?? null, benign: outcome?.benign ?? null }
  if (outcome !== undefined) return { ...tested, outcome: outcome.ok ? 'passed' : 'failed' }
  return { ...tested, outcome: rule.base ? 'base' : 'untested' }
}
