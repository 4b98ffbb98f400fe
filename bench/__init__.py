"""Benchmarks: gesso beside what it stands on, measured in the same run on the same machine.

A figure alone says how fast the machine is; a ratio says how much of it gesso leaves. Run as
`python -m bench` from the root of the repository; `docs/benchmarks.md` tells what each one does.
"""
