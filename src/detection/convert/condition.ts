/** The condition of a rule for one event, as text of a language that has and, or, not and brackets. */
import type { Condition, EventRule, FieldTest, Selection } from '../types.ts'

export interface Language {
  readonly and: string
  readonly or: string
  readonly not: string
  /** One text for each value; they stand together by `all` of the test. */
  readonly test: (test: FieldTest) => readonly string[]
}

export function conditionText({ condition, selections }: EventRule, language: Language): string {
  return part(condition, selections, language).text
}

/** For where others stand beside it. */
export function conditionInBrackets({ condition, selections }: EventRule, language: Language): string {
  const { text, joined } = part(condition, selections, language)
  return joined === undefined ? text : `(${text})`
}

/** `joined`: by what its parts stand together; undefined: it is one thing. */
interface Part {
  readonly text: string
  readonly joined: 'and' | 'or' | undefined
}

function part(condition: Condition, selections: ReadonlyMap<string, Selection>, language: Language): Part {
  switch (condition.kind) {
    case 'selection':
      return ofSelection(selections.get(condition.name) ?? [], language)
    case 'not':
      return { text: `${language.not} (${part(condition.of, selections, language).text})`, joined: undefined }
    case 'and':
    case 'or':
      return together(
        condition.kind,
        condition.of.map(each => part(each, selections, language)),
        language,
      )
  }
}

function ofSelection(selection: Selection, language: Language): Part {
  const maps = selection.map(tests => {
    const parts = tests.map(test => {
      const texts = language.test(test).map(text => ({ text, joined: undefined }))
      return together(test.all ? 'and' : 'or', texts, language)
    })
    return together('and', parts, language)
  })
  return together('or', maps, language)
}

function together(joined: 'and' | 'or', parts: readonly Part[], language: Language): Part {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const texts = parts.map(each => (each.joined === undefined || each.joined === joined ? each.text : `(${each.text})`))
  return { text: texts.join(` ${language[joined]} `), joined }
}
