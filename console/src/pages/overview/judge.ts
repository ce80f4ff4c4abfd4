/** Is it safe? Points are taken off for what a person should do something about; nothing else. */
import type { FirewallStatus, FraudStatus, PersonView, Status } from '../../api/types.ts'

export interface Todo {
  readonly text: string
  readonly action: string
  readonly to: string
  readonly tone: 'warn' | 'bad'
  readonly points: number
}

export interface Verdict {
  readonly sentence: string
  readonly score: number
  readonly tone: 'good' | 'warn' | 'bad'
  /** The weightiest first. */
  readonly todo: readonly Todo[]
}

export interface Facts {
  readonly status: Status
  readonly fraud: FraudStatus | undefined
  readonly firewall: FirewallStatus | undefined
  readonly people: readonly PersonView[] | undefined
  readonly now: number
}

const DAY = 86_400_000

export function judge({ status, fraud, firewall, people, now }: Facts): Verdict {
  const todo: Todo[] = []
  const add = (points: number, text: string, action: string, to: string): void => {
    todo.push({ points, text, action, to, tone: points >= 25 ? 'bad' : 'warn' })
  }
  if (status.store === 'unavailable')
    add(40, 'The database is away: nothing is recorded durably.', 'Look at the log', '/log')
  const days = Math.floor((status.certificate.notAfter - now) / DAY)
  if (days < 21)
    add(
      days < 7 ? 35 : 15,
      `The certificate ends in ${Math.max(days, 0)} days: phones would lose their connection.`,
      'See certificates',
      '/settings',
    )
  for (const each of status.weakened) add(15, `A protection is switched off: ${each}.`, 'See settings', '/settings')
  for (const trunk of status.trunks) {
    if (trunk.state === 'enabled' && (trunk.health === 'down' || trunk.health === 'failed')) {
      add(
        25,
        `The trunk ${trunk.name} is down${trunk.problem === null ? '' : `: ${trunk.problem}`}.`,
        'See trunks',
        '/trunks',
      )
    }
    if (trunk.weakened.length > 0)
      add(
        10,
        `Calls over the trunk ${trunk.name} are not encrypted on the way to the provider.`,
        'See trunks',
        '/trunks',
      )
  }
  if (fraud !== undefined) addFraud(fraud, add)
  for (const list of firewall?.lists ?? []) {
    if (list.problem !== null)
      add(5, `The list ${list.name} could not be read: ${list.problem}.`, 'See lists', '/firewall')
  }
  if (people !== undefined) addPeople(people, add)
  const ordered = todo.toSorted((a, b) => b.points - a.points)
  const score = Math.max(0, 100 - ordered.reduce((sum, each) => sum + each.points, 0))
  const tone = score >= 85 ? 'good' : score >= 60 ? 'warn' : 'bad'
  return { sentence: sentenceOf(tone, fraud), score, tone, todo: ordered }
}

type Add = (points: number, text: string, action: string, to: string) => void

function addFraud(fraud: FraudStatus, add: Add): void {
  if (fraud.suspended.length > 0) {
    const who = fraud.suspended.slice(0, 3).join(', ')
    add(
      25,
      `${fraud.suspended.length === 1 ? 'Extension' : 'Extensions'} ${who} cannot call outside: toll fraud was found.`,
      'Decide',
      '/fraud',
    )
  }
  if (fraud.waiting > 0)
    add(
      10,
      `${fraud.waiting === 1 ? 'A call waits' : `${fraud.waiting} calls wait`} for somebody to say that ${fraud.waiting === 1 ? 'it is' : 'they are'} wanted.`,
      'Decide',
      '/fraud',
    )
  if (Number(fraud.spentToday) > Number(fraud.capToday) * 0.8)
    add(15, "More than four fifths of today's money is spent.", 'See budgets', '/fraud')
}

function addPeople(people: readonly PersonView[], add: Add): void {
  const owners = people.filter(each => each.role === 'owner' && each.state === 'active')
  if (owners.length === 1)
    add(
      5,
      'There is one owner only: who loses their devices alone needs the machine itself.',
      'Invite a second one',
      '/people',
    )
  const thin = owners.filter(each => each.factors.passkeys.length + (each.factors.password === null ? 0 : 1) < 2)
  if (thin.length > 0) add(3, `${thin[0]!.name} has one way to sign in only.`, 'Add another', '/security')
}

function sentenceOf(tone: Verdict['tone'], fraud: FraudStatus | undefined): string {
  if (fraud !== undefined && fraud.suspended.length > 0) return 'An attack was stopped, and needs your decision.'
  if (tone === 'good') return 'Your phones are safe.'
  return tone === 'warn' ? 'Your phones are safe, but something needs a look.' : 'Something needs you now.'
}
