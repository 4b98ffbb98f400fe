"""The history of the main database."""
