"""Who works here: accounts, roles, what each may do, keys for programs, and the audit trail."""
