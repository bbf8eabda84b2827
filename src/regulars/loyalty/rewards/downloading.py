"""The codes of a batch as a file, for who prints or sends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from regulars.kit.cells import csv_line
from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.rewards.generating import get_batch, iter_codes
from regulars.staff.services import record
from regulars.stream.contracts import Actor

HEADER = "code"
_LINES_AT_ONCE = 5_000


class BatchNotFinished(DomainError):
    """The codes of a batch are still being made."""

    code = "batch_not_finished"


@transaction.atomic
def download_codes(*, batch_id: UUID, now: datetime, actor: Actor) -> Iterator[bytes]:
    """Return a CSV of the codes of a batch, piece by piece; who fetched it stands on the audit trail.

    Raises
    ------
    NoSuchBatch
        There is none.
    BatchNotFinished
        Its codes are still being made.
    """
    batch = get_batch(batch_id)
    if batch.finished_at is None:
        raise BatchNotFinished(gettext("These codes are still being made."))
    details = {"series": batch.series, "codes": batch.made}
    record(actor, "voucher_codes.downloaded", "voucher_batch", batch_id, now=now, details=details)
    return _lines(batch_id)


def _lines(batch_id: UUID) -> Iterator[bytes]:
    lines = [csv_line([HEADER])]
    for code in iter_codes(batch_id):
        lines.append(csv_line([code]))
        if len(lines) >= _LINES_AT_ONCE:
            yield "".join(lines).encode()
            lines = []
    if lines:
        yield "".join(lines).encode()
