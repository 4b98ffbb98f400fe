/** One task: its states, its sentences, its parts. */
export const task = {
  title: 'Task',
  status: {
    queued: 'Waiting',
    running: 'Running',
    awaiting_selection: 'Waits for your pick',
    completed: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    expired: 'Expired',
  },
}
