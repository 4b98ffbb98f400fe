/**
 * Where everything stands in a list that is far longer than the window: a heading for each day, and
 * below it rows of as many tasks as fit side by side. Pure arithmetic over the counts of the days;
 * heights are fixed, so that nothing ever moves when a row arrives.
 */

export interface Day {
  /** 2026-11-22, as the reader's clock has it. */
  day: string
  tasks: number
}

/** Sizes in pixels. */
export interface Shape {
  heading: number
  row: number
  /** Tasks side by side. */
  columns: number
}

export interface Section extends Day {
  /** Its first task's place among all. */
  first: number
  top: number
  height: number
}

export interface Plan {
  sections: readonly Section[]
  shape: Shape
  count: number
  height: number
}

/** What of a section is to be rendered: tasks `from` up to, without, `to`. */
export interface Part {
  section: Section
  from: number
  to: number
}

/** Lay out the days one below the other. */
export function planOf(days: readonly Day[], shape: Shape): Plan {
  let [first, top] = [0, 0]
  const sections = days.map((day) => {
    const rows = Math.ceil(day.tasks / shape.columns)
    const section = { ...day, first, top, height: shape.heading + rows * shape.row }
    first += day.tasks
    top += section.height
    return section
  })
  return { sections, shape, count: first, height: top }
}

/** What lies between two heights. */
export function partsBetween(plan: Plan, top: number, bottom: number): Part[] {
  const { heading, row, columns } = plan.shape
  const parts: Part[] = []
  for (let place = sectionAt(plan, top); place < plan.sections.length; place++) {
    const section = plan.sections[place]!
    if (section.top >= bottom) break
    const begun = section.top + heading
    const from = Math.max(0, Math.floor((top - begun) / row)) * columns
    const to = Math.max(0, Math.ceil((bottom - begun) / row)) * columns
    parts.push({
      section,
      from: Math.min(from, section.tasks),
      to: Math.min(to, section.tasks),
    })
  }
  return parts
}

/** The place of the section that holds this height; of the first one above all. */
export function sectionAt({ sections }: Plan, top: number): number {
  return lastWhere(sections.length, (place) => sections[place]!.top <= top)
}

/** The section of a task, by its place among all. */
export function sectionOf({ sections }: Plan, index: number): Section | undefined {
  return sections[lastWhere(sections.length, (place) => sections[place]!.first <= index)]
}

/** Where a task's row begins. */
export function topOf(plan: Plan, index: number): number {
  const section = sectionOf(plan, index)
  if (!section) return 0
  const row = Math.floor((index - section.first) / plan.shape.columns)
  return section.top + plan.shape.heading + row * plan.shape.row
}

/** The last place for which it holds, of those for which it holds at the beginning; at least 0. */
function lastWhere(count: number, holds: (place: number) => boolean): number {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (holds(middle)) low = middle
    else high = middle - 1
  }
  return low
}

/** The parts in which the tasks from one place up to another, without it, lie. */
export function partsOf(plan: Plan, from: number, to: number): Part[] {
  return plan.sections
    .filter(({ first, tasks }) => first < to && first + tasks > from)
    .map((section) => ({
      section,
      from: Math.max(0, from - section.first),
      to: Math.min(section.tasks, to - section.first),
    }))
}
