"""Vouchers: series with what became of their codes, making codes, and looking one up."""
