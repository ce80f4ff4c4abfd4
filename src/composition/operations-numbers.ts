/** The operations on numbers and ring groups. */
import type { Operations } from '../api/operations.ts'
import type { GroupView, NumberView } from '../api/outside-operations.ts'
import { formatTarget, parseTarget } from '../api/target-text.ts'
import type { CallTarget, OwnedNumber, RingGroup } from '../directory/number.ts'
import type { OperationsOptions } from './operations.ts'
import { change, done } from './operations-result.ts'

type NumberOperations = Pick<
  Operations,
  'numberAdd' | 'numberList' | 'numberRoute' | 'numberRemove' | 'groupAdd' | 'groupList' | 'groupChange' | 'groupRemove'
>

export function numberOperations({ directory, actor }: OperationsOptions): NumberOperations {
  return {
    numberAdd: ({ target, afterHours, ...input }) => {
      const settings = { ...input, target: targetOf(target), afterHours: optionalTarget(afterHours) }
      return change(directory.addNumber(settings, actor), numberView)
    },
    async numberList() {
      const numbers = directory.ownedNumbers(directory.primary.id)
      return done(numbers.toSorted((a, b) => a.e164.localeCompare(b.e164)).map(numberView))
    },
    numberRoute: ({ target, afterHours, ...input }) => {
      const settings = {
        target: target === undefined ? undefined : targetOf(target),
        afterHours: optionalTarget(afterHours),
      }
      return change(directory.routeNumber({ ...input, ...settings }, actor), numberView)
    },
    numberRemove: input => change(directory.removeNumber(input, actor), ({ e164 }) => ({ e164 })),
    groupAdd: ({ otherwise, ...input }) =>
      change(directory.addGroup({ ...input, otherwise: optionalTarget(otherwise) }, actor), groupView),
    async groupList() {
      const groups = directory.groups(directory.primary.id)
      return done(groups.toSorted((a, b) => a.number.localeCompare(b.number)).map(groupView))
    },
    groupChange: ({ otherwise, ...input }) =>
      change(directory.changeGroup({ ...input, otherwise: optionalTarget(otherwise) }, actor), groupView),
    groupRemove: input => change(directory.removeGroup(input, actor), ({ number }) => ({ number })),
  }
}

/** The schema of the operation has checked its form. */
function targetOf(text: string): CallTarget {
  const target = parseTarget(text)
  if (target === undefined) throw new Error(`${text} is no target`)
  return target
}

/** Undefined: as it is. Null: none. */
export function optionalTarget(text: string | null | undefined): CallTarget | null | undefined {
  return text === undefined || text === null ? text : targetOf(text)
}

export function targetView(target: CallTarget | undefined): string | null {
  return target === undefined ? null : formatTarget(target)
}

function numberView({ e164, label, target, afterHours, anonymous }: OwnedNumber): NumberView {
  return { e164, label, target: formatTarget(target), afterHours: targetView(afterHours), anonymous }
}

function groupView({ number, name, strategy, members, stepSeconds, otherwise }: RingGroup): GroupView {
  return { number, name, strategy, members, stepSeconds, otherwise: targetView(otherwise) }
}
