-- name: see_shelves
-- What lies on the shelves of some rewards: added and laid out, what is left of it, and what timed-out reservations hold.
SELECT
    shelf.reward,
    shelf.pool,
    shelf.added,
    shelf.laid_out,
    (SELECT COALESCE(sum(pieces.remaining), 0) FROM loyalty_rewards_pieces AS pieces WHERE pieces.shelf_id = shelf.id),
    (
        SELECT count(*) FROM loyalty_rewards_redemption AS stale
        WHERE stale.program_id = shelf.program_id AND stale.reward = shelf.reward
            AND stale.state = 'reserved' AND stale.reserved_until <= %(now)s
            AND EXISTS (
                SELECT FROM loyalty_rewards_pieces AS pieces
                WHERE pieces.shelf_id = shelf.id AND pieces.id = ANY (stale.pieces)
            )
    )
FROM loyalty_rewards_shelf AS shelf
WHERE shelf.program_id = %(program_id)s AND shelf.pool = ANY (%(pools)s::text[])
    AND shelf.reward = ANY (%(rewards)s::text[])

-- name: make_shelf
-- Make an empty shelf with its rows, where there is none.
WITH made AS (
    INSERT INTO loyalty_rewards_shelf (program_id, reward, pool) VALUES (%(program_id)s, %(reward)s, %(pool)s)
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO loyalty_rewards_pieces (shelf_id, number)
SELECT made.id, told.number FROM made CROSS JOIN generate_series(0, %(rows)s - 1) AS told (number)

-- name: find_shelves
-- Shelves in the order in which they are gone through, which is the same for all.
SELECT id, pool, added, laid_out FROM loyalty_rewards_shelf
WHERE program_id = %(program_id)s AND reward = %(reward)s AND pool = ANY (%(pools)s::text[])
ORDER BY id

-- name: lock_shelf
-- Lock a shelf to lay out more or less.
SELECT added, laid_out FROM loyalty_rewards_shelf WHERE id = %(shelf_id)s FOR UPDATE

-- name: lock_pieces
-- Lock the rows of a shelf, to take some away.
SELECT number, remaining FROM loyalty_rewards_pieces WHERE shelf_id = %(shelf_id)s ORDER BY id FOR UPDATE

-- name: put_pieces
-- Lay pieces on the rows of a shelf, or take them off.
UPDATE loyalty_rewards_pieces AS pieces SET remaining = pieces.remaining + told.pieces
FROM unnest(%(numbers)s::smallint[], %(pieces)s::bigint[]) AS told (number, pieces)
WHERE pieces.shelf_id = %(shelf_id)s AND pieces.number = told.number

-- name: set_laid_out
-- Keep how many were laid out on a shelf.
UPDATE loyalty_rewards_shelf SET laid_out = %(laid_out)s WHERE id = %(shelf_id)s

-- name: add_to_shelf
-- Add to a shelf beside the document, and return how many were added by now.
UPDATE loyalty_rewards_shelf SET added = added + %(pieces)s WHERE id = %(shelf_id)s RETURNING added

-- name: take_free_piece
-- Take a piece from a row of a shelf that nobody else is taking from.
UPDATE loyalty_rewards_pieces SET remaining = remaining - 1
WHERE id = (
    SELECT id FROM loyalty_rewards_pieces WHERE shelf_id = %(shelf_id)s AND remaining > 0
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id

-- name: take_piece
-- Take a piece from a shelf, and wait for others who do: one of the last may come back.
UPDATE loyalty_rewards_pieces SET remaining = remaining - 1
WHERE id = (
    SELECT id FROM loyalty_rewards_pieces WHERE shelf_id = %(shelf_id)s AND remaining > 0
    ORDER BY id LIMIT 1 FOR UPDATE
)
RETURNING id

-- name: take_lost_piece
-- Take a piece over from a reservation whose time is over; it cannot be confirmed any more.
WITH stale AS (
    SELECT redemption.id, pieces.id AS piece
    FROM loyalty_rewards_redemption AS redemption
    JOIN loyalty_rewards_pieces AS pieces ON pieces.id = ANY (redemption.pieces)
    WHERE redemption.program_id = %(program_id)s AND redemption.reward = %(reward)s
        AND redemption.state = 'reserved' AND redemption.reserved_until <= %(now)s AND pieces.shelf_id = %(shelf_id)s
    ORDER BY redemption.reserved_until
    LIMIT 1
    FOR UPDATE OF redemption SKIP LOCKED
)
UPDATE loyalty_rewards_redemption AS redemption SET
    lost_at = %(now)s,
    pieces = array_remove(redemption.pieces, stale.piece)
FROM stale WHERE redemption.id = stale.id
RETURNING stale.piece

-- name: return_pieces
-- Put pieces back on the rows that they were taken from, always in the same order.
WITH told AS (
    SELECT id, count(*) AS pieces FROM unnest(%(pieces)s::bigint[]) AS each (id) GROUP BY id
),
locked AS (
    SELECT pieces.id, told.pieces FROM loyalty_rewards_pieces AS pieces JOIN told ON told.id = pieces.id
    ORDER BY pieces.shelf_id, pieces.id FOR UPDATE OF pieces
)
UPDATE loyalty_rewards_pieces AS pieces SET remaining = pieces.remaining + locked.pieces
FROM locked WHERE pieces.id = locked.id

-- name: count_of_member
-- How often a member has had each of some rewards in some time; what is reserved counts while its time lasts.
SELECT told.number, (
    SELECT count(*) FROM loyalty_rewards_redemption AS redemption
    WHERE redemption.member_id = ANY (%(member_ids)s::uuid[]) AND redemption.program_id = %(program_id)s
        AND redemption.reward = told.reward
        AND redemption.reserved_at >= COALESCE(told.since, '-infinity')
        AND redemption.reserved_at < COALESCE(told.until, 'infinity')
        AND (
            redemption.state = 'confirmed'
            OR (redemption.state = 'reserved' AND redemption.reserved_until > %(now)s AND redemption.lost_at IS NULL)
        )
)
FROM unnest(%(rewards)s::text[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
    WITH ORDINALITY AS told (reward, since, until, number)
ORDER BY told.number

-- name: timed_out
-- Reservations whose time is over, the oldest first; of a member's, or of all, but for some.
SELECT id FROM loyalty_rewards_redemption
WHERE state = 'reserved' AND reserved_until <= %(now)s AND id <> ALL (%(but)s::uuid[])
    AND (%(member_ids)s::uuid[] IS NULL OR member_id = ANY (%(member_ids)s::uuid[]))
ORDER BY reserved_until, id
LIMIT %(limit)s
