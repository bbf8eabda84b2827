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
-- Let lots be active whose accounts are locked and owe nothing, one transaction for each moment; tell of each account.
WITH due AS MATERIALIZED (
    SELECT lot.id, lot.account_id, lot.currency, lot.pending AS points, header.id AS transaction_id, header.at,
        member.customer_id, row_number() OVER (PARTITION BY header.id ORDER BY told.number) AS number
    FROM unnest(%(lots)s::uuid[], %(accounts)s::uuid[]) WITH ORDINALITY AS told (id, account_id, number)
    JOIN loyalty_ledger_lot AS lot ON lot.id = told.id AND lot.account_id = told.account_id
    JOIN loyalty_ledger_account AS account ON account.id = lot.account_id AND account.debt = 0
    JOIN loyalty_ledger_member AS member ON member.id = account.member_id
    JOIN unnest(%(transactions)s::uuid[], %(moments)s::timestamptz[]) AS header (id, at) ON header.at = lot.activates_at
    WHERE lot.pending > 0
),
headers AS (
    INSERT INTO loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, entries)
    SELECT transaction_id, %(program_id)s, 'activate', at, %(now)s, %(actor)s, 2 * count(*)
    FROM due GROUP BY transaction_id, at ORDER BY at
),
entries AS (
    INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points)
    SELECT due.transaction_id, 2 * due.number - part.back, 'member', due.account_id, due.id, part.state, due.currency,
        part.sign * due.points
    FROM due CROSS JOIN (VALUES (1, 'pending', -1), (0, 'active', 1)) AS part (back, state, sign)
),
changes AS (
    SELECT transaction_id, at, account_id, currency, customer_id, sum(points) AS points, min(number) AS number
    FROM due GROUP BY transaction_id, at, account_id, currency, customer_id
)
SELECT stream_append_alike(
    %(now)s::timestamptz, %(event_type)s, %(actor)s, %(source)s, array_agg(id ORDER BY number),
    array_agg(customer_id ORDER BY number), array_agg(at ORDER BY number), array_agg(payload ORDER BY number)
), (SELECT count(*) FROM due)
FROM (
    SELECT (left(%(base)s, 24) || lpad(to_hex(row_number() OVER (ORDER BY at, number)), 12, '0'))::uuid AS id,
        customer_id, at, row_number() OVER (ORDER BY at, number) AS number,
        jsonb_build_object(
            'transaction_id', transaction_id, 'program', %(program)s::text, 'currency', currency, 'points', points
        ) AS payload
    FROM changes
) AS event

-- name: expire
-- Let lots whose accounts are locked expire, one transaction for each moment, which names each lot on the members' side
-- and each currency on that of breakage; tell of each account.
WITH due AS MATERIALIZED (
    SELECT lot.id, lot.account_id, lot.currency, lot.active AS points, header.id AS transaction_id, header.at,
        member.customer_id, row_number() OVER (PARTITION BY header.id ORDER BY told.number) AS number
    FROM unnest(%(lots)s::uuid[], %(accounts)s::uuid[]) WITH ORDINALITY AS told (id, account_id, number)
    JOIN loyalty_ledger_lot AS lot ON lot.id = told.id AND lot.account_id = told.account_id
    JOIN loyalty_ledger_account AS account ON account.id = lot.account_id
    JOIN loyalty_ledger_member AS member ON member.id = account.member_id
    JOIN unnest(%(transactions)s::uuid[], %(moments)s::timestamptz[]) AS header (id, at) ON header.at = lot.expires_at
    WHERE lot.active > 0
),
sums AS (
    SELECT transaction_id, currency, sum(points) AS points, sum(count(*)) OVER (PARTITION BY transaction_id)
        + row_number() OVER (PARTITION BY transaction_id ORDER BY currency) AS number
    FROM due GROUP BY transaction_id, currency
),
headers AS (
    INSERT INTO loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, entries)
    SELECT transaction_id, %(program_id)s, 'expire', at, %(now)s, %(actor)s, count(*) + count(DISTINCT currency)
    FROM due GROUP BY transaction_id, at ORDER BY at
),
entries AS (
    INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points)
    SELECT transaction_id, number, 'member', account_id, id, 'active', currency, -points FROM due
    UNION ALL
    SELECT transaction_id, number, 'breakage', NULL, NULL, NULL, currency, points FROM sums
),
changes AS (
    SELECT transaction_id, at, account_id, currency, customer_id, -sum(points) AS points, min(number) AS number
    FROM due GROUP BY transaction_id, at, account_id, currency, customer_id
)
SELECT stream_append_alike(
    %(now)s::timestamptz, %(event_type)s, %(actor)s, %(source)s, array_agg(id ORDER BY number),
    array_agg(customer_id ORDER BY number), array_agg(at ORDER BY number), array_agg(payload ORDER BY number)
), (SELECT count(*) FROM due)
FROM (
    SELECT (left(%(base)s, 24) || lpad(to_hex(row_number() OVER (ORDER BY at, number)), 12, '0'))::uuid AS id,
        customer_id, at, row_number() OVER (ORDER BY at, number) AS number,
        jsonb_build_object(
            'transaction_id', transaction_id, 'program', %(program)s::text, 'currency', currency, 'points', points
        ) AS payload
    FROM changes
) AS event

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
-- Grant the same to many whose accounts are locked, lead where they did, owe nothing, and have not been granted it
-- before; in one transaction, which names each lot on the members' side; tell of each account. Return how many were
-- granted it, and how many lead elsewhere by now.
WITH named AS MATERIALIZED (
    SELECT named.*, coalesce(own.leads_to_id, own.id) = named.at AS stays,
        encode(
            substr(sha256(convert_to(named.member_id || ' ' || %(occurrence)s, 'UTF8')), 1, 16), 'hex'
        )::uuid AS occasion
    FROM unnest(
        %(accounts)s::uuid[], %(ats)s::uuid[], %(members)s::uuid[]
    ) WITH ORDINALITY AS named (account_id, at, member_id, number)
    JOIN loyalty_ledger_account AS own ON own.id = named.account_id
    WHERE named.member_id <> ALL(%(others)s::uuid[])
),
told AS MATERIALIZED (
    SELECT named.account_id, named.at, row_number() OVER (ORDER BY named.number) AS number, member.customer_id,
        named.occasion
    FROM named
    JOIN loyalty_ledger_account AS account ON account.id = named.at
    JOIN loyalty_ledger_member AS member ON member.id = account.member_id
    WHERE named.stays AND NOT EXISTS (SELECT FROM loyalty_ledger_lot AS lot WHERE lot.occasion = named.occasion)
),
granted AS MATERIALIZED (
    SELECT *, (left(%(base)s, 24) || lpad(to_hex(2 * number), 12, '0'))::uuid AS lot_id,
        (left(%(base)s, 24) || lpad(to_hex(2 * number + 1), 12, '0'))::uuid AS event_id
    FROM told
),
headers AS (
    INSERT INTO loyalty_ledger_transaction (id, program_id, kind, occurred_at, posted_at, actor, memo, entries)
    SELECT %(transaction)s, %(program_id)s, %(kind)s, %(granted_at)s, %(now)s, %(actor)s, %(memo)s::jsonb, count(*) + 1
    FROM granted HAVING count(*) > 0
),
lots AS (
    INSERT INTO loyalty_ledger_lot
        (id, account_id, origin_account_id, currency, granted_at, activates_at, expires_at, inactivity, source_kind,
        source_id, rule, version, funding, counts_for_tiers, occasion)
    SELECT lot_id, at, account_id, %(currency)s, %(granted_at)s, %(activates_at)s::timestamptz, %(expires_at)s::timestamptz,
        %(inactivity)s::jsonb, %(source_kind)s, %(source_id)s::uuid, %(rule)s, %(version)s, %(funding)s, %(counts_for_tiers)s,
        occasion
    FROM granted
),
entries AS (
    INSERT INTO loyalty_ledger_entry (transaction_id, number, book, account_id, lot_id, state, currency, points)
    SELECT %(transaction)s, number, 'member', at, lot_id, %(state)s, %(currency)s, %(points)s FROM granted
    UNION ALL
    SELECT %(transaction)s, count(*) + 1, %(book)s, NULL, NULL, NULL, %(currency)s, -%(points)s::bigint * count(*)
    FROM granted HAVING count(*) > 0
)
SELECT stream_append_alike(
    %(now)s::timestamptz, %(event_type)s, %(actor)s, %(source)s, array_agg(event_id ORDER BY number),
    array_agg(customer_id ORDER BY number), array_agg(%(granted_at)s::timestamptz), array_agg(payload ORDER BY number)
), count(*), (SELECT count(*) FROM named WHERE NOT stays)
FROM (
    SELECT event_id, customer_id, number,
        jsonb_build_object(
            'transaction_id', %(transaction)s::uuid, 'program', %(program)s::text, 'currency', %(currency)s::text,
            'points', %(points)s::bigint
        ) AS payload
    FROM granted
) AS event
