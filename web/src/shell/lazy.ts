/** Parts of the frame that a stranger never sees; they are fetched for those who do. */

import { lazy } from 'react'

export const Own = lazy(() =>
  import('./own').then(({ Own: component }) => ({ default: component })),
)

export const BottomBar = lazy(() =>
  import('./bottom-bar').then(({ BottomBar: component }) => ({ default: component })),
)

export const Failed = lazy(() =>
  import('./failed').then(({ Failed: component }) => ({ default: component })),
)
