"""What a fact is, the condition language over facts and events, and its two interpreters."""
