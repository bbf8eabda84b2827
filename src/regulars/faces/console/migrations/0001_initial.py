"""What all processes remember for a moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Remembered",
            fields=[
                ("digest", models.BinaryField(primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "console_remembered",
                "indexes": [models.Index(fields=["until"], name="console_remembered_until")],
            },
        ),
        # Counts of minutes: not worth a line in the log.
        migrations.RunSQL("ALTER TABLE console_remembered SET UNLOGGED", migrations.RunSQL.noop),
    ]
