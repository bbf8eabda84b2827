-- name: behind
-- How many seconds ago the oldest event of an order came that a subscription has not heard of yet; 0 where there is none.
SELECT COALESCE(extract(epoch FROM now() - min(event.received_at)), 0)::float8
FROM stream_cursor AS cursor
CROSS JOIN LATERAL (
    SELECT received_at FROM stream_event
    WHERE (transaction, position) > (cursor.transaction, cursor.position) AND type LIKE 'order.%%'
    ORDER BY transaction, position
    LIMIT 1
) AS event
WHERE cursor.subscription = %(subscription)s
