"""What must hold of the loyalty programme, whatever was killed: each check returns what is wrong, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.load.club import COSTS, STOCKS, TIERS, VIEWED, WELCOME, beans, most_spent, spent, tier_of
from tests.load.importer import File
from tests.load.kept import Kept
from tests.load.told import Told


def members_are_there_once(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which members are lost or doubled, or became such though nobody asked."""
    found = Counter(kept.club.members)
    for person in told.members.keys() | found.keys():
        if found[person] != 1:
            yield f"{person} is a member {found[person]} times"
        elif kept.club.enrolled.get(person) != 1:
            yield f"that {person} became a member was told {kept.club.enrolled.get(person)} times"
        elif person not in told.members and person not in told.perhaps_enrolled:
            yield f"{person} is a member, and nobody said so"


def points_are_what_was_earned(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say who has not earned what the orders, events and enrolments that are kept come to."""
    seen = Counter[str]()
    for (_, person), times in kept.own_events.items():
        seen[person] += times
    for person in set(kept.club.members):
        expected = {
            "euros": sum(beans(state) for state in kept.club.orders.get(person, ())),
            "viewed": VIEWED * seen[person],
            "welcome": WELCOME,
        }
        for rule, points in expected.items():
            earned = kept.club.earned.get((person, rule), 0)
            if earned != points:
                yield f"{person} has earned {earned} by {rule}, not {points}"


def balances_are_what_is_left(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say whose balance is not what was earned, adjusted and redeemed, or has a part below nought."""
    left = Counter[str]()
    for (person, _), points in kept.club.earned.items():
        left[person] += points
    for _, person, points, _, _ in kept.club.adjustments:
        left[person] += points
    for person, reward, *_ in kept.club.redemptions:
        left[person] -= COSTS[reward]
    for person in set(kept.club.members):
        pending, active, reserved, owed, least = kept.club.balances.get(person, (0, 0, 0, 0, 0))
        if pending + active + reserved - owed != left[person]:
            yield f"{person} has {active} and owes {owed}, but {left[person]} are left"
        if least < 0 or (active and owed) or pending or reserved:
            yield f"{person} has {pending} pending, {active} active, {reserved} reserved, and owes {owed}"


def redemptions_are_as_told(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which redemptions are lost or doubled, or did not cost what they do."""
    found: dict[tuple[str, str], list[str]] = {}
    for person, reward, redemption, state, cost, taken in kept.club.redemptions:
        found.setdefault((person, reward), []).append(redemption)
        if (state, cost, taken) != ("confirmed", COSTS[reward], COSTS[reward]):
            yield f"redemption {redemption} is {state}, has cost {cost}, and {taken} points were taken for it"
    for key in told.redeemed.keys() | found.keys():
        acknowledged, there = Counter(told.redeemed.get(key, ())), Counter(found.get(key, ()))
        if lost := acknowledged - there:
            yield f"of {key} are lost: {sorted(lost)}"
        more = (there - acknowledged).total()
        if more > told.perhaps_redeemed[key]:
            yield f"of {key} there are {more} more than were told, and {told.perhaps_redeemed[key]} may be"


def stock_is_what_was_not_given(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say of which rewards more was given than there was, or pieces are lost."""
    given = Counter(reward for _, reward, *_ in kept.club.redemptions)
    for reward, pieces in STOCKS.items():
        laid_out, lying = kept.club.stock.get(reward, (pieces, pieces))
        if given[reward] > pieces or (laid_out, given[reward] + lying) != (pieces, pieces):
            yield f"of {pieces} of {reward} {given[reward]} were given, and {lying} of {laid_out} are there"


def adjustments_are_as_told(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say which adjustments are lost or doubled, came though they were refused, or moved other points."""
    found = Counter(reason for reason, *_ in kept.club.adjustments)
    for reason, telling in told.adjustments.items():
        if found[reason] > 1 or (telling.acknowledged and not found[reason]):
            yield f"adjustment {reason} is there {found[reason]} times"
    for reason, person, points, state, moved in kept.club.adjustments:
        telling_of = told.adjustments.get(reason)
        if telling_of is None or (telling_of.sent[0].person, telling_of.sent[0].points) != (person, points):
            yield f"adjustment {reason} of {points} for {person} was asked by nobody"
        elif (state, moved) != ("posted", points):
            yield f"adjustment {reason} of {points} is {state}, and {moved} points were moved"


def tiers_are_what_was_spent(kept: Kept, told: Told, files: Sequence[File]) -> Iterator[str]:
    """Say who stands where the orders do not lead; a tier that was reached is kept until a day begins."""
    most = Counter[str]()
    for telling in told.orders.values():
        most[telling.sent[0].buyer] += most_spent(telling.sent)
    for file in files:
        for row in file.good:
            most[row[1]] += row[3]
    ranks = list(TIERS)
    for person in set(kept.club.members):
        tier, counted = kept.club.tiers.get(person, (None, None))
        now = sum(spent(state) for state in kept.club.orders.get(person, ()))
        if counted != now:
            yield f"{counted} count for the tier of {person}, whose orders come to {now}"
        if tier not in ranks or not (
            ranks.index(tier_of(now)) <= ranks.index(tier) <= ranks.index(tier_of(most[person]))
        ):
            yield f"{person} is {tier}, and has spent {now}, and never more than {most[person]}"


CLUB_CHECKS = (
    members_are_there_once,
    points_are_what_was_earned,
    balances_are_what_is_left,
    redemptions_are_as_told,
    stock_is_what_was_not_given,
    adjustments_are_as_told,
    tiers_are_what_was_spent,
)
