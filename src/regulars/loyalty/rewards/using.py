"""Vouchers are shown, held, redeemed and rolled back.

Locks are taken in one order: the member's, then the vouchers by id. What a hold says is judged by the clock; marking
it as lapsed is housekeeping, done by whoever has locked its voucher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.ids import new_id
from regulars.loyalty.rewards.codes import fold
from regulars.loyalty.rewards.contracts import Use, UseState, Validation, Verdict
from regulars.loyalty.rewards.guessing import count_wrong_tries, refuse_guessing
from regulars.loyalty.rewards.issuing import see_member
from regulars.loyalty.rewards.judging import NOT_ACCEPTED
from regulars.loyalty.rewards.looking import Looked, Shown, look
from regulars.loyalty.rewards.models import Use as UseRow
from regulars.loyalty.rewards.sentences import sentence_of
from regulars.loyalty.rewards.statements import voucher_rows
from regulars.stream.contracts import Actor, NewEvent
from regulars.stream.services import append


class VoucherRefused(DomainError):
    """A voucher is not taken; `code` is the first reason, `verdicts` say all that may be known of each."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        first = next(refusal for verdict in verdicts for refusal in verdict.refusals)
        super().__init__(sentence_of(first))
        self.code = first.reason.value
        self.verdicts = tuple(verdicts)


def validate_vouchers(*, shown: Shown, hold: bool = False, now: datetime, actor: Actor) -> Validation:
    """Tell whether codes would be taken for an order; hold them for it, where all are and that is wanted.

    A hold counts as a use until its time is over; to validate with a hold again renews it. What the order held before
    and does not show any more is released. With a `client`, it is called outside of any transaction.

    Raises
    ------
    TooManyTries
        The client has tried too many wrong codes.
    TooManyVouchers
        There are more codes than one order has.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme was not in force at the time of the order.
    NoSuchMember
        There is no such member.
    """
    refuse_guessing(shown.client, now=now)
    with transaction.atomic():
        looked = look(shown, now=now, is_binding=hold)
        held = _hold(looked, now, actor) if hold and looked.validation.is_taken else looked.validation
    count_wrong_tries(shown.client, _wrong(held), now=now)
    return held


def redeem_vouchers(*, shown: Shown, now: datetime, actor: Actor) -> Validation:
    """Redeem codes for an order: all of them or none; one that was redeemed for the same order already stays so.

    With a `client`, it is called outside of any transaction.

    Raises
    ------
    VoucherRefused
        One of them is not taken.
    TooManyTries
        The client has tried too many wrong codes.
    TooManyVouchers
        There are more codes than one order has.
    NoSuchProgram
        There is no such programme.
    NoSuchVersion
        The programme was not in force at the time of the order.
    NoSuchMember
        There is no such member.
    """
    refuse_guessing(shown.client, now=now)
    with transaction.atomic():
        looked = look(shown, now=now, is_binding=True)
        redeemed = _redeem(looked, now, actor) if looked.validation.is_taken else looked.validation
    if not redeemed.is_taken:
        count_wrong_tries(shown.client, _wrong(redeemed), now=now)
        raise VoucherRefused(redeemed.verdicts)
    return redeemed


@transaction.atomic
def release_holds(*, program_id: UUID, reference: str, now: datetime, actor: Actor) -> list[UUID]:
    """End what an order holds; return the vouchers."""
    told = {"program_id": program_id, "reference": reference, "voucher_ids": None, "now": now, "actor": str(actor)}
    return [identity for (identity,) in voucher_rows("release_holds", told)]


@transaction.atomic
def roll_back_vouchers(
    *,
    program_id: UUID,
    reference: str,
    voucher_ids: Sequence[UUID] | None = None,
    reason: str,
    now: datetime,
    actor: Actor,
) -> list[Use]:
    """Undo what was redeemed with an order: all of it, or some vouchers; each can be used again, as far as it is good.

    What was rolled back already is left as it is.
    """
    told: dict[str, Any] = {"program_id": program_id, "reference": reference}
    told["voucher_ids"] = None if voucher_ids is None else list(voucher_ids)
    ids = [identity for (identity,) in voucher_rows("lock_redeemed_with", told)]
    # Asked again behind the lock: whoever had it may have rolled them back.
    rows = list(
        UseRow.objects.select_related("voucher").filter(id__in=ids, state=UseState.REDEEMED).order_by("voucher")
    )
    for row in rows:
        row.state, row.ended_at, row.ended_by, row.ended_for = UseState.ROLLED_BACK, now, str(actor), reason
    UseRow.objects.bulk_update(rows, ["state", "ended_at", "ended_by", "ended_for"])
    voucher_rows("count_redeemed", {"ids": [row.voucher_id for row in rows], "uses": [-1] * len(rows)})
    _tell("voucher.rolled_back", rows, {row.voucher_id: row.voucher.series for row in rows}, now=now, actor=actor)
    return [use_of(row, row.voucher.series) for row in rows]


def _hold(looked: Looked, now: datetime, actor: Actor) -> Validation:
    """Hold what is not redeemed yet, in place of what the order held."""
    _end_holds(looked, None, now, actor)
    rows = {
        voucher_id: _row(
            looked,
            voucher_id,
            verdict,
            actor,
            state=UseState.HELD,
            held_until=now + timedelta(minutes=series.hold_minutes),
        )
        for voucher_id, series, verdict in looked.fresh
    }
    UseRow.objects.bulk_create(rows.values())
    return _with_uses(looked.validation, rows)


def _redeem(looked: Looked, now: datetime, actor: Actor) -> Validation:
    """Redeem what is not redeemed yet."""
    _end_holds(looked, [voucher_id for voucher_id, _, _ in looked.fresh], now, actor)
    rows = {
        voucher_id: _row(looked, voucher_id, verdict, actor, state=UseState.REDEEMED, redeemed_at=now)
        for voucher_id, _, verdict in looked.fresh
    }
    UseRow.objects.bulk_create(rows.values())
    voucher_rows("count_redeemed", {"ids": list(rows), "uses": [1] * len(rows)})
    series = {voucher_id: of.key for voucher_id, of, _ in looked.fresh}
    _tell("voucher.redeemed", list(rows.values()), series, now=now, actor=actor)
    return _with_uses(looked.validation, rows)


def _end_holds(looked: Looked, voucher_ids: list[UUID] | None, now: datetime, actor: Actor) -> None:
    """End the holds of the order, all or on some vouchers, and mark others' on what is shown whose time is over."""
    told = {
        "program_id": looked.version.program_id,
        "reference": looked.shown.purchase.reference,
        "voucher_ids": voucher_ids,
        "now": now,
        "actor": str(actor),
    }
    voucher_rows("release_holds", told)
    shown = [voucher_id for voucher_id, _, _ in looked.fresh]
    voucher_rows("lapse_holds", {"voucher_ids": shown, "now": now, "actor": str(actor)})


def _row(looked: Looked, voucher_id: UUID, verdict: Verdict, actor: Actor, **state: Any) -> UseRow:
    purchase = looked.shown.purchase
    return UseRow(
        id=new_id(),
        voucher_id=voucher_id,
        reference=purchase.reference,
        member_id=looked.member.id if looked.member else None,
        version=looked.version.number,
        currency=purchase.currency,
        discount_minor=verdict.discount_minor,
        actor=str(actor),
        **state,
    )


def _with_uses(validation: Validation, rows: Mapping[UUID, UseRow]) -> Validation:
    """Return what is said of codes with the uses that were made of them."""
    verdicts = [
        replace(verdict, use_id=row.id, held_until=row.held_until)
        if verdict.voucher_id is not None and (row := rows.get(verdict.voucher_id))
        else verdict
        for verdict in validation.verdicts
    ]
    return replace(validation, verdicts=verdicts)


def _wrong(validation: Validation) -> int:
    """Return how many different wrong codes were told."""
    return len({fold(verdict.code) for verdict in validation.verdicts if NOT_ACCEPTED in verdict.refusals})


def _tell(kind: str, rows: Sequence[UseRow], series: Mapping[UUID, str], *, now: datetime, actor: Actor) -> None:
    append(
        [
            NewEvent(
                type=kind,
                actor=actor,
                source="regulars",
                occurred_at=now,
                customer_id=see_member(row.member_id).customer_id if row.member_id else None,
                payload={
                    "voucher_id": str(row.voucher_id),
                    "use_id": str(row.id),
                    "series": series[row.voucher_id],
                    "reference": row.reference,
                    "currency": row.currency,
                    "discount_minor": row.discount_minor,
                },
            )
            for row in rows
        ],
        now=now,
    )


def use_of(row: UseRow, series: str) -> Use:
    """Return the contract of a use's row."""
    return Use(
        id=row.id,
        voucher_id=row.voucher_id,
        series=series,
        reference=row.reference,
        member_id=row.member_id,
        state=UseState(row.state),
        version=row.version,
        currency=row.currency,
        discount_minor=row.discount_minor,
        held_until=row.held_until,
        redeemed_at=row.redeemed_at,
        ended_at=row.ended_at,
    )
