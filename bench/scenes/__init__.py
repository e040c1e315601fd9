"""Scenes of the lab: what happens to a real application under load and faults, and whether pgweir keeps its word."""
