"""Checks of whose things are whose."""

from gesso.domain.audit.check import Check

OWNERSHIP = (
    Check(
        "I14",
        "A task was made under at most one idempotency key.",
        """
        select task_id as task, count(*) as keys from idempotency_key
        group by task_id having count(*) > 1
        """,
    ),
    Check(
        "I15",
        "What belongs together has one tenant and one owner.",
        """
        select 'wallet' as kind, w.id as id from wallet w join user_account u on u.id = w.owner_id
        where w.tenant_id <> u.tenant_id
        union all
        select 'api_key', k.id from api_key k join user_account u on u.id = k.user_id
        where k.tenant_id <> u.tenant_id
        union all
        select 'task', t.id from task t join wallet w on w.id = t.wallet_id
        where t.tenant_id <> w.tenant_id
           or (w.owner_id is not null and t.owner_id <> w.owner_id)
           or (w.owner_id is null and not exists (select 1 from wallet_member m
               where m.wallet_id = w.id and m.user_id = t.owner_id))
        union all
        select 'wallet', p.id from wallet p left join wallet_member m
          on m.wallet_id = p.pays_from and m.user_id = p.owner_id and m.removed_at is null
        where p.pays_from is not null and m.id is null
        union all
        select 'wallet_member', m.id from wallet_member m join wallet w on w.id = m.wallet_id
        join user_account u on u.id = m.user_id
        where w.owner_id is not null or m.tenant_id <> w.tenant_id or m.tenant_id <> u.tenant_id
        union all
        select 'lot', l.id from lot l join wallet w on w.id = l.wallet_id
        where l.tenant_id <> w.tenant_id
        union all
        select 'job', j.id from job j join task t on t.id = j.task_id
        where j.tenant_id <> t.tenant_id or j.owner_id <> t.owner_id
        union all
        select 'hold', h.id from hold h join task t on t.id = h.task_id
        where h.tenant_id <> t.tenant_id or h.wallet_id <> t.wallet_id
           or h.spender_id <> t.owner_id
        union all
        select 'asset', a.id from asset a join user_account u on u.id = a.owner_id
        where a.tenant_id <> u.tenant_id
        union all
        select 'asset', a.id from asset a join task t on t.id = a.task_id
        where a.owner_id <> t.owner_id
        union all
        select 'asset', a.id from asset a join job j on j.id = a.job_id
        where a.owner_id <> j.owner_id or a.task_id is null or a.task_id <> j.task_id
        union all
        select 'ledger_txn', x.id from ledger_txn x join hold h on h.id = x.hold_id
        where x.wallet_id is null or x.wallet_id <> h.wallet_id or x.task_id <> h.task_id
        union all
        select 'idempotency_key', t.id from idempotency_key k join task t on t.id = k.task_id
        where k.owner_id <> t.owner_id
        union all
        select 'event', t.id from event e join task t on t.id = e.task_id
        where e.stream_id <> t.owner_id
        """,
    ),
)
