"""Doubles of the outside world and of the stores, for our tests, for yours, and for `vesicle demo`."""
