"""Words under which customers are found, in a table whose index is read until there are enough."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

KEEP_WORDS = """
INSERT INTO customers_word (customer_id, word)
SELECT id, word FROM customers_customer, unnest(tsvector_to_array(search)) AS word
"""
KEEP_SEARCH = """
UPDATE customers_customer AS customer SET search = array_to_tsvector(kept.words)
FROM (SELECT customer_id, array_agg(word) AS words FROM customers_word GROUP BY customer_id) AS kept
WHERE customer.id = kept.customer_id
"""


class Migration(migrations.Migration):
    """Move the words from the customers' rows into rows of their own."""

    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Word",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "customer_id", "word", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                ("word", models.TextField(db_collation="C")),
            ],
            options={
                "db_table": "customers_word",
                "indexes": [models.Index(fields=["word", "customer"], name="customers_word_beginning")],
            },
        ),
        migrations.RunSQL(KEEP_WORDS, KEEP_SEARCH),
        # Constraints that wait for the end of the transaction would keep the table from being changed in it.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveIndex(model_name="customer", name="customers_customer_search"),
        migrations.RemoveField(model_name="customer", name="search"),
    ]
