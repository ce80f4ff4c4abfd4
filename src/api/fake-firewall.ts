/** A firewall in memory for tests of commands. */
import type {
  FirewallOperations,
  FirewallStatus,
  ListView,
  SourceDecisionView,
  SourceExplanation,
  TriedView,
} from './firewall-operations.ts'
import type { OperationResult } from './operations.ts'

export interface FakeFirewall {
  status: FirewallStatus
  decisions: readonly SourceDecisionView[]
  explanation: SourceExplanation
  tried: TriedView
}

const MOMENT = Date.UTC(2026, 10, 23, 3, 4, 5)

const BAN: SourceDecisionView = {
  id: '01a20000-0000-7000-8000-000000000001',
  target: 'address 198.51.100.7',
  action: 'ban',
  rule: 'GUARD_SOURCE_GUESSING',
  reason: '20 wrong credentials within 60 seconds',
  evidence: { 'last for': 'admin' },
  origin: 'rule',
  mode: 'on',
  at: MOMENT,
  expiresAt: MOMENT + 3_600_000,
  repeat: 0,
}

const LIST: ListView = {
  name: 'drop',
  from: 'https://lists.example/drop.txt',
  form: 'drop',
  mode: 'on',
  entries: 1_200,
  remark: null,
  digest: 'ab',
  readAt: MOMENT,
  nextAt: MOMENT + 86_400_000,
  isStale: false,
  problem: null,
}

export function createFakeFirewall(): FakeFirewall {
  return {
    status: {
      stopped: [{ rule: 'dropScanner', lastHour: 12, lastDay: 345 }],
      sources: [{ source: '198.51.100.7', country: 'XX', stopped: 300, rule: 'dropBanned' }],
      bans: 1,
      backOffs: 0,
      allowed: 0,
      tried: [],
      lists: [LIST],
      kernel: { state: 'on', detail: 'table inet ringfence' },
      signatures: { version: '2026-11-23', count: 25 },
    },
    decisions: [BAN],
    explanation: {
      subject: '198.51.100.7',
      verdict: 'banned',
      because: ['address 198.51.100.7 is banned for 60 minutes more, by GUARD_SOURCE_GUESSING: it guessed.'],
      decisions: [BAN],
      undo: 'ringfence firewall unban 198.51.100.7',
    },
    tried: { verdict: 'drop', rule: 'dropScanner', reason: 'SIPVicious (signature sipvicious-agent)', status: null },
  }
}

export function fakeFirewallOperations(
  state: FakeFirewall,
  note: (name: string, input: unknown) => void,
): FirewallOperations {
  const done = <T>(value: T): OperationResult<T> => ({ ok: true, value })
  return {
    firewallStatus: async () => done(state.status),
    async firewallDecisions(input) {
      note('firewallDecisions', input)
      return done(state.decisions.slice(0, input.limit))
    },
    async firewallBan(input) {
      note('firewallBan', input)
      return done({ ...BAN, target: `address ${input.target}`, rule: 'operator', origin: 'operator' })
    },
    async firewallAllow(input) {
      note('firewallAllow', input)
      return done({ ...BAN, target: `address ${input.target}`, rule: 'operator', origin: 'operator', action: 'allow' })
    },
    async firewallUndo(input) {
      note('firewallUndo', input)
      return done(state.decisions)
    },
    async firewallExplain(input) {
      note('firewallExplain', input)
      return done(state.explanation)
    },
    firewallLists: async () => done(state.status.lists),
    async firewallListsRefresh(input) {
      note('firewallListsRefresh', input)
      return done(state.status.lists)
    },
    async firewallTry(input) {
      note('firewallTry', input)
      return done(state.tried)
    },
  }
}
