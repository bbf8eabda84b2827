"""Hand events to those who subscribed: in batches, in stream order, each in the transaction that moves the cursor.

A cursor never passes the oldest running transaction, so that an event that commits late is not lost. A handler that
fails is tried again, then event by event. The event that it cannot take becomes a dead letter, and later events of the
same customer wait behind it, so that a retry hands them over in order.

A failure is told to the log once, without what the error says: that may be what people wrote. While a subscription
fails, the pauses between its attempts grow; the others go on. Where the database is lost, the dispatcher waits for it.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.kit.tracing import span
from regulars.stream.contracts import LOOKS_AT, Cursor, Event, Subscription
from regulars.stream.database import is_lost
from regulars.stream.models import Cursor as CursorRow
from regulars.stream.models import DeadLetter as DeadLetterRow
from regulars.stream.queries import get_top
from regulars.stream.statements import event_of, rows_of

Clock = Callable[[], datetime]

_IDLE_SECONDS = 0.1
# Failures of the whole batch before its events are tried one by one; they may pass by themselves (a lock, a restart).
_BATCH_ATTEMPTS = 2
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Failing:
    """What is remembered of a subscription while it fails."""

    error: str
    where: str
    attempts: int = 0
    next_attempt_at: float = 0.0


class Dispatcher:
    """Serves subscriptions. Several may run; each subscription is served by one of them at a time."""

    def __init__(self, subscriptions: Sequence[Subscription], clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock
        self._failing: dict[str, _Failing] = {}
        self._seen = Cursor(-1, 0)

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set, through restarts of the database."""
        lost = 0
        registered = False
        while not stop.is_set():
            try:
                if not registered:
                    register(self._subscriptions)
                    registered = True
                worked = self.run_once(patiently=True)
            except (OperationalError, InterfaceError) as error:
                if not lost:
                    log.warning("database_lost", error=type(error).__name__)
                lost += 1
                connection.close()
                stop.wait(_pause_seconds(lost))
                continue
            if lost:
                log.info("database_back", attempts=lost)
                lost = 0
            if not worked:
                stop.wait(_IDLE_SECONDS)

    def run_until_idle(self) -> None:
        """Serve until nothing waits."""
        register(self._subscriptions)
        while self.run_once():
            pass

    def run_once(self, *, patiently: bool = False) -> bool:
        """Hand each subscription its next batch; tell whether there was anything to do.

        With `patiently` a subscription that failed is left alone until its pause is over.
        """
        horizon, top = get_top()
        if top == self._seen and not self._failing:
            return False
        # Each is served, whatever the others have to do.
        worked = [
            self._serve(subscription, horizon, top)
            for subscription in self._subscriptions
            if not (patiently and self._is_paused(subscription))
        ]
        if not any(worked) and not self._failing:
            self._seen = top
        return any(worked)

    def _serve(self, subscription: Subscription, horizon: int, top: Cursor) -> bool:
        """Hand over one batch; tell whether more may wait."""
        failing = self._failing.get(subscription.name)
        by_one = failing is not None and failing.attempts >= _BATCH_ATTEMPTS
        try:
            more = serve(subscription, horizon, top, now=self._clock(), by_one=by_one)
        except Exception as error:  # Whatever a handler raises: it is counted here, and told apart event by event.
            if is_lost(error):
                raise
            self._note_failure(subscription, error)
            return True
        if self._failing.pop(subscription.name, None):
            log.info("subscription_goes_on", subscription=subscription.name)
        return more

    def _note_failure(self, subscription: Subscription, error: Exception) -> None:
        """Remember that a subscription fails, and tell the log what it has not been told yet."""
        kind, where = type(error).__name__, _where(error)
        failing = self._failing.setdefault(subscription.name, _Failing("", ""))
        if (failing.error, failing.where) != (kind, where):
            log.error("handler_failed", subscription=subscription.name, error=kind, where=where)
        failing.error, failing.where = kind, where
        failing.attempts += 1
        failing.next_attempt_at = time.monotonic() + _pause_seconds(failing.attempts)

    def _is_paused(self, subscription: Subscription) -> bool:
        failing = self._failing.get(subscription.name)
        return failing is not None and time.monotonic() < failing.next_attempt_at


def _pause_seconds(attempts: int) -> float:
    """Return how long to wait after so many failures in a row."""
    return min(_FIRST_PAUSE_SECONDS * 2.0 ** min(attempts - 1, 30), _LONGEST_PAUSE_SECONDS)


def register(subscriptions: Iterable[Subscription]) -> None:
    """Give each subscription its cursor; a new one begins with the stream."""
    CursorRow.objects.bulk_create(
        [CursorRow(subscription=subscription.name) for subscription in subscriptions], ignore_conflicts=True
    )


def serve(subscription: Subscription, horizon: int, top: Cursor, *, now: datetime, by_one: bool = False) -> bool:
    """Hand the next batch of events to a subscription, and move its cursor; tell whether more may wait.

    With `by_one` each event is handed over by itself, and one that fails becomes a dead letter.
    """
    with transaction.atomic():
        place = rows_of("lock_cursor", {"subscription": subscription.name})
        if not place or (after := Cursor(*place[0])) >= top:
            return False
        events, reached = _next_batch(subscription, after, horizon, by_one=by_one)
        ready = _without_waiting(subscription, events, now=now)
        if ready and by_one:
            _hand_over_by_one(subscription, ready, now=now)
        elif ready:
            with span("events") as traced:
                traced(f"events {subscription.name}", {"events.count": len(ready)})
                subscription.handler(ready)
        to = reached or top
        rows_of(
            "move_cursor",
            {
                "subscription": subscription.name,
                "transaction": to.transaction,
                "position": to.position,
                "now": now,
            },
        )
        return reached is not None


def _next_batch(
    subscription: Subscription, after: Cursor, horizon: int, *, by_one: bool
) -> tuple[Sequence[Event], Cursor | None]:
    """Return the events to be handed over next, and how far one has come with them; None where no more may wait."""
    size, sift = subscription.batch_size, None if by_one else subscription.sift
    seen = _look(subscription, after, horizon, size)
    needed = sift(seen) if sift and seen else seen
    is_last = len(seen) < size
    if sift and not is_last and 2 * len(needed) < size < LOOKS_AT:
        # Few of these are needed: so many more are looked at as it should take to fill the batch.
        more = min((size - len(needed)) * size // len(needed) if needed else LOOKS_AT, LOOKS_AT - size)
        others = _look(subscription, seen[-1].cursor, horizon, more)
        is_last = len(others) < more
        needed = [*needed, *(sift(others) if others else ())]
        seen += others
    if len(needed) > size:
        return needed[:size], seen[seen.index(needed[size]) - 1].cursor
    return needed, None if is_last else seen[-1].cursor


def _look(subscription: Subscription, after: Cursor, horizon: int, limit: int) -> list[Event]:
    """Return the next events that a subscription hears."""
    where = {"transaction": after.transaction, "position": after.position, "horizon": horizon}
    rows = rows_of("next_events", {**where, "types": subscription.heard, "limit": limit})
    return [event_of(row) for row in rows]


def _without_waiting(subscription: Subscription, events: Sequence[Event], *, now: datetime) -> list[Event]:
    """Put aside the events of customers for whom an earlier one lies dead; return the others."""
    customers = {event.customer_id for event in events if event.customer_id}
    blocked = set(
        DeadLetterRow.objects.filter(subscription=subscription.name, customer_id__in=customers).values_list(
            "customer_id", flat=True
        )
    )
    if not blocked:
        return list(events)
    for event in events:
        if event.customer_id in blocked:
            _put_aside(subscription, event, None, now=now)
    return [event for event in events if event.customer_id not in blocked]


def _hand_over_by_one(subscription: Subscription, events: Sequence[Event], *, now: datetime) -> None:
    blocked: set[UUID] = set()
    for event in events:
        if event.customer_id in blocked:
            _put_aside(subscription, event, None, now=now)
            continue
        try:
            with transaction.atomic():
                subscription.handler([event])
        except Exception as error:  # The handler's error, whatever it is, is what the dead letter tells.
            if is_lost(error):
                raise
            _put_aside(subscription, event, error, now=now)
            if event.customer_id:
                blocked.add(event.customer_id)


def _put_aside(subscription: Subscription, event: Event, error: Exception | None, *, now: datetime) -> None:
    """Keep an event as a dead letter: failed with its error, or waiting behind another where there is none."""
    DeadLetterRow.objects.update_or_create(
        subscription=subscription.name,
        event_id=event.id,
        defaults={
            "state": "failed" if error else "waiting",
            "error": type(error).__name__ if error else "",
            "where": _where(error) if error else "",
            "last_failed_at": now,
        },
        create_defaults={
            "id": new_id(),
            "occurred_at": event.occurred_at,
            "customer_id": event.customer_id,
            "transaction": event.cursor.transaction,
            "position": event.cursor.position,
            "state": "failed" if error else "waiting",
            "error": type(error).__name__ if error else "",
            "where": _where(error) if error else "",
            "attempts": 1,
            "first_failed_at": now,
            "last_failed_at": now,
        },
    )


def _where(error: Exception) -> str:
    """Return the line that raised, as `services.py:41 in put_orders`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = next((frame for frame in reversed(frames) if "regulars" in frame.filename), frames[-1])
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


class NoSuchDeadLetter(DomainError):
    """No dead letter of the subscription has this id."""

    code = "no_such_dead_letter"


def retry(subscription: Subscription, letter_id: UUID, *, now: datetime) -> bool:
    """Hand a dead letter over again, and what waits behind it; tell whether all of them were taken.

    Without a customer, nothing waits behind a letter.

    Raises
    ------
    NoSuchDeadLetter
        The subscription has none of this id: it was taken meanwhile, or never was.
    """
    with transaction.atomic():
        letters = DeadLetterRow.objects.select_for_update(no_key=True).filter(subscription=subscription.name)
        letter = letters.filter(id=letter_id).first()
        if letter is None:
            raise NoSuchDeadLetter(gettext("There is no such dead letter; it may have been taken meanwhile."))
        rows = letters.filter(customer_id=letter.customer_id) if letter.customer_id else letters.filter(id=letter_id)
        for row in rows.order_by("transaction", "position"):
            [found] = rows_of("events_by_id", {"ids": [row.event_id], "occurred_ats": [row.occurred_at]})
            try:
                with transaction.atomic():
                    subscription.handler([event_of(found)])
            except Exception as error:  # As above.
                if is_lost(error):
                    raise
                row.state, row.error, row.where = "failed", type(error).__name__, _where(error)
                row.attempts += 1
                row.last_failed_at = now
                row.save()
                return False
            row.delete()
    return True


def hold(name: str) -> None:
    """Let no worker serve a subscription until the caller's transaction ends; wait for one that does."""
    rows_of("hold_cursor", {"subscription": name})


def replay(subscription: Subscription, *, since: Cursor = Cursor()) -> None:  # noqa: B008  # It is frozen.
    """Have a subscription begin again after `since`: its handler is idempotent, so only what was missed changes."""
    CursorRow.objects.filter(subscription=subscription.name).update(
        transaction=since.transaction, position=since.position
    )
