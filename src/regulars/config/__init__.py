"""The whole put together: settings, addresses, subscriptions, and the catalogues that span features."""
