/** The operator's log: one JSON object a line on the error stream. */
import { destination, pino } from 'pino'
import type { Logger } from '../base/logger.ts'

export function createLogger(level: 'debug' | 'info' | 'warn'): Logger {
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }))
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  }
}
