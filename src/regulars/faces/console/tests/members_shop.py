"""A shop with a programme whose members have earned, spent, reserved and been given points by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from regulars.customers.contracts import Identifier, IdentifierKind
from regulars.customers.queries import find_by_identifier
from regulars.faces.console.tests import shop
from regulars.faces.console.tests.programs_shop import checks
from regulars.kit.ids import new_id
from regulars.loyalty.adjudication.services import put_order
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.definitions.services import publish, save_draft
from regulars.loyalty.ledger.contracts import Member
from regulars.loyalty.membership.contracts import Authority
from regulars.loyalty.membership.services import adjust, enrol
from regulars.loyalty.rewards.contracts import Redemption
from regulars.loyalty.rewards.services import generate_codes, redeem_reward, reserve_reward
from regulars.loyalty.rewards.wishing import Wish
from regulars.staff.contracts import Role
from regulars.stream.contracts import Actor, ActorKind

CLUB = """\
format: 1
program: roastery
name: The Roastery Club
zone: Europe/Vienna
authority: {by_role: {owner: 100000, manager: 1000, agent: 200}, second_above: 1000}
currencies:
  - key: beans
    name: Beans
    cost: {EUR: 0.01}
    expiry: {kind: rolling, after: 12 months, round_to: month}
  - {key: stars, name: Stars, kind: status}
rules:
  - key: shopping
    name: A bean for each euro
    on: {kind: order}
    currency: beans
    grant: {kind: per_amount, points: 1, per: {EUR: 1}}
  - key: climbing
    name: A star for each ten euros
    on: {kind: order}
    currency: stars
    grant: {kind: per_amount, points: 1, per: {EUR: 10}}
tier_sets:
  - key: status
    name: Status
    basis: {kind: points, currency: stars}
    period: {kind: calendar}
    tiers:
      - {key: green, name: Green}
      - {key: roasted, name: Roasted, threshold: 500}
  - key: circle
    name: Circle
    basis: {kind: invitation}
    period: {kind: calendar}
    tiers:
      - {key: friend, name: Friend}
vouchers:
  - key: five
    name: Five euros off
    off: {kind: amount, amount: {EUR: 5}}
    minimum: {EUR: 10}
    good_for: 3 months
  - key: spring
    name: A tenth off
    off: {kind: percent, percent: 10, most: {EUR: 15}}
    pattern: SPRING26
    uses: 10000
rewards:
  - {key: five, name: Five euros off, gives: {kind: voucher, series: five}, cost: 500, currencies: [beans]}
  - {key: coffee, name: A coffee, gives: {kind: gift}, cost: 200, currencies: [beans]}
  - key: mug
    name: A mug
    gives: {kind: gift, shipped: true, product: p-bought-0}
    cost: 300
    currencies: [beans]
    stock: 3
  - key: pay
    name: Pay with beans
    gives: {kind: pay_with_points, value: {EUR: 0.01}, least_points: 100, most_percent: 50}
    currencies: [beans]
  - key: tasting
    name: An evening of tasting
    gives: {kind: event_access, event: Tasting}
    cost: 1500
    currencies: [beans]
    stock: 20
    tiers: [status.roasted]
  - {key: throw, name: An oat linen throw, gives: {kind: gift}, cost: 20000, currencies: [beans]}
"""
SOMEBODY_ELSE = Actor(ActorKind.STAFF, str(new_id()))


def club() -> ProgramVersion:
    """Publish the programme, in force for more than a year."""
    then = shop.now() - timedelta(days=500)
    save_draft(text=CLUB, now=then, actor=shop.ACTOR)
    return publish(program="roastery", now=then, actor=shop.ACTOR, checks=checks())


def member(name: str = "Ines Kovač", email: str = "ines.kovac@example.com", *, beans: int = 0) -> Member:
    """Enrol somebody with some beans, who is added where nobody has the address."""
    known = find_by_identifier(Identifier(IdentifierKind.EMAIL, email))
    customer_id: UUID = known or shop.somebody(name, email)
    # Who orders later in a test than this moment has been a member by then.
    found = enrol(program="roastery", customer_id=customer_id, now=shop.now() - timedelta(minutes=5), actor=shop.ACTOR)
    if beans:
        give(found, beans)
    return found


def give(found: Member, beans: int, reason: str = "Goodwill for a late parcel") -> None:
    """Give beans by hand, each person as few as needs no second one."""
    actor = shop.ACTOR
    while beans:
        some = min(beans, 1000)
        adjust(
            member_id=found.id,
            currency="beans",
            points=some,
            reason=reason,
            now=shop.now(),
            actor=actor,
            authority=Authority("owner"),
        )
        beans -= some
        actor = Actor(ActorKind.STAFF, str(new_id()))


def bought(number: int) -> None:
    """Let Ines Kovač buy something, for which a member earns."""
    order = shop.order_of(shop.Words(external_id=f"bought-{number}", number=str(60_000 + number)), days_ago=0)
    put_order(order=replace(order, returns=[]), now=shop.now(), actor=shop.ACTOR)


def waiting(found: Member, beans: int = 5000, actor: Actor = SOMEBODY_ELSE) -> UUID:
    """Ask for beans that a second person is to approve."""
    asked = adjust(
        member_id=found.id,
        currency="beans",
        points=beans,
        reason="A large complaint",
        now=shop.now(),
        actor=actor,
        authority=Authority("owner"),
    )
    return asked.id


def redeemed(found: Member, reward: str = "coffee") -> Redemption:
    """Give a member a reward."""
    wish = Wish(program="roastery", reward=reward, member_id=found.id)
    return redeem_reward(wish=wish, now=shop.now(), actor=shop.ACTOR)


def reserved(found: Member, reward: str = "coffee") -> Redemption:
    """Reserve a reward for a member."""
    wish = Wish(program="roastery", reward=reward, member_id=found.id)
    return reserve_reward(wish=wish, now=shop.now(), actor=shop.ACTOR)


def codes(version: ProgramVersion, count: int = 20, series: str = "five") -> UUID:
    """Make codes of a series."""
    batch = new_id()
    generate_codes(version=version, series=series, count=count, batch_id=batch, now=shop.now(), actor=shop.ACTOR)
    return batch


def fill_members(number_of_others: int = 12) -> dict[str, str]:
    """Fill a programme with members in all states; return the addresses of its pages by name."""
    version = club()
    ines = member(beans=2600)
    for number in range(number_of_others):
        name = shop.NAMES[number % len(shop.NAMES)]
        member(name, f"member{number}@example.com", beans=37 * number)
    voucher = redeemed(ines, "five")
    redeemed(ines, "mug")
    given = redeemed(ines, "coffee")
    reserved(ines, "coffee")
    theo = shop.account(Role.MANAGER, "Theo Brandt")
    waiting(ines, actor=Actor(ActorKind.STAFF, str(theo.id)))
    codes(version)
    codes(version, 1, "spring")
    nobody = shop.somebody("Nobody Yet", "nobody.yet@example.com")
    here = "program=roastery"
    return {
        "members": f"/members?{here}",
        "members of a tier": f"/members?{here}&tier=status.green",
        "no member found": f"/members?{here}&q=xyzzy",
        "adjustments that wait": "/members/adjustments",
        "rewards": f"/rewards?{here}",
        "redemptions": f"/rewards/redemptions?{here}",
        "vouchers": f"/vouchers?{here}",
        "a voucher": f"/vouchers/{voucher.given['voucher_id']}",
        "a member's points": f"/customers/{ines.customer_id}/loyalty?{here}",
        "a customer who is no member": f"/customers/{nobody}/loyalty?{here}",
        "the till": f"/till?{here}",
        "a member at the till": f"/till/members/{ines.id}",
        "a reward given at the till": f"/till/redemptions/{given.id}",
        "a code given at the till": f"/till/redemptions/{voucher.id}",
        "a voucher at the till": f"/till/vouchers/{voucher.given['voucher_id']}",
    }
