"""The console: how the staff work with Regulars."""
