"""The business itself: its name and brand, zone, reporting currency and rates, and its shops."""
