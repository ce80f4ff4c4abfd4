/** What operations need of detections: with a running server, and on the files alone. */
import type { Configuration } from '../config/schema.ts'
import type { LiveFigures } from '../detection/live.ts'
import type { Actor } from '../events/system-events.ts'
import { type DetectionRules, readDetectionRules, ruleFolderOf } from './detection-rules.ts'
import type { RunningDetections } from './detections.ts'

export interface DetectionParts {
  readonly folder: string | undefined
  /** Of what takes long: one at a time, whoever asks. */
  readonly gate: { busy: boolean }
  rules(): Promise<DetectionRules>
  /** Undefined where no server runs. */
  readonly live?: { readonly figures: LiveFigures; reload(actor: Actor): Promise<DetectionRules> }
}

export function liveDetections(configuration: Configuration, running: RunningDetections): DetectionParts {
  return {
    get folder() {
      return ruleFolderOf(configuration)
    },
    gate: { busy: false },
    rules: async () => running.current,
    live: {
      get figures() {
        return running.figures
      },
      reload: running.reload,
    },
  }
}

export function storedDetections(configuration: Configuration): DetectionParts {
  return { folder: ruleFolderOf(configuration), gate: { busy: false }, rules: () => readDetectionRules(configuration) }
}
