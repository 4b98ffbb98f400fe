import { useQuery } from '@tanstack/react-query'
import { type ReactNode } from 'react'
import { getJobOptions } from '../api/queries'
import type { AttemptOut, OneJobOut } from '../api/types'
import { type Catalogue, useFormats, useSay } from '../say'
import { CopyButton } from '../ui/copy'
import { Loading } from '../ui/loading'
import { Sheet } from '../ui/sheet'
import { Failure } from '../ui/states'
import { Age } from './age'
import { JobStatusWord } from './job-status'

interface Props {
  id: string
  onClose: () => void
}

/** What happened to one job: its tries on a line of time, and whose money waits. */
export function JobPeek({ id, onClose }: Props) {
  const say = useSay()
  const { data, error, refetch } = useQuery({
    ...getJobOptions({ path: { job_id: id } }),
    staleTime: 0,
  })
  return (
    <Sheet open onOpenChange={onClose} title={say.console.job}>
      {error && <Failure error={error} onRetry={() => void refetch()} />}
      {!error && !data && <Loading />}
      {data && <Job job={data} />}
    </Sheet>
  )
}

function Job({ job }: { job: OneJobOut }) {
  const words = useSay().console
  const { credits, dateTime } = useFormats()
  return (
    <div className="flex flex-col gap-6">
      <p className="flex flex-wrap items-center gap-x-3">
        <JobStatusWord status={job.status} />
        {job.finished_at === null && (
          <span className="text-ink-2">
            <Age since={job.created_at} />
          </span>
        )}
        <span className="figures">{credits(job.price)}</span>
      </p>
      {job.error && (
        <p className="border-l-2 border-vermilion pl-3">
          {job.error.message}{' '}
          <code className="font-mono text-label text-ink-3">{job.error.code}</code>
        </p>
      )}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2">
        <Fact name={words.job}>
          <Id text={job.id} />
        </Fact>
        <Fact name={words.task}>
          <Id text={job.task_id} />
        </Fact>
        <Fact name={words.owner}>
          <Id text={job.owner_id} />
        </Fact>
        <Fact name={words.queue}>
          <code className="font-mono text-label">{job.queue}</code>
        </Fact>
        <Fact name={words.provider}>
          <code className="font-mono text-label">{job.provider}</code>
        </Fact>
        <Fact name={words.model}>
          <code className="font-mono text-label break-all">{job.provider_model}</code>
        </Fact>
        {job.provider_job_id && (
          <Fact name={words.providerJob}>
            <Id text={job.provider_job_id} />
          </Fact>
        )}
        <Fact name={words.phase}>{`${job.phase} ${job.index + 1}`}</Fact>
        <Fact name={words.created}>{dateTime(job.created_at)}</Fact>
        <Fact name={words.deadline}>{dateTime(job.deadline_at)}</Fact>
        {job.next_at && <Fact name={words.next}>{dateTime(job.next_at)}</Fact>}
      </dl>
      <section>
        <h3 className="mb-2 font-semibold">
          {words.attemptsOf}{' '}
          <span className="font-normal text-ink-3 figures">
            {job.attempt} / {job.max_attempts}
          </span>
        </h3>
        {job.attempts.length === 0 && <p className="text-ink-2">{words.noAttempts}</p>}
        <ol className="border-l border-line">
          {job.attempts.map((attempt) => (
            <Attempt key={attempt.no} attempt={attempt} />
          ))}
        </ol>
      </section>
      <p className="flex items-center gap-2 text-label">
        <CopyButton text={noteOf(job, words)} label={words.note} /> {words.note}
      </p>
    </div>
  )
}

function Attempt({ attempt }: { attempt: AttemptOut }) {
  const words = useSay().console
  const { dateTime, duration } = useFormats()
  const { sent_at, ended_at } = attempt
  const took = sent_at && ended_at ? (Date.parse(ended_at) - Date.parse(sent_at)) / 1000 : undefined
  return (
    <li className="relative py-2 pl-4">
      <span aria-hidden className="absolute top-4 -left-1 size-2 rounded-full bg-edge" />
      <p>
        <span className="font-semibold">{words.attemptNo(attempt.no)}</span> · {attempt.outcome}
        {took !== undefined && ` · ${duration(took)}`}
        {ended_at === null && sent_at !== null && ` · ${words.stillThere}`}
      </p>
      <p className="text-label text-ink-2">
        {attempt.provider} · {sent_at ? `${words.sent} ${dateTime(sent_at)}` : words.notSent}
      </p>
      {attempt.provider_job_id && <Id text={attempt.provider_job_id} />}
      {attempt.error_code && (
        <p>
          <code className="font-mono text-label text-vermilion">{attempt.error_code}</code>
        </p>
      )}
    </li>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-label leading-6 text-ink-2">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

/** An id that can be copied. */
export function Id({ text }: { text: string }) {
  const say = useSay()
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="truncate font-mono text-label" title={text}>
        {text}
      </code>
      <CopyButton text={text} label={`${say.shell.copy} ${text}`} />
    </span>
  )
}

/** The job as lines of text, for whoever writes down what went wrong. */
export function noteOf(job: OneJobOut, words: Catalogue['console']): string {
  const facts: [string, string | null | undefined][] = [
    [words.job, job.id],
    [words.task, job.task_id],
    [words.owner, job.owner_id],
    [words.state, job.status],
    [words.queue, job.queue],
    [words.provider, `${job.provider} ${job.provider_model}`],
    [words.providerJob, job.provider_job_id],
    [words.price, job.price],
    [words.created, job.created_at],
    [words.deadline, job.deadline_at],
    [words.error, job.error && `${job.error.code}: ${job.error.message}`],
  ]
  const tries = job.attempts.map(({ no, outcome, sent_at, ended_at, error_code }) =>
    [words.attemptNo(no), outcome, sent_at ?? words.notSent, ended_at, error_code]
      .filter(Boolean)
      .join(' · '),
  )
  const lines = facts.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`)
  return [...lines, ...tries].join('\n')
}
