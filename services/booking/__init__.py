"""Reserve time slots: candidates, participants, refusals."""
