"""The two interpreters of conditions: SQL for sets of customers, memory for one cart or event."""
