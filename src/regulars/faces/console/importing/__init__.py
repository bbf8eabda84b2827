"""Imports: the list, and the steps from a file to what became of its rows."""
