/** Alerts for tests of commands. */
import type { AlertOperations, AlertTestView, AlertView } from './alert-operations.ts'

interface FakeAlerts {
  alertTests: readonly AlertTestView[]
  alerts: readonly AlertView[]
}

export function fakeAlertOperations(state: FakeAlerts, note: (name: string, input: unknown) => void): AlertOperations {
  const found = (id: string) => {
    const value = state.alerts.find(each => each.id.endsWith(id))
    if (value !== undefined) return { ok: true, value } as const
    return { ok: false, error: { code: 'ALERT_UNKNOWN', message: `there is no alert ${id}` } } as const
  }
  return {
    async alertList({ all, limit }) {
      note('alertList', { all, limit })
      const value = state.alerts.filter(each => all || each.state === 'open').slice(0, limit)
      return { ok: true, value }
    },
    alertShow: async ({ id }) => found(id),
    async alertAcknowledge(input) {
      note('alertAcknowledge', input)
      const before = found(input.id)
      if (!before.ok) return before
      const comment = input.comment ?? null
      const value = { ...before.value, state: 'acknowledged', answeredBy: 'root', answeredAt: 1, comment } as const
      state.alerts = state.alerts.map(each => (each.id === value.id ? value : each))
      return { ok: true, value }
    },
    async callReport(input) {
      note('callReport', input)
      return { ok: true, value: { id: input.id } }
    },
    alertTest: async () => ({ ok: true, value: state.alertTests }),
  }
}
