"""What comes of orders in loyalty programmes, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from regulars.faces.api.schemas.wire import Out
from regulars.loyalty.adjudication.contracts import Adjudicated, EffectKind
from regulars.loyalty.rules.sentences import sentence_of


class EffectOut(Out):
    """One thing that came of it. Of a preview nothing is posted, and `transaction_id` is null."""

    kind: EffectKind
    rule: str
    version: int | None
    currency: str
    points: int
    member_id: UUID | None
    transaction_id: UUID | None
    activates_at: datetime | None
    expires_at: datetime | None
    values: dict[str, Any]


class RuleRefusedOut(Out):
    """A rule that granted nothing, and why: a code that stays, the values that explain it, and a sentence."""

    rule: str
    reason: str
    values: dict[str, Any]
    sentence: str


class AdjudicatedOut(Out):
    """What came of an order in a programme. `stale` and `unchanged`: it was adjudicated in this state, or a newer."""

    program: str
    version: int | None
    outcome: Literal["adjudicated", "stale", "unchanged"]
    effects: list[EffectOut]
    refused: list[RuleRefusedOut]

    @classmethod
    def of(cls, found: Adjudicated) -> AdjudicatedOut:
        """Return the wire's form of what came of an order."""
        return cls(
            program=found.program,
            version=found.version,
            outcome=found.outcome.value,
            effects=[EffectOut.model_validate(effect) for effect in found.effects],
            refused=[
                RuleRefusedOut(
                    rule=each.rule,
                    reason=each.reason,
                    values=dict(each.values),
                    sentence=sentence_of(each.reason, each.values),
                )
                for each in found.refused
            ],
        )
