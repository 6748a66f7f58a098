"""The steps of a booking and their compensations. One transaction each."""
