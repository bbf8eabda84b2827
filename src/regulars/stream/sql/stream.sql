-- name: append_events
-- Append events in the order given. The transaction's number orders them against those of other transactions.
SELECT stream_append(
    %(received_at)s::timestamptz, %(ids)s::uuid[], %(types)s::text[], %(customer_ids)s::uuid[], %(actors)s::text[],
    %(sources)s::text[], %(occurred_ats)s::timestamptz[], %(payloads)s::jsonb[]
)

-- name: claim_keys
-- Keep the sources' own names of events, and return those that are new.
INSERT INTO stream_key (source, key, event_id)
SELECT DISTINCT ON (source, key) source, key, id
FROM unnest(%(sources)s::text[], %(keys)s::text[], %(ids)s::uuid[]) WITH ORDINALITY AS named (source, key, id, number)
ORDER BY source, key, number
ON CONFLICT DO NOTHING
RETURNING event_id

-- name: partition_months
-- The months for which a partition stands, as their first days.
SELECT to_date(right(child.relname, 7), 'YYYY_MM')
FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = 'stream_event'::regclass AND child.relname <> 'stream_event_default'

-- name: make_partition
-- Have the owner make the partition of a month.
SELECT stream_make_partition(%(month)s)

-- name: horizon
-- The number below which every transaction has ended: no event before it can still appear.
SELECT shift + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM stream_clock

-- name: top
-- The last event before the horizon.
SELECT transaction, position FROM stream_event
WHERE transaction < %(horizon)s
ORDER BY transaction DESC, position DESC
LIMIT 1

-- name: lock_cursor
-- Take a subscription for this transaction, unless another worker serves it.
SELECT transaction, position FROM stream_cursor WHERE subscription = %(subscription)s FOR UPDATE SKIP LOCKED

-- name: hold_cursor
-- Wait until no worker serves a subscription, and let none until this transaction ends.
SELECT FROM stream_cursor WHERE subscription = %(subscription)s FOR UPDATE

-- name: next_events
-- The events of some types after a cursor and before the horizon, in stream order.
SELECT id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position
FROM stream_event
WHERE (transaction, position) > (%(transaction)s, %(position)s)
    AND transaction < %(horizon)s
    AND type = ANY(%(types)s)
ORDER BY transaction, position
LIMIT %(limit)s

-- name: events_in_order
-- Events after a place and before the horizon, in stream order; of a source, or that happened since a moment.
SELECT id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position
FROM stream_event
WHERE (transaction, position) > (%(transaction)s, %(position)s)
    AND transaction < %(horizon)s
    AND (%(source)s::text IS NULL OR source = %(source)s)
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
ORDER BY transaction, position
LIMIT %(limit)s

-- name: look_through
-- The next events after a place and before the horizon, in stream order, that happened between two moments: at most so
-- many, and of each whether its type is asked for.
SELECT id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position,
    %(types)s::text[] IS NULL OR type = ANY(%(types)s)
FROM (
    SELECT * FROM stream_event
    WHERE (transaction, position) > (%(transaction)s, %(position)s)
        AND transaction < %(horizon)s
        AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
    ORDER BY transaction, position
    LIMIT %(looked_at)s
) AS ahead
ORDER BY transaction, position

-- name: latest
-- The types of the latest events, with the names in what they say.
SELECT latest.type, array_agg(DISTINCT said.name ORDER BY said.name)
FROM (SELECT type, payload FROM stream_event ORDER BY transaction DESC, position DESC LIMIT %(limit)s) AS latest
LEFT JOIN LATERAL jsonb_object_keys(latest.payload) AS said (name) ON TRUE
GROUP BY 1

-- name: count_in_order
-- How many events there are before the horizon; of a source, or that happened since a moment.
SELECT count(*) FROM stream_event
WHERE transaction < %(horizon)s
    AND (%(source)s::text IS NULL OR source = %(source)s)
    AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)

-- name: move_cursor
-- Say how far a subscription has come.
UPDATE stream_cursor SET transaction = %(transaction)s, position = %(position)s, moved_at = %(now)s
WHERE subscription = %(subscription)s

-- name: waiting
-- How many events of some types wait behind a cursor (to ten thousand), and since when.
SELECT count(*), min(received_at) FROM (
    SELECT received_at FROM stream_event
    WHERE (transaction, position) > (%(transaction)s, %(position)s) AND type = ANY(%(types)s)
    ORDER BY transaction, position
    LIMIT 10000
) AS ahead

-- name: timeline
-- A customer's events, the latest first, before a place in that order.
SELECT event.id, event.type, event.customer_id, event.actor, event.source, event.occurred_at, event.received_at,
    event.payload, event.transaction, event.position
FROM unnest(%(customer_ids)s::uuid[]) AS known_as (id)
-- Id by id, so that each partition's index gives the latest first, and no more is read than is asked for.
CROSS JOIN LATERAL (
    SELECT * FROM stream_event
    WHERE customer_id = known_as.id
        AND occurred_at <= %(before_at)s
        AND occurred_at >= %(since)s
        AND (occurred_at, position) < (%(before_at)s, %(before_position)s)
        AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
    ORDER BY occurred_at DESC, position DESC
    LIMIT %(limit)s
) AS event
ORDER BY event.occurred_at DESC, event.position DESC
LIMIT %(limit)s

-- name: events_by_id
-- Some events by id and time, in stream order.
SELECT id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position
FROM stream_event
WHERE (id, occurred_at) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(occurred_ats)s::timestamptz[]))
ORDER BY transaction, position

-- name: has_event
-- Whether anything of a type has ever happened.
SELECT EXISTS (SELECT FROM stream_event WHERE type = %(type)s)

-- name: settle_clock
-- On a server that is new to these data, shift the numbers of transactions beyond all that the stream holds.
UPDATE stream_clock SET
    server = (SELECT system_identifier FROM pg_control_system()),
    shift = GREATEST(
        shift,
        COALESCE((SELECT max(transaction) FROM stream_event), 0) + 1 - pg_current_xact_id()::text::bigint
    )
WHERE server IS DISTINCT FROM (SELECT system_identifier FROM pg_control_system())

-- name: strays
-- How many events lie in the default partition (to a thousand); it is meant to stay empty.
SELECT count(*) FROM (SELECT 1 FROM stream_event_default LIMIT 1000) AS strays

-- name: take_up_work
-- Whether this connection may do a work; it holds the lock until it lets go, or ends.
SELECT pg_try_advisory_lock(%(key)s)

-- name: is_work_taken
-- Whether some connection does a work; such a lock's number stands in two halves.
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) = %(key)s
)

-- name: let_go_of_work
-- Let another do a work.
SELECT pg_advisory_unlock(%(key)s)
