"""Whether the conditions of rewards and vouchers are true of a member, and of an order that a voucher is shown for.

Nothing is read before somebody asks: most rewards have no condition.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from uuid import UUID

from regulars.business.queries import find_rates, get_business
from regulars.customers.queries import get_survivor, list_ids_of
from regulars.facts.interpreters.memory import Subject
from regulars.facts.language.moments import Clock
from regulars.facts.needs import Needs
from regulars.facts.subjects import read_subjects
from regulars.loyalty.adjudication.programs import compiled, conditions_of, setting_at
from regulars.loyalty.definitions.calendar import local_day
from regulars.loyalty.definitions.contracts import ProgramVersion
from regulars.loyalty.ledger.members import get_member
from regulars.loyalty.rewards.contracts import Judged
from regulars.loyalty.rules.carts import cart_of
from regulars.loyalty.rules.conditions import is_true
from regulars.loyalty.rules.contracts import Ordered
from regulars.loyalty.rules.judging import Given, Judge
from regulars.orders.contracts import OrderState
from regulars.orders.queries import is_first_order


def judge_rewards(version: ProgramVersion, member_id: UUID, *, at: datetime) -> Judged:
    """Return what tells of a reward, by its key, whether its condition is true of a member at a moment."""
    clock = Clock(at, version.zone)

    @cache
    def whom() -> Subject | None:
        return _subject(version, "reward", member_id, at)

    return lambda key: _is_true(version, ("reward", key), whom(), clock)


def judge_vouchers(version: ProgramVersion, order: OrderState, member_id: UUID | None) -> Judged:
    """Return what tells of a series, by its key, whether its condition is true of an order and of who buys.

    Of nobody's order only the cart is known.
    """
    cart = cart_of(order)

    @cache
    def whom() -> tuple[Subject, Clock]:
        business = get_business()
        member = _subject(version, "voucher", member_id, order.placed_at) if member_id else None
        is_first = is_first_order(list_ids_of(member.id), order.placed_at) if member else None
        day = local_day(order.placed_at, business.zone_info)
        rates = find_rates([(order.currency, day)], business.reporting_currency)
        given = Given(member=member, rates={currency: rate for (currency, _), rate in rates.items()})
        judge = Judge(compiled(version), Ordered(cart=cart, is_first=is_first), given)
        return judge.subject, judge.clock

    return lambda key: _is_true(version, ("voucher", key), *whom())


def _subject(version: ProgramVersion, kind: str, member_id: UUID, at: datetime) -> Subject | None:
    """Return what the conditions of a kind ask of a member; None of one that is erased."""
    customer_id = get_member(member_id).customer_id
    if customer_id is None:
        return None
    needs = Needs()
    for (of, _), condition in conditions_of(version).items():
        needs |= condition.needs if of == kind else Needs()
    survivor = get_survivor(customer_id)
    return read_subjects(needs, [survivor], setting=setting_at(at), at=at, measured=True).get(survivor)


def _is_true(version: ProgramVersion, key: tuple[str, str], whom: Subject | None, clock: Clock) -> bool:
    condition = conditions_of(version).get(key)
    if condition is None or whom is None:
        return condition is None
    asked = condition.at(clock)
    return asked is not None and is_true(asked.whole, whom, clock)
