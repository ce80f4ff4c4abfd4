/** A table for short and very long lists: only the rows in sight are in the page. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'

export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => ReactNode
  /** CSS grid track; `minmax(0,1fr)` by default. */
  readonly width?: string
  readonly right?: boolean
  /** Left out where there is no room. */
  readonly wideOnly?: boolean
}

interface TableProps<T> {
  readonly label: string
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly columns: readonly Column<T>[]
  readonly empty: ReactNode
  readonly onOpen?: (row: T) => void
  /** There are more behind these. */
  readonly more?: ReactNode
}

const ROW = 46
const VIRTUAL_FROM = 200

export function Table<T>({ label, rows, keyOf, columns, empty, onOpen, more }: TableProps<T>) {
  if (rows.length === 0) return <>{empty}</>
  const isLong = rows.length > VIRTUAL_FROM
  const tracks = columns.map(column => column.width ?? 'minmax(0,1fr)').join(' ')
  return (
    <div className="overflow-x-auto rounded-xl border bg-surface">
      <div
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className="min-w-full"
        style={{ ['--tracks' as string]: tracks }}
      >
        <div role="rowgroup">
          <div
            role="row"
            className="grid gap-x-3 border-b px-4 py-2 text-xs font-medium text-muted max-md:hidden"
            style={{ gridTemplateColumns: 'var(--tracks)' }}
          >
            {columns.map(column => (
              <div key={column.title} role="columnheader" className={column.right === true ? 'text-right' : ''}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
        {isLong ? (
          <LongBody rows={rows} keyOf={keyOf} columns={columns} onOpen={onOpen} />
        ) : (
          <div role="rowgroup">
            {rows.map(row => (
              <Row key={keyOf(row)} row={row} columns={columns} onOpen={onOpen} />
            ))}
          </div>
        )}
      </div>
      {more}
    </div>
  )
}

interface BodyProps<T> {
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly columns: readonly Column<T>[]
  readonly onOpen: ((row: T) => void) | undefined
}

function LongBody<T>({ rows, keyOf, columns, onOpen }: BodyProps<T>) {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by the keyboard
    <div ref={scroller} role="rowgroup" tabIndex={0} className="max-h-[70dvh] overflow-y-auto">
      <div className="relative" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(item => {
          const row = rows[item.index]!
          return (
            <div
              key={keyOf(row)}
              ref={list.measureElement}
              data-index={item.index}
              className="absolute inset-x-0"
              style={{ top: item.start }}
            >
              <Row row={row} columns={columns} onOpen={onOpen} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

interface RowProps<T> {
  readonly row: T
  readonly columns: readonly Column<T>[]
  readonly onOpen: ((row: T) => void) | undefined
}

function Row<T>({ row, columns, onOpen }: RowProps<T>) {
  return (
    <div
      role="row"
      tabIndex={onOpen === undefined ? undefined : 0}
      className={`grid items-center gap-x-3 border-b px-4 py-2.5 last:border-b-0 max-md:grid-cols-1 max-md:gap-y-0.5 md:[grid-template-columns:var(--tracks)] ${onOpen === undefined ? '' : 'cursor-pointer hover:bg-accent-soft'}`}
      onClick={onOpen === undefined ? undefined : () => onOpen(row)}
      onKeyDown={event => {
        if (onOpen !== undefined && event.key === 'Enter' && event.target === event.currentTarget) onOpen(row)
      }}
    >
      {columns.map(column => (
        <div
          key={column.title}
          role="cell"
          className={`min-w-0 break-words md:truncate ${column.right === true ? 'md:text-right' : ''} ${column.wideOnly === true ? 'max-md:hidden' : ''}`}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  )
}
