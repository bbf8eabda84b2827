"""Vouchers: batches of codes, those of members, and what becomes of codes that somebody shows for an order."""

# ninja hands the request to each operation, also to those that need none of it.
# ruff: noqa: ARG001

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Path

from regulars.faces.api.bodies import JsonBody
from regulars.faces.api.declaring import Resource
from regulars.faces.api.keys import actor_of, caller
from regulars.faces.api.paging import CursorText, KeyPart, Limit, known_place
from regulars.faces.api.schemas.loyalty_vouchers import (
    BatchIn,
    BatchOut,
    ReleasedOut,
    ReleaseIn,
    RollBackVouchersIn,
    ShownIn,
    UsesOut,
    ValidateIn,
    ValidationOut,
    VoucherIn,
    VoucherOut,
    VouchersOut,
)
from regulars.kit.pagination import page_of
from regulars.loyalty.adjudication.conditions import judge_vouchers
from regulars.loyalty.definitions.queries import get_program_id, get_version_in_force
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.rewards import queries, services
from regulars.loyalty.rewards.batches import ask_for_codes
from regulars.loyalty.rewards.downloading import download_codes
from regulars.loyalty.rewards.issuing import Source
from regulars.loyalty.rewards.looking import Shown
from regulars.orders.checking import find_fault
from regulars.orders.contracts import OrderState

loyalty_vouchers = Resource("Loyalty: vouchers")
_LIST = "vouchers"
BY_HAND = Source(kind="api")


@loyalty_vouchers.post("/loyalty/programs/{program}/vouchers/{series}/batches", scope="loyalty.manage", answer=BatchOut)
def make_voucher_codes(
    request: HttpRequest,
    program: Annotated[KeyPart, Path(...)],
    series: Annotated[KeyPart, Path(...)],
    body: Annotated[BatchIn, JsonBody(...)],
) -> Any:
    """Have up to a million codes of a series made in the background; look until `is_finished`, then fetch them."""
    now = timezone.now()
    version = get_version_in_force(get_program_id(program), now)
    return BatchOut.of(
        ask_for_codes(version=version, series=series, count=body.count, now=now, actor=actor_of(request))
    )


@loyalty_vouchers.get("/loyalty/voucher-batches/{batch_id}", scope="loyalty.manage", answer=BatchOut)
def get_voucher_batch(request: HttpRequest, batch_id: UUID) -> Any:
    """Return how far a batch of codes has come."""
    return BatchOut.of(queries.get_batch(batch_id))


@loyalty_vouchers.download("/loyalty/voucher-batches/{batch_id}/codes", scope="loyalty.manage", media=("text/csv",))
def download_voucher_codes(request: HttpRequest, batch_id: UUID) -> Any:
    """Fetch the codes of a batch as a CSV, one a line; who fetched them is on the audit trail."""
    lines = download_codes(batch_id=batch_id, now=timezone.now(), actor=actor_of(request))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="codes-{batch_id}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


@loyalty_vouchers.post("/loyalty/members/{member_id}/vouchers", scope="loyalty.manage", answer=VoucherOut)
def issue_voucher(request: HttpRequest, member_id: UUID, body: Annotated[VoucherIn, JsonBody(...)]) -> Any:
    """Give a member a voucher of its own."""
    now = timezone.now()
    issued = services.issue_voucher(
        version=get_version_in_force(get_member(member_id).program_id, now),
        series=body.series,
        member_id=member_id,
        source=BY_HAND,
        good_until=body.good_until,
        now=now,
        actor=actor_of(request),
    )
    return _told(request, issued)


@loyalty_vouchers.get("/loyalty/members/{member_id}/vouchers", scope="loyalty.read", answer=VouchersOut)
def list_vouchers(request: HttpRequest, member_id: UUID, limit: Limit, cursor: CursorText) -> Any:
    """List a member's vouchers, the latest first. Codes are told to keys with `loyalty.write`."""
    place = known_place(_LIST, cursor, 1)
    found = queries.list_vouchers_of(member_id, limit=limit + 1, before=UUID(place[0]) if place else None)
    page = page_of(found, limit=limit, name=_LIST, place=lambda each: (str(each.id),))
    return VouchersOut(items=[_told(request, each) for each in page.items], next=page.next)


@loyalty_vouchers.post(
    "/loyalty/vouchers/validate", scope="loyalty.write", answer=ValidationOut, finds=True, once_by="reference"
)
def validate_vouchers(request: HttpRequest, body: Annotated[ValidateIn, JsonBody(...)]) -> Any:
    """Tell whether codes are taken for an order, and what each takes off; `hold` keeps them for it for some minutes.

    A code that never was and one that is spent, held or another's are answered alike, `voucher_not_accepted`. To
    validate with `hold` again renews it, and what the order held before and does not show any more is released.
    """
    shown = _shown(request, body)
    found = services.validate_vouchers(shown=shown, hold=body.hold, now=timezone.now(), actor=actor_of(request))
    return ValidationOut.of(found)


@loyalty_vouchers.post(
    "/loyalty/vouchers/redeem", scope="loyalty.write", answer=ValidationOut, finds=True, once_by="reference"
)
def redeem_vouchers(request: HttpRequest, body: Annotated[ShownIn, JsonBody(...)]) -> Any:
    """Redeem codes for an order: all of them or none.

    One that was redeemed for the same `reference` stays so, however often that is told. Where one is not taken,
    `errors` says why, with a `pointer` to the code.
    """
    found = services.redeem_vouchers(shown=_shown(request, body), now=timezone.now(), actor=actor_of(request))
    return ValidationOut.of(found)


@loyalty_vouchers.post("/loyalty/vouchers/release", scope="loyalty.write", answer=ReleasedOut, finds=True)
def release_vouchers(request: HttpRequest, body: Annotated[ReleaseIn, JsonBody(...)]) -> Any:
    """End what an order holds; again it changes nothing."""
    program_id = get_program_id(body.program)
    released = services.release_holds(
        program_id=program_id, reference=body.reference, now=timezone.now(), actor=actor_of(request)
    )
    return ReleasedOut(voucher_ids=released)


@loyalty_vouchers.post("/loyalty/vouchers/roll-back", scope="loyalty.write", answer=UsesOut, finds=True)
def roll_back_vouchers(request: HttpRequest, body: Annotated[RollBackVouchersIn, JsonBody(...)]) -> Any:
    """Undo what was redeemed with an order, so that it can be used again; again it changes nothing."""
    undone = services.roll_back_vouchers(
        program_id=get_program_id(body.program),
        reference=body.reference,
        voucher_ids=body.voucher_ids,
        reason=body.reason,
        now=timezone.now(),
        actor=actor_of(request),
    )
    return {"items": undone}


# Addresses are tried in this order, and this one would take those above it.
@loyalty_vouchers.get("/loyalty/vouchers/{voucher_id}", scope="loyalty.read", answer=VoucherOut)
def get_voucher(request: HttpRequest, voucher_id: UUID) -> Any:
    """Return a voucher. Its code is told to keys with `loyalty.write`."""
    return _told(request, queries.get_voucher(voucher_id))


def _told(request: HttpRequest, voucher: Any) -> VoucherOut:
    return VoucherOut.of(voucher, tells_code="loyalty.write" in caller(request).scopes)


def _shown(request: HttpRequest, body: ShownIn) -> Shown:
    """Return what is shown, for a client behind the key that calls."""
    order = body.order.cart()
    fault = find_fault(order, now=timezone.now())
    if fault is not None:
        fault.pointer = f"/order{fault.pointer}"
        raise fault
    return Shown(
        program=body.program,
        codes=body.codes,
        purchase=body.purchase(order),
        client=_client(request, body.client),
        member_id=body.member_id,
        judged=_judged(body, order),
    )


def _judged(body: ShownIn, order: OrderState) -> Any:
    """Return what judges conditions, by the version of the order's time."""
    version = get_version_in_force(get_program_id(body.program), order.placed_at)
    return judge_vouchers(version, order, body.member_id)


def _client(request: HttpRequest, name: str) -> str:
    """Return whose wrong codes are counted: the name may be an address, and is kept as a hash only."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{caller(request).id}:{digest}"
