"""Starters: the first file of somebody's own experiment or sweep, with comments that explain each part."""
