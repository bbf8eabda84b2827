"""The REST API: how programs talk with Regulars."""
