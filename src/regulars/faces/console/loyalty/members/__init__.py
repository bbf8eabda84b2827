"""Members: the list, one with all that its points tell, adjustments that wait, and what is done about them."""
