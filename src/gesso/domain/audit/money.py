"""Checks of the money: wallets, holds and the ledger that proves both."""

from gesso.domain.audit.check import Check

MONEY = (
    Check(
        "I01",
        "A wallet's figures are the sums of its ledger entries, in both layers.",
        """
        select name as account, sum(posted) as posted, sum(held) as held,
               sum(ledger_posted) as ledger_posted, sum(ledger_held) as ledger_held
        from (
          select 'wallet:' || replace(cast(id as text), '-', '') as name, posted, held,
                 0 as ledger_posted, 0 as ledger_held
          from wallet
          union all
          select replace(account, '-', ''), 0, 0, case when layer = 'posted' then amount else 0 end,
                 case when layer = 'held' then amount else 0 end
          from ledger_entry where account like 'wallet:%'
        ) as told
        group by name
        having sum(posted) <> sum(ledger_posted) or sum(held) <> sum(ledger_held)
        """,
    ),
    Check(
        "I02",
        "Every ledger transaction has entries, and they sum to zero in each layer.",
        """
        select txn_id as txn, layer, sum(amount) as total
        from ledger_entry group by txn_id, layer having sum(amount) <> 0
        union all
        select x.id, 'none', 0 from ledger_txn x
        where not exists (select 1 from ledger_entry e where e.txn_id = x.id)
        """,
    ),
    Check(
        "I03",
        "At every point of its history a wallet covered what was frozen, as its figures tell.",
        """
        with moved as (
          select x.id, x.wallet_id, x.seq, x.posted_after, x.held_after,
                 coalesce(sum(case when e.layer = 'posted' then e.amount end), 0) as posted,
                 coalesce(sum(case when e.layer = 'held' then e.amount end), 0) as held
          from ledger_txn x left join ledger_entry e on e.txn_id = x.id
            and replace(e.account, '-', '')
                = 'wallet:' || replace(cast(x.wallet_id as text), '-', '')
          where x.wallet_id is not null
          group by x.id, x.wallet_id, x.seq, x.posted_after, x.held_after
        ), history as (
          select id, wallet_id, posted_after, held_after,
                 sum(posted) over story as posted, sum(held) over story as held
          from moved window story as (partition by wallet_id order by seq)
        )
        select wallet_id as wallet, id as txn, posted, held, posted_after, held_after from history
        where posted_after is null or held_after is null or posted <> posted_after
           or held <> held_after or posted < 0 or held < 0 or posted - held < 0
        """,
    ),
    Check(
        "I03b",
        "A wallet's movements are numbered from 1 without a gap, and only they touch its account.",
        """
        select w.id as wallet, w.seq as seq, count(x.id) as movements, max(x.seq) as last
        from wallet w left join ledger_txn x on x.wallet_id = w.id
        group by w.id, w.seq
        having count(x.id) <> w.seq or coalesce(max(x.seq), 0) <> w.seq
            or coalesce(min(x.seq), 1) <> 1
        union all
        select x.wallet_id, x.seq, 0, 0 from ledger_entry e join ledger_txn x on x.id = e.txn_id
        where e.account like 'wallet:%' and (x.wallet_id is null or replace(e.account, '-', '')
              <> 'wallet:' || replace(cast(x.wallet_id as text), '-', ''))
        """,
    ),
    Check(
        "I04",
        "What a wallet says is frozen is the sum of its open holds.",
        """
        select w.id as wallet, w.held as held, coalesce(sum(h.amount), 0) as open_holds
        from wallet w left join hold h on h.wallet_id = w.id and h.status = 'open'
        group by w.id, w.held having w.held <> coalesce(sum(h.amount), 0)
        """,
    ),
    Check(
        "I05",
        "Every phase that was worked on has its hold, and a task that has ended has no open one.",
        """
        select distinct j.task_id as task, j.phase as phase, 'missing' as hold
        from job j left join hold h on h.task_id = j.task_id and h.phase = j.phase
        where h.id is null
        union all
        select t.id, h.phase, 'open' from task t join hold h on h.task_id = t.id
        where t.finished_at is not null and h.status = 'open'
        union all
        select t.id, t.phase, 'none' from task t
        where not exists (select 1 from hold h where h.task_id = t.id)
        """,
    ),
    Check(
        "I06",
        "Every open hold has a live task, and a job of its phase that has not ended.",
        """
        select h.id as hold, h.task_id as task, h.phase as phase, t.status as status
        from hold h left join task t on t.id = h.task_id
        where h.status = 'open' and (t.id is null or t.finished_at is not null or not exists (
          select 1 from job j
          where j.task_id = h.task_id and j.phase = h.phase and j.finished_at is null))
        """,
    ),
    Check(
        "I07",
        "A phase was charged, at its end, for the jobs that it delivered, none above its price.",
        """
        select h.id as hold, h.task_id as task, h.phase as phase, h.captured as captured,
               coalesce(sum(coalesce(j.charge, j.price)), 0) as delivered
        from hold h left join job j
          on j.task_id = h.task_id and j.phase = h.phase and j.status = 'completed'
        group by h.id, h.task_id, h.phase, h.captured, h.status
        having (h.status <> 'open'
                and h.captured <> coalesce(sum(coalesce(j.charge, j.price)), 0))
            or (h.status = 'open' and h.captured <> 0)
            or coalesce(sum(case when j.charge < 0 or j.charge > j.price then 1 end), 0) > 0
        """,
    ),
    Check(
        "I07b",
        "A task's held, charged and released are the sums over its holds.",
        """
        select t.id as task, t.held as held, t.charged as charged, t.released as released,
               coalesce(sum(h.amount), 0) as frozen, coalesce(sum(h.captured), 0) as captured
        from task t left join hold h on h.task_id = t.id
        group by t.id, t.held, t.charged, t.released
        having t.held <> coalesce(sum(h.amount), 0) or t.charged <> coalesce(sum(h.captured), 0)
            or t.released
               <> coalesce(sum(case when h.status <> 'open' then h.amount - h.captured end), 0)
        """,
    ),
    Check(
        "I08",
        "A hold has one freeze and, once settled, one capture or release, of exactly its amounts.",
        """
        with moved as (
          select x.id, x.hold_id, x.kind, x.wallet_id,
                 coalesce(sum(case when e.layer = 'posted' then e.amount end), 0) as posted,
                 coalesce(sum(case when e.layer = 'held' then e.amount end), 0) as held
          from ledger_txn x left join ledger_entry e on e.txn_id = x.id
            and replace(e.account, '-', '')
                = 'wallet:' || replace(cast(x.wallet_id as text), '-', '')
          where x.hold_id is not null group by x.id, x.hold_id, x.kind, x.wallet_id
        )
        select h.id as hold, h.status as status, h.amount as amount, h.captured as captured,
               count(m.id) as movements
        from hold h left join moved m on m.hold_id = h.id
        group by h.id, h.status, h.amount, h.captured, h.wallet_id
        having count(m.id) <> case when h.status = 'open' then 1 else 2 end
            or coalesce(sum(case when m.kind = 'freeze' and m.wallet_id = h.wallet_id
                 and m.posted = 0 and m.held = h.amount then 1 end), 0) <> 1
            or coalesce(sum(case when m.kind = 'capture' and m.wallet_id = h.wallet_id
                 and m.posted = -h.captured and m.held = -h.amount then 1 end), 0)
               <> case when h.status = 'captured' then 1 else 0 end
            or coalesce(sum(case when m.kind = 'release' and m.wallet_id = h.wallet_id
                 and m.posted = 0 and m.held = -h.amount then 1 end), 0)
               <> case when h.status = 'released' then 1 else 0 end
        """,
    ),
    Check(
        "I17",
        "Reversals undo one charge of the same wallet, and together at most as much as it was.",
        """
        with moved as (
          select x.id, x.kind, x.wallet_id, x.reverses, coalesce(sum(e.amount), 0) as amount
          from ledger_txn x left join ledger_entry e on e.txn_id = x.id and e.layer = 'posted'
            and replace(e.account, '-', '')
                = 'wallet:' || replace(cast(x.wallet_id as text), '-', '')
          where x.kind = 'reversal'
             or x.id in (select r.reverses from ledger_txn r where r.kind = 'reversal')
          group by x.id, x.kind, x.wallet_id, x.reverses
        ), summed as (
          select id, kind, wallet_id, reverses, amount,
                 sum(amount) over (partition by reverses) as together
          from moved
        )
        select r.id as txn, r.reverses as reverses, r.together as amount, o.amount as reversed
        from summed r left join moved o on o.id = r.reverses
        where r.kind = 'reversal' and (o.id is null or o.kind <> 'capture' or r.wallet_id is null
          or r.wallet_id <> o.wallet_id or r.together > abs(o.amount)
          or (r.amount >= 0 and o.amount >= 0) or (r.amount <= 0 and o.amount <= 0))
        """,
    ),
)
