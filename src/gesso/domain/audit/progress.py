"""Checks of the work: tasks, jobs, attempts, assets and the events that told of them."""

from gesso.domain.audit.check import Check

PROGRESS = (
    Check(
        "I09",
        "A provider took at most one submission of a job that was not given back.",
        """
        select job_id as job, count(*) as taken from attempt
        where outcome in ('accepted', 'completed') group by job_id having count(*) > 1
        """,
    ),
    Check(
        "I10",
        "A task has ended, or waits for its owner, exactly when its jobs have ended; they agree.",
        """
        select t.id as task, t.status as status, t.phase as phase, count(j.id) as jobs,
               coalesce(sum(case when j.finished_at is null then 1 end), 0) as live,
               coalesce(sum(case when j.status = 'completed' then 1 end), 0) as completed
        from task t left join job j on j.task_id = t.id
        group by t.id, t.status, t.phase
        having count(j.id) = 0
            or (t.status in ('queued', 'running')) <> (coalesce(
                sum(case when j.id is not null and j.finished_at is null then 1 end), 0) > 0)
            or (t.status = 'completed'
                and coalesce(sum(case when j.status = 'completed' then 1 end), 0) = 0)
            or (t.status in ('failed', 'cancelled', 'expired') and coalesce(
                sum(case when j.status = 'completed' and j.phase = t.phase then 1 end), 0) > 0)
        """,
    ),
    Check(
        "I11",
        "A job is completed exactly when its asset or value is kept; one that ended otherwise left"
        " no asset.",
        """
        select j.id as job, j.status as status,
               coalesce(sum(case when a.status = 'ready' then 1 end), 0) as ready,
               coalesce(sum(case when a.status = 'pending' then 1 end), 0) as pending
        from job j left join asset a on a.job_id = j.id
        group by j.id, j.status
        having (j.status = 'completed' and (j.output -> 'value') is null
                and coalesce(sum(case when a.status = 'ready' then 1 end), 0) = 0)
            or (j.status <> 'completed'
                and coalesce(sum(case when a.status = 'ready' then 1 end), 0) > 0)
            or (j.status <> 'ingesting'
                and coalesce(sum(case when a.status = 'pending' then 1 end), 0) > 0)
        """,
    ),
    Check(
        "I12",
        "An owner's events are numbered from 1 without a gap, up to the number of the stream.",
        """
        select s.id as stream, s.seq as seq, count(e.seq) as events, max(e.seq) as last
        from stream s left join event e on e.stream_id = s.id
        group by s.id, s.seq
        having count(e.seq) <> s.seq or coalesce(max(e.seq), 0) <> s.seq
            or coalesce(min(e.seq), 1) <> 1
        union all
        select e.stream_id, 0, count(*), max(e.seq)
        from event e left join stream s on s.id = e.stream_id
        where s.id is null group by e.stream_id
        """,
    ),
    Check(
        "I12b",
        "A task that has ended has exactly one event that says so, and no other task has one.",
        """
        select t.id as task, t.status as status, count(e.seq) as ends, max(e.type) as said
        from task t left join event e on e.task_id = t.id
          and e.type in ('task.completed', 'task.failed', 'task.cancelled', 'task.expired')
        group by t.id, t.status, t.finished_at
        having (t.finished_at is null and count(e.seq) > 0) or (t.finished_at is not null
                and (count(e.seq) <> 1 or max(e.type) <> 'task.' || t.status))
        """,
    ),
    Check(
        "I13",
        "Nothing is stuck: no live row is past its deadline, or was left lying when it was due.",
        """
        select 'task' as kind, id, status, deadline_at as since from task
        where finished_at is null and deadline_at < :overdue
        union all
        select 'job', id, status, deadline_at from job
        where finished_at is null and deadline_at < :overdue
        union all
        select 'job', id, status, due_at from job
        where finished_at is null and deadline_at >= :overdue and due_at < :neglected
        """,
    ),
    Check(
        "I16",
        "What a provider took for work that was not delivered is booked as a loss, to the unit.",
        """
        with booked as materialized (
          select replace(x.reference, '-', '') as name, e.amount
          from ledger_txn x join ledger_entry e on e.txn_id = x.id
          where x.kind = 'loss' and e.account = 'sys:provider_loss'
        )
        select a.id as attempt, a.job_id as job, a.outcome as outcome, a.provider_cost as cost
        from attempt a join job j on j.id = a.job_id left join booked b
          on b.name = 'attempt:' || replace(cast(a.id as text), '-', '')
          and b.amount = a.provider_cost
        where a.provider_cost > 0 and b.name is null
          and (a.outcome in ('rejected', 'failed', 'absent', 'cancelled', 'leaked')
               or (j.finished_at is not null and j.status <> 'completed'))
        """,
    ),
    Check(
        "I18",
        "Once a job has ended, the fate of all that may have reached a provider is known.",
        """
        select a.id as attempt, a.job_id as job, a.outcome as outcome
        from attempt a join job j on j.id = a.job_id
        where j.finished_at is not null and a.intent_at is not null
          and a.outcome in ('open', 'unknown', 'accepted')
        """,
    ),
    Check(
        "I19",
        "Nothing was given back before the deadline while the provider could still deliver.",
        """
        select a.id as attempt, j.id as job, j.finished_at as ended_at, j.deadline_at as deadline_at
        from attempt a join job j on j.id = a.job_id
        where a.outcome = 'leaked' and j.output is null
          and (j.finished_at is null or j.finished_at < j.deadline_at)
        """,
    ),
    Check(
        "I20",
        "What the topic has not been told is in the log, from the first untold event on.",
        """
        select u.stream_id as stream, u.told as told, s.seq as seq
        from untold u left join stream s on s.id = u.stream_id
          left join event e on e.stream_id = u.stream_id and e.seq = u.told + 1
        where e.seq is null or s.seq is null
        """,
    ),
    Check(
        "I21",
        "No run is left with somebody who fell silent, and a parked one is a dead letter.",
        """
        select id as run, status, due_at as since from run
        where status = 'running' and due_at < :neglected
        union all
        select r.id, r.status, r.finished_at from run r left join dead_letter d
          on d.kind = 'run' and d.settled_at is null
          and replace(d.subject, '-', '') = replace(cast(r.id as text), '-', '')
        where r.status = 'retrying' and r.lost >= 5 and d.id is null
        """,
    ),
    Check(
        "I22",
        "No report of a provider's is left lying when it is due.",
        """
        select id as push, provider, due_at as since from inbox
        where finished_at is null and due_at < :neglected
        """,
    ),
)
