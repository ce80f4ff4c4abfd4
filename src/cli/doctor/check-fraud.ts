/** Toll fraud: what is left of today's money, whose prices count, whom it suspended, and what only watches. */
import { countOf } from '../output/text.ts'
import { type Check, type Finding, warn, well } from './types.ts'

const NEARLY = 0.8

export const checkSpending: Check = ({ fraud }) => {
  if (fraud === undefined) return []
  const { currency } = fraud.status
  const found = [
    spent('today', fraud.status.spentToday, fraud.status.capToday, currency, '--organisation-day'),
    spent('this month', fraud.status.spentThisMonth, fraud.status.capThisMonth, currency, '--organisation-month'),
  ].flat()
  if (found.length > 0) return found
  return [well('money', `${fraud.status.spentToday} of ${fraud.status.capToday} ${currency} spent today`)]
}

function spent(when: string, charged: string, cap: string, currency: string, option: string): readonly Finding[] {
  const share = Number(cap) > 0 ? Number(charged) / Number(cap) : 1
  if (share < NEARLY) return []
  const what = share >= 1 ? 'no paid call can begin' : 'paid calls will be refused soon'
  const advice = `see who called: ringfence budget show; where that is right: ringfence budget set ${option} AMOUNT`
  return [warn('money', `${charged} of ${cap} ${currency} are spent ${when}: ${what}`, advice)]
}

export const checkPrices: Check = ({ fraud, outside }) => {
  if (fraud === undefined) return []
  const { deck } = fraud.status
  if (deck.source === 'imported') return [well('prices', `${deck.rates} rates of ${deck.name}, in ${deck.currency}`)]
  const provider = outside?.trunks.some(trunk => trunk.purpose === 'provider' && trunk.state === 'enabled') === true
  if (!provider) return [well('prices', 'built-in')]
  return [
    warn(
      'prices',
      'built-in guesses: caps hold in them, and a bill may differ',
      "import the provider's: ringfence deck import FILE.csv",
    ),
  ]
}

export const checkDecisions: Check = ({ fraud }) => {
  if (fraud === undefined) return []
  const { suspended, waiting } = fraud.status
  const found: Finding[] = []
  if (suspended.length > 0) {
    const message = `suspended by toll-fraud control: ${suspended.join(', ')}`
    found.push(warn('fraud', message, 'see why: ringfence fraud decisions; then: ringfence extension restore NUMBER'))
  }
  if (waiting > 0) {
    const message = `${countOf(waiting, 'call')} waited for somebody to say that it is wanted`
    found.push(warn('fraud', message, 'ringfence fraud approvals'))
  }
  return found.length > 0 ? found : [well('fraud', 'nobody is suspended, nothing waits for an answer')]
}

export const checkRules: Check = ({ fraud }) => {
  if (fraud === undefined) return []
  const tried = fraud.rules.filter(rule => rule.mode === 'dry-run').map(rule => rule.id)
  const weak = fraud.rules.filter(rule => rule.mode === 'on' && rule.response === 'alert').map(rule => rule.id)
  return [
    ...(tried.length === 0
      ? []
      : [warn('fraud', `only tried: ${tried.join(', ')}`, 'ringfence fraud rule ID --mode on')]),
    ...(weak.length === 0
      ? []
      : [warn('fraud', `only tells: ${weak.join(', ')}`, 'ringfence fraud rule ID --response standard')]),
  ]
}
