"""The project's own checks: rules that no linter knows, each with the danger that it keeps away.

Run as `python -m tools.checks` from the root of the repository; part of `make check`.
"""
