/** What calls to the outside cost: which deck counts, a price asked for, a provider's deck looked at and taken. */
import { useState } from 'react'
import { get, pathOf, post, remove } from '../../api/client.ts'
import type { FraudStatus, PriceView } from '../../api/types.ts'
import type { Rate } from '../../../../src/fraud/rating/deck.ts'
import { Button } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { formatMoney, formatTime } from '../../components/format.tsx'
import { Card, Facts, Failure, Notice } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useChange } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { dearest, perMinute, readDeck } from './deck-file.ts'

/** Rates in one request. */
const PART = 5_000
const SHOWN = 5

export function DeckCard({ deck, currency }: { readonly deck: FraudStatus['deck']; readonly currency: string }) {
  const { may } = useSession()
  const [importing, setImporting] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const change = useChange(() => remove('/deck'), ['/fraud', '/deck'])
  const builtIn = deck.source === 'built-in'
  return (
    <Card title="Rate deck">
      <p className="text-muted">
        {builtIn
          ? 'The built-in prices count: careful guesses, so that caps hold on the first day. Take your provider’s deck, and the caps count in real money.'
          : `${visible(deck.name)}: ${deck.rates ?? 0} rates in ${deck.currency}${deck.importedAt === null ? '' : `, since ${formatTime(deck.importedAt)}`}. A number without a rate cannot be called.`}
      </p>
      <Price />
      {may('fraud:write') && (
        <div className="mt-4 flex flex-wrap gap-2">
          <Button onClick={() => setImporting(true)}>Take a provider’s deck</Button>
          {!builtIn && <Button onClick={() => setLeaving(true)}>Back to the built-in prices</Button>}
        </div>
      )}
      {importing && <Import currency={currency} onClose={() => setImporting(false)} />}
      {leaving && (
        <Confirm
          title="Back to the built-in prices?"
          action="Back to the built-in prices"
          danger
          onClose={() => setLeaving(false)}
          onConfirm={() => change.mutateAsync(undefined).then(() => setLeaving(false))}
        >
          <p>The rates of {visible(deck.name)} count no longer, for no call that begins from now on.</p>
        </Confirm>
      )}
    </Card>
  )
}

function Price() {
  const [number, setNumber] = useState('')
  const ask = useChange(
    (asked: string) => get<PriceView>(`/deck/price?number=${encodeURIComponent(asked)}`).then(setPrice),
    [],
  )
  const [price, setPrice] = useState<PriceView>()
  return (
    <form
      className="mt-3 grid gap-3"
      onSubmit={event => {
        event.preventDefault()
        setPrice(undefined)
        ask.mutate(number.trim())
      }}
    >
      <div className="flex flex-wrap items-end gap-2">
        <Field
          label="What a call to a number costs"
          value={number}
          onChange={setNumber}
          placeholder="+4930123456"
          required
        />
        <Button type="submit" busy={ask.isPending}>
          Ask
        </Button>
      </div>
      {ask.error !== null && <Failure error={ask.error} />}
      {price !== undefined && (
        <Facts
          items={[
            ['Number', `${price.e164}${price.country === null ? '' : ` (${price.country})`}`],
            [
              'A minute',
              `${formatMoney(price.perMinute, price.currency)}, by ${visible(price.name)} (+${price.prefix})`,
            ],
            ['Once', formatMoney(price.connectionFee, price.currency)],
            ['Counted', `at least ${price.minimumSeconds} s, in steps of ${price.incrementSeconds} s`],
            ['May be called', price.closed === null ? 'yes' : `no: ${price.closed}`],
          ]}
        />
      )}
    </form>
  )
}

interface Chosen {
  readonly name: string
  readonly rates: readonly Rate[]
}

function Import({ currency, onClose }: { readonly currency: string; readonly onClose: () => void }) {
  const [chosen, setChosen] = useState<Chosen>()
  const [fault, setFault] = useState<string>()
  const [reading, setReading] = useState(false)
  const [sent, setSent] = useState(0)
  const take = useChange((deck: Chosen) => upload(deck, setSent).then(onClose), ['/fraud', '/deck'])
  const choose = async (file: File | undefined): Promise<void> => {
    setChosen(undefined)
    setFault(undefined)
    if (file === undefined) return
    setReading(true)
    const read = await readDeck(file)
    setReading(false)
    if ('fault' in read) setFault(read.fault)
    else setChosen({ name: file.name.slice(0, 128), rates: read.rates })
  }
  return (
    <Dialog title="Take a provider’s deck" onClose={onClose} wide>
      <p className="text-muted">
        A comma-separated file with a header line: prefix, price_per_minute, and where the provider says them name,
        connection_fee, minimum, increment and valid_from. Prices are in {currency}. Nothing is taken from a file with a
        fault in it.
      </p>
      <label className="grid gap-1">
        <span className="text-sm font-medium">File</span>
        <input type="file" accept=".csv,text/csv,text/plain" onChange={event => void choose(event.target.files?.[0])} />
      </label>
      {reading && <p role="status">Reading the file …</p>}
      {fault !== undefined && (
        <div role="alert">
          <Notice tone="bad">{visible(fault)}</Notice>
        </div>
      )}
      {chosen !== undefined && <Preview chosen={chosen} currency={currency} />}
      {take.error !== null && <Failure error={take.error} />}
      <div className="flex items-center justify-end gap-3">
        {take.isPending && chosen !== undefined && (
          <span role="status" className="text-muted">
            {sent} of {chosen.rates.length} rates sent
          </span>
        )}
        <Button
          kind="primary"
          disabled={chosen === undefined}
          busy={take.isPending}
          onClick={() => chosen !== undefined && take.mutate(chosen)}
        >
          Let it count
        </Button>
      </div>
    </Dialog>
  )
}

function Preview({ chosen, currency }: { readonly chosen: Chosen; readonly currency: string }) {
  return (
    <div className="grid gap-2">
      <p>{chosen.rates.length} rates. A number without one cannot be called any more. The dearest:</p>
      <ul aria-label="The dearest rates" className="grid gap-1">
        {dearest(chosen.rates, SHOWN).map(rate => (
          <li key={`${rate.prefix} ${rate.validFrom ?? ''}`} className="flex justify-between gap-3 text-sm">
            <span>
              +{rate.prefix} <bdi>{visible(rate.name)}</bdi>
            </span>
            <span className="tabular-nums">{formatMoney(perMinute(rate), currency)} a minute</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Nothing of it counts before the last request. */
async function upload({ name, rates }: Chosen, onSent: (count: number) => void): Promise<void> {
  const { upload: id } = await post<{ readonly upload: string }>('/deck/uploads', { name })
  for (let from = 0; from < rates.length; from += PART) {
    const part = rates.slice(from, from + PART).map(rate => ({ ...rate, validFrom: rate.validFrom ?? null }))
    await post(pathOf`/deck/uploads/${id}/rates`, { rates: part })
    onSent(Math.min(rates.length, from + PART))
  }
  await post(pathOf`/deck/uploads/${id}/commit`)
}
