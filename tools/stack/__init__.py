"""The distributed stack on one machine, without Docker: servers, an API, workers and a beat.

`make stack` keeps it running until Ctrl-C; `make demo-distributed` does the main job on one.
"""
