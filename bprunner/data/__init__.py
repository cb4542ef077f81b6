"""A dataset's declaration becomes arrays."""
