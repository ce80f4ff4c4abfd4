/** Extensions: who has one, whether their phones are connected, and whether they may call. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Extension } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Badge, Empty, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { AddExtension } from './add-extension.tsx'

export default function Extensions() {
  const { may } = useSession()
  const navigate = useNavigate()
  const { items, error, refetch, hasNextPage } = usePages<Extension>('/extensions', { all: true, everyMs: 60_000 })
  const [search, setSearch] = useState('')
  const [adding, setAdding] = useState(false)
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (items === undefined) return <Loading what="Reading extensions" />
  const wanted = search.trim().toLowerCase()
  const shown = items.filter(
    each => wanted === '' || `${each.number} ${each.name} ${each.state}`.toLowerCase().includes(wanted),
  )
  const add = may('extensions:write') && (
    <Button kind="primary" onClick={() => setAdding(true)}>
      Add an extension
    </Button>
  )
  return (
    <div className="grid gap-4">
      <PageHead
        title="Extensions"
        lead={`${items.length} extensions${hasNextPage ? ' so far' : ''}. Each phone has a name and password of its own, made here.`}
      >
        {add}
      </PageHead>
      <Field
        label="Search"
        type="search"
        value={search}
        onChange={setSearch}
        placeholder="Number, name or suspended"
        className="max-w-md"
      />
      <Table
        label="Extensions"
        rows={shown}
        keyOf={each => each.number}
        onOpen={each => void navigate({ to: '/extensions/$number', params: { number: each.number } })}
        empty={
          <Empty title={wanted === '' ? 'No extensions yet' : 'No such extension'}>
            {wanted === ''
              ? 'An extension is a short number such as 101 and the phones that ring when it is called. Add the first one: it takes a minute.'
              : 'Nothing fits what you typed.'}
          </Empty>
        }
        columns={[
          { title: 'Number', cell: each => <span className="font-semibold">{each.number}</span>, width: '7rem' },
          { title: 'Name', cell: each => each.name },
          { title: 'Phones', cell: each => <Phones extension={each} />, width: '13rem' },
          {
            title: 'May call outside',
            cell: each =>
              each.state === 'active' ? <Badge tone="good">yes</Badge> : <Badge tone="bad">suspended</Badge>,
            width: '9rem',
          },
        ]}
      />
      {adding && <AddExtension onClose={() => setAdding(false)} />}
    </div>
  )
}

function Phones({ extension: { devices, registered } }: { readonly extension: Extension }) {
  if (devices === 0) return <span className="text-muted">none set up</span>
  return (
    <Badge tone={registered > 0 ? 'good' : 'warn'}>
      {registered === devices ? `${registered} connected` : `${registered} of ${devices} connected`}
    </Badge>
  )
}
