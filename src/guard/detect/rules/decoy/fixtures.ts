import { ATTACKER, DATAGRAMS, SPARED, MONDAY, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'asks for admin once',
    foundWithin: 1,
    target: 'address 203.0.113.9',
    observations: [{ kind: 'decoy', at: MONDAY, source: ATTACKER, name: 'admin' }],
  },
  {
    name: 'over UDP',
    foundWithin: 1,
    target: 'socket 203.0.113.9 5060',
    observations: [{ kind: 'decoy', at: MONDAY, source: DATAGRAMS, name: '1000' }],
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'somebody tries around where a phone is registered',
    observations: [{ kind: 'decoy', at: MONDAY, source: SPARED, name: 'admin' }],
  },
]
