-- name: last_run
-- How the run that began last stands, when it began, and how long it took.
SELECT id::text, state, started_at, customers, error_message, extract(epoch FROM finished_at - started_at)::float8
FROM insights_run ORDER BY started_at DESC LIMIT 1

-- name: forget
-- Forget all scores, so that the next run is the first.
TRUNCATE insights_score, insights_score_history, insights_section, insights_run

-- name: behind
-- How many seconds the oldest order has waited that a subscription which keeps facts or moves RFM has not been handed.
SELECT max(COALESCE(extract(epoch FROM clock_timestamp() - (
    SELECT event.received_at
    FROM stream_event AS event
    WHERE (event.transaction, event.position) > (cursor.transaction, cursor.position) AND event.type = 'order.placed'
    ORDER BY event.transaction, event.position
    LIMIT 1
)), 0))::float8
FROM stream_cursor AS cursor
WHERE cursor.subscription IN ('orders.facts', 'insights.rfm')

-- name: some_addresses
-- E-mail addresses of some of the customers.
SELECT value FROM customers_identifier TABLESAMPLE SYSTEM (%(percent)s) WHERE kind = 'email' LIMIT 20000
