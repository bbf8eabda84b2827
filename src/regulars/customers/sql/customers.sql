-- name: find_identifiers
-- The customers that some identifiers belong to, since when each is one, and where it leads.
SELECT wanted.number, identifier.customer_id, COALESCE(alias.survivor_id, identifier.customer_id), customer.created_at
FROM unnest(%(kinds)s::text[], %(values)s::text[], %(sources)s::text[]) WITH ORDINALITY
    AS wanted (kind, value, source, number)
JOIN customers_identifier AS identifier USING (value, kind, source)
JOIN customers_customer AS customer ON customer.id = identifier.customer_id
LEFT JOIN customers_alias AS alias ON alias.customer_id = identifier.customer_id

-- name: set_since
-- Let customers be ones since an earlier moment than was known.
UPDATE customers_customer AS customer SET created_at = told.since
FROM unnest(%(ids)s::uuid[], %(sinces)s::timestamptz[]) AS told (id, since)
WHERE customer.id = told.id AND customer.created_at > told.since

-- name: lock_identifiers
-- Let nobody else add a customer under these identifiers until this transaction ends; always in the same order.
SELECT pg_advisory_xact_lock(1919250793, lock)
FROM (
    SELECT DISTINCT hashtext(kind || ':' || source || ':' || value) & 4095 AS lock
    FROM unnest(%(kinds)s::text[], %(values)s::text[], %(sources)s::text[]) AS wanted (kind, value, source)
    ORDER BY 1
) AS locks

-- name: insert_customers
-- Add customers.
INSERT INTO customers_customer
    (id, name, given_name, family_name, birthday, language, country, city, postcode, traits, tags, identifier_kinds,
    created_at, updated_at)
SELECT id, name, given_name, family_name, birthday, language, country, city, postcode, traits, '{}',
    string_to_array(kinds, ' '), since, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(names)s::text[], %(given_names)s::text[], %(family_names)s::text[], %(birthdays)s::date[],
    %(languages)s::text[], %(countries)s::text[], %(cities)s::text[], %(postcodes)s::text[], %(traits)s::jsonb[],
    %(kinds)s::text[], %(sinces)s::timestamptz[]
) AS customer (id, name, given_name, family_name, birthday, language, country, city, postcode, traits, kinds, since)

-- name: insert_identifiers
-- Give customers names that nobody has.
INSERT INTO customers_identifier (customer_id, kind, value, source, added_at)
SELECT customer_id, kind, value, source, %(now)s
FROM unnest(%(customer_ids)s::uuid[], %(kinds)s::text[], %(values)s::text[], %(sources)s::text[])
    AS identifier (customer_id, kind, value, source)

-- name: set_identifier_kinds
-- Keep the kinds of the identifiers of some customers; each customer's are given in one text.
UPDATE customers_customer AS customer SET identifier_kinds = string_to_array(told.kinds, ' ')
FROM unnest(%(ids)s::uuid[], %(kinds)s::text[]) AS told (id, kinds)
WHERE customer.id = told.id AND customer.identifier_kinds IS DISTINCT FROM string_to_array(told.kinds, ' ')

-- name: clear_words
-- Forget the words under which some customers were found.
DELETE FROM customers_word WHERE customer_id = ANY(%(ids)s::uuid[])

-- name: insert_words
-- Keep words under which customers are found; each customer's are given in one text.
INSERT INTO customers_word (customer_id, word)
SELECT given.id, word
FROM unnest(%(ids)s::uuid[], %(words)s::text[]) AS given (id, words), unnest(string_to_array(given.words, ' ')) AS word

-- name: count_words
-- How many words have each of some beginnings, counted to a number; the rarest first.
SELECT wanted.beginning, read.words
FROM unnest(%(beginnings)s::text[]) AS wanted (beginning)
CROSS JOIN LATERAL (
    SELECT count(*) AS words
    FROM (
        SELECT FROM customers_word
        WHERE word >= wanted.beginning COLLATE "C" AND word < (wanted.beginning || chr(1114111)) COLLATE "C"
        LIMIT %(most)s
    ) AS each_of_them
) AS read
ORDER BY read.words, length(wanted.beginning) DESC

-- name: search
-- Customers that have a word for a beginning and one for each of some others, at most so many, the newest of them first;
-- with how many have them, and whether all are counted. The words with the first are read, to a number, and those with
-- the second (null where there is none); the others are looked up for each customer, which takes longer for many.
WITH read AS MATERIALIZED (
    SELECT customer_id FROM customers_word
    WHERE word >= %(beginning)s COLLATE "C" AND word < (%(beginning)s || chr(1114111)) COLLATE "C"
    LIMIT %(words_read)s
), found AS MATERIALIZED (
    SELECT DISTINCT customer_id FROM read
    WHERE (
        %(second)s::text IS NULL OR customer_id IN (
            SELECT customer_id FROM customers_word
            WHERE word >= %(second)s COLLATE "C" AND word < (%(second)s || chr(1114111)) COLLATE "C"
        )
    ) AND NOT EXISTS (
        SELECT FROM unnest(%(others)s::text[]) AS wanted (beginning)
        WHERE NOT EXISTS (
            SELECT FROM customers_word AS entry
            WHERE entry.customer_id = read.customer_id
                AND entry.word >= wanted.beginning COLLATE "C"
                AND entry.word < (wanted.beginning || chr(1114111)) COLLATE "C"
        )
    )
)
SELECT customer.id, (SELECT count(*) FROM found), (SELECT count(*) < %(words_read)s FROM read)
-- Ids are in the order of arrival; since when one is a customer may be told later.
FROM (SELECT customer_id FROM found ORDER BY customer_id DESC LIMIT %(most)s) AS newest
JOIN customers_customer AS customer ON customer.id = newest.customer_id
ORDER BY customer.created_at DESC, customer.id

-- name: search_among
-- Those of some customers that have a word for each beginning.
SELECT customer.id FROM customers_customer AS customer
WHERE customer.id = ANY(%(ids)s::uuid[])
    AND NOT EXISTS (
        SELECT FROM unnest(%(beginnings)s::text[]) AS wanted (beginning)
        WHERE NOT EXISTS (
            SELECT FROM customers_word AS entry
            WHERE entry.customer_id = customer.id
                AND entry.word >= wanted.beginning COLLATE "C"
                AND entry.word < (wanted.beginning || chr(1114111)) COLLATE "C"
        )
    )
ORDER BY customer.created_at DESC, customer.id

-- name: estimate_customers
-- How many customers there are, as the planner knows.
SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'customers_customer'::regclass

-- name: newest
-- Customers after a place in the order of arrival, the newest first; without those that were merged.
SELECT id, created_at FROM customers_customer AS customer
WHERE (%(before_at)s::timestamptz IS NULL OR (created_at, id) < (%(before_at)s, %(before_id)s))
    AND NOT EXISTS (SELECT FROM customers_alias AS alias WHERE alias.customer_id = customer.id)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s

-- name: by_id
-- Customers by id between two ids, without those that were merged; those whom a source knows by a number, or that have
-- changed since a moment.
SELECT id FROM customers_customer AS customer
WHERE id < %(until)s
    AND (%(after)s::uuid IS NULL OR id > %(after)s)
    AND (%(since)s::timestamptz IS NULL OR updated_at >= %(since)s)
    AND (%(source)s::text IS NULL OR EXISTS (
        SELECT FROM customers_identifier AS identifier
        WHERE identifier.customer_id = customer.id
            AND identifier.kind = 'external_id' AND identifier.source = %(source)s
    ) OR EXISTS (
        SELECT FROM customers_alias AS alias JOIN customers_identifier AS identifier USING (customer_id)
        WHERE alias.survivor_id = customer.id
            AND identifier.kind = 'external_id' AND identifier.source = %(source)s
    ))
    AND NOT EXISTS (SELECT FROM customers_alias AS alias WHERE alias.customer_id = customer.id)
ORDER BY id
LIMIT %(limit)s

-- name: count_by_id
-- How many customers there are before an id, without those that were merged; those whom a source knows by a number, or
-- that have changed since a moment.
SELECT count(*) FROM customers_customer AS customer
WHERE id < %(until)s
    AND (%(since)s::timestamptz IS NULL OR updated_at >= %(since)s)
    AND (%(source)s::text IS NULL OR EXISTS (
        SELECT FROM customers_identifier AS identifier
        WHERE identifier.customer_id = customer.id
            AND identifier.kind = 'external_id' AND identifier.source = %(source)s
    ) OR EXISTS (
        SELECT FROM customers_alias AS alias JOIN customers_identifier AS identifier USING (customer_id)
        WHERE alias.survivor_id = customer.id
            AND identifier.kind = 'external_id' AND identifier.source = %(source)s
    ))
    AND NOT EXISTS (SELECT FROM customers_alias AS alias WHERE alias.customer_id = customer.id)

-- name: tree
-- A customer and all that were merged into it, directly or through others.
WITH RECURSIVE tree (id) AS (
    SELECT %(customer_id)s::uuid
    UNION
    SELECT merge.merged_id FROM customers_merge AS merge JOIN tree ON tree.id = merge.survivor_id
    WHERE merge.undone_at IS NULL
)
SELECT id FROM tree

-- name: lead
-- Let some customers lead to another.
INSERT INTO customers_alias (customer_id, survivor_id)
SELECT id, %(survivor_id)s FROM unnest(%(ids)s::uuid[]) AS merged (id)
ON CONFLICT (customer_id) DO UPDATE SET survivor_id = excluded.survivor_id

-- name: survivors
-- Of some ids those that lead to another, and where.
SELECT customer_id, survivor_id FROM customers_alias WHERE customer_id = ANY(%(ids)s::uuid[])

-- name: aliases
-- The ids that lead to some others, each with its own.
SELECT survivor_id, customer_id FROM customers_alias WHERE survivor_id = ANY(%(ids)s::uuid[])
