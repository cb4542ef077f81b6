"""Tracking, tested on real SQLite stores."""
