import type { ReactNode } from 'react'

/** The page of who is not signed in yet. */
export function Frame({
  title,
  children,
  wide = false,
}: {
  readonly title: string
  readonly children: ReactNode
  readonly wide?: boolean
}) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className={`grid w-full gap-5 rounded-2xl border bg-surface p-6 sm:p-8 ${wide ? 'max-w-2xl' : 'max-w-md'}`}>
        <div className="flex items-center gap-3">
          <img src="/icon.svg" alt="" className="size-9" />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  )
}
