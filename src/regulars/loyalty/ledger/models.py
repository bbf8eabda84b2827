"""The tables of the ledger: members with their accounts, lots of points, and transactions of balanced entries.

Entries are the truth, and only added. They are written by functions of the database, which keep from them what stands
of a lot and the debt of an account, and refuse a transaction that does not add up; the application's login has no right
to write transactions, entries and lots itself.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from regulars.loyalty.ledger.contracts import MemberState


class _AllColumns:
    """Every column of a table: the application writes it by the functions of the database alone."""

    def __contains__(self, column: object) -> bool:
        return True


class Member(models.Model):
    """A customer who is enrolled in a programme."""

    # Whoever has it can spend the member's points at a till.
    not_for_read_only = ("code",)

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+")
    # The one that the member enrolled as; a merge leaves it, so that its undo finds it. Null once it was erased.
    customer = models.ForeignKey("customers.Customer", models.PROTECT, null=True, related_name="+")
    # What stands in the QR code and on the card: nobody guesses it.
    code = models.TextField(unique=True)
    state = models.TextField(default=MemberState.ACTIVE)
    # The member that this one was merged into, itself not merged.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    enrolled_at = models.DateTimeField()
    enrolled_by = models.TextField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_ledger_member"
        constraints = [
            models.UniqueConstraint(fields=["customer", "program"], name="loyalty_member_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in MemberState]), name="loyalty_member_state"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(state=MemberState.MERGED), name="loyalty_member_merged"
            ),
        ]


class MemberMerge(models.Model):
    """That a member was merged into another, by a merge of their customers, and whether that was undone."""

    id = models.UUIDField(primary_key=True)
    survivor = models.ForeignKey(Member, models.PROTECT, related_name="+")
    merged = models.ForeignKey(Member, models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    # The transactions by which points of the one paid what the other owed: their undo lets it be owed again.
    netted_by = ArrayField(models.UUIDField(), default=list)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_ledger_member_merge"
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="loyalty_member_merged_once"
            )
        ]


class Account(models.Model):
    """A member's account in one point currency. Its row is what whoever changes its lots locks."""

    # Written with entries.
    kept_by_database = ("debt",)
    changes = ("leads_to_id",)

    id = models.UUIDField(primary_key=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="accounts")
    currency = models.TextField()
    debt = models.BigIntegerField(default=0, db_default=0)
    # Where its lots have gone, as long as its member is merged into another.
    leads_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "loyalty_ledger_account"
        constraints = [
            models.UniqueConstraint(fields=["member", "currency"], name="loyalty_account_once"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="loyalty_account_debt"),
        ]


class Lot(models.Model):
    """Points that were granted together: when they are active, until when they are good, and what stands of them."""

    kept_by_database = _AllColumns()
    changes = ("account_id", "activates_at", "expires_at", "restored_at")

    id = models.UUIDField(primary_key=True)
    # Where it is now, and where it came from: a merge moves lots, and its undo moves them back. What writes lots looks
    # for the account, and refuses; a foreign key would ask a second time.
    account = models.ForeignKey(Account, models.PROTECT, related_name="lots", db_constraint=False, db_index=False)
    origin_account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    currency = models.TextField()
    granted_at = models.DateTimeField()
    # Null while it waits for an event.
    activates_at = models.DateTimeField(null=True)
    # The first instant at which the points are no longer good; null for never, or while that is not known.
    expires_at = models.DateTimeField(null=True)
    # The document's `inactivity` by which it expires; what the member does then moves `expires_at`.
    inactivity = models.JSONField(null=True)
    # When points first came back to it; the grace is counted from then.
    restored_at = models.DateTimeField(null=True)
    # What it is for: a kind and an id, as an order's; the rule and the programme's version that granted it.
    source_kind = models.TextField()
    source_id = models.UUIDField(null=True)
    rule = models.TextField(default="")
    version = models.IntegerField(null=True)
    funding = models.TextField()
    # Whether its points count for tiers that are reached by points earned.
    counts_for_tiers = models.BooleanField(default=True, db_default=True)
    # Unique for ever where it has one: an occasion that grants once.
    occasion = models.UUIDField(null=True)
    pending = models.BigIntegerField(default=0, db_default=0)
    active = models.BigIntegerField(default=0, db_default=0)
    reserved = models.BigIntegerField(default=0, db_default=0)
    debt = models.BigIntegerField(default=0, db_default=0)
    # Whether anything stands of it.
    is_open = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "loyalty_ledger_lot"
        constraints = [
            models.CheckConstraint(
                condition=Q(pending__gte=0, active__gte=0, reserved__gte=0, debt__gte=0), name="loyalty_lot_parts"
            ),
            models.UniqueConstraint(
                fields=["occasion"], condition=Q(occasion__isnull=False), name="loyalty_lot_occasion"
            ),
        ]
        indexes = [
            # One for those of which anything stands and for all: each lot that is granted has an entry in every index.
            models.Index(fields=["account", "is_open"], name="loyalty_lot_of_account"),
            # Where the lots of the last months lie; it costs next to nothing, since they come in their order.
            BrinIndex(fields=["granted_at"], name="loyalty_lot_granted"),
            models.Index(fields=["expires_at"], condition=Q(is_open=True), name="loyalty_lot_expiring"),
            models.Index(fields=["activates_at"], condition=Q(pending__gt=0), name="loyalty_lot_activating"),
            models.Index(fields=["source_id"], condition=Q(source_id__isnull=False), name="loyalty_lot_source"),
        ]


class LotMove(models.Model):
    """That a lot's points are good until another moment, or that it has another holder; told by a transaction."""

    append_only = True

    id = models.UUIDField(primary_key=True)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    transaction = models.ForeignKey("Transaction", models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    activates_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_ledger_lot_move"


class Transaction(models.Model):
    """What is posted together. Corrected only by another one, which names the one that it reverses.

    Its kind, and what its entries say, is checked by what posts it: a check of the table's would be read and prepared
    anew for each that is added.
    """

    append_only = True
    kept_by_database = _AllColumns()

    id = models.UUIDField(primary_key=True)
    # Looked for by what posts: a foreign key would have every write lock the programme's row.
    program = models.ForeignKey(
        "loyalty_definitions.Program", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.TextField()
    # The business's time, and ours.
    occurred_at = models.DateTimeField()
    posted_at = models.DateTimeField()
    actor = models.TextField()
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    # Unique for ever where it has one: (program, source, order, version, rule, beneficiary, currency, purpose), hashed.
    occasion = models.UUIDField(null=True)
    # Ids and words of the business: the order, the reward, the reason.
    memo = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    entries = models.IntegerField()
    transaction = models.BigIntegerField(db_default=models.Func(function="stream_transaction"))
    position = models.BigIntegerField(
        db_default=models.Func(models.Value("loyalty_ledger_position"), function="nextval")
    )

    class Meta:
        db_table = "loyalty_ledger_transaction"
        constraints = [
            models.UniqueConstraint(
                fields=["occasion"], condition=Q(occasion__isnull=False), name="loyalty_transaction_occasion"
            ),
        ]
        indexes = [models.Index(fields=["transaction", "position"], name="loyalty_transaction_order")]


class Entry(models.Model):
    """So many points to or from an account: a member's, which names its lot, or one of the programme's books."""

    append_only = True
    kept_by_database = _AllColumns()

    pk = models.CompositePrimaryKey("transaction_id", "number")
    # What it points to is there, since what posts finds it or refuses.
    transaction = models.ForeignKey(
        Transaction, models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    number = models.IntegerField()
    book = models.TextField()
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    state = models.TextField(null=True)
    currency = models.TextField()
    points = models.BigIntegerField()
    # On whose behalf points were taken from a lot: a redemption, or another lot whose debt they paid.
    cause = models.UUIDField(null=True)

    class Meta:
        db_table = "loyalty_ledger_entry"
        indexes = [
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="loyalty_entry_lot"),
            models.Index(fields=["cause"], condition=Q(cause__isnull=False), name="loyalty_entry_cause"),
        ]


class Request(models.Model):
    """A write that somebody asked for under a key: what was asked, hashed, and the answer, which is given again."""

    append_only = True

    pk = models.CompositePrimaryKey("client", "key")
    client = models.TextField()
    key = models.TextField()
    digest = models.BinaryField()
    answer = models.JSONField()
    answered_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_ledger_request"


class Seal(models.Model):
    """A link of the chain that seals transactions: its digest covers them and the link before it."""

    append_only = True

    number = models.BigIntegerField(primary_key=True)
    # How far it reaches.
    transaction = models.BigIntegerField()
    position = models.BigIntegerField()
    transactions = models.BigIntegerField()
    # A short hash of each transaction, so that the first that is wrong can be named.
    leaves = models.BinaryField()
    digest = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_ledger_seal"
