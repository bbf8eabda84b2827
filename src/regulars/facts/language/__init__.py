"""The condition language: its tree, its text, and what a tree means at a moment."""
