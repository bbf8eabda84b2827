"""Who the customers are: profiles, their identifiers, notes, tags, and merges that can be undone."""
