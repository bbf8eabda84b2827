"""What is seen of the codes that somebody shows for an order, and what is said of them.

The same statements are run whether or not there are such codes, so that the time an answer takes says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.definitions.queries import NoSuchVersion, get_version_at
from regulars.loyalty.rewards.codes import fold
from regulars.loyalty.rewards.contracts import Judged, Purchase, Refusal, Validation, Verdict
from regulars.loyalty.rewards.discounts import discounts_minor
from regulars.loyalty.rewards.issuing import MemberSeen, see_member
from regulars.loyalty.rewards.judging import NOT_ACCEPTED, Asking, Seen, judge
from regulars.loyalty.rewards.statements import voucher_rows

MOST_CODES_AT_ONCE = 20


class TooManyVouchers(DomainError):
    """So many codes are not used at once."""

    code = "too_many_vouchers"


def never(series: str) -> bool:  # noqa: ARG001  # As each condition is asked.
    """Say of each condition that it is false, as long as nobody knows better."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Codes that somebody shows for an order of a programme.

    `client` is whose wrong tries are counted; None for somebody who may know codes anyway, as a shop's own order.
    `may_know` tells that all reasons may be told, as to the staff. `judged` is asked for the condition of a series.
    """

    program: str
    codes: Sequence[str]
    purchase: Purchase
    client: str | None
    member_id: UUID | None = None
    may_know: bool = False
    judged: Judged = never


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen, and what is said of it."""

    shown: Shown
    version: ProgramVersion
    member: MemberSeen | None
    seen: Sequence[Seen]
    validation: Validation

    @property
    def fresh(self) -> Sequence[tuple[UUID, VoucherSeries, Verdict]]:
        """The vouchers that are taken and not redeemed with the order yet, with their series."""
        series = _series(self.version)
        return [
            (each.voucher_id, series[each.series], verdict)
            for each, verdict in zip(self.seen, self.validation.verdicts, strict=True)
            if each.voucher_id is not None and each.own_use_id is None and verdict.is_taken
        ]


def look(shown: Shown, *, now: datetime, is_binding: bool) -> Looked:
    """Look at codes within the caller's transaction; where it is binding, what is seen stays so until its end.

    Raises
    ------
    TooManyVouchers
        There are more codes than one order has.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme was not in force at the time of the order.
    NoSuchMember
        There is no such member.
    """
    if len(shown.codes) > MOST_CODES_AT_ONCE:
        raise TooManyVouchers(gettext("At most {most} codes are used at once.").format(most=MOST_CODES_AT_ONCE))
    version = get_version_at(shown.program, shown.purchase.at)
    if version is None:
        raise NoSuchVersion(gettext("The programme {key} was not in force yet.").format(key=shown.program))
    member = see_member(shown.member_id) if shown.member_id else None
    codes = [fold(code) for code in shown.codes]
    if is_binding:
        _lock(codes, version, member)
    seen = _see(codes, shown, version, member, now)
    asking = Asking(
        version=version,
        purchase=shown.purchase,
        member_id=member.root_id if member else None,
        may_know=shown.may_know,
        judged=shown.judged,
        beside=_beside(shown, version, seen),
    )
    return Looked(
        shown=shown,
        version=version,
        member=member,
        seen=seen,
        validation=_validation(shown, seen, judge(seen, asking), version),
    )


def _lock(codes: list[str], version: ProgramVersion, member: MemberSeen | None) -> None:
    if member is not None and any(series.uses_per_member for series in version.document.vouchers):
        voucher_rows("lock_member_vouchers", {"member_id": member.root_id})
    voucher_rows("lock_vouchers", {"codes": codes, "program_id": version.program_id})


def _see(
    codes: list[str], shown: Shown, version: ProgramVersion, member: MemberSeen | None, now: datetime
) -> list[Seen]:
    told = {
        "codes": codes,
        "program_id": version.program_id,
        "reference": shown.purchase.reference,
        "member_ids": member.ids if member else [],
        "now": now,
    }
    names = Seen.__slots__
    return [Seen(**dict(zip(names, row, strict=True))) for row in voucher_rows("see_vouchers", told)]


def _beside(shown: Shown, version: ProgramVersion, seen: Sequence[Seen]) -> list[str]:
    """Return the series of what was redeemed with the order besides what is shown now."""
    told = {"program_id": version.program_id, "reference": shown.purchase.reference}
    again = {each.voucher_id for each in seen if each.own_use_id is None}
    return [series for identity, series in voucher_rows("redeemed_with", told) if identity not in again]


def _validation(
    shown: Shown, seen: Sequence[Seen], refusals: Sequence[Sequence[Refusal]], version: ProgramVersion
) -> Validation:
    series = _series(version)
    takes_off = [number for number, each in enumerate(seen) if not refusals[number] and each.series in series]
    amounts = discounts_minor([series[seen[number].series].off for number in takes_off], shown.purchase)
    discounts = dict(zip(takes_off, amounts, strict=True))
    return Validation(
        version=version.number,
        verdicts=[
            _verdict(code, each, refusals[number], series.get(each.series), discounts.get(number, 0))
            for number, (code, each) in enumerate(zip(shown.codes, seen, strict=True))
        ],
    )


def _verdict(
    code: str, seen: Seen, refusals: Sequence[Refusal], series: VoucherSeries | None, discount_minor: int
) -> Verdict:
    if NOT_ACCEPTED in refusals:
        return Verdict(code=code, refusals=refusals)
    return Verdict(
        code=code,
        refusals=refusals,
        voucher_id=seen.voucher_id,
        series=seen.series,
        name=series.name if series else "",
        off=series.off if series else None,
        discount_minor=discount_minor,
        use_id=seen.own_use_id,
    )


def _series(version: ProgramVersion) -> dict[str, VoucherSeries]:
    return {each.key: each for each in version.document.vouchers}
