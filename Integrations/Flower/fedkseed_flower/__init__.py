"""Federations of fedkseed on Flower: Flower carries and schedules, fedkseed computes."""
