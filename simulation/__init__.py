"""Simulation: whole matters on a time-skipping server, with scripted people and a virtual world."""
