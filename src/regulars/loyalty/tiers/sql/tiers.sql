-- name: find_members
-- The active members of a programme to whom some ids lead, whose customers they are, and since when; by id.
SELECT DISTINCT member.id, member.customer_id, member.enrolled_at
FROM loyalty_ledger_member AS given
JOIN loyalty_ledger_member AS member ON member.id = COALESCE(given.merged_into_id, given.id)
WHERE given.id = ANY(%(ids)s::uuid[]) AND member.program_id = %(program_id)s::uuid AND member.state = 'active'
ORDER BY member.id

-- name: active_members
-- The active members of a programme after an id, whose customers they are, and since when.
SELECT id, customer_id, enrolled_at FROM loyalty_ledger_member
WHERE program_id = %(program_id)s::uuid AND state = 'active' AND id > %(after_id)s::uuid
ORDER BY id
LIMIT %(limit)s::bigint

-- name: find_merged
-- The members who were merged into some members.
SELECT id, merged_into_id FROM loyalty_ledger_member WHERE merged_into_id = ANY(%(ids)s::uuid[])

-- name: add_standings
-- Let active members have a row for each set, those to whom the ids lead; in the order in which rows are locked.
INSERT INTO loyalty_tiers_standing (member_id, program_id, tier_set)
SELECT DISTINCT member.id, member.program_id, wanted.tier_set
FROM unnest(%(ids)s::uuid[], %(tier_sets)s::text[]) AS wanted (id, tier_set)
JOIN loyalty_ledger_member AS given ON given.id = wanted.id
JOIN loyalty_ledger_member AS member ON member.id = COALESCE(given.merged_into_id, given.id)
WHERE member.state = 'active' AND NOT EXISTS (
    SELECT FROM loyalty_tiers_standing AS standing
    WHERE standing.member_id = member.id AND standing.tier_set = wanted.tier_set
)
ORDER BY member.id, wanted.tier_set
ON CONFLICT (member_id, tier_set) DO NOTHING

-- name: lock_standings
-- Let nobody else write the standings to which ids and sets lead until this transaction ends; always in the same order.
SELECT standing.id
FROM loyalty_tiers_standing AS standing
WHERE (standing.member_id, standing.tier_set) IN (
    SELECT COALESCE(given.merged_into_id, given.id), wanted.tier_set
    FROM unnest(%(ids)s::uuid[], %(tier_sets)s::text[]) AS wanted (id, tier_set)
    JOIN loyalty_ledger_member AS given ON given.id = wanted.id
)
ORDER BY standing.member_id, standing.tier_set
FOR UPDATE OF standing

-- name: add_progress
-- Keep progress; what is kept under its occasion already is left out. Return the occasions of what is new.
INSERT INTO loyalty_tiers_progress
    (member_id, tier_set, occurred_at, amount, source_kind, source_id, occasion, recorded_at)
SELECT member_id, tier_set, occurred_at, amount, source_kind, source_id, occasion, %(now)s::timestamptz
FROM unnest(
    %(member_ids)s::uuid[], %(tier_sets)s::text[], %(occurred_ats)s::timestamptz[], %(amounts)s::bigint[],
    %(source_kinds)s::text[], %(source_ids)s::uuid[], %(occasions)s::uuid[]
) AS told (member_id, tier_set, occurred_at, amount, source_kind, source_id, occasion)
ON CONFLICT (occasion) DO NOTHING
RETURNING occasion

-- name: set_due
-- Let standings be due to be evaluated from a moment on, where they are not before.
UPDATE loyalty_tiers_standing AS standing SET due_at = LEAST(standing.due_at, told.due_at)
FROM (
    SELECT COALESCE(given.merged_into_id, given.id) AS member_id, wanted.tier_set, min(wanted.due_at) AS due_at
    FROM unnest(%(ids)s::uuid[], %(tier_sets)s::text[], %(due_ats)s::timestamptz[]) AS wanted (id, tier_set, due_at)
    JOIN loyalty_ledger_member AS given ON given.id = wanted.id
    GROUP BY 1, 2
) AS told
WHERE standing.member_id = told.member_id AND standing.tier_set = told.tier_set

-- name: find_progress
-- The progress of some ids from a moment on that may still count, each with the member to whom it counts. Of what lies
-- before all that is yet to be decided only the local day matters: a quarter of an hour is told as one, since days begin
-- with one in every zone.
SELECT wanted.member_id, progress.tier_set, told.moment, sum(progress.amount)::bigint
FROM unnest(%(ids)s::uuid[], %(member_ids)s::uuid[], %(sinces)s::timestamptz[], %(decided)s::timestamptz[])
    AS wanted (id, member_id, since, decided)
JOIN loyalty_tiers_progress AS progress ON progress.member_id = wanted.id
    AND progress.tier_set = ANY(%(tier_sets)s::text[]) AND progress.occurred_at >= wanted.since
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN progress.occurred_at < wanted.decided
            THEN date_bin('15 minutes', progress.occurred_at, '2000-01-01 00:00:00+00'::timestamptz)
        ELSE progress.occurred_at
    END
) AS told (moment)
GROUP BY wanted.member_id, progress.tier_set, told.moment

-- name: save_standings
-- Keep where members stand after an evaluation.
UPDATE loyalty_tiers_standing AS standing
SET tier = told.tier, since = told.since, kept_until = told.kept_until, grace_ends_at = told.grace_ends_at,
    is_locked = told.is_locked, locked_until = told.locked_until, lock_reason = told.lock_reason,
    evaluated_at = told.evaluated_at, version = told.version, due_at = told.due_at, progress = told.progress,
    next_tier = told.next_tier, missing = told.missing, falls_at = told.falls_at, falls_to = told.falls_to
FROM unnest(
    %(ids)s::bigint[], %(tiers)s::text[], %(sinces)s::timestamptz[], %(kept_untils)s::timestamptz[],
    %(grace_ends_ats)s::timestamptz[], %(are_locked)s::boolean[], %(locked_untils)s::timestamptz[],
    %(lock_reasons)s::text[], %(evaluated_ats)s::timestamptz[], %(versions)s::integer[], %(due_ats)s::timestamptz[],
    %(progresses)s::bigint[], %(next_tiers)s::text[], %(missings)s::bigint[], %(falls_ats)s::timestamptz[],
    %(falls_tos)s::text[]
) AS told (id, tier, since, kept_until, grace_ends_at, is_locked, locked_until, lock_reason, evaluated_at, version,
    due_at, progress, next_tier, missing, falls_at, falls_to)
WHERE standing.id = told.id

-- name: add_changes
-- Keep that tiers have changed, in the order in which they did.
INSERT INTO loyalty_tiers_change
    (member_id, tier_set, from_tier, to_tier, reason, effective_at, recorded_at, version, is_up)
SELECT member_id, tier_set, from_tier, to_tier, reason, effective_at, %(now)s::timestamptz, version, is_up
FROM unnest(
    %(member_ids)s::uuid[], %(tier_sets)s::text[], %(from_tiers)s::text[], %(to_tiers)s::text[], %(reasons)s::text[],
    %(effective_ats)s::timestamptz[], %(versions)s::integer[], %(are_up)s::boolean[]
) WITH ORDINALITY AS told (member_id, tier_set, from_tier, to_tier, reason, effective_at, version, is_up, number)
ORDER BY number

-- name: find_tiers
-- The tiers, as known today, that those had to whom some ids lead, each at a moment of its own.
SELECT told.id, standing.tier_set, CASE
    WHEN standing.since <= told.at THEN standing.tier
    ELSE (
        SELECT change.to_tier FROM loyalty_tiers_change AS change
        WHERE change.member_id = standing.member_id AND change.tier_set = standing.tier_set
            AND change.effective_at <= told.at
        ORDER BY change.id DESC LIMIT 1
    )
END
FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) AS told (id, at)
JOIN loyalty_ledger_member AS given ON given.id = told.id
JOIN loyalty_tiers_standing AS standing ON standing.member_id = COALESCE(given.merged_into_id, given.id)

-- name: ladder
-- How many active members of a programme stand on which tier of each set; those not evaluated yet are left out.
SELECT standing.tier_set, standing.tier, count(*)
FROM loyalty_tiers_standing AS standing
JOIN loyalty_ledger_member AS member ON member.id = standing.member_id AND member.state = 'active'
WHERE standing.program_id = %(program_id)s::uuid AND standing.since IS NOT NULL
GROUP BY standing.tier_set, standing.tier

-- name: rising
-- Who is nearest to the next tier of a set.
SELECT standing.member_id, member.customer_id, standing.tier, standing.next_tier, standing.progress, standing.missing
FROM loyalty_tiers_standing AS standing
JOIN loyalty_ledger_member AS member ON member.id = standing.member_id AND member.state = 'active'
WHERE standing.program_id = %(program_id)s::uuid AND standing.tier_set = %(tier_set)s::text
    AND standing.missing IS NOT NULL
ORDER BY standing.missing, standing.member_id
LIMIT %(limit)s::bigint

-- name: falling
-- Who falls next in a set if nothing more is earned.
SELECT standing.member_id, member.customer_id, standing.tier, standing.falls_to, standing.progress, standing.falls_at
FROM loyalty_tiers_standing AS standing
JOIN loyalty_ledger_member AS member ON member.id = standing.member_id AND member.state = 'active'
WHERE standing.program_id = %(program_id)s::uuid AND standing.tier_set = %(tier_set)s::text
    AND standing.falls_at IS NOT NULL
ORDER BY standing.falls_at, standing.member_id
LIMIT %(limit)s::bigint

-- name: due
-- Standings of a programme that are due to be evaluated, after a moment and member in that order.
SELECT due_at, member_id
FROM loyalty_tiers_standing
WHERE program_id = %(program_id)s::uuid AND due_at <= %(now)s::timestamptz
    AND (due_at, member_id) > (%(after)s::timestamptz, %(after_id)s::uuid)
ORDER BY due_at, member_id
LIMIT %(limit)s::bigint

-- name: behind
-- Standings of a programme that were evaluated by a version before one, after a version and member in that order.
SELECT version, member_id
FROM loyalty_tiers_standing
WHERE program_id = %(program_id)s::uuid AND version < %(version)s::integer
    AND tier_set = ANY(%(tier_sets)s::text[])
    AND (version, member_id) > (%(after)s::integer, %(after_id)s::uuid)
ORDER BY version, member_id
LIMIT %(limit)s::bigint

-- name: without_standing
-- Active members of a programme who do not stand in all of its sets yet, after an id.
SELECT member.id
FROM loyalty_ledger_member AS member
WHERE member.program_id = %(program_id)s::uuid AND member.state = 'active' AND member.id > %(after_id)s::uuid
    AND EXISTS (
        SELECT FROM unnest(%(tier_sets)s::text[]) AS wanted (tier_set)
        WHERE NOT EXISTS (
            SELECT FROM loyalty_tiers_standing AS standing
            WHERE standing.member_id = member.id AND standing.tier_set = wanted.tier_set
        )
    )
ORDER BY member.id
LIMIT %(limit)s::bigint

-- name: last_progress
-- The last of the progress that was kept for some members, under any of their ids; 0 for none.
SELECT COALESCE(max(progress.id), 0)
FROM loyalty_ledger_member AS member
JOIN loyalty_tiers_progress AS progress ON progress.member_id = member.id
WHERE member.id = ANY(%(ids)s::uuid[]) OR member.merged_into_id = ANY(%(ids)s::uuid[])

-- name: set_due_since
-- Let the standings of some members be due now for which progress was kept after another, under any of their ids; all of
-- them where no other is given.
UPDATE loyalty_tiers_standing AS standing SET due_at = LEAST(standing.due_at, %(now)s::timestamptz)
WHERE standing.member_id = ANY(%(ids)s::uuid[]) AND (%(last_progress)s::bigint IS NULL OR EXISTS (
    SELECT FROM loyalty_ledger_member AS member
    JOIN loyalty_tiers_progress AS progress ON progress.member_id = member.id
    WHERE (member.id = standing.member_id OR member.merged_into_id = standing.member_id)
        AND progress.tier_set = standing.tier_set AND progress.id > %(last_progress)s::bigint
))
