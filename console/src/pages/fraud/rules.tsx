import { useState } from 'react'
import { pathOf, patch } from '../../api/client.ts'
import type { FraudRule } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Badge, Card, Empty, Failure, Loading } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { useChange, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { Backtest } from './backtest.tsx'

export function Rules() {
  const { items } = usePages<FraudRule>('/fraud/rules', { all: true })
  const [open, setOpen] = useState<string>()
  const chosen = items?.find(each => each.id === open)
  return (
    <Card title="Behaviour rules">
      {items === undefined ? (
        <Loading />
      ) : (
        <Table
          label="Rules"
          rows={items}
          keyOf={each => each.id}
          onOpen={each => setOpen(each.id)}
          empty={<Empty title="No rules">There are always some.</Empty>}
          columns={[
            { title: 'Rule', cell: each => <span className="font-medium">{each.title}</span>, width: 'minmax(0,1fr)' },
            {
              title: 'What it looks for',
              cell: each => <span className="text-muted">{each.description}</span>,
              width: 'minmax(0,2fr)',
            },
            {
              title: 'State',
              cell: each => (
                <Badge tone={each.mode === 'on' ? 'good' : 'warn'}>{each.mode === 'on' ? 'on' : 'only tried'}</Badge>
              ),
              width: '7rem',
            },
          ]}
        />
      )}
      <div className="mt-3">
        <Backtest />
      </div>
      {chosen !== undefined && <OneRule key={chosen.id} rule={chosen} onClose={() => setOpen(undefined)} />}
    </Card>
  )
}

function OneRule({ rule, onClose }: { readonly rule: FraudRule; readonly onClose: () => void }) {
  const { may } = useSession()
  const [values, setValues] = useState<Record<string, string>>(
    Object.fromEntries(rule.thresholds.map(each => [each.name, String(each.value)])),
  )
  const change = useChange((body: unknown) => patch(pathOf`/fraud/rules/${rule.id}`, body), ['/fraud'])
  const thresholds = Object.fromEntries(
    rule.thresholds
      .filter(each => Number(values[each.name]) !== each.value)
      .map(each => [each.name, Number(values[each.name])]),
  )
  return (
    <Dialog title={rule.title} onClose={onClose}>
      <p className="text-muted">{rule.description}</p>
      <form
        className="grid gap-3"
        onSubmit={event => {
          event.preventDefault()
          change.mutateAsync({ thresholds }).then(onClose, () => undefined)
        }}
      >
        {rule.thresholds.map(each => (
          <Field
            key={each.name}
            label={each.name.replace(/([A-Z])/g, ' $1').toLowerCase()}
            value={values[each.name] ?? ''}
            onChange={value => setValues({ ...values, [each.name]: value })}
            inputMode="numeric"
            disabled={!may('fraud:write')}
            hint={`As it comes: ${each.standard}`}
          />
        ))}
        <Backtest
          rule={{
            id: rule.id,
            thresholds: Object.fromEntries(rule.thresholds.map(each => [each.name, Number(values[each.name])])),
          }}
        />
        {change.error !== null && <Failure error={change.error} />}
        {may('fraud:write') && (
          <div className="flex flex-wrap justify-between gap-2">
            <Button
              kind={rule.mode === 'on' ? 'danger' : 'primary'}
              onClick={() =>
                change.mutateAsync({ mode: rule.mode === 'on' ? 'dry-run' : 'on' }).then(onClose, () => undefined)
              }
            >
              {rule.mode === 'on' ? 'Only try it: it stops nothing' : 'Switch it on'}
            </Button>
            <Button
              kind="primary"
              type="submit"
              busy={change.isPending}
              disabled={Object.keys(thresholds).length === 0}
            >
              Change
            </Button>
          </div>
        )}
      </form>
    </Dialog>
  )
}
