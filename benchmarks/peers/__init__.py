"""What a user would write instead: the same training, each in the idiom of its own library.

Every module has `prepared(problem)`, which gives a function that trains all runs once and returns what it kept, and
`kept(result)`, which turns that into NumPy arrays. Only the function is timed.
"""
