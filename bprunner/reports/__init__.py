"""A study as one HTML page: its findings, charts, table and declaration, all in one file."""
