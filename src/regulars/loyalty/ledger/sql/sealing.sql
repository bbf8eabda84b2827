-- name: lock_seals
-- Let nobody else seal until this transaction ends; whoever posts is not held up.
SELECT pg_advisory_xact_lock(hashtext('loyalty_ledger_seal'))

-- name: leaves
-- The transactions after a place and before or at another, so many at most: how many, where the last stands, their ids,
-- and their leaves in one. A leaf is half a hash of all that a transaction says: its columns, its entries, what never
-- changes of the lots that they name, and the moves of lots that it tells. Times are microseconds since 1970, so that no
-- setting of a session changes the text. How a lot began is told by a move with the lot's own id, once its times change.
-- Each row is looked up by its key: what was posted last is not known to the planner's statistics, and it would scan.
WITH headers AS MATERIALIZED (
    SELECT id, program_id, kind, occurred_at, posted_at, actor, reverses_id, occasion, memo, entries, transaction, position
    FROM loyalty_ledger_transaction
    WHERE (transaction, position) > (%(after_transaction)s, %(after_position)s)
        AND (transaction, position) <= (%(to_transaction)s, %(to_position)s)
    ORDER BY transaction, position
    LIMIT %(limit)s
),
hashed AS (
    SELECT headers.id, headers.transaction, headers.position, substring(sha256(convert_to(json_build_array(
        headers.id, headers.program_id, headers.kind, (extract(epoch FROM headers.occurred_at) * 1000000)::bigint,
        (extract(epoch FROM headers.posted_at) * 1000000)::bigint, headers.actor, headers.reverses_id, headers.occasion,
        headers.memo, headers.entries, headers.transaction, headers.position,
        (
            SELECT json_agg(json_build_array(
                entry.number, entry.book, entry.account_id, entry.lot_id, entry.state, entry.currency, entry.points,
                entry.cause
            ) ORDER BY entry.number)
            FROM loyalty_ledger_entry AS entry WHERE entry.transaction_id = headers.id
        ),
        (
            SELECT json_agg((
                SELECT json_build_array(
                    lot.id, lot.origin_account_id, lot.currency, (extract(epoch FROM lot.granted_at) * 1000000)::bigint,
                    (extract(epoch FROM CASE WHEN began.id IS NULL THEN lot.activates_at ELSE began.activates_at END)
                        * 1000000)::bigint,
                    (extract(epoch FROM CASE WHEN began.id IS NULL THEN lot.expires_at ELSE began.expires_at END)
                        * 1000000)::bigint,
                    lot.inactivity, lot.source_kind, lot.source_id, lot.rule, lot.version, lot.funding,
                    lot.counts_for_tiers, lot.occasion
                )
                FROM loyalty_ledger_lot AS lot LEFT JOIN loyalty_ledger_lot_move AS began ON began.id = lot.id
                WHERE lot.id = named.lot_id
            ) ORDER BY named.lot_id)
            FROM (
                SELECT DISTINCT entry.lot_id FROM loyalty_ledger_entry AS entry
                WHERE entry.transaction_id = headers.id AND entry.lot_id IS NOT NULL
            ) AS named
        ),
        (
            SELECT json_agg(json_build_array(
                move.id, move.lot_id, move.account_id, (extract(epoch FROM move.activates_at) * 1000000)::bigint,
                (extract(epoch FROM move.expires_at) * 1000000)::bigint
            ) ORDER BY move.id)
            FROM loyalty_ledger_lot_move AS move
            WHERE move.transaction_id = headers.id AND move.id <> move.lot_id
        )
    )::text, 'UTF8')) FOR 16) AS leaf
    FROM headers
)
SELECT count(*), max(transaction), (array_agg(position ORDER BY transaction DESC, position DESC))[1],
    array_agg(id ORDER BY transaction, position), string_agg(leaf, ''::bytea ORDER BY transaction, position)
FROM hashed

-- name: count_after
-- How many transactions stand after a place.
SELECT count(*) FROM loyalty_ledger_transaction WHERE (transaction, position) > (%(transaction)s, %(position)s)

-- name: wrong_sum
-- The first transaction whose entries do not sum to zero.
SELECT transaction_id FROM loyalty_ledger_entry
GROUP BY transaction_id, currency HAVING sum(points) <> 0
ORDER BY transaction_id LIMIT 1

-- name: wrong_count
-- The first transaction that has other entries than it says, or has entries and is not there.
SELECT coalesce(header.id, told.transaction_id)
FROM loyalty_ledger_transaction AS header
FULL JOIN (
    SELECT transaction_id, count(*) AS entries, min(number) AS first, max(number) AS last
    FROM loyalty_ledger_entry GROUP BY transaction_id
) AS told ON told.transaction_id = header.id
WHERE header.id IS NULL OR header.entries <> coalesce(told.entries, 0)
    OR (told.entries > 0 AND (told.first <> 1 OR told.last <> told.entries))
ORDER BY 1 LIMIT 1

-- name: wrong_account
-- The first transaction with an entry to a lot or account that is not there, or is of another currency or programme.
SELECT entry.transaction_id
FROM loyalty_ledger_entry AS entry
LEFT JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
LEFT JOIN loyalty_ledger_lot AS lot ON lot.id = entry.lot_id
LEFT JOIN loyalty_ledger_account AS account ON account.id = entry.account_id
LEFT JOIN loyalty_ledger_member AS member ON member.id = account.member_id
WHERE (entry.lot_id IS NOT NULL AND lot.currency IS DISTINCT FROM entry.currency)
    OR (entry.book = 'member' AND (
        account.currency IS DISTINCT FROM entry.currency OR member.program_id IS DISTINCT FROM header.program_id
    ))
ORDER BY 1 LIMIT 1

-- name: wrong_lot
-- The first lot that is not what its entries come to, or that has entries and is not there.
SELECT coalesce(lot.id, told.lot_id)
FROM loyalty_ledger_lot AS lot
FULL JOIN (
    SELECT lot_id,
        coalesce(sum(points) FILTER (WHERE state = 'pending'), 0) AS pending,
        coalesce(sum(points) FILTER (WHERE state = 'active'), 0) AS active,
        coalesce(sum(points) FILTER (WHERE state = 'reserved'), 0) AS reserved,
        -coalesce(sum(points) FILTER (WHERE state = 'debt'), 0) AS debt
    FROM loyalty_ledger_entry WHERE book = 'member' GROUP BY lot_id
) AS told ON told.lot_id = lot.id
WHERE lot.id IS NULL
    OR (lot.pending, lot.active, lot.reserved, lot.debt) IS DISTINCT FROM (
        coalesce(told.pending, 0), coalesce(told.active, 0), coalesce(told.reserved, 0), coalesce(told.debt, 0)
    )
    OR least(lot.pending, lot.active, lot.reserved, lot.debt) < 0
    OR lot.is_open <> (lot.pending + lot.active + lot.reserved + lot.debt > 0)
ORDER BY 1 LIMIT 1

-- name: wrong_debt
-- The first account that owes something else than its entries say.
SELECT account.id
FROM loyalty_ledger_account AS account
LEFT JOIN (
    SELECT account_id, -sum(points) AS debt FROM loyalty_ledger_entry WHERE state = 'debt' GROUP BY account_id
) AS told ON told.account_id = account.id
WHERE account.debt <> coalesce(told.debt, 0) OR account.debt < 0
ORDER BY 1 LIMIT 1

-- name: wrong_beside
-- The first account on which active points stand beside a debt.
SELECT account.id FROM loyalty_ledger_account AS account
WHERE account.debt > 0 AND EXISTS (
    SELECT FROM loyalty_ledger_lot AS lot WHERE lot.account_id = account.id AND lot.is_open AND lot.active > 0
)
ORDER BY 1 LIMIT 1

-- name: wrong_holder
-- The first lot that is not on the account where those of its origin are, or of which something stands elsewhere than
-- its last entry or move says.
WITH told AS (
    SELECT DISTINCT ON (lot_id) lot_id, account_id
    FROM (
        SELECT entry.lot_id, entry.account_id, header.position, 0 AS place
        FROM loyalty_ledger_entry AS entry
        JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
        WHERE entry.book = 'member'
        UNION ALL
        SELECT move.lot_id, move.account_id, header.position, 1
        FROM loyalty_ledger_lot_move AS move
        JOIN loyalty_ledger_transaction AS header ON header.id = move.transaction_id
        WHERE move.id <> move.lot_id
    ) AS every
    ORDER BY lot_id, position DESC, place DESC
)
SELECT lot.id
FROM loyalty_ledger_lot AS lot
LEFT JOIN loyalty_ledger_account AS origin ON origin.id = lot.origin_account_id
LEFT JOIN told ON told.lot_id = lot.id
WHERE coalesce(origin.leads_to_id, origin.id) IS DISTINCT FROM lot.account_id
    OR origin.currency IS DISTINCT FROM lot.currency
    OR (lot.is_open AND told.account_id IS DISTINCT FROM lot.account_id)
ORDER BY 1 LIMIT 1

-- name: wrong_times
-- The first lot whose points are active or good from or until another moment than was told last.
WITH told AS (
    SELECT DISTINCT ON (move.lot_id) move.lot_id, move.activates_at, move.expires_at
    FROM loyalty_ledger_lot_move AS move
    JOIN loyalty_ledger_transaction AS header ON header.id = move.transaction_id
    ORDER BY move.lot_id, header.position DESC, move.id <> move.lot_id DESC
)
SELECT lot.id
FROM loyalty_ledger_lot AS lot
LEFT JOIN told ON told.lot_id = lot.id
WHERE (told.lot_id IS NOT NULL
        AND (told.activates_at, told.expires_at) IS DISTINCT FROM (lot.activates_at, lot.expires_at))
    OR (lot.restored_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM loyalty_ledger_lot_move AS move
        JOIN loyalty_ledger_transaction AS header ON header.id = move.transaction_id
        WHERE move.lot_id = lot.id AND header.occurred_at = lot.restored_at
    ))
ORDER BY 1 LIMIT 1

-- name: wrong_member
-- The first member that is not merged into the one that the merges lead to.
WITH RECURSIVE above (member_id, survivor_id) AS (
    SELECT merged_id, survivor_id FROM loyalty_ledger_member_merge WHERE undone_at IS NULL
    UNION
    SELECT above.member_id, merge.survivor_id
    FROM above
    JOIN loyalty_ledger_member_merge AS merge ON merge.merged_id = above.survivor_id AND merge.undone_at IS NULL
),
roots AS (
    SELECT member_id, survivor_id FROM above
    WHERE NOT EXISTS (
        SELECT FROM loyalty_ledger_member_merge AS merge
        WHERE merge.merged_id = above.survivor_id AND merge.undone_at IS NULL
    )
)
SELECT member.id
FROM loyalty_ledger_member AS member
LEFT JOIN roots ON roots.member_id = member.id
WHERE member.state <> 'erased'
    AND (member.merged_into_id IS DISTINCT FROM roots.survivor_id
        OR (member.state = 'merged') <> (roots.survivor_id IS NOT NULL))
ORDER BY 1 LIMIT 1

-- name: wrong_lead
-- The first account that leads elsewhere than to the one of the member that the merges lead to.
WITH RECURSIVE above (member_id, survivor_id) AS (
    SELECT merged_id, survivor_id FROM loyalty_ledger_member_merge WHERE undone_at IS NULL
    UNION
    SELECT above.member_id, merge.survivor_id
    FROM above
    JOIN loyalty_ledger_member_merge AS merge ON merge.merged_id = above.survivor_id AND merge.undone_at IS NULL
),
roots AS (
    SELECT member_id, survivor_id FROM above
    WHERE NOT EXISTS (
        SELECT FROM loyalty_ledger_member_merge AS merge
        WHERE merge.merged_id = above.survivor_id AND merge.undone_at IS NULL
    )
)
SELECT account.id
FROM loyalty_ledger_account AS account
LEFT JOIN roots ON roots.member_id = account.member_id
LEFT JOIN loyalty_ledger_account AS lead ON lead.member_id = roots.survivor_id AND lead.currency = account.currency
WHERE account.leads_to_id IS DISTINCT FROM lead.id
ORDER BY 1 LIMIT 1
