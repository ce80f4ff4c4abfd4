/** Which types of events a rule can be about at all. */
import type { Condition, EventRule, FieldTest, Selection } from './types.ts'

/** Undefined: of any. */
export function typesOf({ condition, selections }: EventRule): ReadonlySet<string> | undefined {
  const read = (part: Condition): ReadonlySet<string> | undefined => {
    switch (part.kind) {
      case 'selection':
        return typesOfSelection(selections.get(part.name) ?? [])
      // What is not of a type may be of any other.
      case 'not':
        return undefined
      case 'or':
        return union(part.of.map(read))
      case 'and':
        return part.of.map(read).reduce(intersection, undefined)
    }
  }
  return read(condition)
}

function typesOfSelection(selection: Selection): ReadonlySet<string> | undefined {
  return union(selection.map(tests => tests.map(typesOfTest).reduce(intersection, undefined)))
}

function typesOfTest({ field, operator, values, all }: FieldTest): ReadonlySet<string> | undefined {
  if (field !== 'type' || operator !== 'equals' || all) return undefined
  if (values.some(value => typeof value !== 'string' || /[*?\\]/.test(value))) return undefined
  return new Set(values.map(value => String(value).toLowerCase()))
}

function union(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const known = sets.filter(each => each !== undefined)
  if (known.length < sets.length) return undefined
  return new Set(known.flatMap(each => [...each]))
}

function intersection(
  one: ReadonlySet<string> | undefined,
  other: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one.intersection(other)
}
