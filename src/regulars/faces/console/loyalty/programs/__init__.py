"""Programmes: what is earned and by which rules, tried out, published as versions."""
