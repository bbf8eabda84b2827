"""Find entries of the trail by action, actor or object in the order in which they are shown."""

from __future__ import annotations

from django.db import migrations, models

PLACE = ["transaction", "position"]


class Migration(migrations.Migration):
    """Put the place in the trail into the indexes instead of the moment."""

    dependencies = [("staff", "0002_sessions_and_policy")]
    operations = [
        migrations.RemoveIndex(model_name="auditentry", name="staff_audit_object"),
        migrations.RemoveIndex(model_name="auditentry", name="staff_audit_actor"),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["object_kind", "object_id", *PLACE], name="staff_audit_of_object"),
        ),
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["actor", *PLACE], name="staff_audit_of_actor")
        ),
        migrations.AddIndex(
            model_name="auditentry", index=models.Index(fields=["action", *PLACE], name="staff_audit_of_action")
        ),
    ]
