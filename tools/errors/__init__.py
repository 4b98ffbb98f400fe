"""The page of error codes, made from the code: `python -m tools.errors` writes docs/errors.md.

A code is a class below `GessoError`, or a word by which one is narrowed where it is raised. What it
means is the class's first sentence, or the sentence that is raised; what to do follows from the
status, unless `advice.py` knows better. `make check` compares the page with the code.
"""
