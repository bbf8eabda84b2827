"""Batches of codes are made in the background: begun by who asks, gone on with by workers, piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from regulars.kit.ids import new_id
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.rewards.contracts import Batch
from regulars.loyalty.rewards.generating import NoRoom, begin_batch, get_batch, go_on_with_batch
from regulars.loyalty.rewards.models import Batch as BatchRow
from regulars.stream.contracts import Actor
from regulars.stream.long_work import Clock, alone_with, is_at_work, never

TASK = "loyalty.make_codes"


@transaction.atomic
def ask_for_codes(*, version: ProgramVersion, series: str, count: int, now: datetime, actor: Actor) -> Batch:
    """Have codes of a series made in the background; the batch tells how far they are.

    Raises
    ------
    NoSuchSeries
        The programme has none of this key.
    WrongCount
        There are to be none, or too many.
    NoRoom
        The pattern has not room for so many.
    """
    batch = begin_batch(version=version, series=series, count=count, batch_id=new_id(), now=now, actor=actor)
    defer_work(batch.id)
    return batch


def defer_work(batch_id: UUID) -> None:
    """Let a worker carry on with a batch; where one is asked for already, that will do."""
    name = f"loyalty.codes.{batch_id}"
    with suppress(AlreadyEnqueued):
        app.configure_task(TASK, lock=name, queueing_lock=name).defer(batch_id=str(batch_id))


def list_left_alone() -> list[UUID]:
    """Return the batches that are not finished, and that no process is at."""
    ids = BatchRow.objects.filter(finished_at=None).order_by("begun_at", "id").values_list("id", flat=True)
    return [batch_id for batch_id in ids if not is_at_work(batch_id)]


def carry_on(batch_id: UUID, *, clock: Clock, should_stop: Callable[[], bool] = never) -> bool:
    """Make what is missing of a batch, unless somebody else is at it; tell whether nothing is left to be done.

    Where others have taken the room of its pattern meanwhile, the batch ends with as many codes as there was room for.

    Raises
    ------
    NoSuchBatch
        There is none.
    """
    batch = get_batch(batch_id)
    with alone_with(batch_id) as is_mine:
        while is_mine and batch.finished_at is None:
            if should_stop():
                return False
            try:
                batch = go_on_with_batch(batch_id, now=clock())
            except NoRoom:
                BatchRow.objects.filter(id=batch_id).update(wanted=F("made"), finished_at=clock())
                batch = get_batch(batch_id)
    return batch.finished_at is not None
