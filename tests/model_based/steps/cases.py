"""Every case."""

from tests.model_based.steps import booking_cases, meeting_cases, outside_cases
from tests.model_based.steps.case import REGISTERED

__all__ = ["CASES", "booking_cases", "meeting_cases", "outside_cases"]

CASES = tuple(REGISTERED)
