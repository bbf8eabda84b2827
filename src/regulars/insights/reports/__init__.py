"""Reports that are kept: asked for or scheduled, made in the background from the lake, and there until removed."""
