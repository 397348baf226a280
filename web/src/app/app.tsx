import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ApiError } from '../lib/api.ts'
import { router } from './router.tsx'

const triesOnFailure = 2

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays a refusal; only a missing or faulty service is worth another try.
      retry: (failures, error) =>
        failures < triesOnFailure && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      refetchOnWindowFocus: false,
    },
  },
})

/** The console. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
