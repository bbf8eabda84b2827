-- name: crossing_merges
-- The merges of members that stand though their customers are two by now, the latest first; of some customers' members.
SELECT merge.merged_id, merge.survivor_id, merged.program_id
FROM loyalty_ledger_member_merge AS merge
JOIN loyalty_ledger_member AS merged ON merged.id = merge.merged_id
JOIN loyalty_ledger_member AS survivor ON survivor.id = merge.survivor_id
LEFT JOIN customers_alias AS merged_alias ON merged_alias.customer_id = merged.customer_id
LEFT JOIN customers_alias AS survivor_alias ON survivor_alias.customer_id = survivor.customer_id
WHERE merge.undone_at IS NULL
    AND (merged.customer_id = ANY(%(customers)s::uuid[]) OR survivor.customer_id = ANY(%(customers)s::uuid[]))
    AND COALESCE(merged_alias.survivor_id, merged.customer_id)
        <> COALESCE(survivor_alias.survivor_id, survivor.customer_id)
ORDER BY merge.id DESC

-- name: members_in_common
-- The members that customers are in each programme, with the customer that each leads to; where those are several, the
-- one that the others are to be merged into comes first: who did not leave, the survivor's own, and the longest one.
SELECT member.program_id, COALESCE(alias.survivor_id, member.customer_id), member.id
FROM loyalty_ledger_member AS member
LEFT JOIN customers_alias AS alias ON alias.customer_id = member.customer_id
WHERE member.customer_id = ANY(%(customers)s::uuid[]) AND member.state IN ('active', 'left')
ORDER BY 1, 2, member.state, alias.survivor_id IS NOT NULL, member.enrolled_at, member.id

-- name: members_to_erase
-- The members that customers are or were, those first into whom others were merged.
SELECT member.id, member.program_id
FROM loyalty_ledger_member AS member
WHERE member.customer_id = ANY(%(customers)s::uuid[]) AND member.state <> 'erased'
ORDER BY member.merged_into_id IS NOT NULL, member.id

-- name: members_of_customer
-- The members that a customer is, under any of its ids: one in each programme, the longest first.
SELECT member.id, member.program_id, member.customer_id, member.code, member.state, member.merged_into_id,
    member.enrolled_at, member.left_at
FROM loyalty_ledger_member AS member
WHERE member.customer_id = ANY(%(customers)s::uuid[]) AND member.state <> 'merged'
ORDER BY member.enrolled_at, member.id

-- name: ids_of_member
-- A member's own id, and those of all that are merged into it.
SELECT id FROM loyalty_ledger_member WHERE id = %(member_id)s OR merged_into_id = %(member_id)s

-- name: members
-- A programme's members of a state before another one, those who came last first.
SELECT member.id, member.program_id, member.customer_id, member.code, member.state, member.merged_into_id,
    member.enrolled_at, member.left_at
FROM loyalty_ledger_member AS member
WHERE member.program_id = %(program_id)s AND member.state = %(state)s
    AND (%(before)s::uuid IS NULL OR member.id < %(before)s::uuid)
ORDER BY member.id DESC
LIMIT %(limit)s

-- name: members_on_tier
-- A programme's members of a state on a tier, or on none, before another one, those who came last first.
SELECT member.id, member.program_id, member.customer_id, member.code, member.state, member.merged_into_id,
    member.enrolled_at, member.left_at
FROM loyalty_tiers_standing AS standing
JOIN loyalty_ledger_member AS member ON member.id = standing.member_id
WHERE standing.program_id = %(program_id)s AND standing.tier_set = %(tier_set)s
    AND standing.tier IS NOT DISTINCT FROM %(tier)s::text AND member.state = %(state)s
    AND (%(before)s::uuid IS NULL OR member.id < %(before)s::uuid)
ORDER BY member.id DESC
LIMIT %(limit)s

-- name: count_members
-- How many members of a programme there are in each state, and how many of them enrolled since a moment.
SELECT state, count(*), count(*) FILTER (WHERE enrolled_at >= %(since)s AND enrolled_at <= %(until)s)
FROM loyalty_ledger_member
WHERE program_id = %(program_id)s
GROUP BY state

-- name: count_active
-- How many active members of a programme were granted points between two moments, but not by hand, or had a reward
-- confirmed; under whichever id.
WITH earned AS (
    SELECT DISTINCT lot.origin_account_id AS account_id
    FROM loyalty_ledger_lot AS lot
    WHERE lot.granted_at >= %(since)s AND lot.granted_at < %(until)s AND lot.source_kind <> 'adjustment'
),
moved AS (
    SELECT account.member_id FROM earned JOIN loyalty_ledger_account AS account ON account.id = earned.account_id
    UNION
    SELECT redemption.member_id
    FROM loyalty_rewards_redemption AS redemption
    WHERE redemption.program_id = %(program_id)s
        AND redemption.confirmed_at >= %(since)s AND redemption.confirmed_at < %(until)s
),
roots AS (
    SELECT DISTINCT COALESCE(given.merged_into_id, given.id) AS id
    FROM moved JOIN loyalty_ledger_member AS given ON given.id = moved.member_id
    WHERE given.program_id = %(program_id)s
)
SELECT count(*)
FROM roots JOIN loyalty_ledger_member AS root ON root.id = roots.id
WHERE root.state = 'active'

-- name: count_orders
-- How many orders were placed between two moments and not cancelled, and how many of them a programme's members bought.
SELECT count(*), count(judged.member_id)
FROM orders_order AS placed
LEFT JOIN loyalty_adjudication_order AS judged
    ON judged.order_id = placed.id AND judged.program_id = %(program_id)s
WHERE placed.placed_at >= %(since)s AND placed.placed_at < %(until)s AND placed.cancelled_at IS NULL
