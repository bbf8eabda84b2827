-- name: due_activations
-- The pending lots of a programme that become active by a moment, in batches in the order of their moments: the lots of
-- each with their accounts, and the moments.
SELECT array_agg(id)::text, array_agg(account_id)::text, array_agg(DISTINCT at), sum(count(*)) OVER (ORDER BY batch)
FROM (
    SELECT lot.id, lot.account_id, lot.activates_at AS at,
        (row_number() OVER (ORDER BY lot.activates_at, lot.account_id, lot.id) - 1) / %(at_once)s AS batch
    FROM loyalty_ledger_lot AS lot
    JOIN loyalty_ledger_account AS account ON account.id = lot.account_id
    JOIN loyalty_ledger_member AS member ON member.id = account.member_id
    WHERE lot.pending > 0 AND lot.activates_at <= %(until)s AND member.program_id = %(program_id)s
    ORDER BY lot.activates_at, lot.account_id, lot.id
    LIMIT %(most)s
) AS due
GROUP BY batch
ORDER BY batch

-- name: due_expiries
-- The active lots of a programme that expire by a moment, likewise.
SELECT array_agg(id)::text, array_agg(account_id)::text, array_agg(DISTINCT at), sum(count(*)) OVER (ORDER BY batch)
FROM (
    SELECT lot.id, lot.account_id, lot.expires_at AS at,
        (row_number() OVER (ORDER BY lot.expires_at, lot.account_id, lot.id) - 1) / %(at_once)s AS batch
    FROM loyalty_ledger_lot AS lot
    JOIN loyalty_ledger_account AS account ON account.id = lot.account_id
    JOIN loyalty_ledger_member AS member ON member.id = account.member_id
    WHERE lot.is_open AND lot.active > 0 AND lot.expires_at <= %(until)s AND member.program_id = %(program_id)s
    ORDER BY lot.expires_at, lot.account_id, lot.id
    LIMIT %(most)s
) AS due
GROUP BY batch
ORDER BY batch

-- name: lock_accounts
-- Lock accounts in the one order in which everybody does.
SELECT count(*) FROM (
    SELECT id FROM loyalty_ledger_account WHERE id = ANY(%(accounts)s::uuid[]) ORDER BY id FOR UPDATE
) AS locked

-- name: go_by_index
-- Until the end of this transaction look rows up: for each batch the planner would read whole tables; and let nobody
-- be merged or parted.
SELECT loyalty_ledger_stay(), set_config('enable_seqscan', 'off', TRUE), set_config('enable_mergejoin', 'off', TRUE),
    set_config('random_page_cost', '1', TRUE)

-- name: owing_members
-- Whose accounts owe something.
SELECT DISTINCT member_id FROM loyalty_ledger_account WHERE id = ANY(%(accounts)s::uuid[]) AND debt > 0

-- name: activate
-- Let lots be active whose accounts are locked and owe nothing; return how many.
SELECT loyalty_ledger_activate(
    %(program_id)s::uuid, %(program)s::text, %(now)s::timestamptz, %(actor)s::text, %(source)s::text,
    %(event_type)s::text, %(base)s::text,
    %(lots)s::uuid[], %(accounts)s::uuid[], %(moments)s::timestamptz[], %(transactions)s::uuid[]
)

-- name: expire
-- Let lots whose accounts are locked expire; return how many.
SELECT loyalty_ledger_expire(
    %(program_id)s::uuid, %(program)s::text, %(now)s::timestamptz, %(actor)s::text, %(source)s::text,
    %(event_type)s::text, %(base)s::text,
    %(lots)s::uuid[], %(accounts)s::uuid[], %(moments)s::timestamptz[], %(transactions)s::uuid[]
)

-- name: recipients
-- The accounts of a programme's members in a currency, in batches: whose each is, and where its lots are. Of the members
-- that are named those who were not erased; of all those who are members today.
SELECT array_agg(id)::text, array_agg(at)::text, array_agg(member_id)::text, sum(count(*)) OVER (ORDER BY batch)
FROM (
    SELECT account.id, coalesce(account.leads_to_id, account.id) AS at, member.id AS member_id,
        (row_number() OVER (ORDER BY coalesce(account.leads_to_id, account.id), account.id) - 1) / %(at_once)s AS batch
    FROM loyalty_ledger_member AS member
    JOIN loyalty_ledger_account AS account ON account.member_id = member.id AND account.currency = %(currency)s
    WHERE member.program_id = %(program_id)s AND (
        member.id = ANY(%(members)s::uuid[]) AND member.state <> 'erased'
        OR %(members)s::uuid[] IS NULL AND member.state = 'active'
    )
) AS recipient
GROUP BY batch
ORDER BY batch

-- name: owing_or_moving
-- Of the accounts of some members, whose have debts to be paid, or lots that this activity keeps good for longer.
SELECT told.member_id FROM unnest(%(members)s::uuid[], %(ats)s::uuid[]) AS told (member_id, at)
JOIN loyalty_ledger_account AS account ON account.id = told.at
WHERE account.debt > 0 OR EXISTS (
    SELECT FROM loyalty_ledger_lot AS lot
    WHERE lot.account_id = told.at AND lot.is_open AND lot.inactivity IS NOT NULL
)

-- name: granted_occasions
-- Which occasions have granted.
SELECT occasion FROM loyalty_ledger_lot WHERE occasion = ANY(%(occasions)s::uuid[])

-- name: grant
-- Grant the same to many whose accounts are locked, lead where they did, owe nothing, and have not been granted it before.
-- Return how many were granted it, and how many lead elsewhere by now.
SELECT granted, moved FROM loyalty_ledger_grant(
    %(program_id)s::uuid, %(program)s::text, %(now)s::timestamptz, %(actor)s::text, %(source)s::text,
    %(event_type)s::text, %(base)s::text,
    %(accounts)s::uuid[], %(ats)s::uuid[], %(members)s::uuid[], %(others)s::uuid[],
    %(transaction)s::uuid, %(kind)s::text, %(memo)s::jsonb, %(occurrence)s::text,
    %(currency)s::text, %(points)s::bigint, %(is_active)s::boolean, %(book)s::text,
    %(granted_at)s::timestamptz, %(activates_at)s::timestamptz, %(expires_at)s::timestamptz, %(inactivity)s::jsonb,
    %(source_kind)s::text, %(source_id)s::uuid, %(rule)s::text, %(version)s::integer, %(funding)s::text,
    %(counts_for_tiers)s::boolean
)
