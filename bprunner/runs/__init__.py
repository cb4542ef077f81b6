"""Runs: one training of one experiment, from its declaration to what is known of it afterwards."""
