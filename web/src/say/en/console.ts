/** The operator's pages. */
export const console = {
  title: 'Console',
  queues: 'Queues',
  providers: 'Providers',
  jobs: 'Jobs',
  tail: 'Live tail',
}
