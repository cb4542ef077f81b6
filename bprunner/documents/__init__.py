"""A run as the document that its author would have written: one Markdown text from a template, then HTML, LaTeX, a
notebook. Nothing here is imported before it is asked for."""
