"""Keys of idempotent writes, and what each API key has used up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("api_key_id", models.UUIDField(primary_key=True, serialize=False)),
                ("time_window", models.BigIntegerField()),
                ("used", models.IntegerField()),
            ],
            options={
                "db_table": "api_allowance",
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "api_key_id", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("api_key_id", models.UUIDField()),
                ("key", models.TextField()),
                ("request_digest", models.BinaryField()),
                ("status", models.SmallIntegerField(null=True)),
                ("content_type", models.TextField(null=True)),
                ("body", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "api_idempotency_key",
                "indexes": [models.Index(fields=["created_at"], name="api_idempotency_key_age")],
            },
        ),
        # Counted anew each minute: not worth a line in the log. Half a page is left free, so that a row changes in place.
        migrations.RunSQL("ALTER TABLE api_allowance SET UNLOGGED, SET (fillfactor = 50)", migrations.RunSQL.noop),
    ]
