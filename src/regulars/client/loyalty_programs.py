"""Programmes as code."""

from __future__ import annotations

from typing import Any, cast

from regulars.client import shapes
from regulars.client.resource import Resource, key_of


class LoyaltyPrograms(Resource):
    """Programmes, their versions and drafts."""

    def programs(self) -> list[shapes.Program]:
        """Return the programmes, by key."""
        return cast("list[shapes.Program]", self._caller.get("loyalty/programs")["items"])

    def program(self, program: str) -> shapes.Program:
        """Return a programme."""
        return cast("shapes.Program", self._caller.get(_path(program)))

    def overview(self, program: str, *, days: int = 90) -> shapes.ProgramOverview:
        """Return a programme's figures now, and of the last `days`."""
        return cast("shapes.ProgramOverview", self._caller.get(_path(program, "overview"), {"days": days}))

    def versions(self, program: str) -> list[shapes.ProgramVersion]:
        """Return the published versions, the newest first."""
        return cast("list[shapes.ProgramVersion]", self._caller.get(_path(program, "versions"))["items"])

    def version(self, program: str, number: int) -> shapes.ProgramDocument:
        """Return a published version with its document."""
        return cast("shapes.ProgramDocument", self._caller.get(_path(program, "versions", str(number))))

    def diff(self, program: str, *, before: int | None = None, after: int | None = None) -> shapes.ProgramDiff:
        """Return what differs between two versions; the newest and the draft where they are left out."""
        told = {"before": before, "after": after}
        return cast("shapes.ProgramDiff", self._caller.get(_path(program, "diff"), told))

    def check(self, text: str) -> list[shapes.ProgramFault]:
        """Return what is wrong with a document in YAML or JSON; nothing where it could be published."""
        return cast("list[shapes.ProgramFault]", self._caller.ask("loyalty/check", {"text": text})["faults"])

    def draft(self, program: str) -> shapes.ProgramDraft:
        """Return the draft of a programme."""
        return cast("shapes.ProgramDraft", self._caller.get(_path(program, "draft")))

    def save_draft(
        self, program: str, text: str, *, expected_digest: str | None = None, idempotency_key: str | None = None
    ) -> shapes.ProgramDraft:
        """Keep a document in YAML or JSON as the draft; `expected_digest` is that of what it was made from."""
        body = {"text": text, "expected_digest": expected_digest}
        answer = self._caller.write("PUT", _path(program, "draft"), body, idempotency_key=idempotency_key)
        return cast("shapes.ProgramDraft", answer)

    def discard_draft(self, program: str, *, idempotency_key: str | None = None) -> None:
        """Take the draft away."""
        self._caller.write("DELETE", _path(program, "draft"), None, idempotency_key=idempotency_key)

    def moves(self, program: str, *, at: str | None = None, until: str | None = None) -> shapes.Moves:
        """Return who would stand on another tier if the draft came into force."""
        return cast("shapes.Moves", self._caller.get(_path(program, "draft", "moves"), {"at": at, "until": until}))

    def publish(
        self,
        program: str,
        *,
        effective_at: str | None = None,
        note: str = "",
        expected_digest: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ProgramDocument:
        """Publish the draft, in force now or later."""
        body = {"effective_at": effective_at, "note": note, "expected_digest": expected_digest}
        return self._published(program, "publish", body, idempotency_key)

    def roll_back(
        self,
        program: str,
        *,
        to_version: int,
        effective_at: str | None = None,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> shapes.ProgramDocument:
        """Publish the document of an earlier version again."""
        body = {"to_version": to_version, "effective_at": effective_at, "note": note}
        return self._published(program, "roll-back", body, idempotency_key)

    def _published(
        self, program: str, what: str, body: dict[str, Any], idempotency_key: str | None
    ) -> shapes.ProgramDocument:
        answer = self._caller.write("POST", _path(program, what), body, idempotency_key=idempotency_key)
        return cast("shapes.ProgramDocument", answer)


def _path(program: str, *parts: str) -> str:
    return f"loyalty/programs/{key_of(program, *parts)}"
