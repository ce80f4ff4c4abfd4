import { repeat, refused, ATTACKER, DATAGRAMS, OFFICE, SECOND, MINUTE, HOUR, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'a scanner that says its name',
    foundWithin: 5,
    target: 'address 203.0.113.9',
    observations: repeat(10, SECOND, (i, at) => refused(at, ATTACKER, 'dropScanner', String(100 + i), 'OPTIONS')),
  },
  {
    name: 'an hour between two probes',
    foundWithin: 5,
    target: 'socket 203.0.113.9 5060',
    observations: repeat(10, HOUR, (i, at) => refused(at, DATAGRAMS, i % 2 === 0 ? 'dropInjection' : 'dropRouteAbuse')),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a phone that watches lamps before it is registered',
    observations: repeat(500, SECOND, (_, at) => refused(at, OFFICE, 'dropUnknownSource', 'anna', 'SUBSCRIBE')),
  },
  {
    name: 'an office that sends too much after a power cut',
    observations: repeat(5_000, 10, (i, at) => refused(at, OFFICE, 'capRate', `phone${i}`)),
  },
  {
    name: 'a phone that is set up with the address in the place of the domain',
    observations: repeat(500, MINUTE, (_, at) => refused(at, OFFICE, 'dropForeignTarget', 'anna')),
  },
  {
    name: 'an account that backs off',
    observations: repeat(500, MINUTE, (_, at) => refused(at, OFFICE, 'backOffAccount', 'anna')),
  },
]
