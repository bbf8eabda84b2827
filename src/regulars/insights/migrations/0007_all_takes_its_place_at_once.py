from django.db import migrations


class Migration(migrations.Migration):
    """A run's scores take their place when it succeeds: `finished_at` says when."""

    dependencies = [("insights", "0006_same_of_all_rows")]

    operations = [migrations.RemoveField(model_name="run", name="in_place_at")]
