-- name: state
-- Where the stream stands: the number below which every transaction has ended, and the last event that is seen here.
SELECT
    clock.shift + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS seen_until,
    last.transaction, last.position, last.id::text AS id
FROM stream_clock AS clock
LEFT JOIN LATERAL (
    SELECT transaction, position, id FROM stream_event ORDER BY transaction DESC, position DESC LIMIT 1
) AS last ON true

-- name: shown
-- By what name another transaction may see what this one sees.
SELECT pg_export_snapshot() AS snapshot

-- name: knows_event
-- Whether an event is there.
SELECT EXISTS (
    SELECT FROM stream_event
    WHERE transaction = %(transaction)s::bigint AND position = %(position)s::bigint AND id = %(id)s::uuid
) AS found

-- name: moved_on
-- Whether anything was told of orders or customers since a place in the stream.
SELECT EXISTS (
    SELECT FROM stream_event
    WHERE transaction >= %(since)s::bigint AND (type LIKE 'order.%%' OR type LIKE 'customer.%%')
) AS found

-- name: changed_orders
-- The orders of which something was told since a place in the stream, and whether each was placed since then.
SELECT (payload ->> 'order_id')::uuid AS order_id, bool_or(type = 'order.placed') AS is_new
FROM stream_event
WHERE transaction >= %(since)s::bigint AND type IN ('order.placed', 'order.changed', 'order.converted')
GROUP BY 1

-- name: months_of_changed
-- The months (UTC, as their first moment) in which orders were placed of which something was told since a place.
SELECT DISTINCT date_trunc('month', placed.placed_at, 'UTC') AS month
FROM orders_order AS placed
WHERE placed.id IN (
    SELECT (payload ->> 'order_id')::uuid
    FROM stream_event
    WHERE transaction >= %(since)s::bigint AND type IN ('order.placed', 'order.changed', 'order.converted')
)
ORDER BY 1

-- name: orders
-- The orders placed between two moments that were not cancelled, or of these only some, and what came back of each: a
-- row for each of them, what came back with its own moment and a negative amount. What an order came to in the reporting
-- currency is null where no rate of its day is known. Several returns share what came back of the order in proportion,
-- to the last minor unit.
SELECT
    placed.id AS order_id, placed.customer_id, placed.placed_at, NULL::timestamptz AS returned_at,
    placed.net_reporting_minor
        + CASE WHEN placed.returned_minor > 0 THEN placed.returned_reporting_minor ELSE 0 END AS amount_minor,
    channel.code AS channel, location.code AS location
FROM orders_order AS placed
LEFT JOIN orders_channel AS channel ON channel.id = placed.channel_id
LEFT JOIN orders_location AS location ON location.id = placed.location_id
WHERE placed.placed_at >= %(since)s::timestamptz AND placed.placed_at < %(until)s::timestamptz
    AND placed.cancelled_at IS NULL AND (%(ids)s::uuid[] IS NULL OR placed.id = ANY(%(ids)s::uuid[]))
UNION ALL
SELECT
    order_id, customer_id, placed_at, returned_at,
    (div(back_minor * before_minor, whole_minor) - div(back_minor * up_to_minor, whole_minor))::bigint, channel, location
FROM (
    SELECT
        placed.id AS order_id, placed.customer_id, placed.placed_at,
        GREATEST(back.returned_at, placed.placed_at) AS returned_at, channel.code AS channel, location.code AS location,
        placed.returned_reporting_minor AS back_minor,
        sum(GREATEST(back.amount_minor, 0)) OVER run AS up_to_minor,
        sum(GREATEST(back.amount_minor, 0)) OVER run - GREATEST(back.amount_minor, 0) AS before_minor,
        sum(GREATEST(back.amount_minor, 0)) OVER (PARTITION BY back.order_id) AS whole_minor
    FROM orders_return AS back
    JOIN orders_order AS placed ON placed.id = back.order_id
    LEFT JOIN orders_channel AS channel ON channel.id = placed.channel_id
    LEFT JOIN orders_location AS location ON location.id = placed.location_id
    WHERE placed.placed_at >= %(since)s::timestamptz AND placed.placed_at < %(until)s::timestamptz
        AND placed.cancelled_at IS NULL AND placed.returned_minor > 0 AND placed.returned_reporting_minor IS NOT NULL
        AND (%(ids)s::uuid[] IS NULL OR placed.id = ANY(%(ids)s::uuid[]))
    WINDOW run AS (PARTITION BY back.order_id ORDER BY back.number)
) AS shared
WHERE whole_minor > 0 AND div(back_minor * up_to_minor, whole_minor) <> div(back_minor * before_minor, whole_minor)

-- name: lines
-- The lines of those orders. Amounts are converted line by line, by the order's rate and the number of digits of its
-- currency against that of the reporting currency; null without a rate.
SELECT
    line.order_id, placed.placed_at, line.product_id, line.quantity::float8 AS quantity,
    CASE
        WHEN placed.rate = 1 AND placed.currency = %(reporting)s THEN line.total_minor
        ELSE round(line.total_minor * placed.rate * (
            SELECT power(10::numeric, scale.digits)
            FROM unnest(%(currencies)s::text[], %(digits)s::int[]) AS scale (currency, digits)
            WHERE scale.currency = placed.currency
        ))::bigint
    END AS amount_minor
FROM orders_order AS placed
JOIN orders_line AS line ON line.order_id = placed.id
WHERE placed.placed_at >= %(since)s::timestamptz AND placed.placed_at < %(until)s::timestamptz
    AND placed.cancelled_at IS NULL AND (%(ids)s::uuid[] IS NULL OR placed.id = ANY(%(ids)s::uuid[]))

-- name: returned
-- What came back of those lines, each with its own moment, where the return says of which line it is; amounts are not
-- negative, and converted as those of the lines are.
SELECT
    placed.id AS order_id, placed.placed_at, GREATEST(back.returned_at, placed.placed_at) AS returned_at, line.product_id,
    part.quantity::float8 AS quantity,
    CASE
        WHEN placed.rate = 1 AND placed.currency = %(reporting)s THEN part.amount_minor
        ELSE round(part.amount_minor * placed.rate * (
            SELECT power(10::numeric, scale.digits)
            FROM unnest(%(currencies)s::text[], %(digits)s::int[]) AS scale (currency, digits)
            WHERE scale.currency = placed.currency
        ))::bigint
    END AS amount_minor
FROM orders_order AS placed
JOIN orders_returned_line AS part ON part.order_id = placed.id
JOIN orders_return AS back ON back.order_id = part.order_id AND back.number = part.return_number
JOIN orders_line AS line ON line.order_id = part.order_id AND line.number = part.line_number
WHERE placed.placed_at >= %(since)s::timestamptz AND placed.placed_at < %(until)s::timestamptz
    AND placed.cancelled_at IS NULL AND (%(ids)s::uuid[] IS NULL OR placed.id = ANY(%(ids)s::uuid[]))

-- name: currencies
-- The currencies for which there is a rate.
SELECT DISTINCT currency::text AS currency FROM business_rate

-- name: aliases
-- Where the ids of merged customers lead.
SELECT customer_id, survivor_id FROM customers_alias

-- name: customers
-- The customers, by id: their country, which reports are narrowed by, their language, and since when they are customers.
SELECT id AS customer_id, country::text AS country, language::text AS language, created_at AS since FROM customers_customer
ORDER BY id

-- name: products
-- The products, by name and category.
SELECT product.id AS product_id, product.name, COALESCE(category.name, '') AS category
FROM orders_product AS product
LEFT JOIN orders_category AS category ON category.id = product.category_id
