"""The ledger's seals: a chain of hashes over all transactions, made in batches, anchored outside where configured.

A seal's digest covers the transactions after the seal before it and that seal's digest. Posting locks nothing; only the
one who seals waits for another who does. What commits late is sealed later: a seal never passes the oldest running
transaction.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext
from regulars.loyalty.ledger.models import Seal
from regulars.stream.database import rows_from
from regulars.stream.queries import get_horizon

sealing_rows = rows_from(Path(__file__).parent / "sql" / "sealing.sql")
MOST_TRANSACTIONS = 10_000
LEAF_BYTES = 16
_NOTHING = b"\0" * 32
_ANCHORED = re.compile(r"(\d{1,18}) ([0-9a-f]{64})\n")


class AnchorUnusable(DomainError):
    """The file that anchors the seals cannot be read or written."""

    code = "anchor_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """Transactions between two places: their ids in order, a leaf for each, and where the last stands."""

    ids: list[UUID]
    leaves: bytes
    transaction: int
    position: int


@transaction.atomic
def seal_ledger(*, now: datetime, most: int = MOST_TRANSACTIONS) -> int:
    """Seal at most `most` transactions that were posted since the last seal; return how many."""
    sealing_rows("lock_seals")
    last = Seal.objects.order_by("-number").defer("leaves").first()
    # All that began before the horizon has ended: what it posted is there, and nothing will come before it.
    found = leaves_between(last, (get_horizon(), 0), most)
    if not found.ids:
        return 0
    Seal.objects.create(
        number=last.number + 1 if last else 1,
        transaction=found.transaction,
        position=found.position,
        transactions=len(found.ids),
        leaves=found.leaves,
        digest=digest_of(last, found.leaves),
        sealed_at=now,
    )
    return len(found.ids)


def leaves_between(after: Seal | None, to: tuple[int, int], most: int | None = None) -> Leaves:
    """Return what the transactions after a seal, up to a place, say by now."""
    [(_, last_transaction, last_position, ids, leaves)] = sealing_rows(
        "leaves",
        {
            "after_transaction": after.transaction if after else 0,
            "after_position": after.position if after else 0,
            "to_transaction": to[0],
            "to_position": to[1],
            "limit": most,
        },
    )
    return Leaves(
        ids=ids or [], leaves=bytes(leaves or b""), transaction=last_transaction or 0, position=last_position or 0
    )


def digest_of(before: Seal | None, leaves: bytes) -> bytes:
    """Return the digest of the seal that comes after another."""
    return hashlib.sha256((bytes(before.digest) if before else _NOTHING) + leaves).digest()


def anchor_seals(anchor: Path) -> int:
    """Add the seals to the anchor, a line each, that do not stand there yet; return how many.

    Nothing that stands there is written anew: a line that broke off when the machine fell is left, and comes again.

    Raises
    ------
    AnchorUnusable
        The file cannot be written.
    """
    try:
        with anchor.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read().decode("utf-8", "replace")
            last = max(_anchored(text), default=0)
            seals = Seal.objects.filter(number__gt=last).order_by("number").values_list("number", "digest")
            lines = [f"{number} {bytes(digest).hex()}\n" for number, digest in seals]
            if lines:
                broken = "\n" if text and not text.endswith("\n") else ""
                file.write((broken + "".join(lines)).encode())
                file.flush()
                os.fsync(file.fileno())
            return len(lines)
    except OSError as error:
        raise _unusable(anchor, error) from None


def read_anchor(anchor: Path) -> Mapping[int, bytes]:
    """Return the digests that stand in the anchor by the numbers of their seals; none where it is not there yet.

    Of two lines for one seal the first counts.

    Raises
    ------
    AnchorUnusable
        The file cannot be read.
    """
    try:
        text = anchor.read_text(encoding="utf-8", errors="replace") if anchor.exists() else ""
    except OSError as error:
        raise _unusable(anchor, error) from None
    return _anchored(text)


def _anchored(text: str) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for line in text.splitlines(keepends=True):
        if match := _ANCHORED.fullmatch(line):
            found.setdefault(int(match[1]), bytes.fromhex(match[2]))
    return found


def _unusable(anchor: Path, error: OSError) -> AnchorUnusable:
    return AnchorUnusable(
        gettext("The anchor of the ledger, {path}, cannot be read or written ({reason}).").format(
            path=anchor, reason=error.strerror
        )
    )
