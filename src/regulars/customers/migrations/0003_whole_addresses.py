"""E-mail addresses as a whole stand apart from the words in them, so that a search reads those once."""

from __future__ import annotations

from django.db import migrations

APART = "UPDATE customers_word SET word = '@' || word WHERE word LIKE '_%@%'"
AMONG = "UPDATE customers_word SET word = substr(word, 2) WHERE word LIKE '@%'"


class Migration(migrations.Migration):
    """Mark the words that are whole addresses."""

    dependencies = [("customers", "0002_words")]
    operations = [migrations.RunSQL(APART, AMONG)]
