/**
 * What an event changes in something that was read before. Pure: the cache is in `apply.ts`.
 *
 * Every subject has a `rev` that rises with each change. An event whose `rev` is not above the one
 * that is known says nothing new, so order and repetition do not matter, and a late snapshot never
 * takes back what a newer event told.
 */

import type { OutputOut, TaskOut } from '../api/types'
import { parse, text } from '../money'
import type { EventData, LiveEvent } from './protocol'

type TaskStatus = TaskOut['status']

/** What of a task every read has, the thin rows of lists too. */
export interface TaskLike {
  id: string
  rev: number
  status: TaskStatus
  phase: string
  progress?: number
  updated_at?: string
  outputs?: (OutputOut & { job_id?: string; rev?: number })[]
  cost?: TaskOut['cost']
}

export interface WalletLike {
  rev: number
  available: string
  frozen: string
  total: string
}

const ENDED = new Set(['completed', 'failed', 'cancelled', 'expired'])
/** What an output tells of its file that events tell too. */
const OF_FILES = [
  'kind',
  'asset_id',
  'content_type',
  'size',
  'width',
  'height',
  'mean_color',
  'duration',
  'triangles',
  'watertight',
  'bounds',
] as const

/** Whether a task in this state says nothing more. */
export function hasEnded(status: string): boolean {
  return ENDED.has(status)
}

/** The task after this event; the same object where it says nothing new. */
export function reduceTask<Task extends TaskLike>(task: Task, event: LiveEvent): Task {
  if (event.data.task_id !== task.id) return task
  if (event.type === 'job.position') return reducePositions(task, event.data)
  if (event.type.startsWith('job.')) return reduceJob(task, event.data)
  if (event.type.startsWith('task.')) return reduceWhole(task, event.data)
  return task
}

function reduceWhole<Task extends TaskLike>(task: Task, data: EventData): Task {
  if (data.rev === undefined || data.rev <= task.rev) return task
  const next: Task = { ...task, rev: data.rev }
  if (typeof data.status === 'string') next.status = data.status as TaskStatus
  if (typeof data.phase === 'string') next.phase = data.phase
  if (typeof data.at === 'string' && 'updated_at' in task) next.updated_at = data.at
  if (isCost(data.cost) && 'cost' in task) next.cost = data.cost
  if ('selected_image_index' in data && 'selected_image_index' in task)
    Object.assign(next, { selected_image_index: data.selected_image_index })
  return next
}

function reduceJob<Task extends TaskLike>(task: Task, data: EventData): Task {
  const { outputs } = task
  if (!outputs) return task
  const place = outputs.findIndex((each) => isOf(each, data))
  const known = outputs.at(place)
  if (place < 0 || known === undefined || data.rev === undefined || data.rev <= known.rev)
    return task
  const output = { ...known, rev: data.rev }
  if (typeof data.status === 'string') output.status = data.status as OutputOut['status']
  if (typeof data.progress === 'number') output.progress = data.progress
  if (output.status !== 'queued') output.position = null
  for (const name of OF_FILES)
    if (data[name] !== undefined && data[name] !== null)
      Object.assign(output, { [name]: data[name] })
  return withOutputs(task, outputs.with(place, output))
}

function reducePositions<Task extends TaskLike>(task: Task, data: EventData): Task {
  const told = (data.jobs ?? []) as { job_id: string; rev: number; position: number }[]
  if (!task.outputs) return task
  const outputs = task.outputs.map((output) => {
    const found = told.find((each) => each.job_id === output.job_id)
    if (!found || found.rev < output.rev) return output
    return { ...output, position: found.position, wait: data.wait ?? null }
  })
  const isNew = outputs.some((each, place) => each !== task.outputs?.[place])
  return isNew ? { ...task, outputs } : task
}

/** The task with these outputs, and what follows from them: its phase's mean progress. */
function withOutputs<Task extends TaskLike>(
  task: Task,
  outputs: NonNullable<TaskLike['outputs']>,
): Task {
  const last = outputs.at(-1)?.phase ?? task.phase
  const ofPhase = outputs.filter((each) => each.phase === last)
  const shares = ofPhase.map((each) => (ENDED.has(each.status) ? 1 : each.progress))
  const mean = shares.reduce((sum, each) => sum + each, 0) / (shares.length || 1)
  const progress = task.progress === undefined ? {} : { progress: Math.round(mean * 1000) / 1000 }
  return { ...task, outputs, ...progress }
}

function isOf(output: NonNullable<TaskLike['outputs']>[number], data: EventData): boolean {
  return output.job_id === data.job_id
}

function isCost(cost: unknown): cost is TaskOut['cost'] {
  return typeof cost === 'object' && cost !== null && 'charged' in cost
}

/** The wallet after this event; the same object where it says nothing new. */
export function reduceWallet<Wallet extends WalletLike>(
  wallet: Wallet,
  { type, data }: LiveEvent,
): Wallet {
  if (type !== 'wallet.changed' || data.rev === undefined || data.rev <= wallet.rev) return wallet
  const [available, frozen] = [String(data.available), String(data.frozen)]
  return {
    ...wallet,
    rev: data.rev,
    available,
    frozen,
    total: text(parse(available) + parse(frozen)),
  }
}

/** Whether the event leaves something to be read that it does not tell: links, figures, errors. */
export function leavesToRead({ type }: LiveEvent): boolean {
  return (
    type === 'job.completed' ||
    type === 'job.failed' ||
    type === 'task.awaiting_selection' ||
    type === 'task.running' ||
    type === 'task.refunded' ||
    (type.startsWith('task.') && ENDED.has(type.slice(5)))
  )
}
