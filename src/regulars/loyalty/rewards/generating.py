"""Make many codes at once, in pieces that are kept as they are done: an interrupted batch goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from psycopg import sql
from psycopg.errors import UniqueViolation

from regulars.kit.errors import DomainError
from regulars.kit.formats import number
from regulars.kit.i18n import gettext
from regulars.kit.ids import new_id
from regulars.kit.progress import Progress, silent
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.document.rewards import VoucherSeries
from regulars.loyalty.rewards.codes import fold, make_codes, room_of
from regulars.loyalty.rewards.contracts import Batch
from regulars.loyalty.rewards.models import Batch as BatchRow
from regulars.loyalty.rewards.models import Voucher as VoucherRow
from regulars.loyalty.rewards.statements import voucher_rows
from regulars.staff.services import record
from regulars.stream.contracts import Actor

MOST_CODES = 10_000_000
_AT_ONCE = 20_000
# With more room than that, all codes that there will ever be leave most of it empty.
_MUCH_ROOM = 2**40
_COPY = sql.SQL("COPY {} ({}) FROM STDIN").format(
    sql.Identifier(VoucherRow._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ("id", "code", "program_id", "series", "batch_id", "made_at"))),
)


class NoSuchSeries(DomainError):
    """The programme has no voucher series of this key."""

    code = "no_such_series"


class NoSuchBatch(DomainError):
    """No batch of codes has this id."""

    code = "no_such_batch"


class BatchDiffers(DomainError):
    """A batch of this id was begun for another series, or for another number of codes."""

    code = "batch_differs"


class WrongCount(DomainError):
    """So many codes are not made at once."""

    code = "wrong_count"


class NoRoom(DomainError):
    """A pattern has not room for so many codes. `possible` tells for how many it has."""

    code = "pattern_without_room"

    def __init__(self, possible: int) -> None:
        text = gettext("This pattern can give {possible} more codes. Another random character (#) makes room.")
        super().__init__(text.format(possible=possible))
        self.possible = possible


def series_of(version: ProgramVersion, key: str) -> VoucherSeries:
    """Return a series of a programme.

    Raises
    ------
    NoSuchSeries
        There is none of this key.
    """
    for series in version.document.vouchers:
        if series.key == key:
            return series
    raise NoSuchSeries(gettext("There is no voucher series {key}.").format(key=key))


def room_left(pattern: str | None) -> int:
    """Return how many more codes a pattern gives: half of its room at most, so that codes are not found by guessing.

    A pattern without random characters gives its one code.
    """
    room = room_of(pattern)
    if pattern is None or room >= _MUCH_ROOM:
        return room // 2
    # The character of `fold` stands for none of LIKE, and no other of LIKE's stands in a code.
    like = "_".join(fold(part) for part in pattern.split("#"))
    [(taken,)] = voucher_rows("count_codes_like", {"pattern": like})
    return max(max(room // 2, 1) - int(taken), 0)


def generate_codes(
    *,
    version: ProgramVersion,
    series: str,
    count: int,
    batch_id: UUID,
    now: datetime,
    actor: Actor,
    progress: Progress = silent,
) -> Batch:
    """Make so many codes of a series; each is unique for ever.

    What is made is kept piece by piece, outside of any transaction of the caller. Called again with the same id, it
    goes on with what is missing, and does nothing where nothing is.

    Raises
    ------
    NoSuchSeries
        The programme has none of this key.
    WrongCount
        There are to be none, or too many.
    NoRoom
        The pattern has not room for so many.
    BatchDiffers
        The batch was begun otherwise.
    """
    begin_batch(version=version, series=series, count=count, batch_id=batch_id, now=now, actor=actor)
    while True:
        batch = go_on_with_batch(batch_id, now=now)
        progress("", batch.made / batch.wanted)
        if batch.finished_at is not None:
            return batch


def begin_batch(
    *, version: ProgramVersion, series: str, count: int, batch_id: UUID, now: datetime, actor: Actor
) -> Batch:
    """Keep that so many codes of a series are wanted; somebody goes on with them.

    Raises
    ------
    NoSuchSeries
        The programme has none of this key.
    WrongCount
        There are to be none, or too many.
    NoRoom
        The pattern has not room for so many.
    BatchDiffers
        The batch was begun otherwise.
    """
    of = series_of(version, series)
    if not 1 <= count <= MOST_CODES:
        raise WrongCount(gettext("From 1 to {most} codes are made at once.").format(most=number(MOST_CODES)))
    _begin(version, of, count, batch_id, now=now, actor=actor)
    return get_batch(batch_id)


@transaction.atomic
def _begin(
    version: ProgramVersion, series: VoucherSeries, count: int, batch_id: UUID, *, now: datetime, actor: Actor
) -> None:
    """Keep what is wanted, where that is not known yet."""
    begun = BatchRow.objects.filter(id=batch_id).first()
    if begun is None and (possible := room_left(series.pattern)) < count:
        raise NoRoom(possible)
    begun, is_new = BatchRow.objects.get_or_create(
        id=batch_id,
        defaults={
            "program_id": version.program_id,
            "series": series.key,
            "pattern": series.pattern or "",
            "wanted": count,
            "begun_at": now,
            "begun_by": str(actor),
        },
    )
    if (begun.program_id, begun.series, begun.wanted) != (version.program_id, series.key, count):
        raise BatchDiffers(gettext("This batch was begun for another series, or for another number of codes."))
    if is_new:
        details = {"program": version.program_key, "series": series.key, "codes": count}
        record(actor, "voucher_codes.made", "voucher_batch", batch_id, now=now, details=details)


@transaction.atomic(durable=True)
def go_on_with_batch(batch_id: UUID, *, now: datetime) -> Batch:
    """Make the next piece of a batch; who works at the same one waits.

    Raises
    ------
    NoRoom
        Others have taken the room of the pattern meanwhile.
    """
    row = BatchRow.objects.select_for_update(no_key=True).get(id=batch_id)
    missing = min(row.wanted - row.made, _AT_ONCE)
    if missing:
        made = _copy_codes(row, missing, now)
        if not made and not room_left(row.pattern or None):
            # Others have taken the room meanwhile.
            raise NoRoom(0)
        row.made += made
    if row.made == row.wanted and row.finished_at is None:
        row.finished_at = now
    row.save(update_fields=["made", "finished_at"])
    return batch_of(row)


def _copy_codes(row: BatchRow, count: int, now: datetime) -> int:
    """Keep random codes by COPY, or, where some of them are there already, only the others; return how many."""
    codes = make_codes(row.pattern or None, count)
    columns = f"{row.program_id}\t{row.series}\t{row.id}\t{now.isoformat()}"
    try:
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write("".join([f"{new_id()}\t{code}\t{columns}\n" for code in codes]))
    except UniqueViolation:
        return len(_keep(row.program_id, row.series, codes, batch_id=row.id, now=now))
    return count


def add_codes(
    program_id: UUID, series: str, pattern: str | None, count: int, *, batch_id: UUID | None, now: datetime
) -> list[UUID]:
    """Keep random codes, but for those that there are already; return the ids of those that were kept."""
    return _keep(program_id, series, make_codes(pattern, count), batch_id=batch_id, now=now)


def _keep(program_id: UUID, series: str, codes: Sequence[str], *, batch_id: UUID | None, now: datetime) -> list[UUID]:
    told = {"program_id": program_id, "series": series, "batch_id": batch_id, "now": now}
    rows = voucher_rows("add_codes", told | {"ids": [new_id() for _ in codes], "codes": list(codes)})
    return [identity for (identity,) in rows]


def iter_codes(batch_id: UUID) -> Iterator[str]:
    """Yield the codes of a batch as they are shown, in no telling order, for a download.

    Raises
    ------
    NoSuchBatch
        There is none.
    """
    get_batch(batch_id)
    after = UUID(int=0)
    while rows := list(
        VoucherRow.objects.filter(batch_id=batch_id, id__gt=after).order_by("id").values_list("id", "code")[:_AT_ONCE]
    ):
        yield from (code for _, code in rows)
        after = rows[-1][0]


def get_batch(batch_id: UUID) -> Batch:
    """Return a batch of codes.

    Raises
    ------
    NoSuchBatch
        There is none.
    """
    row = BatchRow.objects.filter(id=batch_id).first()
    if row is None:
        raise NoSuchBatch(gettext("There is no such batch of codes."))
    return batch_of(row)


def batch_of(row: BatchRow) -> Batch:
    """Return the contract of a batch's row."""
    return Batch(
        id=row.id,
        program_id=row.program_id,
        series=row.series,
        pattern=row.pattern,
        wanted=row.wanted,
        made=row.made,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
    )
