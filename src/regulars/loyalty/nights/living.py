"""The test clock: a whole installation is lived to a moment, its nights in sequence, and what came in its time.

It is for a sandbox, which has a clock of its own: what it does is business for good, and only a copy can be thrown
away. The clock stands at each moment while that is lived, so that what is posted has the times that it would have had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.progress import Progress, silent
from regulars.loyalty.adjudication.occasions import enrolled
from regulars.loyalty.adjudication.services import adjudicate_orders
from regulars.loyalty.definitions.queries import get_version_at, list_programs
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.nights.contracts import Planned
from regulars.loyalty.nights.queries import find_next
from regulars.loyalty.nights.services import run_nights
from regulars.loyalty.nights.statements import rows_of
from regulars.stream.contracts import Actor

_AT_ONCE = 500
_MOMENT = timedelta(microseconds=1)
_LAST = UUID(int=2**128 - 1)


class MomentPassed(DomainError):
    """A clock goes on, and not back."""

    code = "moment_passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedThrough:
    """What came between two moments: so many nights of all programmes, so many orders and enrolments."""

    since: datetime
    until: datetime
    nights: int
    replayed: int


def _nothing() -> None:
    """Leave the stream to a worker."""


def live_to(
    *,
    until: datetime,
    since: datetime,
    set_clock: Callable[[datetime], None],
    actor: Actor,
    hand_over: Callable[[], None] = _nothing,
    progress: Progress = silent,
) -> LivedThrough:
    """Live all programmes from a moment to a later one, and leave the clock there.

    Orders and enrolments between the two are adjudicated at their own moments, as they are known by now, where that was
    not done yet; nights come at theirs, those of several programmes in their sequence. `hand_over` has subscriptions
    hear what has come, before each night and at the end. Where this is killed, it is asked for again from where the
    clock stands.

    Raises
    ------
    MomentPassed
        The moment is before the one at which the clock stands.
    """
    if until < since:
        raise MomentPassed(gettext("The clock has passed this moment; begin anew before it, in another sandbox."))
    nights, replayed, after = 0, 0, since
    while (planned := _next_of_all(until)) is not None:
        # What came at the night's own moment is of the day that begins, and comes behind it.
        replayed += _replay(after, planned.at - _MOMENT, set_clock, actor)
        after = max(after, planned.at - _MOMENT)
        moment = max(planned.at, since)
        set_clock(moment)
        hand_over()
        nights += _live(planned, moment, actor)
        progress(gettext("Nights are lived"), (moment - since) / (until - since) if until > since else 1)
    replayed += _replay(after, until, set_clock, actor)
    set_clock(until)
    hand_over()
    return LivedThrough(since=since, until=until, nights=nights, replayed=replayed)


def _live(planned: Planned, moment: datetime, actor: Actor) -> int:
    return len(run_nights(program=planned.version.program_key, clock=lambda: moment, until=planned.at, actor=actor))


def _next_of_all(until: datetime) -> Planned | None:
    """Return the night of all programmes that comes first, up to a moment."""
    found = [planned for program in list_programs() if (planned := find_next(program.key)) and planned.at <= until]
    return min(found, key=lambda planned: (planned.at, planned.version.program_key), default=None)


def _replay(after: datetime, until: datetime, set_clock: Callable[[datetime], None], actor: Actor) -> int:
    """Adjudicate what came after a moment and up to another, each at its own; return how much that was."""
    done = 0
    for kind, identity, moment in _came(after, until):
        set_clock(moment)
        if kind == "order":
            adjudicate_orders(order_ids=[identity], now=moment, actor=actor)
        else:
            _enrolled(identity, moment, actor)
        done += 1
    return done


def _enrolled(member_id: UUID, moment: datetime, actor: Actor) -> None:
    """Grant what an enrolment sets off; nothing where it has."""
    member = get_member(member_id)
    for program in list_programs():
        version = get_version_at(program.key, moment)
        if version is not None and version.program_id == member.program_id:
            enrolled([member], version, now=moment, actor=actor)


def _came(after: datetime, until: datetime) -> Iterator[tuple[str, UUID, datetime]]:
    """Yield orders and enrolments in the sequence of their moments."""
    place = (after, _LAST)
    while rows := rows_of("came", {"after": place[0], "after_id": place[1], "until": until, "limit": _AT_ONCE}):
        yield from rows
        place = (rows[-1][2], rows[-1][1])
