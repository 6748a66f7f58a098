"""Every case."""

from tests.proofs import booking_cases, meeting_cases, outside_cases
from tests.proofs.case import REGISTERED

__all__ = ["CASES", "booking_cases", "meeting_cases", "outside_cases"]

CASES = tuple(REGISTERED)
