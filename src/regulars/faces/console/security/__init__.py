"""Signing in, second factors, and what an account keeps safe: django-allauth, in our look and by our rules."""
