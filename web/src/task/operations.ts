/** What can be asked for, as pages look it up. */

import { useQuery } from '@tanstack/react-query'
import { listOperationsOptions } from '../api/queries'
import type { OperationOut } from '../api/types'
import { useSay, type Catalogue } from '../say'
import type { Titles } from './task'

/** Prices and forms change seldom, and an order is priced anew by the server anyway. */
export const operationsOptions = () => ({ ...listOperationsOptions(), staleTime: 5 * 60_000 })

/** Every operation; undefined while they are being read. */
export function useOperations(): OperationOut[] | undefined {
  return useQuery(operationsOptions()).data?.items
}

/** One operation by its type. */
export function useOperation(type: string | undefined): OperationOut | undefined {
  return useOperations()?.find((each) => each.type === type)
}

/** What an operation is called in the reader's language. */
export function titleOf(operation: { type: string; title: string }, say: Catalogue): string {
  return say.workspace.operations[operation.type] ?? operation.title
}

/** Titles by type. */
export function useTitles(): Titles {
  const say = useSay()
  const operations = useOperations() ?? []
  return Object.fromEntries(operations.map((each) => [each.type, titleOf(each, say)]))
}
