/** The operations on detections, faked: one rule, that finds nothing. */
import type { DetectionOperations, DetectionRuleView, DetectionStatusView, FoundView } from './detection-operations.ts'
import type { OperationResult } from './operations.ts'

export interface FakeDetections {
  rules: readonly DetectionRuleView[]
  status: DetectionStatusView
  found: readonly FoundView[]
}

export function createFakeDetections(): FakeDetections {
  return {
    rules: [
      {
        id: '192bea9c-e2ef-47bf-81f4-cea301a6c40d',
        name: '192bea9c-e2ef-47bf-81f4-cea301a6c40d',
        title: 'Somebody guesses passwords of phone accounts',
        description: 'One source gave wrong credentials ten times within five minutes.',
        level: 'medium',
        kind: 'correlation',
        state: 'on',
        own: false,
        file: 'guessing.yml',
        tags: ['attack.t1110'],
        falsePositives: ['A phone whose password was changed at one end only.'],
      },
    ],
    status: { rules: 1, own: 0, disabled: 0, folder: null, problems: [], live: null },
    found: [],
  }
}

export function fakeDetectionOperations(
  state: FakeDetections,
  note: (name: string, input: unknown) => void,
): DetectionOperations {
  const done = <T>(value: T): OperationResult<T> => ({ ok: true, value })
  return {
    async detectionsList({ id }) {
      return done(state.rules.filter(each => id === undefined || each.id === id))
    },
    detectionsStatus: async () => done(state.status),
    async detectionsReload(input) {
      note('detectionsReload', input)
      return done(state.status)
    },
    async detectionsTest(input) {
      note('detectionsTest', input)
      const rules = state.rules.map(({ id, title, file }) => {
        return { id, title, file, attack: 1, benign: 0, outcome: 'passed' as const }
      })
      return done({ rules, problems: [] })
    },
    async detectionsRun(input) {
      note('detectionsRun', input)
      const { since, until = since } = input
      const rules = state.rules.map(({ id, title }) => ({ rule: id, title, found: state.found.length }))
      return done({ events: 3, since, until, partial: false, rules, found: state.found, problems: [] })
    },
  }
}
