-- name: add_codes
-- Keep codes that nobody has yet, and return the ids of those that were kept.
INSERT INTO loyalty_rewards_voucher (id, program_id, series, code, batch_id, made_at)
SELECT told.id, %(program_id)s::uuid, %(series)s, told.code, %(batch_id)s::uuid, %(now)s
FROM unnest(%(ids)s::uuid[], %(codes)s::text[]) AS told (id, code)
ON CONFLICT DO NOTHING
RETURNING id

-- name: count_codes_like
-- How many codes there are that a pattern could make; only asked of patterns with little room.
SELECT count(*) FROM loyalty_rewards_voucher WHERE translate(code, 'OIL-', '011') LIKE %(pattern)s

-- name: find_member
-- A member, with the one that it leads to after merges, and all that lead there; who was erased is no customer any more.
SELECT member.id, member.customer_id, root.id, root.state,
    ARRAY(SELECT each.id FROM loyalty_ledger_member AS each WHERE each.id = root.id OR each.merged_into_id = root.id)
FROM loyalty_ledger_member AS member
JOIN loyalty_ledger_member AS root ON root.id = COALESCE(member.merged_into_id, member.id)
WHERE member.id = %(member_id)s

-- name: redeemed_for
-- What was redeemed in a programme for some orders, with each one's place in the list: by the order's id, or by its name
-- for the member who bought, under all ids that lead to this member.
SELECT asked.number, redemption.id
FROM unnest(%(order_ids)s::uuid[]) WITH ORDINALITY AS asked (order_id, number)
JOIN loyalty_rewards_redemption AS redemption USING (order_id)
WHERE redemption.program_id = %(program_id)s
UNION
SELECT asked.number, redemption.id
FROM unnest(%(references)s::text[], %(buyers)s::uuid[]) WITH ORDINALITY AS asked (reference, buyer_id, number)
JOIN loyalty_ledger_member AS buyer ON buyer.id = asked.buyer_id
JOIN LATERAL (
    SELECT COALESCE(buyer.merged_into_id, buyer.id) AS id
    UNION
    SELECT id FROM loyalty_ledger_member WHERE merged_into_id = COALESCE(buyer.merged_into_id, buyer.id)
) AS each ON TRUE
JOIN loyalty_rewards_redemption AS redemption ON redemption.member_id = each.id AND redemption.reference = asked.reference
WHERE redemption.program_id = %(program_id)s
ORDER BY 2

-- name: lock_member_vouchers
-- Let nobody else use vouchers for this member until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('loyalty_rewards.voucher', 0) # hashtextextended(%(member_id)s::text, 1))

-- name: lock_vouchers
-- Lock the vouchers of some codes, always in the same order.
SELECT id FROM loyalty_rewards_voucher
WHERE translate(code, 'OIL-', '011') = ANY (%(codes)s::text[]) AND program_id = %(program_id)s
ORDER BY id FOR UPDATE

-- name: see_vouchers
-- What stands of some codes, one row for each that is told, whether or not there is such a code.
SELECT
    voucher.id,
    COALESCE(voucher.series, '') AS series,
    COALESCE(owner.merged_into_id, owner.id) AS owner_id,
    voucher.good_until,
    voucher.withdrawn_at IS NOT NULL AS is_withdrawn,
    voucher.redeemed,
    (
        SELECT count(*) FROM loyalty_rewards_use AS held
        WHERE held.voucher_id = voucher.id AND held.state = 'held' AND held.held_until > %(now)s
            AND held.reference <> %(reference)s
    ) AS held,
    (
        SELECT own.id FROM loyalty_rewards_use AS own
        WHERE own.voucher_id = voucher.id AND own.reference = %(reference)s AND own.state = 'redeemed'
    ) AS own_use_id,
    EXISTS (
        SELECT FROM loyalty_rewards_use AS mine
        WHERE mine.voucher_id = voucher.id AND mine.state = 'redeemed' AND mine.member_id = ANY (%(member_ids)s::uuid[])
    ) AS is_mine,
    (
        SELECT count(*) FROM loyalty_rewards_use AS mine
        JOIN loyalty_rewards_voucher AS other ON other.id = mine.voucher_id
        WHERE mine.member_id = ANY (%(member_ids)s::uuid[])
            AND other.program_id = voucher.program_id AND other.series = voucher.series
            AND (
                (mine.state = 'redeemed' AND (mine.reference <> %(reference)s OR mine.voucher_id <> voucher.id))
                OR (mine.state = 'held' AND mine.held_until > %(now)s AND mine.reference <> %(reference)s)
            )
    ) AS member_uses
FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS told (code, number)
LEFT JOIN loyalty_rewards_voucher AS voucher
    ON translate(voucher.code, 'OIL-', '011') = told.code AND voucher.program_id = %(program_id)s
LEFT JOIN loyalty_ledger_member AS owner ON owner.id = voucher.member_id
ORDER BY told.number

-- name: redeemed_with
-- The vouchers that were redeemed with an order, and their series.
SELECT voucher.id, voucher.series
FROM loyalty_rewards_use AS used
JOIN loyalty_rewards_voucher AS voucher ON voucher.id = used.voucher_id
WHERE used.reference = %(reference)s AND used.state = 'redeemed' AND voucher.program_id = %(program_id)s
ORDER BY used.id

-- name: lapse_holds
-- Mark the holds of some vouchers whose time is over.
UPDATE loyalty_rewards_use SET state = 'lapsed', ended_at = %(now)s, ended_by = %(actor)s
WHERE state = 'held' AND voucher_id = ANY (%(voucher_ids)s::uuid[]) AND held_until <= %(now)s

-- name: release_holds
-- End what an order holds of a programme's vouchers, all or some; return the vouchers.
UPDATE loyalty_rewards_use AS held SET state = 'released', ended_at = %(now)s, ended_by = %(actor)s
FROM loyalty_rewards_voucher AS voucher
WHERE held.reference = %(reference)s AND held.state = 'held'
    AND voucher.id = held.voucher_id AND voucher.program_id = %(program_id)s
    AND (%(voucher_ids)s::uuid[] IS NULL OR voucher.id = ANY (%(voucher_ids)s::uuid[]))
RETURNING voucher.id

-- name: count_redeemed
-- Count uses of vouchers that were redeemed, or rolled back.
UPDATE loyalty_rewards_voucher AS voucher SET redeemed = voucher.redeemed + told.uses
FROM unnest(%(ids)s::uuid[], %(uses)s::integer[]) AS told (id, uses)
WHERE voucher.id = told.id

-- name: lock_redeemed_with
-- Lock the vouchers that were redeemed with an order, all or some, in the order of all; return the uses.
SELECT used.id
FROM loyalty_rewards_voucher AS voucher
JOIN loyalty_rewards_use AS used ON used.voucher_id = voucher.id
WHERE used.reference = %(reference)s AND used.state = 'redeemed' AND voucher.program_id = %(program_id)s
    AND (%(voucher_ids)s::uuid[] IS NULL OR voucher.id = ANY (%(voucher_ids)s::uuid[]))
ORDER BY voucher.id
FOR UPDATE OF voucher

-- name: wrong_tries
-- How many wrong codes a client has tried in a window of time.
SELECT wrong FROM loyalty_rewards_try WHERE client = %(client)s AND time_window = %(window)s

-- name: count_wrong_tries
-- Count wrong codes of a client in a window of time, and return how many there have been in it.
INSERT INTO loyalty_rewards_try AS tried (client, time_window, wrong)
VALUES (%(client)s, %(window)s, %(wrong)s)
ON CONFLICT (client) DO UPDATE SET
    wrong = CASE WHEN tried.time_window < excluded.time_window THEN excluded.wrong ELSE tried.wrong + excluded.wrong END,
    time_window = GREATEST(tried.time_window, excluded.time_window)
RETURNING wrong

-- name: forget_tries
-- Forget clients that have tried nothing wrong since a window of time.
DELETE FROM loyalty_rewards_try WHERE time_window < %(window)s RETURNING 1
