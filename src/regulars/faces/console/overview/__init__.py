"""The page that the work begins with: how are we, what changed, what needs me today; and each metric by itself."""
