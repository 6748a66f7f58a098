"""Texts about problems that have a `reason`."""

from collections.abc import Mapping
from typing import Final

from api.problems.text import ProblemText
from domain.errors import Reason

OF_REASONS: Final[Mapping[Reason, ProblemText]] = {
    Reason.NOT_FOUND: ProblemText(
        "Not found",
        "Something that the request names does not exist; `kind` and `id` say what, and `errors` says where.",
        "The id is wrong, or the resource was deleted, cancelled or has ended. Without `reason`, the path is wrong.",
        "Read the ids again from the list that they come from. Compare the path with the OpenAPI document.",
    ),
    Reason.NOT_YOURS: ProblemText(
        "Belongs to another client",
        "The time slot, meeting or webhook belongs to another client.",
        "The client that reserved or created the resource is the only one that may use it, except staff.",
        "Use the client that created the resource, or a token with the scope `bookme.staff`.",
    ),
    Reason.GONE: ProblemText(
        "Carried out before, and ended",
        "The request was carried out before under its `Idempotency-Key`, and its resource (`kind`, `id`) does not "
        "exist any more; `why` says how the resource ended.",
        "The request is a repeat, and the resource that the first request made was released, cancelled or deleted.",
        "Do nothing. Use a new key only for a new request.",
    ),
    Reason.CURSOR_LOST: ProblemText(
        "Events of the cursor were lost",
        "The database was restored to an earlier moment, and does not have the events up to the cursor.",
        "The operator restored a backup that is older than the cursor.",
        "Read the log from its beginning, without a cursor, and skip the events whose ids you know. The restore has "
        "undone the changes of known events that the log does not have.",
    ),
    Reason.CURSOR_EXPIRED: ProblemText(
        "The event of the cursor was deleted",
        "The event at the cursor was deleted because it was older than the retention period.",
        "The client has not read the log for longer than the operator keeps events.",
        "Read the log from its beginning, without a cursor, and skip the events whose ids you know. You may have "
        "missed events: compare your bookings with the API.",
    ),
    Reason.TOO_MANY_HOLDS: ProblemText(
        "Too many holds of a client",
        "The client holds the maximum number of time slots (`limit`).",
        "The client reserved many time slots, and neither booked nor released them.",
        "Book or release some time slots, or wait until some expire.",
    ),
    Reason.TOO_MANY_END_USER_HOLDS: ProblemText(
        "Too many holds of an end user",
        "The end user in `BookMe-End-User` holds the maximum number of time slots (`limit`).",
        "The end user reserved several time slots, and neither booked nor released them.",
        "Let the end user book or release one of these time slots.",
    ),
    Reason.TOO_MANY_RENEWALS: ProblemText(
        "Same time held too often",
        "The end user in `BookMe-End-User` has held the same time as often as allowed within a day (`limit`).",
        "The end user reserved overlapping time of the same employee or room again and again, without booking it.",
        "Choose another time.",
    ),
    Reason.TOO_MANY_CHANGES: ProblemText(
        "Reservation replaced too often",
        "The time slot under this token was replaced too often.",
        "The client reserved one time slot after another under one token.",
        "Use a new token.",
    ),
    Reason.TIME_SLOT_TAKEN: ProblemText(
        "Time is taken",
        "The employee, the room (`blockedBy`, `roomId`) or an additional employee (`employeeId`) is taken at that "
        "time; `heldUntil` is the deadline, if a hold takes it, and `nextTimeSlots` are free instead.",
        "Another reservation, a meeting or a busy time overlaps the time slot. It may have come after your search.",
        "Reserve one of `nextTimeSlots`, search again, or try again at `heldUntil`.",
    ),
    Reason.NOT_OFFERED: ProblemText(
        "Time slot is not offered",
        "Search does not offer this time slot, or not for such a meeting, possibly because of an additional employee "
        "(`employeeId`); `rule` says why.",
        "A rule refuses the time slot, such as working hours, notice, buffer or closing days. The rule may have "
        "changed after your search.",
        "Follow `message`: search again, or change what the rule concerns.",
    ),
    Reason.HOLD_EXPIRED: ProblemText(
        "Hold has expired",
        "The deadline of the hold has passed (`expiredAt`).",
        "The time slot was not booked, or its meeting was not created, before `holdExpiresAt`.",
        "Reserve again. The time slot may be taken now.",
    ),
    Reason.HOLD_RELEASED: ProblemText(
        "Hold has ended",
        "The hold was released, replaced or ended by an operator, or its meeting was moved (`meetingId`); `how` says "
        "which.",
        "An earlier request or an operator ended the hold.",
        "Reserve again. With `meetingId`, read that meeting: it takes place.",
    ),
    Reason.HOLD_ALREADY_EXTENDED: ProblemText(
        "Hold was extended before",
        "The hold was extended before; `holdExpiresAt` is its deadline.",
        "A hold can be extended only once.",
        "Finish the booking before the deadline.",
    ),
    Reason.HOLD_NOT_EXTENDABLE: ProblemText(
        "Hold cannot be extended",
        "The hold cannot be extended; `message` says why.",
        "The operator has switched extensions off, or the booking began on an earlier release of BookMe.",
        "Finish the booking before the deadline.",
    ),
    Reason.TIME_SLOT_NOT_BOOKED: ProblemText(
        "Time slot is not booked yet",
        "The time slot is only `Reserved` (`timeSlotStatus`).",
        "The request for the meeting came before the time slot was marked `Booked`.",
        "Mark the time slot `Booked` with `PATCH`, then create the meeting.",
    ),
    Reason.TIME_SLOT_ALREADY_BOOKED: ProblemText(
        "Time slot is booked already",
        "The time slot under this token (`timeSlotId`) is `Booked` and cannot be replaced any more.",
        "The request reserves another time slot under the token of a time slot that is `Booked`.",
        "Create the meeting of the time slot, release the time slot, or use a new token.",
    ),
    Reason.MEETING_EXISTS: ProblemText(
        "Time slot has a meeting",
        "The time slot has the meeting `meetingId`; `differs` is the first field that differs.",
        "The meeting was created before, with other content than this request has.",
        "Change that meeting, or reserve another time slot.",
    ),
    Reason.MEETING_MISMATCH: ProblemText(
        "Meeting does not fit its time slot",
        "The meeting does not fit its time slot; `field` says where.",
        "The meeting names another employee, room or topic than its time slot allows.",
        "Correct the field, or reserve a time slot that fits.",
    ),
    Reason.MEETING_CHANGED: ProblemText(
        "Meeting was changed",
        "The meeting has another version than `If-Match` names; `etag` is the current version.",
        "Somebody changed the meeting after you read it.",
        "Read the meeting again, decide, and send its `ETag` as `If-Match`.",
    ),
    Reason.VERSION_MISMATCH: ProblemText(
        "Other version than allowed",
        "The resource has a version that `If-Match` or `If-None-Match` excludes; `etag` is the current version.",
        "Somebody changed the resource after you read it, or it has the version that you excluded.",
        "Read the resource again, and decide.",
    ),
    Reason.MEETING_OVER: ProblemText(
        "Meeting has begun",
        "The meeting has begun, so its time, people and room cannot be changed.",
        "The start of the meeting is in the past.",
        "Leave the meeting as it is. Only its texts can still be changed.",
    ),
    Reason.NOT_CHANGEABLE: ProblemText(
        "Field cannot be changed",
        "This field of a meeting can never be changed; `field` says which.",
        "The patch changes a field that is fixed when the meeting is created.",
        "Move the meeting, or cancel it and book another one; `message` says which.",
    ),
    Reason.TOKEN_MISMATCH: ProblemText(
        "Wrong reservation token",
        "The `reservationToken` is not the one that the time slot was reserved with.",
        "The request names the token of another reservation.",
        "Send the token of this reservation, or none.",
    ),
    Reason.IDEMPOTENCY_KEY_REUSED: ProblemText(
        "Key was used for another request",
        "The `Idempotency-Key` was used for another request.",
        "The same key came with another method, path, query, `If-Match` or content within a day.",
        "Use a new key for a new request, and the same key only to repeat the same request.",
    ),
    Reason.IN_USE: ProblemText(
        "Record is in use",
        "Another resource uses the one to delete, or a calendar has the time slot; `usedBy` says which.",
        "Another record names the record that you want to delete, or the time slot came from a calendar.",
        "Change the other record or the calendar first.",
    ),
    Reason.ALREADY_EXISTS: ProblemText(
        "Name or id is taken",
        "Another resource has that name or id.",
        "Names and ids of one kind must differ.",
        "Use another name or id.",
    ),
    Reason.TOO_MANY_SECRETS: ProblemText(
        "Too many former secrets",
        "The maximum number of former secrets of the webhook still sign (`limit`).",
        "The secret was rotated several times within the grace period.",
        "Rotate with `gracePeriod=PT0S`, which ends the former secrets, or wait.",
    ),
    Reason.TOO_MANY_WEBHOOKS: ProblemText(
        "Too many webhooks",
        "The client has the maximum number of webhooks (`limit`).",
        "The client registered many webhooks, and did not delete any.",
        "Delete a webhook first.",
    ),
}
