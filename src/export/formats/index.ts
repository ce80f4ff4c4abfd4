/** The text of one event in the form that was asked for. Pure. */
import type { EventFacts } from '../event-facts.ts'
import { jsonText } from '../text.ts'
import type { ExportForm, FormatContext } from '../types.ts'
import { cefText } from './cef.ts'
import { csvLine } from './csv.ts'
import { ecsDocument } from './ecs.ts'
import { jsonLine } from './json.ts'
import { ocsfEvent } from './ocsf.ts'
import { visible } from '../text.ts'

/** One line without its end. */
export function lineOf(form: ExportForm, facts: EventFacts, context: FormatContext): string {
  switch (form) {
    case 'plain':
      return visible(facts.message)
    case 'cef':
      return cefText(facts, context)
    case 'json':
      return jsonLine(facts)
    case 'ocsf':
      return jsonText(ocsfEvent(facts, context))
    case 'ecs':
      return jsonText(ecsDocument(facts, context))
    case 'csv':
      return csvLine(facts)
  }
}
