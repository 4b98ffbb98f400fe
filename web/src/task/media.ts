/** Signed links to files: they run out, so a file that does not come is asked for anew, once. */

import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { taskOptions } from './read'

/** For `onError` of a picture or film of this task: read the task again, for fresh links. */
export function useFreshLinks(taskId: string): () => void {
  const queries = useQueryClient()
  const asked = useRef(0)
  return () => {
    // A minute apart at least: a file that is gone stays gone.
    if (Date.now() - asked.current < 60_000) return
    asked.current = Date.now()
    void queries.invalidateQueries({ queryKey: taskOptions(taskId).queryKey })
  }
}
