import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'

const Context = createContext<(text: string) => void>(() => undefined)
const SHOWN_MS = 6_000

export function useToast(): (text: string) => void {
  return useContext(Context)
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [texts, setTexts] = useState<readonly { readonly id: string; readonly text: string }[]>([])
  const show = useCallback((text: string) => {
    const id = crypto.randomUUID()
    setTexts(all => [...all.slice(-3), { id, text }])
    setTimeout(() => setTexts(all => all.filter(each => each.id !== id)), SHOWN_MS)
  }, [])
  return (
    <Context.Provider value={show}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-0 bottom-4 z-50 grid justify-items-center gap-2 px-4"
      >
        {texts.map(each => (
          <div key={each.id} className="rounded-xl bg-ink px-4 py-2 text-canvas shadow-lg">
            {each.text}
          </div>
        ))}
      </div>
    </Context.Provider>
  )
}
