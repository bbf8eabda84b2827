-- name: holders
-- The accounts of members, with those on which their lots are: where a member is merged, the survivor's.
SELECT account.member_id, account.currency, coalesce(account.leads_to_id, account.id)
FROM loyalty_ledger_account AS account
WHERE account.member_id = ANY(%(members)s::uuid[])
ORDER BY account.member_id, account.currency

-- name: transactions
-- The transactions that say something of the lots on some accounts, wherever those were then; the newest first.
SELECT header.id, header.kind, header.occurred_at, header.posted_at, header.actor, header.reverses_id, header.memo
FROM loyalty_ledger_transaction AS header
WHERE header.id IN (
        SELECT entry.transaction_id
        FROM loyalty_ledger_lot AS lot JOIN loyalty_ledger_entry AS entry ON entry.lot_id = lot.id
        WHERE lot.account_id = ANY(%(accounts)s::uuid[])
        UNION
        SELECT move.transaction_id
        FROM loyalty_ledger_lot AS lot JOIN loyalty_ledger_lot_move AS move ON move.lot_id = lot.id
        WHERE lot.account_id = ANY(%(accounts)s::uuid[])
    )
    AND (%(before)s::uuid IS NULL OR header.position < (
        SELECT position FROM loyalty_ledger_transaction WHERE id = %(before)s::uuid
    ))
ORDER BY header.position DESC
LIMIT %(limit)s

-- name: transactions_by_id
-- Transactions by their id.
SELECT id, kind, occurred_at, posted_at, actor, reverses_id, memo
FROM loyalty_ledger_transaction WHERE id = ANY(%(ids)s::uuid[])

-- name: entries
-- The entries of some transactions, in their order.
SELECT transaction_id, book, currency, points, account_id, lot_id, state, cause
FROM loyalty_ledger_entry
WHERE transaction_id = ANY(%(ids)s::uuid[])
ORDER BY transaction_id, number

-- name: totals
-- What came to each book of a programme in a currency, in each of the stretches between some moments of business.
SELECT width_bucket(header.occurred_at, %(moments)s::timestamptz[]), entry.book, sum(entry.points)
FROM loyalty_ledger_entry AS entry
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
WHERE header.program_id = %(program_id)s AND entry.currency = %(currency)s
GROUP BY 1, 2

-- name: origins_at
-- The accounts in a currency of all who were one with a member at a moment, the one that held their lots first.
WITH RECURSIVE merge (merged_id, survivor_id) AS MATERIALIZED (
    SELECT merged_id, survivor_id FROM loyalty_ledger_member_merge
    WHERE merged_at <= %(at)s AND (undone_at IS NULL OR undone_at > %(at)s)
),
above (member_id) AS (
    SELECT %(member_id)s::uuid
    UNION
    SELECT merge.survivor_id FROM above JOIN merge ON merge.merged_id = above.member_id
),
below (member_id) AS (
    SELECT member_id FROM above WHERE NOT EXISTS (SELECT FROM merge WHERE merge.merged_id = above.member_id)
    UNION
    SELECT merge.merged_id FROM below JOIN merge ON merge.survivor_id = below.member_id
)
SELECT account.id
FROM below
JOIN loyalty_ledger_account AS account ON account.member_id = below.member_id
WHERE account.currency = %(currency)s
ORDER BY EXISTS (SELECT FROM merge WHERE merge.merged_id = below.member_id), account.id

-- name: lots_of_origins
-- The lots that came to some accounts, wherever they are by now, with what granted them and the times they began with.
SELECT lot.id, (
        SELECT entry.transaction_id
        FROM loyalty_ledger_entry AS entry
        JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
        WHERE entry.lot_id = lot.id
        ORDER BY header.position, entry.number
        LIMIT 1
    ), lot.origin_account_id, lot.currency, lot.granted_at, lot.source_kind, lot.source_id, lot.rule, lot.version,
    lot.funding, CASE WHEN began.id IS NULL THEN lot.activates_at ELSE began.activates_at END,
    CASE WHEN began.id IS NULL THEN lot.expires_at ELSE began.expires_at END
FROM loyalty_ledger_account AS origin
JOIN loyalty_ledger_lot AS lot ON lot.account_id = coalesce(origin.leads_to_id, origin.id) AND lot.origin_account_id = origin.id
LEFT JOIN loyalty_ledger_lot_move AS began ON began.id = lot.id
WHERE origin.id = ANY(%(accounts)s::uuid[])
ORDER BY lot.granted_at, lot.id

-- name: entries_known
-- The entries to some lots that were valid at a moment and known at another, in the order in which they were posted.
-- What was posted ahead of its time counts from when it was posted. The last column tells of points whether they paid
-- what another lot owed, or come back from having paid.
SELECT header.id, header.kind, header.occurred_at, header.posted_at, entry.lot_id, entry.account_id, entry.state,
    entry.points, entry.cause, entry.state <> 'debt' AND EXISTS (
        SELECT FROM loyalty_ledger_entry AS owed
        WHERE owed.transaction_id = entry.transaction_id AND owed.state = 'debt'
            AND owed.lot_id = entry.cause AND owed.cause = entry.lot_id
    )
FROM loyalty_ledger_entry AS entry
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
WHERE entry.lot_id = ANY(%(lots)s::uuid[]) AND entry.book = 'member'
    AND least(header.occurred_at, header.posted_at) <= %(valid_at)s AND header.posted_at <= %(known_at)s
ORDER BY header.position, entry.number

-- name: times_known
-- The times of some lots that were valid at a moment and known at another, where they were not those they began with.
SELECT DISTINCT ON (move.lot_id) move.lot_id, move.activates_at, move.expires_at
FROM loyalty_ledger_lot_move AS move
JOIN loyalty_ledger_transaction AS header ON header.id = move.transaction_id
WHERE move.lot_id = ANY(%(lots)s::uuid[]) AND move.id <> move.lot_id
    AND least(header.occurred_at, header.posted_at) <= %(valid_at)s AND header.posted_at <= %(known_at)s
ORDER BY move.lot_id, header.position DESC
