"""Exports to files: customers, orders, products, events."""
