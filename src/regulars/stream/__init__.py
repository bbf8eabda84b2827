"""All that happens to a customer, as one append-only stream of events, which is also the outbox."""
