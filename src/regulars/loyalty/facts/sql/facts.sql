-- name: keep_facts
-- Keep anew what is known of some customers by their membership, under all ids that lead to each; who is no member, or
-- was merged into another customer, has no row.
-- Of several programmes the oldest counts; of several members of one customer in it, who enrolled first.
-- Points are earned as they were granted or given by hand, less what was taken back; an order's that had expired before
-- it came back are taken back too. Spent is what was redeemed and did not come back. What a merge carried along counts.
WITH wanted AS (
    SELECT survivor AS customer_id, survivor AS known_as FROM unnest(%(customer_ids)s::uuid[]) AS survivor
    UNION ALL
    SELECT survivor_id, customer_id FROM customers_alias WHERE survivor_id = ANY(%(customer_ids)s::uuid[])
),
memberships AS (
    SELECT wanted.customer_id, member.id AS member_id, member.enrolled_at, program.key, program.created_at,
        terms.program_id, terms.zone, terms.currency, terms.tier_set, terms.tier_scale
    FROM wanted
    JOIN loyalty_ledger_member AS member ON member.customer_id = wanted.known_as AND member.state = 'active'
    JOIN loyalty_facts_program AS terms ON terms.program_id = member.program_id
    JOIN loyalty_definitions_program AS program ON program.id = member.program_id
),
chosen AS (
    SELECT DISTINCT ON (customer_id) customer_id, member_id, enrolled_at, zone, currency, tier_set, tier_scale
    FROM memberships
    ORDER BY customer_id, created_at, program_id, enrolled_at, member_id
),
programs AS (
    SELECT customer_id, array_agg(DISTINCT key ORDER BY key) AS keys FROM memberships GROUP BY customer_id
),
gone AS (
    DELETE FROM loyalty_facts_customer AS facts
    WHERE facts.customer_id = ANY(%(customer_ids)s::uuid[] || %(merged_ids)s::uuid[])
        AND NOT EXISTS (SELECT FROM chosen WHERE chosen.customer_id = facts.customer_id)
)
INSERT INTO loyalty_facts_customer AS facts (
    customer_id, programs, member_id, member_ids, account_id, zone, tier_set, tier_scale, member_since,
    lifetime_points, spent_points, redemptions, last_earned_at, last_redeemed_at
)
SELECT chosen.customer_id, programs.keys, chosen.member_id, same.ids, account.id, chosen.zone, chosen.tier_set,
    chosen.tier_scale, chosen.enrolled_at, COALESCE(moved.earned, 0), COALESCE(moved.spent, 0), redeemed.redemptions,
    moved.last_earned_at, redeemed.last_redeemed_at
FROM chosen
JOIN programs ON programs.customer_id = chosen.customer_id
LEFT JOIN loyalty_ledger_account AS account
    ON account.member_id = chosen.member_id AND account.currency = chosen.currency
CROSS JOIN LATERAL (
    SELECT array_agg(member.id ORDER BY member.id) AS ids
    FROM loyalty_ledger_member AS member
    WHERE member.id = chosen.member_id OR member.merged_into_id = chosen.member_id
) AS same
LEFT JOIN LATERAL (
    SELECT
        sum(CASE
            WHEN entry.book = 'member' AND header.kind IN ('grant', 'adjust', 'cancel') THEN entry.points
            WHEN entry.book = 'issued' AND header.kind IN ('claw_back', 'give_back') THEN -entry.points
        END) AS earned,
        -sum(entry.points) FILTER (
            WHERE entry.book = 'member' AND header.kind IN ('redeem', 'confirm', 'refund')
        ) AS spent,
        max(header.occurred_at) FILTER (WHERE header.kind = 'grant') AS last_earned_at
    FROM loyalty_ledger_lot AS lot
    JOIN loyalty_ledger_entry AS entry ON entry.lot_id = lot.id
    JOIN loyalty_ledger_transaction AS header ON header.id = entry.transaction_id
    WHERE lot.account_id = account.id
) AS moved ON TRUE
CROSS JOIN LATERAL (
    SELECT count(*) AS redemptions, max(redemption.confirmed_at) AS last_redeemed_at
    FROM loyalty_rewards_redemption AS redemption
    WHERE redemption.member_id = ANY(same.ids) AND redemption.state = 'confirmed'
) AS redeemed
ORDER BY chosen.customer_id
ON CONFLICT (customer_id) DO UPDATE SET
    programs = excluded.programs,
    member_id = excluded.member_id,
    member_ids = excluded.member_ids,
    account_id = excluded.account_id,
    zone = excluded.zone,
    tier_set = excluded.tier_set,
    tier_scale = excluded.tier_scale,
    member_since = excluded.member_since,
    lifetime_points = excluded.lifetime_points,
    spent_points = excluded.spent_points,
    redemptions = excluded.redemptions,
    last_earned_at = excluded.last_earned_at,
    last_redeemed_at = excluded.last_redeemed_at
WHERE (
    facts.programs, facts.member_id, facts.member_ids, facts.account_id, facts.zone, facts.tier_set, facts.tier_scale,
    facts.member_since, facts.lifetime_points, facts.spent_points, facts.redemptions, facts.last_earned_at,
    facts.last_redeemed_at
) IS DISTINCT FROM (
    excluded.programs, excluded.member_id, excluded.member_ids, excluded.account_id, excluded.zone, excluded.tier_set,
    excluded.tier_scale, excluded.member_since, excluded.lifetime_points, excluded.spent_points, excluded.redemptions,
    excluded.last_earned_at, excluded.last_redeemed_at
)

-- name: next_customers
-- The next customers, by id, of whom something is to be kept: who was ever a member, and who still has a row.
SELECT customer_id FROM (
    (
        SELECT DISTINCT customer_id FROM loyalty_ledger_member
        WHERE customer_id > %(after)s::uuid ORDER BY customer_id LIMIT %(limit)s
    )
    UNION
    (SELECT customer_id FROM loyalty_facts_customer WHERE customer_id > %(after)s::uuid ORDER BY customer_id LIMIT %(limit)s)
) AS found
ORDER BY customer_id
LIMIT %(limit)s

-- name: count_customers
-- Of how many customers something is to be kept, about.
SELECT count(DISTINCT customer_id) FROM loyalty_ledger_member

-- name: keep_program
-- Keep what the facts of a programme's members are told in; tell whether it was otherwise before, as their rows have it.
WITH before AS (
    SELECT currency, zone, tier_set, tier_scale FROM loyalty_facts_program WHERE program_id = %(program_id)s::uuid
),
kept AS (
    INSERT INTO loyalty_facts_program (program_id, version, zone, currency, tier_set, tier_scale)
    VALUES (%(program_id)s::uuid, %(version)s, %(zone)s, %(currency)s, %(tier_set)s::text, %(tier_scale)s)
    ON CONFLICT (program_id) DO UPDATE SET
        version = excluded.version,
        zone = excluded.zone,
        currency = excluded.currency,
        tier_set = excluded.tier_set,
        tier_scale = excluded.tier_scale
    RETURNING currency, zone, tier_set, tier_scale
)
SELECT NOT EXISTS (SELECT * FROM before INTERSECT SELECT * FROM kept)
