/**
 * The API as the pages speak it.
 *
 * Calls come from `@/api/calls` (functions) and `@/api/queries` (options for TanStack Query), both
 * generated from `openapi.json`; types come from `@/api/types`. Whatever goes wrong is a `Problem`.
 */

export { newKey, onceOnly } from './keys'
export { asProblem, Problem, type FieldProblem, type MoneyMoved } from './problem'
export { mayBeSignedIn, onSessionEnded } from './session'
