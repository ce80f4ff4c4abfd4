/** The embedded media engine, and who hears of its bridges. */
import type { CallService } from '../call/call-service.ts'
import type { MediaEngine } from '../media/media-engine.ts'
import { createRelayEngine } from '../media/relay/relay-engine.ts'
import type { Core } from './core.ts'

type MediaListener = Pick<CallService, 'mediaQuality' | 'mediaSilent' | 'mediaKeyExpired' | 'mediaFailed'>

export interface Media {
  readonly engine: MediaEngine
  /** The engine is made before the calls that hear of it. */
  connect(listener: MediaListener): void
}

export function createMedia({ bus, clock, configuration, logger }: Core): Media {
  const { portFrom, portTo, workers, timeout } = configuration.media
  let listener: MediaListener | undefined
  const engine = createRelayEngine({
    clock,
    logger,
    ports: { from: portFrom, to: portTo },
    mediaTimeoutMs: timeout * 1000,
    ...(workers === 0 ? {} : { workers }),
    observer: {
      quality: (bridge, report) => listener?.mediaQuality(bridge, report),
      silent: (bridge, side, silentForMs) => listener?.mediaSilent(bridge, side, silentForMs),
      keyExpired: (bridge, side) => listener?.mediaKeyExpired(bridge, side),
      failed: (bridge, detail) => listener?.mediaFailed(bridge, detail),
      workerFailed: (worker, bridges, detail) => void bus.publish('media.worker-failed', { worker, bridges, detail }),
    },
  })
  return {
    engine,
    connect(next) {
      listener = next
    },
  }
}
