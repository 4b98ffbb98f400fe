import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { routeTree } from './routes.gen'
import type { Said } from './say'
import { Failed } from './shell/lazy'
import { NotFound } from './shell/not-found'
import { Loading } from './ui/loading'

/** The router; every page knows the cache. */
export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    defaultPendingComponent: () => (
      <div className="p-6">
        <Loading />
      </div>
    ),
    defaultErrorComponent: Failed,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }

  interface StaticDataRouteOption {
    /** What the window is called, as soon as the words for it are there. */
    title?: (say: Said) => string | undefined
  }
}
