-- name: some_addresses
-- E-mail addresses of customers here and there.
SELECT value FROM customers_identifier TABLESAMPLE SYSTEM (%(percent)s) WHERE kind = 'email' LIMIT 20000

-- name: rows_of_one
-- How many rows an order has in each table, on average over those whose number begins so.
SELECT
    count(*) / count(*),
    (SELECT count(*) FROM orders_line WHERE order_id = ANY (array_agg(placed.id))) / count(*),
    (SELECT count(*) FROM orders_tender WHERE order_id = ANY (array_agg(placed.id))) / count(*),
    (SELECT count(*) FROM stream_event WHERE payload ->> 'number' = ANY (array_agg(placed.number))
        AND occurred_at > now() - interval '1 day') / count(*)
FROM (SELECT id, number FROM orders_order WHERE number LIKE %(beginning)s LIMIT 50) AS placed

-- name: insert_orders_order
-- Orders, as a transaction of pgbench writes them; `orders` says what each is called.
INSERT INTO orders_order (
    id, source, external_id, number, number_key, version, digest, customer_id, placed_at, currency, total_minor, tax_minor,
    tax_included, shipping_minor, shipping_tax_minor, discount_minor, returned_minor, rate, net_reporting_minor,
    returned_reporting_minor, items, payment_state, cancelled_at, delivered_at, channel_id, location_id, staff,
    attributes, received_at
)
SELECT
    order_id, 'bench', number, number, replace(number, '-', ''), 0,
    '\x4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a'::bytea, customer_id, now(), 'EUR', 2500, 400,
    true, 0, 0, 0, 0, 1, 2500,
    0, 2, 'paid', NULL::timestamptz, NULL::timestamptz, 1, NULL::bigint, '',
    '{}'::jsonb, now()
FROM orders

-- name: insert_orders_line
-- Their two lines each.
INSERT INTO orders_line
    (order_id, number, product_id, name, quantity, unit_price_minor, discount_minor, tax_minor, total_minor)
SELECT
    order_id, line, ('01880000-0000-7000-8000-' || (100000000001 + n * line * 31 % 5000))::uuid, '', 1, 1250, 0,
    200, 1250
FROM orders CROSS JOIN generate_series(1, 2) AS line

-- name: insert_orders_tender
-- Their payment each.
INSERT INTO orders_tender (order_id, number, kind, amount_minor, paid_at)
SELECT order_id, 1, 'card', 2500, now() FROM orders

-- name: insert_stream_event
-- Their two events each.
INSERT INTO stream_event
    (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
SELECT
    overlay(order_id::text PLACING to_hex(event) FROM 18)::uuid, (ARRAY['order.placed', 'order.paid'])[event], customer_id,
    'api_key:01900000-0000-7000-8000-000000000000', 'bench', now(), now(),
    jsonb_build_object(
        'order_id', order_id, 'number', number, 'total_minor', 2500, 'currency', 'EUR', 'channel', 'online', 'items', 2
    ),
    pg_current_xact_id()::text::bigint, nextval('stream_event_position')
FROM orders CROSS JOIN generate_series(1, 2) AS event

-- name: orders
-- What the orders of a transaction are called, and whose they are.
SELECT
    n,
    (
        to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0')
        || '-7000-8000-' || lpad(to_hex(n), 12, '0')
    )::uuid AS order_id,
    concat_ws('-', 'p' || :run::text, :turn::text, :client_id::text, n::text) AS number,
    ('01890000-0000-7000-8000-' || (100000000001 + (:buyer::bigint + n * 7919) % :customers::bigint))::uuid
        AS customer_id
FROM generate_series(:number::bigint * :orders::bigint, (:number::bigint + 1) * :orders::bigint - 1) AS n
