"""Cohorts: who comes back, by when they first bought and by what is known of them, as the last run found it."""
