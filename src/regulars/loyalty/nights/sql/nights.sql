-- name: activations
-- The transactions of a programme, from a number of the stream's order on, that let points be active; those also that no
-- horizon shows yet. Some at a time, after a place.
SELECT transaction, position, id FROM loyalty_ledger_transaction
WHERE (transaction, position) > (%(after_transaction)s::bigint, %(after_position)s::bigint)
    AND program_id = %(program_id)s::uuid AND kind = 'activate'
ORDER BY transaction, position
LIMIT %(limit)s::bigint

-- name: expiring
-- How many active points of a programme's members are good until when, by account and local day of the zone, of those
-- that are good no longer after a moment and at another; some at a time, after an account and a day.
SELECT lot.account_id, (lot.expires_at AT TIME ZONE %(zone)s::text)::date AS day, member.id, member.customer_id,
    account.currency, sum(lot.active)::bigint, min(lot.expires_at)
FROM loyalty_ledger_lot AS lot
JOIN loyalty_ledger_account AS account ON account.id = lot.account_id
JOIN loyalty_ledger_member AS member ON member.id = account.member_id
WHERE lot.is_open AND lot.active > 0
    AND lot.expires_at > %(after)s::timestamptz AND lot.expires_at <= %(until)s::timestamptz
    AND member.program_id = %(program_id)s::uuid AND member.state = 'active'
    AND (lot.account_id, (lot.expires_at AT TIME ZONE %(zone)s::text)::date)
        > (%(after_account)s::uuid, %(after_day)s::date)
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2
LIMIT %(limit)s::bigint

-- name: came
-- The orders that were placed, and the members who enrolled, after a moment and up to another, in the sequence in which
-- they came; some at a time.
SELECT kind, id, at FROM (
    SELECT 'order' AS kind, id, placed_at AS at FROM orders_order
    UNION ALL
    SELECT 'enrolment', id, enrolled_at FROM loyalty_ledger_member WHERE state = 'active'
) AS came
WHERE (at, id) > (%(after)s::timestamptz, %(after_id)s::uuid) AND at <= %(until)s::timestamptz
ORDER BY at, id
LIMIT %(limit)s::bigint
