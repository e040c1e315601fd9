"""Draws panels of a Grafana board with matplotlib."""
