"""Functions that append: their plans are kept by the connection, and sets of events go in without leaving the server."""

from __future__ import annotations

from django.db import migrations

# The transaction's number orders events against those of other transactions, their position within it. Planned once:
# what is known of the arrays' lengths changes nothing here.
APPEND = """
CREATE FUNCTION stream_append(
    at timestamptz, ids uuid[], types text[], customer_ids uuid[], actors text[], sources text[],
    occurred_ats timestamptz[], payloads jsonb[]
) RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF cardinality(ids) = 1 THEN
        INSERT INTO stream_event
            (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
        VALUES (
            ids[1], types[1], customer_ids[1], actors[1], sources[1], occurred_ats[1], at, payloads[1],
            (SELECT shift FROM stream_clock) + pg_current_xact_id()::text::bigint, nextval('stream_event_position')
        );
    ELSE
        INSERT INTO stream_event
            (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
        SELECT
            event.id, event.type, event.customer_id, event.actor, event.source, event.occurred_at, at, event.payload,
            clock.shift + pg_current_xact_id()::text::bigint, nextval('stream_event_position')
        FROM stream_clock AS clock, unnest(
            ids, types, customer_ids, actors, sources, occurred_ats, payloads
        ) WITH ORDINALITY AS event (id, type, customer_id, actor, source, occurred_at, payload, number)
        ORDER BY event.number;
    END IF;
    RETURN cardinality(ids);
END $$;
"""
APPEND_REVERSE = """
DROP FUNCTION stream_append(timestamptz, uuid[], text[], uuid[], text[], text[], timestamptz[], jsonb[]);
"""

# For statements of features that change very many rows at once and tell of each: of one type, by one actor.
APPEND_ALIKE = """
CREATE FUNCTION stream_append_alike(
    at timestamptz, of_type text, by_actor text, from_source text, ids uuid[], customer_ids uuid[],
    occurred_ats timestamptz[], payloads jsonb[]
) RETURNS bigint LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO stream_event
        (id, type, customer_id, actor, source, occurred_at, received_at, payload, transaction, position)
    SELECT
        event.id, of_type, event.customer_id, by_actor, from_source, event.occurred_at, at, event.payload,
        clock.shift + pg_current_xact_id()::text::bigint, nextval('stream_event_position')
    FROM stream_clock AS clock, unnest(
        ids, customer_ids, occurred_ats, payloads
    ) WITH ORDINALITY AS event (id, customer_id, occurred_at, payload, number)
    ORDER BY event.number;
    RETURN coalesce(cardinality(ids), 0);
END $$;
"""
APPEND_ALIKE_REVERSE = """
DROP FUNCTION stream_append_alike(timestamptz, text, text, text, uuid[], uuid[], timestamptz[], jsonb[]);
"""


class Migration(migrations.Migration):
    """Add the functions that append."""

    dependencies = [("stream", "0001_initial")]
    operations = [
        migrations.RunSQL(APPEND, APPEND_REVERSE),
        migrations.RunSQL(APPEND_ALIKE, APPEND_ALIKE_REVERSE),
    ]
