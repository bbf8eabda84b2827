from importlib import import_module

from django.db import migrations

# Said anew for databases in which an earlier form of them stands, that left the indexes of a run that was cut short.
_TURNS = import_module("regulars.insights.migrations.0005_scores_take_turns")
FUNCTIONS = (_TURNS.CLEAR, _TURNS.INDEX_STAGED, _TURNS.SWAP)


class Migration(migrations.Migration):
    """A run's scores take their place when it succeeds: `finished_at` says when."""

    dependencies = [("insights", "0006_same_of_all_rows")]

    operations = [
        migrations.RemoveField(model_name="run", name="in_place_at"),
        *(
            migrations.RunSQL(each.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), migrations.RunSQL.noop)
            for each in FUNCTIONS
        ),
    ]
