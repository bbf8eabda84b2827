-- name: lock_orders
-- The orders under some keys, locked in the order of their keys.
SELECT placed.external_id, placed.source, placed.id, placed.version, placed.digest, placed.customer_id,
    placed.payment_state, placed.cancelled_at IS NOT NULL, placed.delivered_at IS NOT NULL, placed.returned_minor
FROM orders_order AS placed
JOIN unnest(%(external_ids)s::text[], %(sources)s::text[]) AS wanted (external_id, source) USING (external_id, source)
ORDER BY placed.external_id, placed.source
FOR NO KEY UPDATE OF placed

-- name: insert_orders
-- Add orders; one that somebody else has added meanwhile is left out of the answer.
INSERT INTO orders_order (
    id, source, external_id, number, number_key, version, digest, customer_id, placed_at, currency, total_minor, tax_minor,
    tax_included, shipping_minor, shipping_tax_minor, discount_minor, returned_minor, rate, net_reporting_minor,
    returned_reporting_minor, items, payment_state, cancelled_at, delivered_at, channel_id, location_id, staff,
    attributes, received_at
)
SELECT * FROM unnest(
    %(id)s::uuid[], %(source)s::text[], %(external_id)s::text[], %(number)s::text[], %(number_key)s::text[],
    %(version)s::bigint[], %(digest)s::bytea[], %(customer_id)s::uuid[], %(placed_at)s::timestamptz[], %(currency)s::text[],
    %(total_minor)s::bigint[], %(tax_minor)s::bigint[], %(tax_included)s::boolean[], %(shipping_minor)s::bigint[],
    %(shipping_tax_minor)s::bigint[], %(discount_minor)s::bigint[], %(returned_minor)s::bigint[], %(rate)s::numeric[],
    %(net_reporting_minor)s::bigint[], %(returned_reporting_minor)s::bigint[], %(items)s::numeric[], %(payment_state)s::text[],
    %(cancelled_at)s::timestamptz[], %(delivered_at)s::timestamptz[], %(channel_id)s::bigint[],
    %(location_id)s::bigint[], %(staff)s::text[], %(attributes)s::jsonb[], %(received_at)s::timestamptz[]
)
ON CONFLICT (external_id, source) DO NOTHING
RETURNING id

-- name: update_orders
-- Give orders their new state.
UPDATE orders_order AS placed SET
    number = told.number, number_key = told.number_key, version = told.version, digest = told.digest, customer_id = told.customer_id,
    placed_at = told.placed_at, currency = told.currency, total_minor = told.total_minor, tax_minor = told.tax_minor,
    tax_included = told.tax_included, shipping_minor = told.shipping_minor,
    shipping_tax_minor = told.shipping_tax_minor, discount_minor = told.discount_minor,
    returned_minor = told.returned_minor, rate = told.rate, net_reporting_minor = told.net_reporting_minor,
    returned_reporting_minor = told.returned_reporting_minor, items = told.items, payment_state = told.payment_state, cancelled_at = told.cancelled_at,
    delivered_at = told.delivered_at, channel_id = told.channel_id, location_id = told.location_id,
    staff = told.staff, attributes = told.attributes
FROM unnest(
    %(id)s::uuid[], %(number)s::text[], %(number_key)s::text[], %(version)s::bigint[],
    %(digest)s::bytea[], %(customer_id)s::uuid[], %(placed_at)s::timestamptz[], %(currency)s::text[],
    %(total_minor)s::bigint[], %(tax_minor)s::bigint[], %(tax_included)s::boolean[], %(shipping_minor)s::bigint[],
    %(shipping_tax_minor)s::bigint[], %(discount_minor)s::bigint[], %(returned_minor)s::bigint[], %(rate)s::numeric[],
    %(net_reporting_minor)s::bigint[], %(returned_reporting_minor)s::bigint[], %(items)s::numeric[], %(payment_state)s::text[],
    %(cancelled_at)s::timestamptz[], %(delivered_at)s::timestamptz[], %(channel_id)s::bigint[],
    %(location_id)s::bigint[], %(staff)s::text[], %(attributes)s::jsonb[]
) AS told (
    id, number, number_key, version, digest, customer_id, placed_at, currency, total_minor, tax_minor, tax_included,
    shipping_minor, shipping_tax_minor, discount_minor, returned_minor, rate, net_reporting_minor,
    returned_reporting_minor, items, payment_state, cancelled_at, delivered_at, channel_id, location_id, staff,
    attributes
)
WHERE placed.id = told.id

-- name: set_versions
-- Keep the newer version of orders that are otherwise as they were.
UPDATE orders_order AS placed SET version = told.version
FROM unnest(%(id)s::uuid[], %(version)s::bigint[]) AS told (id, version)
WHERE placed.id = told.id

-- name: clear_lines
-- Forget the lines of orders that get new ones.
DELETE FROM orders_line WHERE order_id = ANY(%(ids)s)

-- name: clear_discounts
-- Forget the discounts of orders that get new ones.
DELETE FROM orders_discount WHERE order_id = ANY(%(ids)s)

-- name: clear_tenders
-- Forget the payments of orders that get new ones.
DELETE FROM orders_tender WHERE order_id = ANY(%(ids)s)

-- name: clear_returns
-- Forget the returns of orders that get new ones.
DELETE FROM orders_return WHERE order_id = ANY(%(ids)s)

-- name: clear_returned_lines
-- Forget what came back of orders that get new returns.
DELETE FROM orders_returned_line WHERE order_id = ANY(%(ids)s)

-- name: insert_lines
-- Add lines.
INSERT INTO orders_line
    (order_id, number, product_id, name, quantity, unit_price_minor, discount_minor, tax_minor, total_minor)
SELECT * FROM unnest(
    %(order_id)s::uuid[], %(number)s::int[], %(product_id)s::uuid[], %(name)s::text[], %(quantity)s::numeric[],
    %(unit_price_minor)s::bigint[], %(discount_minor)s::bigint[], %(tax_minor)s::bigint[], %(total_minor)s::bigint[]
)

-- name: insert_discounts
-- Add discounts on whole orders.
INSERT INTO orders_discount (order_id, number, name, coupon, amount_minor)
SELECT * FROM unnest(
    %(order_id)s::uuid[], %(number)s::int[], %(name)s::text[], %(coupon)s::text[], %(amount_minor)s::bigint[]
)

-- name: insert_tenders
-- Add payments.
INSERT INTO orders_tender (order_id, number, kind, amount_minor, paid_at)
SELECT * FROM unnest(
    %(order_id)s::uuid[], %(number)s::int[], %(kind)s::text[], %(amount_minor)s::bigint[], %(paid_at)s::timestamptz[]
)

-- name: insert_returns
-- Add returns.
INSERT INTO orders_return (order_id, number, external_id, returned_at, reason, shipping_minor, amount_minor)
SELECT * FROM unnest(
    %(order_id)s::uuid[], %(number)s::int[], %(external_id)s::text[], %(returned_at)s::timestamptz[],
    %(reason)s::text[], %(shipping_minor)s::bigint[], %(amount_minor)s::bigint[]
)

-- name: insert_returned_lines
-- Add what came back of lines.
INSERT INTO orders_returned_line (order_id, return_number, line_number, quantity, amount_minor)
SELECT * FROM unnest(
    %(order_id)s::uuid[], %(return_number)s::int[], %(line_number)s::int[], %(quantity)s::numeric[],
    %(amount_minor)s::bigint[]
)

-- name: find_products
-- The products under some keys, with their names and categories.
SELECT product.source, product.external_id, product.id, product.name, COALESCE(category.name, '')
FROM orders_product AS product
JOIN unnest(%(sources)s::text[], %(external_ids)s::text[]) AS wanted (source, external_id) USING (source, external_id)
LEFT JOIN orders_category AS category ON category.id = product.category_id

-- name: put_products
-- Add products, or give them the name and category last told; what is not told stays.
INSERT INTO orders_product AS product (id, source, external_id, name, category_id, updated_at)
SELECT told.id, told.source, told.external_id, told.name, category.id, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(sources)s::text[], %(external_ids)s::text[], %(names)s::text[], %(categories)s::text[]
) AS told (id, source, external_id, name, category)
LEFT JOIN orders_category AS category ON category.name = told.category
ORDER BY told.source, told.external_id
ON CONFLICT (source, external_id) DO UPDATE SET
    name = CASE WHEN excluded.name = '' THEN product.name ELSE excluded.name END,
    category_id = COALESCE(excluded.category_id, product.category_id),
    updated_at = excluded.updated_at
RETURNING source, external_id, id

-- name: put_categories
-- Add categories that are not there yet.
INSERT INTO orders_category (name)
SELECT name FROM unnest(%(names)s::text[]) AS told (name) ORDER BY name
ON CONFLICT DO NOTHING

-- name: put_channels
-- Add channels that are not there yet.
INSERT INTO orders_channel (code, name)
SELECT code, code FROM unnest(%(codes)s::text[]) AS told (code) ORDER BY code
ON CONFLICT DO NOTHING

-- name: put_locations
-- Add locations that are not there yet.
INSERT INTO orders_location (code, name)
SELECT code, code FROM unnest(%(codes)s::text[]) AS told (code) ORDER BY code
ON CONFLICT DO NOTHING

-- name: find_channels
-- The channels under some codes.
SELECT code, id FROM orders_channel WHERE code = ANY(%(codes)s)

-- name: find_locations
-- The locations under some codes.
SELECT code, id FROM orders_location WHERE code = ANY(%(codes)s)

-- name: drop_facts
-- Forget what the orders of customers come to that were merged; they count with their survivors.
DELETE FROM orders_customer_facts WHERE customer_id = ANY(%(customer_ids)s)

-- name: next_customers
-- The customers after an id, in the order of ids.
SELECT id FROM customers_customer WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: keep_facts
-- Count anew what the orders of some customers come to, under all ids that lead to each.
-- The first order is the one placed first, of several in one moment that with the smallest id.
INSERT INTO orders_customer_facts AS facts (
    customer_id, orders, revenue_minor, returned_minor, first_ordered_at, last_ordered_at, unconverted_orders,
    first_channel, first_location, first_products
)
SELECT
    counted.customer_id, counted.orders, counted.revenue_minor, counted.returned_minor, counted.first_ordered_at,
    counted.last_ordered_at, counted.unconverted_orders, channel.code, location.code, dearest.products
FROM (
    SELECT
        wanted.customer_id,
        count(placed.id) AS orders,
        COALESCE(sum(placed.net_reporting_minor), 0) AS revenue_minor,
        COALESCE(sum(placed.returned_reporting_minor), 0) AS returned_minor,
        min(placed.placed_at) AS first_ordered_at,
        max(placed.placed_at) AS last_ordered_at,
        count(placed.id) FILTER (WHERE placed.net_reporting_minor IS NULL) AS unconverted_orders,
        (array_agg(placed.id ORDER BY placed.placed_at, placed.id))[1] AS first_id
    FROM (
        SELECT survivor AS customer_id, survivor AS known_as FROM unnest(%(customer_ids)s::uuid[]) AS survivor
        UNION ALL
        SELECT survivor_id, customer_id FROM customers_alias WHERE survivor_id = ANY(%(customer_ids)s)
    ) AS wanted
    LEFT JOIN orders_order AS placed ON placed.customer_id = wanted.known_as AND placed.cancelled_at IS NULL
    GROUP BY wanted.customer_id
) AS counted
LEFT JOIN orders_order AS first_one ON first_one.id = counted.first_id
LEFT JOIN orders_channel AS channel ON channel.id = first_one.channel_id
LEFT JOIN orders_location AS location ON location.id = first_one.location_id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT line.product_id ORDER BY line.product_id) AS products
    FROM orders_line AS line
    WHERE line.order_id = counted.first_id AND line.total_minor = (
        SELECT max(dearest.total_minor) FROM orders_line AS dearest WHERE dearest.order_id = counted.first_id
    )
) AS dearest ON true
ORDER BY counted.customer_id
ON CONFLICT (customer_id) DO UPDATE SET
    orders = excluded.orders,
    revenue_minor = excluded.revenue_minor,
    returned_minor = excluded.returned_minor,
    first_ordered_at = excluded.first_ordered_at,
    last_ordered_at = excluded.last_ordered_at,
    unconverted_orders = excluded.unconverted_orders,
    first_channel = excluded.first_channel,
    first_location = excluded.first_location,
    first_products = excluded.first_products
WHERE (
    facts.orders, facts.revenue_minor, facts.returned_minor, facts.first_ordered_at, facts.last_ordered_at,
    facts.unconverted_orders, facts.first_channel, facts.first_location, facts.first_products
) IS DISTINCT FROM (
    excluded.orders, excluded.revenue_minor, excluded.returned_minor, excluded.first_ordered_at,
    excluded.last_ordered_at, excluded.unconverted_orders, excluded.first_channel, excluded.first_location,
    excluded.first_products
)

-- name: find_customers_by_number
-- The customers of orders whose number begins so, at most so many orders.
SELECT customer_id FROM (
    SELECT customer_id, number_key FROM orders_order
    WHERE number_key >= %(beginning)s AND number_key < %(beginning)s || chr(1114111) AND customer_id IS NOT NULL
    -- In the order of the index, which is read no further than that.
    ORDER BY number_key
    LIMIT %(most)s
) AS found
GROUP BY customer_id
ORDER BY min(number_key)

-- name: earliest
-- The first two orders under each of some ids that were not cancelled.
SELECT told.customer_id, first.id, first.placed_at
FROM unnest(%(customers)s::uuid[]) AS told (customer_id)
CROSS JOIN LATERAL (
    SELECT placed.id, placed.placed_at FROM orders_order AS placed
    WHERE placed.customer_id = told.customer_id AND placed.cancelled_at IS NULL
    ORDER BY placed.placed_at LIMIT 2
) AS first
