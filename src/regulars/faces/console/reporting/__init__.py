"""Reports: the list, asking for one, one of them, the schedules, and what the nightly runs found."""
