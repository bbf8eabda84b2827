"""The tables of rewards: codes of vouchers and their uses, what rewards there are left of, and redemptions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value

from regulars.loyalty.rewards.contracts import RedemptionState, UseState

# A code as it is looked up: what people confuse is one, and separators are none. `codes.fold` does the same.
FOLDED = Func("code", Value("OIL-"), Value("011"), function="translate", output_field=models.TextField())
HELD, REDEEMED = UseState.HELD.value, UseState.REDEEMED.value
RESERVED, CONFIRMED = RedemptionState.RESERVED.value, RedemptionState.CONFIRMED.value


class Batch(models.Model):
    """Codes of a series that are made together, in pieces; an interrupted one goes on where it stopped."""

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+")
    series = models.TextField()
    # As it was when the batch was begun; empty where codes have none.
    pattern = models.TextField(default="")
    wanted = models.IntegerField()
    made = models.IntegerField(default=0, db_default=0)
    begun_at = models.DateTimeField()
    begun_by = models.TextField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "loyalty_rewards_batch"
        constraints = [
            models.CheckConstraint(condition=Q(made__gte=0, made__lte=F("wanted")), name="loyalty_batch_made"),
        ]


class Voucher(models.Model):
    """A code of a series. It is never changed and never deleted, so that it is unique for ever."""

    # Worth money to whoever reads it.
    not_for_read_only = ("code",)

    id = models.UUIDField(primary_key=True)
    # Programmes and batches are never deleted, and who adds codes has them before: to ask again for each of a million
    # codes would take longer than to keep them.
    program = models.ForeignKey(
        "loyalty_definitions.Program", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    series = models.TextField()
    # As it is shown.
    code = models.TextField()
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False)
    # Whose it is; without one it is its bearer's.
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    # The first instant at which it is no longer good, beside the dates of its series.
    good_until = models.DateTimeField(null=True)
    # What it was given for: a kind and an id, as a redemption's or an order's.
    source_kind = models.TextField(default="", db_default="")
    source_id = models.UUIDField(null=True)
    # Unique for ever where it has one: an occasion that gives once.
    occasion = models.UUIDField(null=True)
    # How many of its uses stand as redeemed. Who changes it has locked the row.
    redeemed = models.IntegerField(default=0, db_default=0)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.TextField(default="", db_default="")
    withdrawn_for = models.TextField(default="", db_default="")

    class Meta:
        db_table = "loyalty_rewards_voucher"
        constraints = [
            models.UniqueConstraint(FOLDED, name="loyalty_voucher_code"),
            models.UniqueConstraint(
                fields=["occasion"], condition=Q(occasion__isnull=False), name="loyalty_voucher_occasion"
            ),
            models.CheckConstraint(condition=Q(redeemed__gte=0), name="loyalty_voucher_redeemed"),
        ]
        indexes = [
            models.Index(fields=["batch", "id"], condition=Q(batch__isnull=False), name="loyalty_voucher_batch"),
            models.Index(fields=["member"], condition=Q(member__isnull=False), name="loyalty_voucher_member"),
            models.Index(fields=["source_id"], condition=Q(source_id__isnull=False), name="loyalty_voucher_source"),
            # What the staff counts of a series: each holds few of millions of codes.
            models.Index(fields=["program", "series"], condition=Q(member__isnull=False), name="loyalty_voucher_given"),
            models.Index(fields=["program", "series"], condition=Q(redeemed__gt=0), name="loyalty_voucher_used"),
            models.Index(
                fields=["program", "series"], condition=Q(withdrawn_at__isnull=False), name="loyalty_voucher_withdrawn"
            ),
        ]


_STANDING = [HELD, REDEEMED]


class Use(models.Model):
    """That a code is held for an order, or was redeemed with it. What has ended stays as it ended."""

    id = models.UUIDField(primary_key=True)
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="+", db_index=False)
    # The order or cart, by whatever name the shop has for it.
    reference = models.TextField()
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.TextField()
    # By which version of the programme it was judged.
    version = models.IntegerField()
    held_until = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    currency = models.TextField(default="", db_default="")
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    actor = models.TextField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(default="", db_default="")
    ended_for = models.TextField(default="", db_default="")

    class Meta:
        db_table = "loyalty_rewards_use"
        constraints = [
            models.UniqueConstraint(
                fields=["voucher", "reference"], condition=Q(state__in=_STANDING), name="loyalty_use_once"
            ),
            models.CheckConstraint(condition=Q(state__in=[each.value for each in UseState]), name="loyalty_use_state"),
            models.CheckConstraint(
                condition=(
                    Q(state=HELD, held_until__isnull=False, redeemed_at=None, ended_at=None)
                    | Q(state=REDEEMED, redeemed_at__isnull=False, ended_at=None)
                    | Q(state=UseState.ROLLED_BACK.value, redeemed_at__isnull=False, ended_at__isnull=False)
                    | Q(
                        state__in=[UseState.RELEASED.value, UseState.LAPSED.value],
                        redeemed_at=None,
                        ended_at__isnull=False,
                    )
                ),
                name="loyalty_use_times",
            ),
        ]
        indexes = [
            models.Index(fields=["voucher"], condition=Q(state=HELD), name="loyalty_use_held"),
            models.Index(fields=["reference"], condition=Q(state__in=_STANDING), name="loyalty_use_reference"),
            models.Index(
                fields=["member"], condition=Q(member__isnull=False, state__in=_STANDING), name="loyalty_use_member"
            ),
        ]


class Try(models.Model):
    """How many wrong codes a client has tried in the present window. Unlogged: after a crash all begin anew."""

    client = models.TextField(primary_key=True)
    time_window = models.BigIntegerField()
    wrong = models.IntegerField()

    class Meta:
        db_table = "loyalty_rewards_try"


class Shelf(models.Model):
    """So many pieces of a reward: all there are, or as many as all members may have in a period.

    The pieces lie on several rows, so that takers need not wait for each other.
    """

    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    reward = models.TextField()
    # `stock`, or a period by its key, as `month:2026-11`.
    pool = models.TextField()
    # What was added beside the document, or taken away.
    added = models.BigIntegerField(default=0, db_default=0)
    # How many were laid out in all; more are when the document says more.
    laid_out = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "loyalty_rewards_shelf"
        constraints = [models.UniqueConstraint(fields=["program", "reward", "pool"], name="loyalty_shelf_once")]


class Pieces(models.Model):
    """What is left on one row of a shelf."""

    id = models.BigAutoField(primary_key=True)
    shelf = models.ForeignKey(Shelf, models.PROTECT, related_name="+", db_index=False)
    number = models.SmallIntegerField()
    remaining = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "loyalty_rewards_pieces"
        constraints = [
            models.UniqueConstraint(fields=["shelf", "number"], name="loyalty_pieces_once"),
            models.CheckConstraint(condition=Q(remaining__gte=0), name="loyalty_pieces_remaining"),
        ]


class Supply(models.Model):
    """That pieces were added to a stock, or taken away from it."""

    append_only = True

    id = models.UUIDField(primary_key=True)
    shelf = models.ForeignKey(Shelf, models.PROTECT, related_name="+")
    pieces = models.BigIntegerField()
    reason = models.TextField()
    actor = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "loyalty_rewards_supply"


class Redemption(models.Model):
    """A reward that a member has reserved, got, or given back."""

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("loyalty_definitions.Program", models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey("loyalty_ledger.Member", models.PROTECT, related_name="+", db_index=False)
    reward = models.TextField()
    kind = models.TextField()
    # The version of the programme by which it was judged, and by which it is undone.
    version = models.IntegerField()
    state = models.TextField()
    # Points by currency, as {"beans": 500}.
    cost = models.JSONField()
    # How many of the points have come back.
    refunded_points = models.BigIntegerField(default=0, db_default=0)
    # How many of those came back with the order, and are spent again if it is kept after all.
    returned_points = models.BigIntegerField(default=0, db_default=0)
    # Whether it was refunded with its order: whoever refunds may tell any reason, so that the reason does not say it.
    ended_with_order = models.BooleanField(default=False, db_default=False)
    # The one that was refunded with its order, for which this one stands since the order was kept after all.
    again_for = models.OneToOneField("self", models.PROTECT, null=True, related_name="again")
    # The rows of shelves from which a piece was taken.
    pieces = ArrayField(models.BigIntegerField(), default=list)
    # What it was redeemed for, as an order's number; empty where for nothing.
    reference = models.TextField(default="", db_default="")
    order_id = models.UUIDField(null=True)
    # What was asked, and what was given for it: amounts, and ids as the voucher's.
    asked = models.JSONField(default=dict)
    given = models.JSONField(default=dict)
    reserved_at = models.DateTimeField()
    # The first instant at which a reservation no longer holds.
    reserved_until = models.DateTimeField()
    # When a piece of it went to somebody else, since its time was over: it cannot be confirmed any more.
    lost_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    # When it was handed over, shipped or done.
    fulfilled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_for = models.TextField(default="", db_default="")
    actor = models.TextField()
    ended_by = models.TextField(default="", db_default="")

    class Meta:
        db_table = "loyalty_rewards_redemption"
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(state=RESERVED, confirmed_at=None, ended_at=None)
                    | Q(state=CONFIRMED, confirmed_at__isnull=False, ended_at=None)
                    | Q(state=RedemptionState.REFUNDED.value, confirmed_at__isnull=False, ended_at__isnull=False)
                    | Q(
                        state__in=[RedemptionState.CANCELLED.value, RedemptionState.EXPIRED.value],
                        confirmed_at=None,
                        ended_at__isnull=False,
                    )
                ),
                name="loyalty_redemption_state",
            ),
            models.CheckConstraint(condition=Q(lost_at=None) | Q(confirmed_at=None), name="loyalty_redemption_lost"),
            models.CheckConstraint(condition=Q(refunded_points__gte=0), name="loyalty_redemption_refunded"),
        ]
        indexes = [
            models.Index(fields=["member", "reserved_at"], name="loyalty_redemption_member"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="loyalty_redemption_order"),
            models.Index(
                fields=["reserved_until"],
                condition=Q(state=RESERVED),
                name="loyalty_redemption_waiting",
            ),
            models.Index(
                fields=["program", "reward", "reserved_until"],
                condition=Q(state=RESERVED),
                name="loyalty_redemption_reserved",
            ),
            # Lists of all members, by what stands of a redemption, and how often a reward was given lately.
            models.Index(fields=["program", "state", "id"], name="loyalty_redemption_list"),
            models.Index(
                fields=["program", "id"],
                condition=Q(state=CONFIRMED, fulfilled_at=None),
                name="loyalty_redemption_todo",
            ),
            models.Index(
                fields=["program", "confirmed_at"], condition=Q(state=CONFIRMED), name="loyalty_redemption_given"
            ),
        ]
