"""What was posted on a member's accounts, where points came from and where they went, and tiers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.faces.console.loyalty.programs.words import decimal_words
from regulars.kit import formats
from regulars.kit.i18n import gettext, mark
from regulars.kit.money import minor_digits
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.program import Program
from regulars.loyalty.definitions.document.tiers import Orders, PointsEarned, Spend, TierSet
from regulars.loyalty.ledger.contracts import Book, Entry, Purpose, State, Transaction, TransactionKind
from regulars.loyalty.membership.contracts import AdjustmentState
from regulars.loyalty.tiers.contracts import Projection

_KINDS: Mapping[TransactionKind, tuple[str, str]] = {
    TransactionKind.GRANT: (mark("Points granted"), "good"),
    TransactionKind.ACTIVATE: (mark("Pending points became active"), "good"),
    TransactionKind.CANCEL: (mark("Pending points were cancelled"), "bad"),
    TransactionKind.EXPIRE: (mark("Points expired"), "bad"),
    TransactionKind.RESERVE: (mark("Points reserved"), ""),
    TransactionKind.CONFIRM: (mark("Reserved points spent"), "info"),
    TransactionKind.RELEASE: (mark("Reserved points are free again"), ""),
    TransactionKind.REDEEM: (mark("Points spent"), "info"),
    TransactionKind.REFUND: (mark("Spent points came back"), "good"),
    TransactionKind.CLAW_BACK: (mark("Points taken back with a return"), "bad"),
    TransactionKind.GIVE_BACK: (mark("Points that were taken back are earned again"), "good"),
    TransactionKind.ADJUST: (mark("Points adjusted by hand"), "attention"),
    TransactionKind.PAY_DEBT: (mark("Points paid what was owed"), ""),
    TransactionKind.MERGE: (mark("Points moved by a merge"), "attention"),
    TransactionKind.UNMERGE: (mark("Points moved by the undo of a merge"), "attention"),
    TransactionKind.FORFEIT: (mark("Points were forfeited"), "bad"),
}
# What only moves between states is told by how much came into the new one.
_INTO: Mapping[TransactionKind, State] = {
    TransactionKind.ACTIVATE: State.ACTIVE,
    TransactionKind.RESERVE: State.RESERVED,
    TransactionKind.RELEASE: State.ACTIVE,
    TransactionKind.PAY_DEBT: State.DEBT,
}
PURPOSE_WORDS: Mapping[Purpose, str] = {
    Purpose.GRANTED: mark("granted"),
    Purpose.ADJUSTED: mark("adjusted by hand"),
    Purpose.REFUNDED: mark("came back from a reward"),
    Purpose.GIVEN_BACK: mark("earned again"),
    Purpose.DEBT_PAID: mark("a debt was paid"),
    Purpose.PAID_DEBT: mark("paid a debt"),
    Purpose.OWED: mark("owed"),
    Purpose.FORGIVEN: mark("forgiven"),
    Purpose.REDEEMED: mark("spent"),
    Purpose.CLAWED_BACK: mark("taken back with a return"),
    Purpose.CANCELLED: mark("cancelled while pending"),
    Purpose.EXPIRED: mark("expired"),
    Purpose.FORFEITED: mark("forfeited"),
    Purpose.WRITTEN_OFF: mark("written off"),
    Purpose.CARRIED: mark("moved by a merge"),
}
_SOURCES: Mapping[str, str] = {
    "order": mark("An order"),
    "event": mark("An event"),
    "enrolment": mark("Enrolment"),
    "profile": mark("The profile"),
    "schedule": mark("A day of the calendar"),
    "anniversary": mark("An anniversary"),
    "adjustment": mark("By hand"),
    "import": mark("An import"),
}
ADJUSTMENT_WORDS: Mapping[AdjustmentState, tuple[str, str]] = {
    AdjustmentState.POSTED: (mark("Posted"), "good"),
    AdjustmentState.AWAITING: (mark("Waiting"), "attention"),
    AdjustmentState.REFUSED: (mark("Refused"), "bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A transaction as a page shows it."""

    at: datetime
    title: str
    tone: str
    points: str
    detail: str


def posted(transaction: Transaction, program: Program, accounts: Mapping[UUID, str]) -> Posted:
    """Return what a transaction did to a member whose accounts are told by id, each with its currency."""
    words, tone = _KINDS[transaction.kind]
    entries = [each for each in transaction.entries if each.book is Book.MEMBER and each.account_id in accounts]
    names = {each.key: each.name for each in program.currencies}
    parts = []
    for currency in dict.fromkeys(each.currency for each in entries):
        points = _points(transaction.kind, [each for each in entries if each.currency == currency])
        parts.append(f"{signed(points) if transaction.kind not in _INTO else formats.number(points)} {names[currency]}")
    return Posted(
        at=transaction.occurred_at,
        title=gettext(words),
        tone=tone,
        points=", ".join(parts),
        detail=_detail(transaction, program),
    )


def signed(points: int) -> str:
    """Return points with their sign."""
    return f"+{formats.number(points)}" if points > 0 else formats.number(points).replace("-", "−")


def _points(kind: TransactionKind, entries: list[Entry]) -> int:
    into = _INTO.get(kind)
    if into is not None:
        return sum(each.points for each in entries if each.state is into and each.points > 0)
    return sum(each.points for each in entries)


def _detail(transaction: Transaction, program: Program) -> str:
    memo = transaction.memo
    parts = [
        rule_name(str(memo["rule"]), program) if memo.get("rule") else "",
        reward_name(str(memo["reward"]), program) if memo.get("reward") else "",
        gettext("order {number}").format(number=memo["order"]) if memo.get("order") else "",
        str(memo.get("reason", "")),
    ]
    return " · ".join(filter(None, parts))


def rule_name(key: str, program: Program) -> str:
    """Return what people call a rule; a tier's multiplier is called after its tier."""
    if key.startswith("tier:"):
        ladder, _, tier = key.removeprefix("tier:").partition(".")
        names = {(one.key, each.key): each.name for one in program.tier_sets for each in one.tiers}
        return gettext("the multiplier of {tier}").format(tier=names.get((ladder, tier), tier))
    return next((each.name for each in program.rules if each.key == key), key)


def reward_name(key: str, program: Program) -> str:
    """Return what people call a reward."""
    return next((each.name for each in program.rewards if each.key == key), key)


def source_words(kind: str) -> str:
    """Return what points came from."""
    return gettext(_SOURCES[kind]) if kind in _SOURCES else kind


def last_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the last day on which something is good that is no longer at a moment."""
    return local_day(moment - timedelta(microseconds=1), zone)


def amount_words(amount: int, ladder: TierSet, program: Program) -> str:
    """Return so much of what a tier set counts."""
    match ladder.basis:
        case PointsEarned(currency=key):
            name = next((each.name for each in program.currencies if each.key == key), key)
            return f"{formats.number(amount)} {name}"
        case Spend(currency=currency):
            return formats.money(amount, currency)
        case Orders():
            return gettext("{count} orders").format(count=formats.number(amount))
        case _:
            return decimal_words(amount)


def threshold_of(key: str | None, ladder: TierSet) -> int:
    """Return how much reaches a tier, as progress is counted."""
    found = next((each.threshold for each in ladder.tiers if each.key == key), 0)
    return found * 10 ** minor_digits(ladder.basis.currency) if isinstance(ladder.basis, Spend) else found


def tier_sentences(projection: Projection, ladder: TierSet, version: ProgramVersion) -> list[str]:
    """Return what is missing to reach the next tier and to keep this one, and what comes if nothing more is earned."""
    names, program, zone = {each.key: each.name for each in ladder.tiers}, version.document, version.zone
    said = []
    if projection.next_tier and projection.missing_to_reach:
        words = gettext("{amount} more reach {tier}")
        told = words.format(
            amount=amount_words(projection.missing_to_reach, ladder, program),
            tier=names.get(projection.next_tier, projection.next_tier),
        )
        said.append(_by(told, projection.reach_by, zone))
    if projection.missing_to_keep and projection.keep_by:
        words = gettext("{amount} more keep {tier}")
        told = words.format(
            amount=amount_words(projection.missing_to_keep, ladder, program),
            tier=names.get(projection.tier or "", projection.tier or ""),
        )
        said.append(_by(told, projection.keep_by, zone))
    elif projection.kept_until:
        said.append(gettext("Kept until {day}.").format(day=formats.day(last_day(projection.kept_until, zone))))
    if projection.falls_at:
        words = gettext("Falls to {tier} on {day} if nothing more is earned.")
        lower = names.get(projection.falls_to or "", projection.falls_to or "") or gettext("no tier")
        said.append(words.format(tier=lower, day=formats.day(local_day(projection.falls_at, zone))))
    return said


def _by(told: str, moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return f"{told}."
    return gettext("{what} by {day}.").format(what=told, day=formats.day(last_day(moment, zone)))
