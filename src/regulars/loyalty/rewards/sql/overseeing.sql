-- name: count_series
-- Of each series of a programme: codes made in batches, given to members, used, withdrawn, and no longer good unused.
-- A code is of a batch or a member's, and a part of the index holds each count, so that millions of codes are not read.
WITH made AS (
    SELECT series, sum(made) AS codes FROM loyalty_rewards_batch
    WHERE program_id = %(program_id)s GROUP BY series
), given AS (
    SELECT series, count(*) AS codes,
        count(*) FILTER (WHERE good_until <= %(now)s AND redeemed = 0 AND withdrawn_at IS NULL) AS over
    FROM loyalty_rewards_voucher
    WHERE program_id = %(program_id)s AND member_id IS NOT NULL GROUP BY series
), used AS (
    SELECT series, count(*) AS codes, sum(redeemed) AS uses FROM loyalty_rewards_voucher
    WHERE program_id = %(program_id)s AND redeemed > 0 GROUP BY series
), withdrawn AS (
    SELECT series, count(*) FILTER (WHERE redeemed = 0) AS codes FROM loyalty_rewards_voucher
    WHERE program_id = %(program_id)s AND withdrawn_at IS NOT NULL GROUP BY series
)
SELECT series, COALESCE(made.codes, 0), COALESCE(given.codes, 0), COALESCE(used.codes, 0), COALESCE(used.uses, 0),
    COALESCE(withdrawn.codes, 0), COALESCE(given.over, 0)
FROM made
FULL JOIN given USING (series)
FULL JOIN used USING (series)
FULL JOIN withdrawn USING (series)
ORDER BY series

-- name: count_given
-- How often each reward was given lately, and how often it waits to be handed over; what was given back counts for neither.
SELECT reward,
    count(*) FILTER (WHERE confirmed_at >= %(month_ago)s),
    count(*) FILTER (WHERE confirmed_at >= %(year_ago)s),
    count(*) FILTER (WHERE fulfilled_at IS NULL)
FROM loyalty_rewards_redemption
WHERE program_id = %(program_id)s AND state = 'confirmed' AND (confirmed_at >= %(year_ago)s OR fulfilled_at IS NULL)
GROUP BY reward
