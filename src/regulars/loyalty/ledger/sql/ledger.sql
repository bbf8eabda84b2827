-- name: stay
-- Let nobody be merged or parted until this transaction ends.
SELECT loyalty_ledger_stay()

-- name: alone
-- Be the only one who writes to members or their accounts until this transaction ends.
SELECT loyalty_ledger_alone()

-- name: open
-- Wait for others with the same key and return their answer; or lock the accounts of members, of lots, and of those from
-- which something was taken on behalf of causes, in the one order, and return them, each with its lots: those that are
-- named, and either all, or those that a grant needs where something is due by a moment.
SELECT answer, digest, held_id, held_currency, leads_to_id, member_id, customer_id,
    lot_id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, restored_at,
    source_id, pending, active, reserved, debt
FROM loyalty_ledger_open(
    %(client)s, %(key)s, %(members)s::uuid[], %(lots)s::uuid[], %(causes)s::uuid[], %(due_by)s::timestamptz
)

-- name: open_lots
-- The lots of accounts of which anything stands.
SELECT id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, restored_at,
    source_id, pending, active, reserved, debt
FROM loyalty_ledger_lot WHERE account_id = ANY(%(accounts)s::uuid[]) AND is_open

-- name: post
-- Post transactions with their new lots and all of their entries, tell the stream of them, and answer the request.
SELECT loyalty_ledger_post(
    %(program_id)s::uuid, %(now)s::timestamptz, %(actor)s::text,
    %(ids)s::uuid[], %(kinds)s::text[], %(occurred_ats)s::timestamptz[], %(reverses)s::uuid[],
    %(occasions)s::uuid[], %(memos)s::jsonb[], %(counts)s::integer[],
    %(lot_ids)s::uuid[], %(lot_origins)s::uuid[],
    %(granted_ats)s::timestamptz[], %(activates_ats)s::timestamptz[], %(expires_ats)s::timestamptz[],
    %(inactivities)s::jsonb[], %(source_kinds)s::text[], %(source_ids)s::uuid[], %(rules)s::text[],
    %(versions)s::integer[], %(fundings)s::text[], %(counting)s::boolean[], %(lot_occasions)s::uuid[],
    %(books)s::text[], %(accounts)s::uuid[], %(entry_lots)s::uuid[],
    %(states)s::text[], %(currencies)s::text[], %(points)s::bigint[], %(causes)s::uuid[],
    %(event_ids)s::uuid[], %(event_types)s::text[], %(event_customer_ids)s::uuid[], %(event_actors)s::text[],
    %(event_sources)s::text[], %(event_occurred_ats)s::timestamptz[], %(event_payloads)s::jsonb[],
    %(client)s::text, %(key)s::text, %(digest)s::bytea, %(answer)s::jsonb
)

-- name: move_lots
-- Give lots their new holders and times.
UPDATE loyalty_ledger_lot AS lot
SET account_id = told.account_id, activates_at = told.activates_at, expires_at = told.expires_at,
    restored_at = told.restored_at
FROM unnest(
    %(lot_ids)s::uuid[], %(accounts)s::uuid[], %(activates_ats)s::timestamptz[], %(expires_ats)s::timestamptz[],
    %(restored_ats)s::timestamptz[]
) AS told (id, account_id, activates_at, expires_at, restored_at)
WHERE lot.id = told.id

-- name: note_moves
-- Note where lots went, or until when they are good by now.
INSERT INTO loyalty_ledger_lot_move (id, lot_id, transaction_id, account_id, activates_at, expires_at)
SELECT * FROM unnest(
    %(ids)s::uuid[], %(lot_ids)s::uuid[], %(transactions)s::uuid[], %(accounts)s::uuid[],
    %(activates_ats)s::timestamptz[], %(expires_ats)s::timestamptz[]
)

-- name: answer
-- Keep what was answered to a write under its key.
INSERT INTO loyalty_ledger_request (client, key, digest, answer, answered_at)
VALUES (%(client)s, %(key)s, %(digest)s, %(answer)s::jsonb, %(now)s)

-- name: taken
-- What moved on behalf of some causes, in the order in which it did.
SELECT entry.cause, entry.lot_id, coalesce(entry.state, entry.book), entry.points
FROM loyalty_ledger_entry AS entry
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
WHERE entry.cause = ANY(%(causes)s::uuid[]) AND entry.lot_id IS NOT NULL AND entry.state IS DISTINCT FROM 'debt'
ORDER BY header.position, entry.number

-- name: expired
-- How much of some lots has expired unspent, without what was reclaimed since.
SELECT entry.lot_id, sum(
    CASE WHEN entry.book = 'breakage' THEN entry.points ELSE -entry.points END
) AS points
FROM loyalty_ledger_entry AS entry
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
WHERE entry.lot_id = ANY(%(lots)s::uuid[])
    AND (
        (header.kind = 'expire' AND entry.book = 'member' AND entry.state = 'active')
        OR (header.kind <> 'expire' AND header.kind <> 'forfeit' AND entry.book = 'breakage')
    )
GROUP BY entry.lot_id

-- name: add_accounts
-- Give members accounts in currencies in which they have none.
INSERT INTO loyalty_ledger_account (id, member_id, currency)
SELECT * FROM unnest(%(ids)s::uuid[], %(members)s::uuid[], %(currencies)s::text[])
ON CONFLICT (member_id, currency) DO NOTHING

-- name: lots_by_origin
-- The lots on some accounts that came from others, of which anything stands.
SELECT id FROM loyalty_ledger_lot
WHERE account_id = ANY(%(accounts)s::uuid[]) AND origin_account_id = ANY(%(origins)s::uuid[]) AND is_open

-- name: carry_closed_lots
-- Let lots of which nothing stands follow the others of their origin, so that what comes back to them comes there.
UPDATE loyalty_ledger_lot AS lot SET account_id = told.account_id
FROM unnest(%(froms)s::uuid[], %(accounts)s::uuid[]) AS told (from_id, account_id)
WHERE lot.account_id = told.from_id AND lot.origin_account_id = ANY(%(origins)s::uuid[]) AND NOT lot.is_open

-- name: lead_accounts
-- Let accounts lead to others, or to themselves again.
UPDATE loyalty_ledger_account AS account SET leads_to_id = told.leads_to_id
FROM unnest(%(accounts)s::uuid[], %(leads_to)s::uuid[]) AS told (id, leads_to_id)
WHERE account.id = told.id

-- name: merged_below
-- The members that were merged into one, and into those, with their accounts; the one itself too.
WITH RECURSIVE below (id) AS (
    SELECT %(member_id)s::uuid
    UNION
    SELECT merge.merged_id FROM loyalty_ledger_member_merge AS merge
    JOIN below ON below.id = merge.survivor_id
    WHERE merge.undone_at IS NULL
)
SELECT account.member_id, account.id, account.currency, account.leads_to_id
FROM below JOIN loyalty_ledger_account AS account ON account.member_id = below.id

-- name: netted
-- What paid the debts of others in some transactions.
SELECT lot_id, cause, -sum(points) FROM loyalty_ledger_entry
WHERE transaction_id = ANY(%(transactions)s::uuid[]) AND state = 'active' AND points < 0
GROUP BY lot_id, cause
ORDER BY lot_id, cause

-- name: granted_upon
-- By which transaction an occasion granted its lot, and how many points.
SELECT entry.transaction_id, sum(entry.points)::bigint FROM loyalty_ledger_lot AS lot
JOIN loyalty_ledger_entry AS entry ON entry.lot_id = lot.id AND entry.book = 'member' AND entry.points > 0
JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
WHERE lot.occasion = %(occasion)s AND header.kind IN ('grant', 'adjust')
GROUP BY entry.transaction_id

-- name: members_among
-- Which of some customers have enrolled, in whichever programme.
SELECT DISTINCT customer_id FROM loyalty_ledger_member WHERE customer_id = ANY(%(ids)s::uuid[])
