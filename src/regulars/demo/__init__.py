"""The demo shop: believable orders of a shop that does not exist."""
