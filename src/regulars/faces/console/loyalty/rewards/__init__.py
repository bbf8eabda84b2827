"""Rewards: what points buy, what is left of it, and what was redeemed."""
