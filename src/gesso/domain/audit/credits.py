"""Checks of what hangs on the wallets: lots that expire, limits, codes, alerts and refunds."""

from gesso.domain.audit.check import Check

CREDITS = (
    Check(
        "I17b",
        "A task tells as refunded what reversals gave back of it.",
        """
        select t.id as task, t.refunded as refunded, coalesce(r.amount, 0) as reversed
        from task t left join (
          select x.task_id, sum(e.amount) as amount from ledger_txn x
          join ledger_entry e on e.txn_id = x.id
            and e.layer = 'posted' and e.account like 'wallet:%'
          where x.kind = 'reversal' group by x.task_id
        ) as r on r.task_id = t.id
        where t.refunded <> coalesce(r.amount, 0)
        """,
    ),
    Check(
        "I23",
        "What was left of a lot at its expiry has gone, once, or is kept by holds.",
        """
        select l.id as subject, l.remaining as expected, l.expired + coalesce(sum(c.amount), 0)
               as found
        from lot l left join lot_cover c on c.lot_id = l.id
        where l.status = 'expired'
        group by l.id, l.remaining, l.expired
        having l.remaining <> l.expired + coalesce(sum(c.amount), 0)
        union all
        select c.lot_id, 0, sum(c.amount) from lot_cover c join lot l on l.id = c.lot_id
        where l.status <> 'expired' group by c.lot_id
        union all
        select wallet_id, sum(went), sum(moved) from (
          select wallet_id, expired as went, 0 as moved from lot
          union all
          select wallet_id, amount - spent, 0 from lot_cover where seq is not null
          union all
          select x.wallet_id, 0, e.amount from ledger_txn x join ledger_entry e
            on e.txn_id = x.id and e.layer = 'posted' and e.account = 'sys:breakage'
          where x.kind = 'expire'
        ) as told group by wallet_id having sum(went) <> sum(moved)
        """,
    ),
    Check(
        "I23b",
        "What a wallet's open holds keep of expired lots is theirs, and is what the wallet says.",
        """
        select w.id as subject, w.covered as covered, coalesce(sum(c.amount), 0) as kept
        from wallet w left join lot_cover c on c.wallet_id = w.id and c.seq is null
        group by w.id, w.covered having w.covered <> coalesce(sum(c.amount), 0)
        union all
        select c.hold_id, h.amount, sum(c.amount) from lot_cover c
        left join hold h on h.id = c.hold_id
        group by c.hold_id, h.id, h.amount, h.captured, h.status
        having h.id is null or sum(c.amount) > h.amount
            or coalesce(sum(c.spent), 0) > h.captured
            or (h.status = 'open') <> (count(c.seq) = 0)
            or (h.status <> 'open' and count(c.seq) <> count(c.hold_id))
        """,
    ),
    Check(
        "I23c",
        "A lot is a grant of its wallet, which knows when the next of them expires.",
        """
        select w.id as subject, w.expires_at as told, min(l.expires_at) as next
        from wallet w left join lot l on l.wallet_id = w.id and l.status = 'open'
        group by w.id, w.expires_at
        having (w.expires_at is null) <> (min(l.expires_at) is null)
            or w.expires_at <> min(l.expires_at)
        union all
        select l.id, l.expires_at, null from lot l
        left join ledger_txn x on x.id = l.id
        left join ledger_entry e on e.txn_id = l.id and e.layer = 'posted'
          and e.account like 'wallet:%'
        where x.id is null or x.kind <> 'grant' or x.wallet_id <> l.wallet_id or x.seq <> l.seq
           or e.amount is null or e.amount <> l.amount
        """,
    ),
    Check(
        "I24",
        "What counts against a limit is what its holds froze, less what they gave back.",
        """
        select s.id as subject, s.kind as kind, s.spent_total as spent_total,
               s.spent_today as spent_today,
               coalesce(sum(case when h.status = 'open' then h.amount else h.captured end), 0)
               as counted
        from spend_limit s left join limit_charge c on c.limit_id = s.id
        left join hold h on h.id = c.hold_id
        group by s.id, s.kind, s.spent_total, s.spent_today
        having s.spent_total <> coalesce(
                 sum(case when h.status = 'open' then h.amount else h.captured end), 0)
            or s.spent_today <> coalesce(sum(case when c.day <> s.day then 0
                 when h.status = 'open' then h.amount else h.captured end), 0)
        """,
    ),
    Check(
        "I25",
        "A code was used as often as people redeemed it, and gave each of them what it is worth.",
        """
        select c.id as code, c.uses as uses, c.max_uses as max_uses, count(r.user_id) as redeemed
        from redeem_code c left join redemption r on r.code_id = c.id
        group by c.id, c.uses, c.max_uses
        having c.uses <> count(r.user_id) or c.uses > c.max_uses
        union all
        select r.code_id, b.amount, e.amount, 0 from redemption r
        join redeem_code c on c.id = r.code_id join code_batch b on b.id = c.batch_id
        left join ledger_txn x on x.id = r.txn_id and x.kind = 'grant'
        left join ledger_entry e on e.txn_id = x.id and e.account like 'wallet:%'
        left join wallet w on w.id = x.wallet_id
        where e.amount is null or e.amount <> b.amount or w.owner_id is null
           or w.owner_id <> r.user_id
        """,
    ),
    Check(
        "I26",
        "A wallet with an alert knows whether it is low.",
        """
        select id as wallet, posted - held as available, alert_below from wallet
        where alert_below is not null and is_low <> (posted - held < alert_below)
        """,
    ),
)
