-- name: at_risk
-- Customers at risk, those with the most at stake first; after an amount and an id in that order.
SELECT customer_id
FROM insights_score
WHERE revenue_at_stake_minor > 0 AND at_risk AND (
    %(stake)s::bigint IS NULL OR (revenue_at_stake_minor, customer_id) < (%(stake)s::bigint, %(customer_id)s::uuid)
)
ORDER BY revenue_at_stake_minor DESC, customer_id DESC
LIMIT %(limit)s

-- name: run_qualities
-- How well the models of the last runs stood their tests. Each report is taken apart once, and little of it leaves.
SELECT run.id, run.as_of, run.finished_at, run.customers, told.models #>> '{purchase,chosen}',
    (told.risk ->> 'auc')::float8, (told.risk ->> 'brier')::float8, (told.backtest ->> 'mae')::float8,
    (told.backtest ->> 'predicted')::float8, (told.backtest ->> 'actual')::bigint
FROM (
    SELECT id, as_of, finished_at, customers, started_at
    FROM insights_run
    WHERE state = 'succeeded'
    ORDER BY started_at DESC, id
    LIMIT %(limit)s
) AS run
JOIN insights_section AS section ON section.run_id = run.id AND section.name = 'report'
CROSS JOIN LATERAL jsonb_to_record(section.content) AS told (models jsonb, risk jsonb, backtest jsonb)
ORDER BY run.started_at DESC, run.id

-- name: lock_scores
-- Let nobody else write scores until this transaction ends; waits for who is just doing so. What follows is about all
-- customers at once.
SELECT pg_advisory_xact_lock(hashtext('regulars.insights.scores')), set_config('work_mem', '256MB', true)

-- name: try_lock_scores
-- Whether one may write scores now: no run is putting its own in place.
SELECT pg_try_advisory_xact_lock(hashtext('regulars.insights.scores'))

-- name: have_wait
-- Have customers wait until a run has put its scores in place.
INSERT INTO insights_waiting (customer_id) SELECT unnest(%(customer_ids)s::uuid[]) ON CONFLICT DO NOTHING

-- name: take_waiting
-- The customers who wait, who do so no longer.
DELETE FROM insights_waiting RETURNING customer_id

-- name: any_waiting
-- Whether anybody waits.
SELECT EXISTS (SELECT FROM insights_waiting)

-- name: begin_staged
-- Forget what was staged; what is staged next was made by a run at a moment.
SELECT insights_begin_staged(%(run_id)s, %(scored_at)s)

-- name: clear_staged
-- Forget what was staged.
SELECT insights_clear_staged()

-- name: touched_since
-- The customers of whom something was told since a place in the stream.
SELECT DISTINCT customer_id
FROM stream_event
WHERE transaction >= %(since)s AND type = ANY(%(types)s) AND customer_id IS NOT NULL

-- name: purchases_of
-- What some customers bought and what came back of it, under all ids that lead to each, as the lake's statement of orders
-- tells it; without what has no rate.
WITH known_as AS (
    SELECT survivor AS customer_id, survivor AS id FROM unnest(%(customer_ids)s::uuid[]) AS survivor
    UNION ALL
    SELECT survivor_id, customer_id FROM customers_alias WHERE survivor_id = ANY(%(customer_ids)s::uuid[])
), placed AS MATERIALIZED (
    SELECT known_as.customer_id, placed.id, placed.placed_at, placed.net_reporting_minor, placed.returned_minor,
        placed.returned_reporting_minor
    FROM known_as
    JOIN orders_order AS placed ON placed.customer_id = known_as.id
    WHERE placed.cancelled_at IS NULL AND placed.net_reporting_minor IS NOT NULL
)
SELECT customer_id, placed_at, NULL::timestamptz,
    net_reporting_minor + CASE WHEN returned_minor > 0 THEN returned_reporting_minor ELSE 0 END
FROM placed
UNION ALL
SELECT customer_id, placed_at, returned_at, (before_minor - up_to_minor)::bigint
FROM (
    SELECT placed.customer_id, placed.placed_at, GREATEST(shared.returned_at, placed.placed_at) AS returned_at,
        div(placed.returned_reporting_minor * shared.up_to_minor, shared.whole_minor) AS up_to_minor,
        div(placed.returned_reporting_minor * shared.before_minor, shared.whole_minor) AS before_minor
    FROM placed
    JOIN LATERAL (
        SELECT
            returned.returned_at,
            sum(GREATEST(returned.amount_minor, 0)) OVER run AS up_to_minor,
            sum(GREATEST(returned.amount_minor, 0)) OVER run - GREATEST(returned.amount_minor, 0) AS before_minor,
            sum(GREATEST(returned.amount_minor, 0)) OVER () AS whole_minor
        FROM orders_return AS returned
        WHERE returned.order_id = placed.id
        WINDOW run AS (ORDER BY returned.number)
    ) AS shared ON shared.whole_minor > 0
    WHERE placed.returned_minor > 0
) AS returns
WHERE up_to_minor <> before_minor

-- name: stage_rfm
-- Let what is staged of some customers be as it is now; who was not in the run comes with RFM alone. Who has ordered
-- since the run is silent no longer, so that nothing is at stake; when the next order comes is found by night.
INSERT INTO insights_staged_score AS staged (
    customer_id, run_id, r, f, m, rfm_segment, rfm_on, first_on, last_on, frequency, revenue_minor, scored_at
)
SELECT told.customer_id, %(run_id)s, told.r, told.f, told.m, told.rfm_segment, %(today)s, told.first_on, told.last_on,
    told.frequency, told.revenue_minor, %(now)s
FROM unnest(
    %(customer_ids)s::uuid[], %(rs)s::smallint[], %(fs)s::smallint[], %(ms)s::smallint[], %(segments)s::text[],
    %(firsts)s::date[], %(lasts)s::date[], %(frequencies)s::int[], %(revenues)s::bigint[]
) AS told (customer_id, r, f, m, rfm_segment, first_on, last_on, frequency, revenue_minor)
ON CONFLICT (customer_id) DO UPDATE SET
    r = excluded.r, f = excluded.f, m = excluded.m, rfm_segment = excluded.rfm_segment, rfm_on = excluded.rfm_on,
    first_on = excluded.first_on, last_on = excluded.last_on, frequency = excluded.frequency,
    revenue_minor = excluded.revenue_minor,
    at_risk = staged.at_risk AND excluded.last_on <= staged.last_on,
    revenue_at_stake_minor =
        CASE WHEN excluded.last_on <= staged.last_on THEN staged.revenue_at_stake_minor ELSE 0 END,
    next_order_expected_on = CASE WHEN excluded.last_on <= staged.last_on THEN staged.next_order_expected_on END

-- name: unstage
-- Leave some customers out of what is staged: nothing that they bought is left.
DELETE FROM insights_staged_score WHERE customer_id = ANY(%(customer_ids)s::uuid[])

-- name: keep_run_changes
-- Keep for whom a run changes the segment or a decile, and for whom nothing bought is left.
INSERT INTO insights_score_history AS history (
    customer_id, changed_on, run_id, rfm_segment, risk_decile, clv_decile
)
SELECT customer_id, %(today)s, %(run_id)s, staged.rfm_segment, staged.risk_decile, staged.clv_decile
FROM insights_staged_score AS staged
FULL JOIN insights_score AS score USING (customer_id)
WHERE (staged.rfm_segment, staged.risk_decile, staged.clv_decile)
    IS DISTINCT FROM (score.rfm_segment, score.risk_decile, score.clv_decile)
ON CONFLICT (customer_id, changed_on) DO UPDATE SET
    run_id = excluded.run_id, rfm_segment = excluded.rfm_segment, risk_decile = excluded.risk_decile,
    clv_decile = excluded.clv_decile

-- name: staged_of_nobody
-- Who is staged and no customer any more. Apart from the deletion, so that several processes look for them.
SELECT staged.customer_id
FROM insights_staged_score AS staged
WHERE NOT EXISTS (SELECT FROM customers_customer AS customer WHERE customer.id = staged.customer_id)

-- name: finish_staged
-- Give what is staged the indexes and the statistics that the scores have.
SELECT insights_finish_staged()

-- name: swap_scores
-- Let what is staged be the scores, and forget what was known; gives up where somebody reads scores for long.
SELECT insights_swap_scores()

-- name: keep_moves
-- Keep whose segment an order changes; the deciles stay as the last run made them.
INSERT INTO insights_score_history AS history (
    customer_id, changed_on, run_id, rfm_segment, risk_decile, clv_decile
)
SELECT told.customer_id, %(today)s, %(run_id)s, told.rfm_segment, score.risk_decile, score.clv_decile
FROM unnest(%(customer_ids)s::uuid[], %(segments)s::text[]) AS told (customer_id, rfm_segment)
LEFT JOIN insights_score AS score USING (customer_id)
WHERE told.rfm_segment IS DISTINCT FROM score.rfm_segment
ON CONFLICT (customer_id, changed_on) DO UPDATE SET
    run_id = excluded.run_id, rfm_segment = excluded.rfm_segment, risk_decile = excluded.risk_decile,
    clv_decile = excluded.clv_decile

-- name: move_rfm
-- Give customers the RFM that their orders now come to; a row that would stay the same is not written. Who has ordered
-- since the run is silent no longer, so that nothing is at stake; when the next order comes is found by night.
INSERT INTO insights_score AS score (
    customer_id, run_id, r, f, m, rfm_segment, rfm_on, first_on, last_on, frequency, revenue_minor, scored_at
)
SELECT told.customer_id, %(run_id)s, told.r, told.f, told.m, told.rfm_segment, %(today)s, told.first_on, told.last_on,
    told.frequency, told.revenue_minor, %(now)s
FROM unnest(
    %(customer_ids)s::uuid[], %(rs)s::smallint[], %(fs)s::smallint[], %(ms)s::smallint[], %(segments)s::text[],
    %(firsts)s::date[], %(lasts)s::date[], %(frequencies)s::int[], %(revenues)s::bigint[]
) AS told (customer_id, r, f, m, rfm_segment, first_on, last_on, frequency, revenue_minor)
ON CONFLICT (customer_id) DO UPDATE SET
    r = excluded.r, f = excluded.f, m = excluded.m, rfm_segment = excluded.rfm_segment, rfm_on = excluded.rfm_on,
    first_on = excluded.first_on, last_on = excluded.last_on, frequency = excluded.frequency,
    revenue_minor = excluded.revenue_minor,
    at_risk = score.at_risk AND excluded.last_on <= score.last_on,
    revenue_at_stake_minor =
        CASE WHEN excluded.last_on <= score.last_on THEN score.revenue_at_stake_minor ELSE 0 END,
    next_order_expected_on = CASE WHEN excluded.last_on <= score.last_on THEN score.next_order_expected_on END
WHERE (
    score.r, score.f, score.m, score.rfm_segment, score.rfm_on, score.first_on, score.last_on, score.frequency,
    score.revenue_minor
) IS DISTINCT FROM (
    excluded.r, excluded.f, excluded.m, excluded.rfm_segment, excluded.rfm_on, excluded.first_on, excluded.last_on,
    excluded.frequency, excluded.revenue_minor
)

-- name: keep_gone
-- Keep from when on nothing that some customers bought is left, where they had scores.
INSERT INTO insights_score_history AS history (
    customer_id, changed_on, run_id, rfm_segment, risk_decile, clv_decile
)
SELECT customer_id, %(today)s, %(run_id)s, NULL, NULL, NULL
FROM insights_score
WHERE customer_id = ANY(%(customer_ids)s::uuid[])
ON CONFLICT (customer_id, changed_on) DO UPDATE SET
    run_id = excluded.run_id, rfm_segment = NULL, risk_decile = NULL, clv_decile = NULL

-- name: drop_scores
-- Forget the scores of some customers.
DELETE FROM insights_score WHERE customer_id = ANY(%(customer_ids)s::uuid[])

-- name: any_purchase
-- Whether any customer has bought anything.
SELECT EXISTS (SELECT FROM orders_order WHERE customer_id IS NOT NULL AND cancelled_at IS NULL)

-- name: left_alone
-- Runs that are under way, and for which no job waits or runs: their job was given up, or the database was away.
SELECT run.id
FROM insights_run AS run
WHERE run.state = 'running' AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS job
    WHERE job.task_name = %(task)s AND job.status IN ('todo', 'doing') AND job.args ->> 'run_id' = run.id::text
)

-- name: runs_naming
-- The runs whose report names a customer under one of some ids, and as of which day.
SELECT run.id, run.as_of
FROM insights_section AS section
JOIN insights_run AS run ON run.id = section.run_id
WHERE section.name = 'report' AND EXISTS (
    SELECT
    FROM jsonb_array_elements((section.content -> 'at_risk') || (section.content -> 'best')) AS person
    WHERE person ->> 'customer' = ANY(%(customers)s)
)
ORDER BY run.started_at, run.id

-- name: forget_in_run
-- Take a customer, under all of some ids, out of the lists of people in a run's report.
UPDATE insights_section AS section
SET content = section.content || (
    SELECT jsonb_object_agg(list.name, list.kept)
    FROM (
        SELECT listed.name, (
            SELECT COALESCE(jsonb_agg(told.person ORDER BY told.place), '[]')
            FROM jsonb_array_elements(section.content -> listed.name) WITH ORDINALITY AS told (person, place)
            WHERE NOT told.person ->> 'customer' = ANY(%(customers)s)
        ) AS kept
        FROM unnest(ARRAY['at_risk', 'best']) AS listed (name)
    ) AS list
)
WHERE section.run_id = %(run_id)s AND section.name = 'report'
