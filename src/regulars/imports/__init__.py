"""Imports of files: orders, customers, products."""
