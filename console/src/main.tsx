import './styles.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/client.ts'
import { ToastProvider } from './components/toast.tsx'
import { router } from './router.tsx'
import { SessionProvider } from './session.tsx'
import { applyTheme, followSystemTheme } from './theme.ts'

applyTheme()
followSystemTheme()

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The phone system is often in the same house: whether there is an internet says nothing.
      networkMode: 'always',
      // What is refused stays refused; a lost connection heals by itself.
      retry: (count, error) =>
        error instanceof ApiError && (error.problem.status === 0 || error.problem.status >= 500) && count < 20,
      retryDelay: count => Math.min(1_000 * 2 ** count, 10_000),
    },
    mutations: { networkMode: 'always' },
  },
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <SessionProvider>
          <RouterProvider router={router} />
        </SessionProvider>
      </ToastProvider>
    </QueryClientProvider>
  </StrictMode>,
)
