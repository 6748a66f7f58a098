"""The typed search attributes by which operators find bookings and meetings in the Temporal UI."""

from temporalio.common import SearchAttributeKey

BOOKING_STATUS = SearchAttributeKey.for_keyword("BookingStatus")
MEETING_STATUS = SearchAttributeKey.for_keyword("MeetingStatus")
EMPLOYEE_ID = SearchAttributeKey.for_keyword("EmployeeId")
CLIENT_ID = SearchAttributeKey.for_keyword("ClientId")
SLOT_START = SearchAttributeKey.for_datetime("SlotStart")
HOLD_EXPIRES_AT = SearchAttributeKey.for_datetime("HoldExpiresAt")
NEEDS_OPERATOR = SearchAttributeKey.for_bool("NeedsOperator")

ALL = (BOOKING_STATUS, MEETING_STATUS, EMPLOYEE_ID, CLIENT_ID, SLOT_START, HOLD_EXPIRES_AT, NEEDS_OPERATOR)
