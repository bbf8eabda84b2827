"""Members, their accounts and tiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class LoyaltyMembers(Resource):
    """Who is a member, with what stands on its accounts and why."""

    def enrol(self, program: str, customer_id: str, *, idempotency_key: str | None = None) -> shapes.Member:
        """Make a customer a member; who is one stays one."""
        path = f"loyalty/programs/{key_of(program)}/members"
        answer = self._caller.write("POST", path, {"customer_id": customer_id}, idempotency_key=idempotency_key)
        return cast("shapes.Member", answer)

    def leave(self, member_id: str, *, idempotency_key: str | None = None) -> shapes.Member:
        """Let a member leave."""
        answer = self._caller.write("DELETE", _path(member_id), None, idempotency_key=idempotency_key)
        return cast("shapes.Member", answer)

    def members(
        self,
        program: str,
        *,
        state: shapes.MemberState = "active",
        tier_set: str | None = None,
        tier: str | None = None,
        page_size: int = 100,
    ) -> Iterator[shapes.MemberLine]:
        """Return members, those who came last first; with a tier set, those on its tier, or on none."""
        told = {"state": state, "tier_set": tier_set, "tier": tier, "limit": page_size}
        return self._each(f"loyalty/programs/{key_of(program)}/members", told)

    def find(self, program: str, what: str, *, also_customers: bool = False) -> list[shapes.FoundMember]:
        """Return whom a QR code or number, a card, an e-mail address or a phone number names."""
        path = f"loyalty/programs/{key_of(program)}/members/find"
        answer = self._caller.ask(path, {"what": what, "also_customers": also_customers})
        return cast("list[shapes.FoundMember]", answer["items"])

    def memberships(self, customer_id: str) -> list[shapes.Member]:
        """Return the members that a customer is."""
        return cast("list[shapes.Member]", self._caller.get(f"customers/{customer_id}/memberships")["items"])

    def member(self, member_id: str) -> shapes.MemberInFull:
        """Return a member with its accounts and tiers."""
        return cast("shapes.MemberInFull", self._caller.get(_path(member_id)))

    def balances(self, member_id: str, *, at: str | None = None) -> list[shapes.MemberAccount]:
        """Return what stands on a member's accounts now or later, when it expires, and what pending points wait for."""
        return cast("list[shapes.MemberAccount]", self._caller.get(_path(member_id, "balances"), {"at": at})["items"])

    def transactions(
        self, member_id: str, *, currency: str | None = None, page_size: int = 100
    ) -> Iterator[shapes.PointsTransaction]:
        """Return what was posted on a member's accounts, the newest first."""
        return self._each(_path(member_id, "transactions"), {"currency": currency, "limit": page_size})

    def explain(
        self, member_id: str, currency: str, *, valid_at: str | None = None, known_at: str | None = None
    ) -> shapes.Explanation:
        """Return where each point of a balance came from and went, as valid at one time and known at another."""
        told = {"currency": currency, "valid_at": valid_at, "known_at": known_at}
        return cast("shapes.Explanation", self._caller.get(_path(member_id, "explain"), told))

    def adjust(
        self,
        member_id: str,
        currency: str,
        points: int,
        reason: str,
        *,
        expires_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Adjustment:
        """Give points, or below zero take some; above the programme's bound a second person decides."""
        body = {"currency": currency, "points": points, "reason": reason, "expires_at": expires_at}
        answer = self._caller.write("POST", _path(member_id, "adjustments"), body, idempotency_key=idempotency_key)
        return cast("shapes.Adjustment", answer)

    def adjustments(
        self,
        *,
        state: shapes.AdjustmentState | None = None,
        member_id: str | None = None,
        program: str | None = None,
        page_size: int = 100,
    ) -> Iterator[shapes.Adjustment]:
        """Return what was given or taken by hand, or waits for a second person, the latest first."""
        told = {"state": state, "member_id": member_id, "program": program, "limit": page_size}
        return self._each("loyalty/adjustments", told)

    def adjustment(self, adjustment_id: str) -> shapes.Adjustment:
        """Return an adjustment."""
        return cast("shapes.Adjustment", self._caller.get(f"loyalty/adjustments/{adjustment_id}"))

    def offers(self, member_id: str) -> list[shapes.Offer]:
        """Return the offers that are to be opted in to."""
        return cast("list[shapes.Offer]", self._caller.get(_path(member_id, "offers"))["items"])

    def opt_in(self, member_id: str, rule: str, *, idempotency_key: str | None = None) -> shapes.Offer:
        """Keep that a member wants an offer."""
        path = _path(member_id, "offers", rule)
        return cast("shapes.Offer", self._caller.write("PUT", path, None, idempotency_key=idempotency_key))

    def opt_out(self, member_id: str, rule: str, *, idempotency_key: str | None = None) -> None:
        """Keep that a member wants an offer no longer."""
        self._caller.write("DELETE", _path(member_id, "offers", rule), None, idempotency_key=idempotency_key)

    def lock_tier(
        self,
        member_id: str,
        tier_set: str,
        reason: str,
        *,
        until: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.TierStanding:
        """Let a member's tier not change until a moment, or until it is unlocked."""
        body = {"until": until, "reason": reason}
        return self._standing("PUT", _path(member_id, "tiers", tier_set, "lock"), body, idempotency_key)

    def unlock_tier(self, member_id: str, tier_set: str, *, idempotency_key: str | None = None) -> shapes.TierStanding:
        """Let a member's tier change again."""
        return self._standing("DELETE", _path(member_id, "tiers", tier_set, "lock"), None, idempotency_key)

    def invite(
        self, member_id: str, tier_set: str, tier: str | None, *, idempotency_key: str | None = None
    ) -> shapes.TierStanding:
        """Invite a member to a tier; None withdraws the invitation."""
        path = _path(member_id, "tiers", tier_set, "invitation")
        return self._standing("PUT", path, {"tier": tier}, idempotency_key)

    def preview_event(
        self,
        event_type: str,
        customer_id: str,
        *,
        occurred_at: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> list[shapes.Adjudicated]:
        """Return what an event would earn a customer; nothing is kept or posted."""
        body = {
            "type": event_type,
            "customer_id": customer_id,
            "occurred_at": occurred_at,
            "payload": dict(payload or {}),
        }
        return cast("list[shapes.Adjudicated]", self._caller.ask("loyalty/preview-event", body)["loyalty"])

    def _standing(
        self, method: str, path: str, body: dict[str, Any] | None, idempotency_key: str | None
    ) -> shapes.TierStanding:
        return cast("shapes.TierStanding", self._caller.write(method, path, body, idempotency_key=idempotency_key))


def _path(member_id: str, *parts: str) -> str:
    return f"loyalty/members/{key_of(member_id, *parts)}"
