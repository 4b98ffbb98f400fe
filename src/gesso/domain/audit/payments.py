"""The check of the payments: money from outside against the ledger."""

from gesso.domain.audit.check import Check

PAYMENTS = (
    Check(
        "I30",
        "A payment that was paid was credited once, one that was not never, and what was taken back"
        " of it or lost is in the ledger.",
        """
        with moved as (
          select substr(replace(x.reference, '-', ''), 1, 40) as name,
                 count(distinct case when x.kind = 'grant' then x.id end) as grants,
                 sum(case when x.kind = 'grant' and e.account like 'wallet:%'
                     then e.amount else 0 end) as credited,
                 sum(case when x.kind = 'adjust' and e.account like 'wallet:%'
                     then -e.amount else 0 end) as taken,
                 sum(case when e.account = 'sys:payment_loss' then e.amount else 0 end) as lost
          from ledger_txn x join ledger_entry e on e.txn_id = x.id and e.layer = 'posted'
          where x.reference like 'payment:%'
          group by substr(replace(x.reference, '-', ''), 1, 40)
        ), known as (
          select 'payment:' || replace(cast(id as text), '-', '') as name, status,
                 taken_back, lost, case when paid_at is null then 0 else credits end as credits,
                 case when paid_at is null then 0 else 1 end as grants
          from payment
        )
        select k.name as payment, k.status as status, k.credits as credits,
               coalesce(m.credited, 0) as credited, coalesce(m.grants, 0) as grants
        from known k left join moved m on m.name = k.name
        where coalesce(m.grants, 0) <> k.grants or coalesce(m.credited, 0) <> k.credits
           or coalesce(m.taken, 0) <> k.taken_back or coalesce(m.lost, 0) <> k.lost
        union all
        select m.name, 'none', 0, m.credited, m.grants from moved m
        where length(m.name) = 40 and not exists (select 1 from known k where k.name = m.name)
        """,
    ),
)
