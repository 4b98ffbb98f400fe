/** What an owner does to a task. Nothing is assumed: buttons say "asking" until the server answers. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { newKey, onceOnly } from '../api'
import { cancelTask, selectImage, retryTask, submitTask } from '../api/calls'
import type { SubmitTaskData, TaskOut } from '../api/types'
import { keepTask, taskOptions } from './read'

export type OrderBody = SubmitTaskData['body']

/** Stop what can be stopped; also of a task that is not shown. */
export function useCancel() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => (await cancelTask({ path: { task_id: id } })).data,
    onSuccess: (task) => keepTask(queries, task),
    // It may have ended in this very moment: what is shown is read again.
    onError: (_error, id) => queries.invalidateQueries({ queryKey: taskOptions(id).queryKey }),
  })
}

/** Choose a picture. Whoever was second sees who was first. */
export function usePick(task: TaskOut) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (index: number) =>
      (
        await selectImage({
          path: { task_id: task.id },
          body: { selected_image_index: index },
        })
      ).data,
    onSuccess: (next) => keepTask(queries, next),
    onError: () => queries.invalidateQueries({ queryKey: taskOptions(task.id).queryKey }),
  })
}

/** Ask for an ended task once more, then show the new one. */
export function useRetry(task: TaskOut, show: (id: string) => void) {
  const queries = useQueryClient()
  const key = useRef(newKey())
  return useMutation({
    mutationFn: async () =>
      (await retryTask({ path: { task_id: task.id }, headers: onceOnly(key.current) })).data,
    onSuccess: (next) => {
      key.current = newKey()
      keepTask(queries, next)
      show(next.id)
    },
  })
}

/** Give an order at a price that was agreed to, then show the task. */
export function useOrder(show: (id: string) => void) {
  const queries = useQueryClient()
  const sending = useRef({ text: '', key: newKey() })
  return useMutation({
    mutationFn: async (body: OrderBody) => {
      const text = JSON.stringify(body)
      if (sending.current.text !== text) sending.current = { text, key: newKey() }
      return (await submitTask({ body, headers: onceOnly(sending.current.key) })).data
    },
    onSuccess: (next) => {
      sending.current = { text: '', key: newKey() }
      keepTask(queries, next)
      show(next.id)
    },
  })
}

/** Open the form, filled with what a task was made from. */
export function useRemix(): (task: TaskOut) => void {
  const navigate = useNavigate()
  return (task) =>
    void navigate({ to: '/workspace', search: { op: task.type, from: task.id, view: 'make' } })
}
