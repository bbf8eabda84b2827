"""The tables of the API itself: keys that make a write idempotent, and what each API key has used up."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """A key that a program gave to a write, with the answer: answers of writes hold ids and outcomes, no profiles."""

    pk = models.CompositePrimaryKey("api_key_id", "key")
    api_key_id = models.UUIDField()
    key = models.TextField()
    # A hash of method, address and body: the same key may not come with another request.
    request_digest = models.BinaryField()
    # Null only while the transaction that claims the key runs.
    status = models.SmallIntegerField(null=True)
    content_type = models.TextField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "api_idempotency_key"
        indexes = [models.Index(fields=["created_at"], name="api_idempotency_key_age")]


class Allowance(models.Model):
    """How often an API key has called in the present window. Unlogged: after a crash all begin anew."""

    api_key_id = models.UUIDField(primary_key=True)
    time_window = models.BigIntegerField()
    used = models.IntegerField()

    class Meta:
        db_table = "api_allowance"
