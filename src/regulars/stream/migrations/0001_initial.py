"""The stream: a partitioned table that the application can only add to, and what stands around it."""

from __future__ import annotations

from django.db import migrations, models

EVENT = """
CREATE SEQUENCE stream_event_position;
CREATE TABLE stream_event (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    type text NOT NULL,
    customer_id uuid,
    actor text NOT NULL,
    source text NOT NULL,
    payload jsonb NOT NULL,
    transaction bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX stream_event_order ON stream_event (transaction, position);
CREATE INDEX stream_event_timeline ON stream_event (customer_id, occurred_at DESC, position DESC);
CREATE TABLE stream_event_default PARTITION OF stream_event DEFAULT;
"""
EVENT_REVERSE = "DROP TABLE stream_event; DROP SEQUENCE stream_event_position;"

# The number of this transaction in the order of the stream; the audit trail is ordered by it too.
TRANSACTION = """
CREATE FUNCTION stream_transaction() RETURNS bigint LANGUAGE sql AS
    'SELECT shift + pg_current_xact_id()::text::bigint FROM stream_clock';
"""
TRANSACTION_REVERSE = "DROP FUNCTION stream_transaction();"

# The application may not make tables; it may ask the owner for this one kind.
PARTITION = """
CREATE FUNCTION stream_make_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month);
    name text := 'stream_event_' || to_char(first, 'YYYY_MM');
BEGIN
    IF first < DATE '1970-01-01' OR first > now() + interval '2 years' THEN
        RAISE EXCEPTION 'no partition is made for %', first;
    END IF;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    -- One at a time; who comes second finds it made. Asked of the table: to_regclass may answer from before the lock.
    PERFORM pg_advisory_xact_lock(hashtext('stream_make_partition'));
    IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = 'public'::regnamespace) THEN
        RETURN;
    END IF;
    -- Made apart and then attached: that locks out neither readers nor writers of the other partitions.
    EXECUTE format('CREATE TABLE %I (LIKE stream_event INCLUDING ALL)', name);
    EXECUTE format(
        'ALTER TABLE %I ADD CONSTRAINT %I CHECK (occurred_at >= %L AND occurred_at < %L)',
        name, name || '_bounds', first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
    );
    EXECUTE format(
        'ALTER TABLE stream_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
    );
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, name || '_bounds');
END $$;
"""
PARTITION_REVERSE = "DROP FUNCTION stream_make_partition(date);"

# Besides the rights that the application's login lacks: a mistake of the owner's is refused too.
REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('regulars.erasing', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER stream_event_append_only BEFORE UPDATE OR DELETE ON stream_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stream_key_append_only BEFORE UPDATE OR DELETE ON stream_key
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
REFUSE_REVERSE = """
DROP TRIGGER stream_key_append_only ON stream_key;
DROP TRIGGER stream_event_append_only ON stream_event;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Make the stream."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            EVENT,
            EVENT_REVERSE,
            state_operations=[
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("type", models.TextField()),
                        ("customer_id", models.UUIDField(null=True)),
                        ("actor", models.TextField()),
                        ("source", models.TextField()),
                        ("payload", models.JSONField()),
                        ("transaction", models.BigIntegerField()),
                        ("position", models.BigIntegerField()),
                    ],
                    options={"db_table": "stream_event"},
                )
            ],
        ),
        migrations.CreateModel(
            name="Key",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("source", models.TextField()),
                ("key", models.TextField()),
                ("event_id", models.UUIDField()),
            ],
            options={"db_table": "stream_key"},
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("shift", models.BigIntegerField(default=0)),
                ("server", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "stream_clock",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="stream_clock_one_row"),
                ],
            },
        ),
        migrations.RunSQL("INSERT INTO stream_clock (id, shift) VALUES (1, 0)", migrations.RunSQL.noop),
        migrations.RunSQL(TRANSACTION, TRANSACTION_REVERSE),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("subscription", models.TextField(primary_key=True, serialize=False)),
                ("transaction", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "stream_cursor"},
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("subscription", models.TextField()),
                ("event_id", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
                ("customer_id", models.UUIDField(null=True)),
                ("transaction", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("state", models.TextField()),
                ("error", models.TextField()),
                ("where", models.TextField()),
                ("attempts", models.IntegerField()),
                ("first_failed_at", models.DateTimeField()),
                ("last_failed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "stream_dead_letter",
                "constraints": [
                    models.UniqueConstraint(fields=("subscription", "event_id"), name="stream_dead_letter_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["failed", "waiting"])), name="stream_dead_letter_state"
                    ),
                ],
                "indexes": [models.Index(fields=["subscription", "customer_id"], name="stream_dead_letter_customer")],
            },
        ),
        migrations.RunSQL(PARTITION, PARTITION_REVERSE),
        migrations.RunSQL(REFUSE, REFUSE_REVERSE),
    ]
