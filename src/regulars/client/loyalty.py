"""Loyalty: one resource, in modules by what it is about."""

from __future__ import annotations

from regulars.client.loyalty_members import LoyaltyMembers
from regulars.client.loyalty_orders import LoyaltyOrders
from regulars.client.loyalty_programs import LoyaltyPrograms
from regulars.client.loyalty_rewards import LoyaltyRewards
from regulars.client.loyalty_vouchers import LoyaltyVouchers


class Loyalty(LoyaltyPrograms, LoyaltyMembers, LoyaltyOrders, LoyaltyRewards, LoyaltyVouchers):
    """Programmes, members, what orders earn, what members get for points, and vouchers."""
