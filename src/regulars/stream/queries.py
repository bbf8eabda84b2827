"""Read the stream: a customer's timeline, how far subscriptions have come, dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from regulars.stream.contracts import Cursor, DeadLetter, Event, Look, Subscription, SubscriptionState
from regulars.stream.models import Cursor as CursorRow
from regulars.stream.models import DeadLetter as DeadLetterRow
from regulars.stream.statements import event_of, rows_of

# How many events one look through the stream looks at.
LOOKED_AT = 10_000
# How many of the latest events tell what there is.
LATEST = 2_000
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
_BEGINNING_OF_TIME = datetime(1, 1, 2, tzinfo=UTC)
_MOST = 2**63 - 1


def list_timeline(
    customer_ids: Sequence[UUID],
    *,
    limit: int,
    before: tuple[datetime, int] | None = None,
    types: Sequence[str] | None = None,
    since: datetime | None = None,
) -> list[Event]:
    """Return the events of a customer (under all of its ids), the latest first, before a moment and position.

    Where it is given, none that happened before `since`.
    """
    before_at, before_position = before or (_END_OF_TIME, _MOST)
    rows = rows_of(
        "timeline",
        {
            "customer_ids": list(customer_ids),
            "before_at": before_at,
            "before_position": before_position,
            "types": list(types) if types else None,
            "since": since or _BEGINNING_OF_TIME,
            "limit": limit,
        },
    )
    return [event_of(row) for row in rows]


def list_events_in_order(
    *, limit: int, after: Cursor, horizon: int, source: str | None = None, since: datetime | None = None
) -> list[Event]:
    """Return events in stream order, after a place and of transactions before a horizon; nothing comes between them."""
    told = {"transaction": after.transaction, "position": after.position, "horizon": horizon}
    rows = rows_of("events_in_order", told | {"source": source, "since": since, "limit": limit})
    return [event_of(row) for row in rows]


def map_latest_events() -> dict[str, list[str]]:
    """Return the types of the latest events, each with the names of what its events say of themselves."""
    return {kind: [name for name in names if name] for kind, names in rows_of("latest", {"limit": LATEST})}


def look_through(
    *,
    after: Cursor,
    limit: int,
    types: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Look:
    """Return the next events of some types, in stream order, that happened between two moments.

    At most `LOOKED_AT` events of any type are looked at, so that it takes no longer where few are of those types; and
    none of a transaction that may still bring others before it.
    """
    told = {"transaction": after.transaction, "position": after.position, "horizon": get_horizon()}
    times = {"since": since, "until": until, "looked_at": LOOKED_AT}
    rows = rows_of("look_through", told | times | {"types": list(types) if types else None})
    wanted = [place for place, row in enumerate(rows) if row[-1]][:limit]
    is_all = len(rows) < LOOKED_AT and (len(wanted) < limit or wanted[-1] == len(rows) - 1)
    seen = rows if len(wanted) < limit else rows[: wanted[-1] + 1]
    return Look(
        events=[event_of(rows[place][:-1]) for place in wanted],
        seen=Cursor(*seen[-1][-3:-1]) if seen else after,
        goes_on=not is_all,
    )


def count_events_in_order(*, horizon: int, source: str | None = None, since: datetime | None = None) -> int:
    """Return how many events `list_events_in_order` would list from the beginning."""
    [(count,)] = rows_of("count_in_order", {"horizon": horizon, "source": source, "since": since})
    return int(count)


def has_event(kind: str) -> bool:
    """Tell whether anything of a type has ever happened; looks through the stream where nothing has."""
    [(found,)] = rows_of("has_event", {"type": kind})
    return bool(found)


def get_horizon() -> int:
    """Return the number below which every transaction has ended: nothing before it can still appear."""
    [(horizon,)] = rows_of("horizon")
    return int(horizon)


def get_top() -> tuple[int, Cursor]:
    """Return the horizon, below which nothing can still appear, and the last event's place before it."""
    horizon = get_horizon()
    top = rows_of("top", {"horizon": horizon})
    return horizon, Cursor(*top[0]) if top else Cursor()


def list_states(subscriptions: Sequence[Subscription]) -> list[SubscriptionState]:
    """Return how far each of `subscriptions` has come; what waits is counted to ten thousand."""
    cursors = {row.subscription: row for row in CursorRow.objects.all()}
    dead: dict[str, int] = {}
    for name in DeadLetterRow.objects.values_list("subscription", flat=True):
        dead[name] = dead.get(name, 0) + 1
    states = []
    for subscription in subscriptions:
        row = cursors.get(subscription.name) or CursorRow(subscription=subscription.name)
        types = subscription.heard
        [(count, since)] = rows_of(
            "waiting", {"transaction": row.transaction, "position": row.position, "types": types}
        )
        states.append(
            SubscriptionState(
                name=subscription.name,
                types=types,
                behind_events=count,
                oldest_waiting_at=since,
                dead_letters=dead.get(subscription.name, 0),
                moved_at=row.moved_at,
            )
        )
    return states


def list_dead_letters(*, limit: int, after: UUID | None = None) -> list[DeadLetter]:
    """Return dead letters in the order in which they arose."""
    rows = DeadLetterRow.objects.order_by("id")
    if after:
        rows = rows.filter(id__gt=after)
    found = list(rows[:limit])
    events = {event.id: event for event in _events(found)}
    return [
        DeadLetter(
            id=row.id,
            subscription=row.subscription,
            event=events[row.event_id],
            state=row.state,
            error=row.error,
            where=row.where,
            attempts=row.attempts,
            first_failed_at=row.first_failed_at,
            last_failed_at=row.last_failed_at,
        )
        for row in found
    ]


def count_dead_letters() -> int:
    """Return how many events lie undelivered."""
    return DeadLetterRow.objects.count()


def _events(rows: Sequence[DeadLetterRow]) -> list[Event]:
    if not rows:
        return []
    found = rows_of(
        "events_by_id",
        {"ids": [row.event_id for row in rows], "occurred_ats": [row.occurred_at for row in rows]},
    )
    return [event_of(row) for row in found]
