"""Whether vouchers are taken for an order, and if not, why; and what of that is told to whom. Pure.

Of a code that its bearer could still redeem, what is missing is told. Of a code that can no longer be redeemed, or is
another's, nothing is told but what is told of one that never was: `voucher_not_accepted`; unless whoever asks may know
of it: the staff, its owner, who has redeemed it, and, where a code is taken more than once, everybody: it is no
secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.common import to_minor
from regulars.loyalty.definitions.document.rewards import AmountOff, VoucherSeries
from regulars.loyalty.rewards.contracts import Judged, Purchase, Refusal, VoucherReason

# What makes a code worthless to its bearer, whatever the order is.
_DEAD = frozenset(
    {
        VoucherReason.SERIES_ENDED,
        VoucherReason.ENDED,
        VoucherReason.EXPIRED,
        VoucherReason.WITHDRAWN,
        VoucherReason.USED_UP,
        VoucherReason.HELD,
        VoucherReason.OF_ANOTHER,
    }
)
NOT_ACCEPTED = Refusal(VoucherReason.NOT_ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stands of a code that was told; `voucher_id` is None where there is none.

    `held` counts the live holds of others, `member_uses` what the member has used or holds elsewhere of the same
    series; `own_use_id` is the use by the same order, where it was redeemed already.
    """

    voucher_id: UUID | None
    series: str
    owner_id: UUID | None
    good_until: datetime | None
    is_withdrawn: bool
    redeemed: int
    held: int
    own_use_id: UUID | None
    is_mine: bool
    member_uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, for what, and when: `member_id` is the one that the member leads to after merges."""

    version: ProgramVersion
    purchase: Purchase
    member_id: UUID | None
    may_know: bool
    judged: Judged
    # The series of other vouchers that were redeemed with the same order.
    beside: Sequence[str] = ()


def judge(seen: Sequence[Seen], asking: Asking) -> list[Sequence[Refusal]]:
    """Return for each code all reasons why it is not taken, as far as whoever asks may know them."""
    series = {each.key: each for each in asking.version.document.vouchers}
    found = [_told([*_of_one(each, series.get(each.series), asking)], each, series, asking) for each in seen]
    # A code of which nothing is told says nothing by what becomes of those beside it, either.
    known = [number for number, refusals in enumerate(found) if refusals != [NOT_ACCEPTED]]
    for number, more in zip(known, _of_all([seen[number] for number in known], series, asking), strict=True):
        found[number] = [*found[number], *more]
    return found


def check_stack(series: Sequence[VoucherSeries], beside: Sequence[VoucherSeries] = ()) -> list[list[Refusal]]:
    """Return for each voucher of one order why it may not be used with those before it and those used already.

    One that does not combine is used alone; of an exclusive group one is used.
    """
    found: list[list[Refusal]] = []
    taken = list(beside)
    for each in series:
        refusals = []
        alone = next((one for one in [each, *taken] if not one.combines), None)
        if taken and alone is not None:
            refusals.append(Refusal(VoucherReason.NOT_COMBINABLE, {"series": alone.key}))
        rival = next((one for one in taken if each.group is not None and one.group == each.group), None)
        if rival is not None:
            refusals.append(Refusal(VoucherReason.GROUP_TAKEN, {"group": each.group, "series": rival.key}))
        found.append(refusals)
        taken.append(each)
    return found


def _of_one(seen: Seen, series: VoucherSeries | None, asking: Asking) -> Iterator[Refusal]:
    """Return why a code is not taken, whatever else the order has."""
    if seen.voucher_id is None or seen.own_use_id is not None:
        return
    if seen.owner_id is not None and seen.owner_id != asking.member_id:
        yield Refusal(VoucherReason.OF_ANOTHER)
    if seen.is_withdrawn:
        yield Refusal(VoucherReason.WITHDRAWN)
    if seen.good_until is not None and seen.good_until <= asking.purchase.at:
        yield Refusal(VoucherReason.EXPIRED, {"good_until": seen.good_until.isoformat()})
    if series is None:
        yield Refusal(VoucherReason.SERIES_ENDED)
        return
    yield from _of_dates(series, local_day(asking.purchase.at, asking.version.zone))
    if seen.redeemed >= series.uses:
        yield Refusal(VoucherReason.USED_UP, {"uses": series.uses})
    elif seen.redeemed + seen.held >= series.uses:
        yield Refusal(VoucherReason.HELD)
    if series.uses_per_member is not None and asking.member_id is None:
        yield Refusal(VoucherReason.MEMBER_NEEDED)
    yield from _of_amounts(series, asking.purchase)
    if series.condition and not asking.judged(series.key):
        yield Refusal(VoucherReason.CONDITION_FALSE)


def _of_dates(series: VoucherSeries, day: date) -> Iterator[Refusal]:
    if series.dates.start is not None and day < series.dates.start:
        yield Refusal(VoucherReason.NOT_STARTED, {"start": series.dates.start.isoformat()})
    if series.dates.end is not None and day > series.dates.end:
        yield Refusal(VoucherReason.ENDED, {"end": series.dates.end.isoformat()})


def _of_amounts(series: VoucherSeries, purchase: Purchase) -> Iterator[Refusal]:
    currency = purchase.currency
    for amounts in (series.minimum, series.off.amount if isinstance(series.off, AmountOff) else None):
        if amounts is not None and currency not in amounts:
            yield Refusal(VoucherReason.CURRENCY_NOT_COVERED, {"currency": currency, "covered": sorted(amounts)})
            return
    minimum = to_minor(series.minimum[currency], currency) if series.minimum else Decimal(0)
    if purchase.total_minor < minimum:
        values = {
            "currency": currency,
            "minimum_minor": int(minimum),
            "missing_minor": int(minimum) - purchase.total_minor,
        }
        yield Refusal(VoucherReason.BELOW_MINIMUM, values)


def _of_all(seen: Sequence[Seen], series: Mapping[str, VoucherSeries], asking: Asking) -> list[list[Refusal]]:
    """Return why codes are not taken beside each other."""
    found: list[list[Refusal]] = [[] for _ in seen]
    told: set[UUID] = set()
    used: Counter[str] = Counter()
    fresh: list[int] = []
    for number, each in enumerate(seen):
        if each.voucher_id is None or each.series not in series:
            continue
        if each.voucher_id in told:
            found[number].append(Refusal(VoucherReason.TWICE))
            continue
        told.add(each.voucher_id)
        if each.own_use_id is not None:
            continue
        fresh.append(number)
        most = series[each.series].uses_per_member
        if most is not None and asking.member_id is not None and each.member_uses + used[each.series] >= most:
            found[number].append(Refusal(VoucherReason.MEMBER_LIMIT, {"uses_per_member": most}))
        used[each.series] += 1
    beside = [series[key] for key in asking.beside if key in series]
    stack = check_stack([series[seen[number].series] for number in fresh], beside)
    for number, refusals in zip(fresh, stack, strict=True):
        found[number] += refusals
    return found


def _told(
    refusals: Sequence[Refusal], seen: Seen, series: Mapping[str, VoucherSeries], asking: Asking
) -> Sequence[Refusal]:
    """Return of the reasons what whoever asks may know."""
    if seen.voucher_id is None:
        return [NOT_ACCEPTED]
    if asking.may_know or (seen.owner_id is not None and seen.owner_id == asking.member_id):
        return refusals
    told_to_many = seen.series in series and series[seen.series].uses > 1
    is_known = seen.owner_id is None and (seen.is_mine or told_to_many)
    if is_known or not any(refusal.reason in _DEAD for refusal in refusals):
        return refusals
    return [NOT_ACCEPTED]
