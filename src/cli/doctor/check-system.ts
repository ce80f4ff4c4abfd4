/** Whether a server runs, whether its store answers, and what weakens it. */
import { weakenings } from '../../config/weakenings.ts'
import { type Check, fail, skipped, warn, well } from './types.ts'

export const checkServer: Check = ({ configuration, status }) => {
  if (status === undefined) {
    return [skipped('server', `none runs on ${configuration.dataDirectory}: checked is what a start would meet`)]
  }
  return [
    well(
      'server',
      `release ${status.version} runs: ${status.registrations} registrations, ${status.liveCalls} live calls`,
    ),
  ]
}

export const checkStore: Check = ({ status, storeFault }) => {
  if (storeFault !== undefined) return [fail('store', storeFault, 'see the message; calls need the store')]
  if (status?.store === 'unavailable') {
    return [fail('store', 'the database does not answer', 'see "ringfence events --type store." and the disk')]
  }
  return [well('store', 'can be read')]
}

export const checkWeakenings: Check = ({ configuration, status, now }) => {
  const weakened =
    status?.weakened ?? weakenings(configuration, now).map(({ option, detail }) => `${option}: ${detail}`)
  if (weakened.length === 0) return [well('weakened', 'nothing: no allowInsecure… is in force')]
  return weakened.map(text => warn('weakened', text, 'remove it as soon as the old phones are gone'))
}
