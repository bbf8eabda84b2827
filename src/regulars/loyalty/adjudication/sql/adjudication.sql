-- name: member_uses
-- How much of some caps a member has used, each in a period of its own; of those that are merged all count together.
WITH root AS (
    SELECT COALESCE(merged_into_id, id) AS id FROM loyalty_ledger_member WHERE id = %(member_id)s
)
SELECT bound, sum(used) FROM loyalty_adjudication_member_use
WHERE (bound, period) IN (SELECT * FROM unnest(%(bounds)s::text[], %(periods)s::text[])) AND member_id IN (
    SELECT id FROM root
    UNION ALL
    SELECT merged.id FROM loyalty_ledger_member AS merged JOIN root ON merged.merged_into_id = root.id
)
GROUP BY bound

-- name: escrow_left
-- What is left of bounds that many share, each in a period of its own; where nobody has drawn yet there is no row.
SELECT bound, sum("left") FROM loyalty_adjudication_escrow
WHERE program_id = %(program_id)s
    AND (bound, period) IN (SELECT * FROM unnest(%(bounds)s::text[], %(periods)s::text[]))
GROUP BY bound

-- name: open_escrow
-- Spread what a bound allows in a period over its rows, where nobody has yet.
INSERT INTO loyalty_adjudication_escrow (program_id, bound, period, slot, "left")
SELECT %(program_id)s, %(bound)s, %(period)s, told.slot, told.share
FROM unnest(%(slots)s::smallint[], %(shares)s::numeric[]) AS told (slot, share)
WHERE NOT EXISTS (
    SELECT FROM loyalty_adjudication_escrow AS there
    WHERE there.program_id = %(program_id)s AND there.bound = %(bound)s AND there.period = %(period)s
)
ORDER BY told.slot
ON CONFLICT DO NOTHING

-- name: draw_one
-- Draw all that is wanted from one row that has so much and that nobody else holds; no row where there is none.
UPDATE loyalty_adjudication_escrow SET "left" = "left" - %(wanted)s
WHERE (program_id, bound, period, slot) = (
    SELECT program_id, bound, period, slot FROM loyalty_adjudication_escrow
    WHERE program_id = %(program_id)s AND bound = %(bound)s AND period = %(period)s AND "left" >= %(wanted)s
    ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING %(wanted)s::numeric

-- name: hold_all
-- Hold all rows, waiting for whoever holds them.
SELECT FROM loyalty_adjudication_escrow
WHERE program_id = %(program_id)s AND bound = %(bound)s AND period = %(period)s
ORDER BY slot FOR UPDATE

-- name: draw_all
-- Draw what is wanted, or what there is, from all rows together. They are held by a statement before: one that waited
-- for others itself would take from the rows as they stood when it began.
WITH held AS (
    SELECT slot, "left" FROM loyalty_adjudication_escrow
    WHERE program_id = %(program_id)s AND bound = %(bound)s AND period = %(period)s
),
running AS (
    SELECT slot, least("left", greatest(0, %(wanted)s - sum("left") OVER (ORDER BY slot) + "left")) AS taken FROM held
),
drawn AS (
    UPDATE loyalty_adjudication_escrow AS escrow SET "left" = escrow."left" - running.taken
    FROM running
    WHERE escrow.program_id = %(program_id)s AND escrow.bound = %(bound)s AND escrow.period = %(period)s
        AND escrow.slot = running.slot AND running.taken > 0
    RETURNING running.taken
)
SELECT coalesce(sum(taken), 0) FROM drawn

-- name: give_back
-- Put back what was drawn and not used, or is no longer, into a row that nobody holds, or else the first.
UPDATE loyalty_adjudication_escrow SET "left" = "left" + %(amount)s
WHERE (program_id, bound, period, slot) = (
    SELECT program_id, bound, period, slot FROM loyalty_adjudication_escrow
    WHERE program_id = %(program_id)s AND bound = %(bound)s AND period = %(period)s
    ORDER BY slot LIMIT 1
)

-- name: note_uses
-- Add to what a member has used of caps, or take from it.
INSERT INTO loyalty_adjudication_member_use AS used (member_id, bound, period, used)
SELECT %(member_id)s, told.bound, told.period, told.change
FROM unnest(%(bounds)s::text[], %(periods)s::text[], %(changes)s::numeric[]) AS told (bound, period, change)
ON CONFLICT (member_id, bound, period) DO UPDATE SET used = used.used + excluded.used

-- name: progress_of_transactions
-- What transactions brought to tiers that are reached by points, or took from them: what a lot has earned counts from
-- its activation on, for the member in whose name it came; what is no longer earned counts as if it had never been.
-- Where many were granted the same, the last entry is what came from the book for all of them, and names no lot.
WITH told AS MATERIALIZED (
    SELECT header.id, header.kind, header.occurred_at, header.position, EXISTS (
        SELECT FROM loyalty_ledger_entry AS entry
        WHERE entry.transaction_id = header.id AND entry.number = header.entries
            AND entry.book = 'issued' AND entry.lot_id IS NULL
    ) AS is_to_many
    FROM loyalty_ledger_transaction AS header WHERE header.id = ANY(%(transactions)s::uuid[])
),
changes AS (
    SELECT told.id, entry.lot_id, -entry.points AS points
    FROM told JOIN loyalty_ledger_entry AS entry ON entry.transaction_id = told.id
    JOIN loyalty_ledger_lot AS lot ON lot.id = entry.lot_id
    WHERE told.kind IN ('grant', 'claw_back', 'give_back') AND entry.book = 'issued'
        AND lot.activates_at <= told.occurred_at
    UNION ALL
    SELECT told.id, entry.lot_id, entry.points
    FROM told JOIN loyalty_ledger_entry AS entry ON entry.transaction_id = told.id
    JOIN loyalty_ledger_lot AS lot ON lot.id = entry.lot_id
    WHERE told.kind = 'grant' AND told.is_to_many AND entry.book = 'member' AND lot.activates_at <= told.occurred_at
    UNION ALL
    SELECT told.id, entry.lot_id, (
        SELECT sum(CASE issued.book WHEN 'issued' THEN -issued.points ELSE issued.points END)
        FROM loyalty_ledger_entry AS issued
        JOIN loyalty_ledger_transaction AS before ON before.id = issued.transaction_id
        WHERE issued.lot_id = entry.lot_id AND before.position < told.position AND (
            issued.book = 'issued'
            OR issued.book = 'member' AND before.kind = 'grant' AND EXISTS (
                SELECT FROM loyalty_ledger_entry AS common
                WHERE common.transaction_id = before.id AND common.number = before.entries
                    AND common.book = 'issued' AND common.lot_id IS NULL
            )
        )
    )
    FROM told JOIN loyalty_ledger_entry AS entry ON entry.transaction_id = told.id
    WHERE told.kind = 'activate' AND entry.state = 'pending'
)
SELECT changes.id, changes.lot_id, lot.activates_at, origin.member_id, lot.currency, sum(changes.points)
FROM changes
JOIN loyalty_ledger_lot AS lot ON lot.id = changes.lot_id
JOIN loyalty_ledger_account AS origin ON origin.id = lot.origin_account_id
WHERE lot.counts_for_tiers
GROUP BY changes.id, changes.lot_id, lot.activates_at, origin.member_id, lot.currency
HAVING sum(changes.points) <> 0

-- name: opted_in
-- To which offers members had opted in at a moment, under whichever of the ids that lead to where theirs leads.
SELECT DISTINCT asked.id, opted.rule
FROM unnest(%(members)s::uuid[]) AS asked (id)
JOIN loyalty_ledger_member AS member ON member.id = asked.id
JOIN LATERAL (
    SELECT coalesce(member.merged_into_id, member.id) AS id
    UNION ALL
    SELECT merged.id FROM loyalty_ledger_member AS merged
    WHERE merged.merged_into_id = coalesce(member.merged_into_id, member.id)
) AS same ON TRUE
JOIN loyalty_adjudication_opt_in AS opted ON opted.member_id = same.id
WHERE opted.opted_in_at <= %(at)s AND (opted.opted_out_at IS NULL OR opted.opted_out_at > %(at)s)

-- name: members_of_day
-- Who was a member of a programme when a day began, by id, behind one; merged members are one with their survivor.
SELECT id, customer_id FROM loyalty_ledger_member
WHERE program_id = %(program_id)s AND id > %(after)s AND enrolled_at <= %(at)s
    AND (state = 'active' OR (state = 'left' AND left_at > %(at)s))
ORDER BY id LIMIT %(limit)s

-- name: transactions_of_source
-- The transactions that have moved the lots of a source, as those that a day has granted.
SELECT DISTINCT entry.transaction_id FROM loyalty_ledger_lot AS lot
JOIN loyalty_ledger_entry AS entry ON entry.lot_id = lot.id
WHERE lot.source_id = %(source_id)s AND lot.counts_for_tiers

-- name: waiting_in_vain
-- The orders of a programme with lots that wait for an event since before the moment that is told of their rule, or of
-- the one that leads them, in a version.
SELECT DISTINCT told.order_id
FROM loyalty_ledger_lot AS lot
JOIN loyalty_adjudication_order AS told ON told.id = lot.source_id
JOIN loyalty_adjudication_earning AS earning ON earning.order_id = told.id AND earning.lot_id = lot.id
JOIN unnest(%(versions)s::integer[], %(rules)s::text[], %(befores)s::timestamptz[]) AS gone (version, rule, before)
    ON gone.version = told.program_version AND gone.rule = coalesce(nullif(earning.led_by, ''), earning.rule)
WHERE lot.pending > 0 AND lot.activates_at IS NULL AND lot.source_kind = 'order'
    AND told.program_id = %(program_id)s AND told.placed_at < gone.before

-- name: adjudicated
-- Which of some orders have been adjudicated, in whichever programme.
SELECT DISTINCT order_id FROM loyalty_adjudication_order WHERE order_id = ANY(%(ids)s::uuid[])
