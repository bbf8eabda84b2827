-- name: products
-- Categories and the products in them.
WITH category AS (
    INSERT INTO orders_category (name) SELECT 'Category ' || n FROM generate_series(1, 40) AS n RETURNING id, name
)
INSERT INTO orders_product (id, source, external_id, name, category_id, updated_at)
SELECT pg_temp.numbered('01880000', n), 'shop', 'P' || n, 'Product ' || n, category.id, %(until)s
FROM generate_series(1, %(products)s) AS n
JOIN category ON category.name = 'Category ' || (1 + n %% 40)

-- name: channel
-- The channels that orders came through.
INSERT INTO orders_channel (code, name) VALUES ('online', 'Online'), ('shop', 'Shop'), ('phone', 'Phone')

-- name: trait
-- What some customers have beyond the usual.
INSERT INTO customers_trait (key, kind, label, description, classification, choices)
VALUES ('size', 'number', 'Size', '', 'none', '{}')

-- name: customers
-- Customers from one number to another, named after people, the last of them new yesterday.
INSERT INTO customers_customer (
    id, name, given_name, family_name, birthday, language, country, city, postcode, traits, tags, identifier_kinds,
    created_at, updated_at
)
SELECT
    pg_temp.numbered('01890000', n), given.name || ' ' || family.name, given.name, family.name,
    CASE WHEN n %% 3 > 0 THEN DATE '1945-01-01' + pg_temp.drawn(n, 1) %% 22000 END,
    CASE WHEN pg_temp.drawn(n, 2) %% 10 < 7 THEN 'de' ELSE 'en' END,
    -- Most live in one country; of the cities each is half as large as one of half its number.
    (ARRAY['AT', 'AT', 'AT', 'AT', 'AT', 'AT', 'DE', 'DE', 'CH', 'IT'])[1 + pg_temp.drawn(n, 3) %% 10],
    'City ' || floor(power(200, (pg_temp.drawn(n, 4) %% 1000000) / 1000000.0))::int, '1010',
    CASE WHEN n %% 4 = 0 THEN jsonb_build_object('size', 35 + pg_temp.drawn(n, 5) %% 12) ELSE '{}' END,
    CASE WHEN n %% 500 = 0 THEN '{vip}'::text[] WHEN n %% 10 = 0 THEN '{newsletter}' ELSE '{}' END, '{email}',
    %(until)s::timestamptz - interval '730 days' * (1 - n::float8 / %(customers)s), %(until)s
FROM generate_series(%(first)s, %(last)s) AS n
JOIN pg_temp.given ON given.number = 1 + n * 7 %% %(given)s
JOIN pg_temp.family ON family.number = 1 + n / 13 %% %(family)s

-- name: identifiers
-- The e-mail address of each of them.
INSERT INTO customers_identifier (customer_id, kind, value, source, added_at)
SELECT pg_temp.numbered('01890000', n), 'email', given.words[1] || '.' || family.words[1] || '.' || n || '@example.com', '',
    %(until)s
FROM generate_series(%(first)s, %(last)s) AS n
JOIN pg_temp.given ON given.number = 1 + n * 7 %% %(given)s
JOIN pg_temp.family ON family.number = 1 + n / 13 %% %(family)s

-- name: words
-- The words under which they are found.
INSERT INTO customers_word (customer_id, word)
SELECT DISTINCT pg_temp.numbered('01890000', n), word
FROM generate_series(%(first)s, %(last)s) AS n
JOIN pg_temp.given ON given.number = 1 + n * 7 %% %(given)s
JOIN pg_temp.family ON family.number = 1 + n / 13 %% %(family)s
CROSS JOIN unnest(
    given.words || family.words
    || ARRAY[n::text, 'example', 'com', '@' || given.words[1] || '.' || family.words[1] || '.' || n || '@example.com']
) AS word

-- name: orders
-- Orders from one number to another, in the order of their days; some customers order hundreds of times, most a few.
INSERT INTO orders_order (
    id, source, external_id, number, number_key, version, digest, customer_id, placed_at, currency, total_minor, tax_minor,
    tax_included, shipping_minor, shipping_tax_minor, discount_minor, returned_minor, rate, net_reporting_minor,
    returned_reporting_minor, items, payment_state, cancelled_at, delivered_at, channel_id, location_id, staff,
    attributes, received_at
)
SELECT
    pg_temp.numbered('018a0000', n), 'shop', 'A' || n, 'A' || n, 'a' || n, 0, sha256(n::text::bytea),
    pg_temp.numbered('01890000', pg_temp.buyer(n, %(customers)s)), placed_at, 'EUR', pg_temp.total(n), 0, true, 0, 0, 0,
    0, 1, pg_temp.total(n), 0, 1 + n %% 2, 'paid', CASE WHEN n %% 50 = 0 THEN placed_at END, NULL, channel.id, NULL, '',
    '{}', %(until)s
FROM generate_series(%(first)s, %(last)s) AS n
CROSS JOIN LATERAL (
    SELECT %(until)s::timestamptz - interval '730 days' * (1 - n::float8 / %(orders)s) AS placed_at
) AS moment
JOIN orders_channel AS channel ON channel.code = (ARRAY['shop', 'online', 'shop', 'phone'])[1 + pg_temp.drawn(n, 6) %% 4]

-- name: lines
-- One or two lines of each order.
INSERT INTO orders_line
    (order_id, number, product_id, name, quantity, unit_price_minor, discount_minor, tax_minor, total_minor)
SELECT pg_temp.numbered('018a0000', n), line, pg_temp.numbered('01880000', 1 + (n * line * 31) %% %(products)s), 'Product',
    1, pg_temp.total(n) / (1 + n %% 2), 0, 0, pg_temp.total(n) / (1 + n %% 2)
FROM generate_series(%(first)s, %(last)s) AS n, generate_series(1, 1 + n %% 2) AS line

-- name: tenders
-- The payment of each order.
INSERT INTO orders_tender (order_id, number, kind, amount_minor, paid_at)
SELECT pg_temp.numbered('018a0000', n), 1, 'card', pg_temp.total(n), %(until)s
FROM generate_series(%(first)s, %(last)s) AS n

-- name: events
-- What the stream tells of each order: placed, and paid.
INSERT INTO stream_event
    (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
SELECT
    pg_temp.numbered('018b0000', 2 * n + paid), CASE paid WHEN 0 THEN 'order.placed' ELSE 'order.paid' END,
    pg_temp.numbered('01890000', pg_temp.buyer(n, %(customers)s)), 'system:bench', 'shop',
    %(until)s::timestamptz - interval '730 days' * (1 - n::float8 / %(orders)s), %(until)s,
    jsonb_build_object(
        'order_id', pg_temp.numbered('018a0000', n), 'number', 'A' || n, 'total_minor', pg_temp.total(n), 'currency', 'EUR',
        'channel', 'online'
    ),
    1, 2 * n + paid
FROM generate_series(%(first)s, %(last)s) AS n, generate_series(0, 1) AS paid

-- name: facts
-- What the orders of each customer come to.
INSERT INTO orders_customer_facts (
    customer_id, orders, revenue_minor, returned_minor, first_ordered_at, last_ordered_at, unconverted_orders
)
SELECT customer.id, count(placed.id), COALESCE(sum(placed.net_reporting_minor), 0), 0, min(placed_at), max(placed_at), 0
FROM customers_customer AS customer
LEFT JOIN orders_order AS placed ON placed.customer_id = customer.id AND placed.cancelled_at IS NULL
GROUP BY customer.id

-- name: first_orders
-- What the first order of each customer was; both lines of an order cost the same.
UPDATE orders_customer_facts AS facts SET first_channel = channel.code, first_products = first_one.products
FROM (
    SELECT DISTINCT ON (customer_id) customer_id, channel_id, (
        SELECT array_agg(DISTINCT line.product_id ORDER BY line.product_id)
        FROM orders_line AS line
        WHERE line.order_id = placed.id
    ) AS products
    FROM orders_order AS placed
    WHERE cancelled_at IS NULL
    ORDER BY customer_id, placed_at, id
) AS first_one
JOIN orders_channel AS channel ON channel.id = first_one.channel_id
WHERE facts.customer_id = first_one.customer_id

-- name: catch_up
-- Let every subscription stand behind all of it.
UPDATE stream_cursor SET transaction = 1, position = 9000000000000

-- name: position
-- Let positions go on behind all of it.
SELECT setval('stream_event_position', 9000000000000)

-- name: settings_of_filling
-- What makes filling quick, for this connection; nothing that the system itself is run with.
SELECT set_config('synchronous_commit', 'off', false), set_config('maintenance_work_mem', '1GB', false),
    set_config('work_mem', '256MB', false), set_config('max_parallel_maintenance_workers', '2', false)

-- name: numbered
-- The id with a number, which can be read in it: ids of one kind grow with it, as UUIDv7 grow with time.
CREATE FUNCTION pg_temp.numbered(kind text, number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (kind || '-0000-7000-8000-' || (100000000000 + number))::uuid
$$

-- name: buyer
-- The number of the customer who placed an order.
CREATE FUNCTION pg_temp.buyer(number bigint, customers bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
    SELECT 1 + floor(customers * power((abs(hashint8(number)) %% 1000000007) / 1000000007.0::float8, 1.3))::bigint
$$

-- name: drawn
-- A number that is drawn for another; with each salt another one.
CREATE FUNCTION pg_temp.drawn(number bigint, salt int) RETURNS int IMMUTABLE LANGUAGE sql AS $$
    SELECT (hashint8extended(number, salt) & 2147483647)::int
$$

-- name: total
-- What an order came to: of one line or two, each of 3 to 43.
CREATE FUNCTION pg_temp.total(number bigint) RETURNS int IMMUTABLE LANGUAGE sql AS $$
    SELECT (1 + number %% 2)::int * (300 + pg_temp.drawn(number, 7) %% 4000)
$$

-- name: given
-- Given names with the words under which they are found.
CREATE TEMPORARY TABLE given (number serial PRIMARY KEY, name text, words text[])

-- name: family
-- Family names, likewise.
CREATE TEMPORARY TABLE family (number serial PRIMARY KEY, name text, words text[])

-- name: constraints
-- The keys of these tables and what refers from and to them, and how to have all of it again.
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype IN ('f', 'p', 'u') AND conparentid = 0
    AND (conrelid::regclass::text = ANY(%(tables)s) OR confrelid::regclass::text = ANY(%(tables)s))
ORDER BY contype

-- name: indexes
-- What indexes these tables have beside their constraints', and how to have them again.
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid::regclass::text = ANY(%(tables)s)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
