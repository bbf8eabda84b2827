-- name: find_identifiers
-- The customers that some identifiers name, each led to its survivor.
SELECT wanted.number, COALESCE(alias.survivor_id, identifier.customer_id)
FROM unnest(%(kinds)s::text[], %(values)s::text[], %(sources)s::text[]) WITH ORDINALITY
    AS wanted (kind, value, source, number)
JOIN customers_identifier AS identifier USING (value, kind, source)
LEFT JOIN customers_alias AS alias ON alias.customer_id = identifier.customer_id

-- name: lock_identifiers
-- Let nobody else add a customer under these identifiers until this transaction ends; always in the same order.
SELECT pg_advisory_xact_lock(1919250793, lock)
FROM (
    SELECT DISTINCT abs(hashtext(kind || ':' || source || ':' || value) %% 4096) AS lock
    FROM unnest(%(kinds)s::text[], %(values)s::text[], %(sources)s::text[]) AS wanted (kind, value, source)
    ORDER BY 1
) AS locks

-- name: insert_customers
-- Add customers; their words are given in one text each.
INSERT INTO customers_customer
    (id, name, given_name, family_name, birthday, language, country, city, postcode, traits, tags, search,
     created_at, updated_at)
SELECT id, name, given_name, family_name, birthday, language, country, city, postcode, traits, '{}',
    array_to_tsvector(string_to_array(words, ' ')), %(now)s, %(now)s
FROM unnest(
    %(ids)s::uuid[], %(names)s::text[], %(given_names)s::text[], %(family_names)s::text[], %(birthdays)s::date[],
    %(languages)s::text[], %(countries)s::text[], %(cities)s::text[], %(postcodes)s::text[], %(traits)s::jsonb[],
    %(words)s::text[]
) AS customer (id, name, given_name, family_name, birthday, language, country, city, postcode, traits, words)

-- name: insert_identifiers
-- Give customers names that nobody has.
INSERT INTO customers_identifier (customer_id, kind, value, source, added_at)
SELECT customer_id, kind, value, source, %(now)s
FROM unnest(%(customer_ids)s::uuid[], %(kinds)s::text[], %(values)s::text[], %(sources)s::text[])
    AS identifier (customer_id, kind, value, source)

-- name: set_words
-- Keep the words under which customers are found.
UPDATE customers_customer AS customer
SET search = array_to_tsvector(string_to_array(given.words, ' '))
FROM unnest(%(ids)s::uuid[], %(words)s::text[]) AS given (id, words)
WHERE customer.id = given.id
