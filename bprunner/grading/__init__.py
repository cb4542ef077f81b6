"""A student's figures held against a run: right, right after an earlier wrong one, or wrong in a way with a name."""
