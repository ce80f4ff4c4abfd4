/** Exports in memory for tests of commands. */
import type { ExportOperations, ExportTestView, ExportView } from './export-operations.ts'
import type { OperationResult } from './operations.ts'

export interface FakeExports {
  exports: readonly ExportView[]
  test: Pick<ExportTestView, 'ok' | 'detail'>
}

const MOMENT = Date.UTC(2026, 10, 23, 3, 4, 5)

export const FAKE_EXPORT: ExportView = {
  id: '01a20000-0000-7000-8000-000000000021',
  name: 'siem',
  kind: 'syslog',
  destination: 'syslog logs.example.com:6514',
  form: 'cef',
  filter: 'severity>=notice',
  masks: ['names'],
  organisation: null,
  weakened: [],
  createdAt: MOMENT,
  state: 'sending',
  position: 120,
  behind: 3,
  lagMs: 40,
  delivered: 100,
  refused: 0,
  lost: 0,
  lastSuccessAt: MOMENT,
  lastError: null,
  lastErrorAt: null,
}

export function createFakeExports(): FakeExports {
  return { exports: [FAKE_EXPORT], test: { ok: true, detail: '' } }
}

type Note = (name: string, input: unknown) => void

export function fakeExportOperations(state: FakeExports, note: Note): ExportOperations {
  return {
    async exportAdd(input) {
      note('exportAdd', input)
      const { name, kind, to, form = 'json', filter = '', masks = [], organisation = null } = input
      const added = { ...FAKE_EXPORT, name, kind, destination: `${kind} ${to}`, form, filter, masks, organisation }
      return { ok: true, value: added }
    },
    async exportList({ name }) {
      return { ok: true, value: state.exports.filter(each => name === undefined || each.name === name) }
    },
    async exportTest({ name }) {
      note('exportTest', { name })
      const found = state.exports.find(each => each.name === name)
      if (found === undefined) return unknown(name)
      return { ok: true, value: { name, destination: found.destination, ...state.test } }
    },
    async exportRemove({ name }) {
      note('exportRemove', { name })
      return state.exports.some(each => each.name === name) ? { ok: true, value: { name } } : unknown(name)
    },
  }
}

function unknown<T>(name: string): OperationResult<T> {
  return { ok: false, error: { code: 'EXPORT_UNKNOWN', message: `there is no export ${name}` } }
}
