import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import regulars.loyalty.ledger.contracts


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0005_birthdays"),
        ("loyalty_definitions", "0001_initial"),
        ("stream", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE loyalty_ledger_position", "DROP SEQUENCE loyalty_ledger_position"),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "client", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("client", models.TextField()),
                ("key", models.TextField()),
                ("digest", models.BinaryField()),
                ("answer", models.JSONField()),
                ("answered_at", models.DateTimeField()),
            ],
            options={
                "db_table": "loyalty_ledger_request",
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("transaction", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("transactions", models.BigIntegerField()),
                ("leaves", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "loyalty_ledger_seal",
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("currency", models.TextField()),
                ("debt", models.BigIntegerField(db_default=0, default=0)),
                (
                    "leads_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.account",
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_account",
            },
        ),
        migrations.CreateModel(
            name="Lot",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("currency", models.TextField()),
                ("granted_at", models.DateTimeField()),
                ("activates_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("inactivity", models.JSONField(null=True)),
                ("restored_at", models.DateTimeField(null=True)),
                ("source_kind", models.TextField()),
                ("source_id", models.UUIDField(null=True)),
                ("rule", models.TextField(default="")),
                ("version", models.IntegerField(null=True)),
                ("funding", models.TextField()),
                ("counts_for_tiers", models.BooleanField(db_default=True, default=True)),
                ("occasion", models.UUIDField(null=True)),
                ("pending", models.BigIntegerField(db_default=0, default=0)),
                ("active", models.BigIntegerField(db_default=0, default=0)),
                ("reserved", models.BigIntegerField(db_default=0, default=0)),
                ("debt", models.BigIntegerField(db_default=0, default=0)),
                ("is_open", models.BooleanField(db_default=True, default=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lots",
                        to="loyalty_ledger.account",
                    ),
                ),
                (
                    "origin_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.account",
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_lot",
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("code", models.TextField(unique=True)),
                ("state", models.TextField(default=regulars.loyalty.ledger.contracts.MemberState["ACTIVE"])),
                ("enrolled_at", models.DateTimeField()),
                ("enrolled_by", models.TextField()),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.member",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty_definitions.program"
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_member",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="accounts", to="loyalty_ledger.member"
            ),
        ),
        migrations.CreateModel(
            name="MemberMerge",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("merged_at", models.DateTimeField()),
                (
                    "netted_by",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty_ledger.member"
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty_ledger.member"
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_member_merge",
            },
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("occurred_at", models.DateTimeField()),
                ("posted_at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("occasion", models.UUIDField(null=True)),
                ("memo", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("entries", models.IntegerField()),
                ("transaction", models.BigIntegerField(db_default=models.Func(function="stream_transaction"))),
                (
                    "position",
                    models.BigIntegerField(
                        db_default=models.Func(models.Value("loyalty_ledger_position"), function="nextval")
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_definitions.program",
                    ),
                ),
                (
                    "reverses",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.transaction",
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_transaction",
            },
        ),
        migrations.CreateModel(
            name="LotMove",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("activates_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.account",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty_ledger.lot"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty_ledger.transaction"
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_lot_move",
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "transaction_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("book", models.TextField()),
                ("state", models.TextField(null=True)),
                ("currency", models.TextField()),
                ("points", models.BigIntegerField()),
                ("cause", models.UUIDField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.account",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty_ledger.lot",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="loyalty_ledger.transaction",
                    ),
                ),
            ],
            options={
                "db_table": "loyalty_ledger_entry",
            },
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(condition=models.Q(("is_open", True)), fields=["account"], name="loyalty_lot_open"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["account", "id"], name="loyalty_lot_account"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["expires_at"], name="loyalty_lot_expiring"
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("pending__gt", 0)), fields=["activates_at"], name="loyalty_lot_activating"
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                condition=models.Q(("source_id__isnull", False)), fields=["source_id"], name="loyalty_lot_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("active__gte", 0), ("debt__gte", 0), ("pending__gte", 0), ("reserved__gte", 0)),
                name="loyalty_lot_parts",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("occasion__isnull", False)), fields=("occasion",), name="loyalty_lot_occasion"
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("customer", "program"), name="loyalty_member_once"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "left", "merged", "erased"])), name="loyalty_member_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    ("state", regulars.loyalty.ledger.contracts.MemberState["MERGED"]),
                    _connector="OR",
                ),
                name="loyalty_member_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("member", "currency"), name="loyalty_account_once"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(condition=models.Q(("debt__gte", 0)), name="loyalty_account_debt"),
        ),
        migrations.AddConstraint(
            model_name="membermerge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="loyalty_member_merged_once"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["transaction", "position"], name="loyalty_transaction_order"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("occasion__isnull", False)),
                fields=("occasion",),
                name="loyalty_transaction_occasion",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(condition=models.Q(("lot__isnull", False)), fields=["lot"], name="loyalty_entry_lot"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("cause__isnull", False)), fields=["cause"], name="loyalty_entry_cause"
            ),
        ),
    ]
