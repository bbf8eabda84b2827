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

-- name: row_of_orders_order
-- An order, as a transaction of pgbench writes it; `:NUMBER` is which of its transaction.
INSERT INTO orders_order (
    id, source, external_id, number, number_key, version, digest, customer_id, placed_at, currency, total_minor, tax_minor,
    tax_included, shipping_minor, shipping_tax_minor, discount_minor, returned_minor, rate, net_reporting_minor,
    returned_reporting_minor, items, payment_state, cancelled_at, delivered_at, channel_id, location_id, staff,
    attributes, received_at
) VALUES (
    (to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid,
    'bench', 'p' || :run || '-' || :turn || '-' || :client_id || '-' || :NUMBER, 'p' || :run || '-' || :turn || '-' || :client_id || '-' || :NUMBER, 'p' || :run || :turn || :client_id || :NUMBER, 0,
    '\x4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
    ('01890000-0000-7000-8000-' || lpad(to_hex(1 + (:buyer::bigint + :NUMBER * 7919) % :customers::bigint), 12, '0'))::uuid,
    now(), 'EUR', 2500, 400, true, 0, 0, 0, 0, 1, 2500, 0, 2, 'paid', NULL, NULL, 1, NULL, '', '{}', now()
)

-- name: row_of_orders_line
-- Its two lines.
INSERT INTO orders_line
    (order_id, number, product_id, name, quantity, unit_price_minor, discount_minor, tax_minor, total_minor)
VALUES ((to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid,
    1, ('01880000-0000-7000-8000-' || lpad(to_hex(1 + :NUMBER * 31 % 5000), 12, '0'))::uuid, '', 1, 1250, 0, 200, 1250),
((to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid,
    2, ('01880000-0000-7000-8000-' || lpad(to_hex(1 + :NUMBER * 62 % 5000), 12, '0'))::uuid, '', 1, 1250, 0, 200, 1250)

-- name: row_of_orders_tender
-- Its payment.
INSERT INTO orders_tender (order_id, number, kind, amount_minor, paid_at)
VALUES ((to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid, 1, 'card', 2500, now())

-- name: row_of_stream_event
-- Its two events.
INSERT INTO stream_event
    (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
VALUES ((to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7001-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid, 'order.placed', ('01890000-0000-7000-8000-' || lpad(to_hex(1 + (:buyer::bigint + :NUMBER * 7919) % :customers::bigint), 12, '0'))::uuid, 'api_key:01900000-0000-7000-8000-000000000000', 'bench',
    now(), now(), jsonb_build_object('order_id', (to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid, 'number', 'p' || :run || '-' || :turn || '-' || :client_id || '-' || :NUMBER, 'total_minor', 2500, 'currency', 'EUR', 'channel', 'online', 'items', 2),
    pg_current_xact_id()::text::bigint, nextval('stream_event_position')),
((to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7002-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid, 'order.paid', ('01890000-0000-7000-8000-' || lpad(to_hex(1 + (:buyer::bigint + :NUMBER * 7919) % :customers::bigint), 12, '0'))::uuid, 'api_key:01900000-0000-7000-8000-000000000000', 'bench',
    now(), now(), jsonb_build_object('order_id', (to_hex(:run::bigint) || '-' || lpad(to_hex(:turn::bigint << 8 | :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:NUMBER), 12, '0'))::uuid, 'number', 'p' || :run || '-' || :turn || '-' || :client_id || '-' || :NUMBER, 'total_minor', 2500, 'currency', 'EUR', 'channel', 'online'),
    pg_current_xact_id()::text::bigint, nextval('stream_event_position'))
