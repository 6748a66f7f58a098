"""The typed search attributes by which operators find bookings in the Temporal UI."""

from temporalio.common import SearchAttributeKey

BOOKING_STATUS = SearchAttributeKey.for_keyword("BookingStatus")
EMPLOYEE_ID = SearchAttributeKey.for_keyword("EmployeeId")
CLIENT_ID = SearchAttributeKey.for_keyword("ClientId")
SLOT_START = SearchAttributeKey.for_datetime("SlotStart")
HOLD_EXPIRES_AT = SearchAttributeKey.for_datetime("HoldExpiresAt")

ALL = (BOOKING_STATUS, EMPLOYEE_ID, CLIENT_ID, SLOT_START, HOLD_EXPIRES_AT)
