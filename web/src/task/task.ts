/** What pages ask of a task: its name, its pieces, its shape. Pure. */

import type { OperationOut, OutputOut, TaskOut, TaskRowOut } from '../api/types'

export type TaskStatus = TaskOut['status']
export type JobStatus = OutputOut['status']

const ENDED = new Set<string>(['completed', 'failed', 'cancelled', 'expired'])

/** Whether a task or a piece in this state changes no more. */
export function hasEnded(status: string): boolean {
  return ENDED.has(status)
}

/** What a task is called: its words, or the kind of it. */
export function nameOf(task: Pick<TaskOut, 'params' | 'type'>, titles?: Titles): string {
  for (const field of ['prompt', 'title', 'query', 'workflow', 'model']) {
    const words = task.params[field]
    if (typeof words === 'string' && words.trim()) return words
  }
  return kindOf(task.type, titles)
}

/** The same for a row of a list. */
export function rowName(row: Pick<TaskRowOut, 'title' | 'type'>, titles?: Titles): string {
  return row.title?.trim() ? row.title : kindOf(row.type, titles)
}

function kindOf(type: string, titles: Titles = {}): string {
  return titles[type] ?? type.replaceAll('_', ' ')
}

/** Titles of operations by type. */
export type Titles = Record<string, string>

/** The pieces of one phase, by index. */
export function piecesOf(task: TaskOut, phase: string): OutputOut[] {
  return task.outputs.filter((each) => each.phase === phase).sort((a, b) => a.index - b.index)
}

/** Pictures that are there. */
export function picturesOf(task: TaskOut): OutputOut[] {
  return task.outputs.filter((each) => each.kind === 'image' && each.status === 'completed')
}

/** The phase whose pieces are made now, or were made last. */
export function presentPhase(task: TaskOut): string {
  return task.outputs.at(-1)?.phase ?? task.phase
}

/** Whether its pictures are there to be chosen from, at once or once all are done. */
export function isChoosing(task: TaskOut, operation: OperationOut | undefined): boolean {
  if (task.status === 'awaiting_selection') return true
  if (hasEnded(task.status) || task.cancel_requested) return false
  return task.phase === 'images' && nextPhase(task, operation) !== undefined
}

/** The paid phase that a choice leads to. */
export function nextPhase(
  task: TaskOut,
  operation: OperationOut | undefined,
): OperationOut['phases'][number] | undefined {
  const place = operation?.phases.findIndex((phase) => phase.name === presentPhase(task)) ?? -1
  return place < 0 ? undefined : operation?.phases[place + 1]
}

/** Width to height of a piece: its file's, else what was asked for, else a square. */
export function aspectOf(task: TaskOut, piece: OutputOut): number {
  if (piece.width && piece.height) return piece.width / piece.height
  if (piece.phase === 'model') return 4 / 3
  const [, width, height] = /^(\d+):(\d+)$/.exec(asText(task.params.aspect)) ?? []
  return width && height ? Number(width) / Number(height) : 1
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The tier that was asked for, as prices and times are told by it. */
export function tierOf(task: TaskOut): string {
  return asText(task.params.tier) || 'standard'
}
