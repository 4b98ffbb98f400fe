/** Orders that follow from a task: the same once more, what is missing of it, with other values. */

import type { TaskOut } from '../api/types'
import { picturesOf } from './task'

/** A task as the order that it was. */
export function orderOf(task: TaskOut): Record<string, unknown> {
  return { type: task.type, ...withoutNull(task.params) }
}

/** The same once more, with a new seed. */
export function freshOrder(task: TaskOut): Record<string, unknown> {
  const { seed: _seed, ...rest } = orderOf(task)
  return rest
}

/** What `POST /tasks/{id}/retry` will order, to ask for its price: what was delivered and paid is
 * not made again. The server decides; this is only to say what it costs. */
export function retryOrder(task: TaskOut): Record<string, unknown> {
  const order = orderOf(task)
  const pictures = picturesOf(task)
  if (task.type === 'text_to_image')
    return { ...order, count: task.outputs.length - pictures.length }
  const chosen = pictures.find((each) => each.index === task.selected_image_index)
  if (task.type === 'text_to_3d' && chosen)
    return { type: 'image_to_3d', image: chosen.asset_id, tier: task.params.tier }
  return order
}

/** Whether a retry has anything to do. */
export function canRetry(task: TaskOut): boolean {
  if (task.status === 'failed' || task.status === 'cancelled' || task.status === 'expired')
    return true
  return (
    task.status === 'completed' &&
    task.outputs.some((piece) => piece.status !== 'completed' && piece.error !== null)
  )
}

function withoutNull(params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null))
}
