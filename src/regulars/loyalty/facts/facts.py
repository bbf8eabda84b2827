"""What is known of a customer by the membership.

Of a customer in several programmes it is that of the oldest one, with its first currency and its first tier set. What
the clock changes (what is available, what expires) is read from the lots and vouchers as they stand at the moment of
asking, whether or not a night has posted it; what only a write changes stands in a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from regulars.facts.contracts import Fact, FactType, Row, Unit
from regulars.facts.flips import next_midnight
from regulars.kit.i18n import mark

PROGRAM_CHANGED = frozenset({"program.published", "program.rolled_back"})
_WHOSE = frozenset({"member.enrolled", "member.left", "customer.merged", "customer.unmerged"})
# After these the row of a customer is kept anew.
KEPT_BY = _WHOSE | {
    "points.granted",
    "points.cancelled",
    "points.redeemed",
    "points.refunded",
    "points.clawed_back",
    "points.given_back",
    "points.adjusted",
    "points.merged",
    "points.unmerged",
    "reward.redeemed",
    "reward.refunded",
}
CHANGED_BY = KEPT_BY | {
    "points.activated",
    "points.expired",
    "points.reserved",
    "points.released",
    "points.debt_paid",
    "points.forfeited",
}
_TIERS_CHANGED_BY = KEPT_BY | {"tier.reached", "tier.lost", "order.placed", "order.changed", "order.returned"}
_VOUCHERS_CHANGED_BY = _WHOSE | {
    "voucher.issued",
    "voucher.withdrawn",
    "voucher.restored",
    "voucher.redeemed",
    "voucher.rolled_back",
}
_ROW = "loyalty_facts_customer"
KEPT = Row(_ROW)
_kept = partial(Fact, source=KEPT, changed_by=KEPT_BY)
_by_clock = partial(Fact, source=KEPT, changed_by=CHANGED_BY, flips_at=next_midnight, looks_further=True)
_of_tiers = partial(Fact, source=KEPT, changed_by=_TIERS_CHANGED_BY, flips_at=next_midnight, looks_further=True)

_LOTS = f"FROM loyalty_ledger_lot AS lot WHERE lot.account_id = {_ROW}.account_id AND lot.is_open"
# What of a lot is active by the clock, where nothing is owed, and whether it is good.
_ACTIVE = "(lot.active + CASE WHEN lot.activates_at <= {now} THEN lot.pending ELSE 0 END)"
_GOOD = "(lot.expires_at <= {now}) IS NOT TRUE"
# Where something is owed nothing is active but what was due since: the lots that were due first have paid what is owed.
_LEFT = (
    "(SELECT lot.expires_at, GREATEST(0, LEAST(lot.due, lot.due_so_far - lot.owed)) AS points FROM"  # noqa: S608
    " (SELECT lot.expires_at, due.points AS due,"
    " sum(due.points) OVER (ORDER BY lot.activates_at, lot.expires_at, lot.granted_at, lot.id) AS due_so_far,"
    " sum(lot.debt) OVER () AS owed FROM loyalty_ledger_lot AS lot CROSS JOIN LATERAL"
    " (SELECT CASE WHEN lot.activates_at <= {now} THEN lot.pending ELSE 0 END AS points) AS due"
    f" WHERE lot.account_id = {_ROW}.account_id AND lot.is_open) AS lot WHERE {_GOOD}) AS lot"
)
# Points whose last day is today or one of the next thirty have expired when the day after these begins.
_SOON = f"((({{now}} AT TIME ZONE {_ROW}.zone)::date + 31)::timestamp AT TIME ZONE {_ROW}.zone)"
_STANDING = (
    f"FROM loyalty_tiers_standing AS standing WHERE standing.member_id = {_ROW}.member_id"
    f" AND standing.tier_set = {_ROW}.tier_set"
)


def _of_lots(plain: str, owing: str) -> str:
    """Return a column of what is available by the clock: of the lots, or of what is left of them beside a debt."""
    return f"(SELECT CASE WHEN sum(lot.debt) > 0 THEN (SELECT {owing} FROM {_LEFT}) ELSE {plain} END {_LOTS})"  # noqa: S608


def _last_day(moment: str) -> str:
    """Return the column of the last day before a moment at which points are no longer good."""
    return f"(({moment} - interval '1 microsecond') AT TIME ZONE {_ROW}.zone)::date"


def _in_units(amount: str) -> str:
    """Return the column of an amount that counts for the tiers, in the units of their thresholds."""
    return f"(SELECT trim_scale(standing.{amount}::numeric / {_ROW}.tier_scale) {_STANDING})"


FACTS: Sequence[Fact] = (
    _kept(
        name="loyalty.is_member",
        type=FactType.BOOLEAN,
        label=mark("Member"),
        description=mark("Whether the customer is a member of a loyalty programme."),
        column=f"({_ROW}.customer_id IS NOT NULL)",
        missing=False,
    ),
    _kept(
        name="loyalty.programs",
        type=FactType.TEXTS,
        label=mark("Programmes"),
        description=mark(
            "The keys of all loyalty programmes of which the customer is a member; what else is known of the"
            " membership is that in the oldest of them."
        ),
        column=f"{_ROW}.programs",
    ),
    _kept(
        name="loyalty.member_since",
        type=FactType.MOMENT,
        label=mark("Member since"),
        description=mark("When the customer became a member."),
        column=f"{_ROW}.member_since",
        is_yearly=True,
        is_indexed=True,
    ),
    _by_clock(
        name="loyalty.points",
        type=FactType.INTEGER,
        unit=Unit.POINTS,
        label=mark("Points available"),
        description=mark("How many points can be spent now, of the programme's first currency."),
        column=_of_lots(f"(sum({_ACTIVE}) FILTER (WHERE {_GOOD}))::bigint", "sum(lot.points)::bigint"),
        missing=0,
    ),
    _by_clock(
        name="loyalty.pending",
        type=FactType.INTEGER,
        unit=Unit.POINTS,
        label=mark("Points pending"),
        description=mark("How many points have been granted and cannot be spent yet."),
        column=f"(SELECT (sum(lot.pending) FILTER (WHERE (lot.activates_at <= {{now}}) IS NOT TRUE))::bigint {_LOTS})",
        missing=0,
    ),
    _by_clock(
        name="loyalty.points_expiring",
        type=FactType.INTEGER,
        unit=Unit.POINTS,
        label=mark("Points that expire soon"),
        description=mark(
            "How many of the points that can be spent now are good for the last time today or on one of the next 30"
            " days."
        ),
        column=_of_lots(
            f"(sum({_ACTIVE}) FILTER (WHERE {_GOOD} AND lot.expires_at <= {_SOON}))::bigint",
            f"(sum(lot.points) FILTER (WHERE lot.expires_at <= {_SOON}))::bigint",
        ),
        missing=0,
    ),
    _by_clock(
        name="loyalty.next_expiry",
        type=FactType.DAY,
        label=mark("Next expiry"),
        description=mark("The last day on which the points are good that expire next."),
        column=_last_day(
            _of_lots(
                f"min(lot.expires_at) FILTER (WHERE {_GOOD} AND {_ACTIVE} > 0)",
                "min(lot.expires_at) FILTER (WHERE lot.points > 0)",
            )
        ),
    ),
    _kept(
        name="loyalty.lifetime_points",
        type=FactType.INTEGER,
        unit=Unit.POINTS,
        label=mark("Points in all"),
        description=mark("How many points were granted or given by hand so far, less those that were taken back."),
        column=f"{_ROW}.lifetime_points",
        missing=0,
        is_indexed=True,
    ),
    _kept(
        name="loyalty.spent_points",
        type=FactType.INTEGER,
        unit=Unit.POINTS,
        label=mark("Points spent"),
        description=mark("How many points were redeemed so far and did not come back."),
        column=f"{_ROW}.spent_points",
        missing=0,
    ),
    _kept(
        name="loyalty.last_earned_at",
        type=FactType.MOMENT,
        label=mark("Points last earned"),
        description=mark("When points were granted last, by the time of the order or whatever earned them."),
        column=f"{_ROW}.last_earned_at",
    ),
    _kept(
        name="loyalty.redemptions",
        type=FactType.INTEGER,
        label=mark("Rewards redeemed"),
        description=mark("How many rewards were redeemed and not given back."),
        column=f"{_ROW}.redemptions",
        missing=0,
    ),
    _kept(
        name="loyalty.last_redeemed_at",
        type=FactType.MOMENT,
        label=mark("Reward last redeemed"),
        description=mark("When a reward was redeemed last that was not given back."),
        column=f"{_ROW}.last_redeemed_at",
    ),
    Fact(
        name="loyalty.open_vouchers",
        type=FactType.INTEGER,
        label=mark("Open vouchers"),
        description=mark("How many vouchers of the customer's own can still be used, today or later."),
        source=KEPT,
        column="(SELECT count(*) FROM loyalty_rewards_voucher AS voucher"  # noqa: S608
        " JOIN loyalty_facts_series AS series"
        " ON series.program_id = voucher.program_id AND series.key = voucher.series"
        f" WHERE voucher.member_id = ANY({_ROW}.member_ids) AND voucher.withdrawn_at IS NULL"
        " AND voucher.redeemed < series.uses AND (voucher.good_until <= {now}) IS NOT TRUE"
        " AND (series.ends_at <= {now}) IS NOT TRUE)",
        missing=0,
        changed_by=_VOUCHERS_CHANGED_BY,
        flips_at=next_midnight,
        looks_further=True,
    ),
    _of_tiers(
        name="loyalty.tier",
        type=FactType.TEXT,
        label=mark("Tier"),
        description=mark("The key of the tier on which the member stands, of the programme's first tier set."),
        column=f"(SELECT standing.tier {_STANDING})",
    ),
    _of_tiers(
        name="loyalty.tier_progress",
        type=FactType.NUMBER,
        label=mark("Progress towards tiers"),
        description=mark("What counts for the tier now: points, orders, or an amount in major units."),
        column=_in_units("progress"),
    ),
    _of_tiers(
        name="loyalty.missing_to_next_tier",
        type=FactType.NUMBER,
        label=mark("Missing to the next tier"),
        description=mark(
            "How much more reaches the next tier: points, orders, or an amount in major units. Nothing is known of"
            " whom no tier is above."
        ),
        column=_in_units("missing"),
    ),
)
