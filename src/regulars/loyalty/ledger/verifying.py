"""Hold the ledger to its seals and to itself: what was posted is as it was, and all that is kept follows from it.

The seals prove, by their digests, that no transaction was changed, taken away or put in before the last of them; the
anchor, that the seals were not made anew. The other checks read whole tables, each in one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regulars.kit.i18n import gettext, mark
from regulars.kit.progress import Progress, silent
from regulars.loyalty.ledger.contracts import Verdict, WrongKind, WrongRow
from regulars.loyalty.ledger.models import Seal
from regulars.loyalty.ledger.sealing import (
    LEAF_BYTES,
    Leaves,
    digest_of,
    leaves_between,
    read_anchor,
    sealing_rows,
)

# A check's statement, what it names a row of, and what is wrong with that row.
_CHECKS = (
    ("wrong_count", WrongKind.TRANSACTION, mark("The transaction has other entries than it says, or is not there.")),
    ("wrong_sum", WrongKind.TRANSACTION, mark("The entries of the transaction do not sum to zero.")),
    ("wrong_account", WrongKind.TRANSACTION, mark("An entry of the transaction is to a wrong lot or account.")),
    ("wrong_lot", WrongKind.LOT, mark("The lot does not hold what its entries come to.")),
    ("wrong_debt", WrongKind.ACCOUNT, mark("The account does not owe what its entries come to.")),
    ("wrong_beside", WrongKind.ACCOUNT, mark("The account owes points, and active ones stand beside.")),
    ("wrong_holder", WrongKind.LOT, mark("The lot is on another account than where it was brought.")),
    ("wrong_times", WrongKind.LOT, mark("The lot is good from or until another moment than was told last.")),
    ("wrong_member", WrongKind.MEMBER, mark("The member is merged into another one than the merges say.")),
    ("wrong_lead", WrongKind.ACCOUNT, mark("The account leads to another one than the merges say.")),
)
_SHARE_OF_SEALS = 0.6


def verify_ledger(*, anchor: Path | None = None, progress: Progress = silent) -> Verdict:
    """Hold the ledger to its seals, these to the anchor if there is one, and all that is kept to the entries.

    Raises
    ------
    AnchorUnusable
        The anchor cannot be read.
    """
    anchored = read_anchor(anchor) if anchor else {}
    chain = _Chain(anchored)
    wrong = list(chain.verify(progress))
    for number, (statement, kind, reason) in enumerate(_CHECKS):
        progress(gettext(reason), _SHARE_OF_SEALS + (1 - _SHARE_OF_SEALS) * number / len(_CHECKS))
        wrong += [
            WrongRow(kind=kind, id=str(identity), reason=gettext(reason)) for (identity,) in sealing_rows(statement)
        ]
    progress("", 1.0)
    last = chain.last
    after = {"transaction": last.transaction if last else 0, "position": last.position if last else 0}
    return Verdict(
        sealed_transactions=chain.proven,
        unsealed_transactions=int(sealing_rows("count_after", after)[0][0]),
        seals=chain.seals,
        anchored_seals=chain.anchored_seals,
        wrong=tuple(wrong),
    )


class _Chain:
    """The seals from the first on, as far as they hold."""

    def __init__(self, anchored: Mapping[int, bytes]) -> None:
        self.anchored = anchored
        self.last: Seal | None = None
        self.proven = self.seals = self.anchored_seals = 0

    def verify(self, progress: Progress) -> Iterator[WrongRow]:
        """Yield the first row that is wrong, if one is."""
        total = max(Seal.objects.count(), 1)
        # One seal at a time, since each holds its leaves; the rows are read in their order without a cursor held open.
        while seal := Seal.objects.filter(number__gt=self.last.number if self.last else 0).order_by("number").first():
            progress(gettext("Seals"), _SHARE_OF_SEALS * min(self.seals / total, 1.0))
            if wrong := self._hold(seal):
                yield wrong
                return
            self.last = seal
        missing = [number for number in self.anchored if number > self.seals]
        if missing:
            reason = gettext("Seal {number} stands in the anchor, and is not there.").format(number=min(missing))
            yield WrongRow(kind=WrongKind.SEAL, id=str(min(missing)), reason=reason)

    def _hold(self, seal: Seal) -> WrongRow | None:
        """Hold the next seal to the one before it, to the anchor, and to its transactions."""
        number, leaves = self.seals + 1, bytes(seal.leaves)
        digest = digest_of(self.last, leaves)
        is_made_so = digest == bytes(seal.digest) and len(leaves) == seal.transactions * LEAF_BYTES
        if seal.number != number or not is_made_so:
            reason = gettext("Seal {number} is missing, or is not as it was made.").format(number=number)
            return WrongRow(kind=WrongKind.SEAL, id=str(number), reason=reason)
        if self.anchored.get(number, digest) != digest:
            reason = gettext("Seal {number} is not the one that stands in the anchor.").format(number=number)
            return WrongRow(kind=WrongKind.SEAL, id=str(number), reason=reason)
        found = leaves_between(self.last, (seal.transaction, seal.position))
        if found.leaves != leaves:
            difference = find_difference(leaves, found)
            self.proven += difference.place
            return difference.row(number)
        self.seals, self.proven = number, self.proven + len(found.ids)
        self.anchored_seals += number in self.anchored
        return None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what is there first differs from what was sealed."""

    place: int
    id: str
    missing: bool
    inserted: bool

    def row(self, seal: int) -> WrongRow:
        """Return the row that is wrong."""
        if self.missing:
            reason = gettext("Beside this transaction, one that seal {seal} covers is missing.")
        elif self.inserted:
            reason = gettext("This transaction was not there when seal {seal} was made.")
        else:
            reason = gettext("This transaction is not as it was when seal {seal} was made.")
        return WrongRow(kind=WrongKind.TRANSACTION, id=self.id, reason=reason.format(seal=seal))


def find_difference(sealed: bytes, found: Leaves) -> Difference:
    """Return the first transaction that differs from its leaf, was put in, or beside which one is missing."""
    told, there = _split(sealed), _split(found.leaves)
    both = zip(told, there, strict=False)
    place = next((each for each, (one, other) in enumerate(both) if one != other), min(len(told), len(there)))
    return Difference(
        place=place,
        id=str(found.ids[min(place, len(found.ids) - 1)]) if found.ids else "",
        missing=place == len(there) or there[place] in told[place + 1 :],
        inserted=place == len(told) or told[place] in there[place + 1 :],
    )


def _split(leaves: bytes) -> list[bytes]:
    return [leaves[start : start + LEAF_BYTES] for start in range(0, len(leaves), LEAF_BYTES)]
