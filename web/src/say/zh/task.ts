import type { Catalogue } from '..'

export const task: Catalogue['task'] = {
  title: '任务',
  status: {
    queued: '等待中',
    running: '进行中',
    awaiting_selection: '等您选择',
    completed: '完成',
    failed: '失败',
    cancelled: '已取消',
    expired: '已过期',
  },
}
