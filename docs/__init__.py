"""What writes and checks the documents: generated tables, quoted answers, pictures."""
