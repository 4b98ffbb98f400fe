import type { Catalogue } from '..'

export const console: Catalogue['console'] = {
  title: '控制台',
  queues: '队列',
  providers: '提供方',
  jobs: '作业',
  tail: '实时事件',
}
