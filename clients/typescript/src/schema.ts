/** Types of the API, made by `npm run generate` from the OpenAPI document. Do not edit. */

export interface paths {
    "/bookme/meeting-topics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Meeting Topics
         * @description List the topics that a meeting can have, in the organisation's order.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Topics_list"];
        put?: never;
        /**
         * Create Topic
         * @description Add a topic.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Topics_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/meeting-topics/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Topic
         * @description Get one topic.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Topics_get"];
        put?: never;
        post?: never;
        /**
         * Remove Topic
         * @description Delete a topic that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["Topics_delete"];
        options?: never;
        head?: never;
        /**
         * Change Topic
         * @description Change a topic by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["Topics_patch"];
        trace?: never;
    };
    "/bookme/time-slots/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain Time Slot
         * @description Get the result of every rule for one time slot. Search and reservations apply the same rules.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_explain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Time Slots
         * @description List the stored time slots of all clients by start: bookings and busy times, without expired ones.
         *
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_listStored"];
        put?: never;
        /**
         * Create Time Slot
         * @description Enter a time at which an employee is busy, extra open or elsewhere. The next search uses this time.
         *
         *     A blocking time that overlaps a booking is refused, unless `ignoreTimeSlotConflicts` is true. Preparation, follow-up
         *     and travel (`PreProcessing`, `PostProcessing`, `TravelTime`) are refused even then.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `TIME_SLOT_TAKEN` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["TimeSlots_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/available": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Available Time Slots
         * @description List the time slots that can be reserved now, by start, meeting type and employee. They may overlap.
         *
         *     One answer has at most 10,000 time slots.
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/available/compact": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Compact Availability
         * @description List the same time slots as ranges of starts: by day, meeting types and employee. The answer has no pages.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_listCompact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/available/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Available Days
         * @description Count the start times of each day at which a meeting is offered, for a view of a month.
         *
         *     `getBestTimeSlots` makes no difference here.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_countDays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/reserve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reserve Time Slot
         * @description Hold a time slot until `holdExpiresAt`. Until then, nobody else can reserve the time slot.
         *
         *     A repeat with the same token and time slot returns the same hold. A reservation of another time slot with this token
         *     replaces the hold.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `TIME_SLOT_TAKEN` (409), `NOT_OFFERED` (409), `TIME_SLOT_ALREADY_BOOKED` (409), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410), `TOO_MANY_HOLDS` (429), `TOO_MANY_END_USER_HOLDS` (429), `TOO_MANY_RENEWALS` (429), `TOO_MANY_CHANGES` (429).
         */
        post: operations["TimeSlots_reserve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/held": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Held Time Slots
         * @description List the time slots that the client holds now, the oldest first. Staff get the holds of all clients.
         *
         *     These are the `Reserved` ones and the `Booked` ones without a meeting, until their deadline.
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["TimeSlots_listHeld"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/time-slots/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Time Slot
         * @description Get one time slot of this client that has not expired. Staff can get the time slots of all clients.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["TimeSlots_get"];
        put?: never;
        post?: never;
        /**
         * Give Back Time Slot
         * @description Release a time slot before its meeting is created. The time slot is free at once. A repeat is safe.
         *
         *     Clients with the additional scope `bookme.staff` can remove a busy time in the same way.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `MEETING_EXISTS` (409), `HOLD_RELEASED` (409), `IN_USE` (409).
         */
        delete: operations["TimeSlots_delete"];
        options?: never;
        head?: never;
        /**
         * Change Time Slot
         * @description Mark a reserved time slot `Booked`: `replace` `/status` with `Booked`.
         *
         *     This is the only patch for a booking's time slot. The time slot is then held for its meeting until `holdExpiresAt`.
         *     A repeat of the request is safe.
         *
         *     Clients with the additional scope `bookme.staff` can change a busy time by JSON Patch (RFC 6902) of its `startDate`,
         *     `endDate`, `status`, `roomId` and `serviceGroup`. BookMe applies all operations or none. A change is refused if the
         *     busy time would overlap a booking that it did not overlap before.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `TOKEN_MISMATCH` (409), `TIME_SLOT_TAKEN` (409), `IN_USE` (409).
         */
        patch: operations["TimeSlots_patch"];
        trace?: never;
    };
    "/bookme/time-slots/{id}/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Extend Hold
         * @description Extend the hold of a time slot once, `Reserved` or `Booked`. `holdExpiresAt` is the new deadline.
         *
         *     The new deadline is later than the former one by the lifetime of holds with this status, unless the operator has set
         *     another duration. The repeat of a request without an `Idempotency-Key` is answered 409 `HOLD_ALREADY_EXTENDED`, with
         *     the deadline as `holdExpiresAt`.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `MEETING_EXISTS` (409), `HOLD_ALREADY_EXTENDED` (409), `HOLD_NOT_EXTENDABLE` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410), `TOO_MANY_RENEWALS` (429).
         */
        post: operations["TimeSlots_extend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/meetings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Own Meetings
         * @description List the client's meetings, in the order of their last change. Staff get the meetings of all clients.
         *
         *     Cancelled meetings are listed only if `status` asks for them.
         *
         *     With `limit`, the answer has one page. Without `limit`, the answer has up to 10,000 meetings.
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Meetings_list"];
        put?: never;
        /**
         * Create Meeting
         * @description Create the meeting of a time slot that is `Booked`.
         *
         *     A repeat with the same content returns the same meeting, with and without an `Idempotency-Key`. Other content is
         *     refused (`MEETING_EXISTS`), and so is a time slot that is not `Booked` (`TIME_SLOT_NOT_BOOKED`).
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `TIME_SLOT_TAKEN` (409), `NOT_OFFERED` (409), `TIME_SLOT_NOT_BOOKED` (409), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `MEETING_EXISTS` (409), `MEETING_MISMATCH` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Meetings_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/meetings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Meeting
         * @description Get one meeting of this client, cancelled or not. Staff can get every meeting.
         *
         *     The `ETag` is the version of the meeting.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["Meetings_get"];
        /**
         * Update Meeting
         * @description Change a meeting, as `PATCH` does.
         *
         *     A single operation may be sent without a list, as in version 1 of the contract.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `MEETING_OVER` (409), `NOT_CHANGEABLE` (409), `TIME_SLOT_TAKEN` (409), `NOT_OFFERED` (409), `MEETING_MISMATCH` (409), `TIME_SLOT_NOT_BOOKED` (409), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `MEETING_CHANGED` (412), `VERSION_MISMATCH` (412).
         */
        put: operations["Meetings_update"];
        post?: never;
        /**
         * Cancel Meeting
         * @description Cancel a meeting. Its time slot is free at once, and all participants are notified. A repeat is safe.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `MEETING_OVER` (409), `MEETING_CHANGED` (412), `VERSION_MISMATCH` (412).
         */
        delete: operations["Meetings_delete"];
        options?: never;
        head?: never;
        /**
         * Change Meeting
         * @description Change a meeting by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     A patch can change `title`, `description`, `type`, `videoLink`, `salesforceId`, `roomId`, `additionalEmployees` and
         *     `timeSlotId`. A new `timeSlotId` moves the meeting to a `Booked` time slot that was reserved for the meeting
         *     (`existingMeetingId`). A change of another field is answered 409.
         *
         *     With `If-Match`, BookMe does not change a meeting that has changed in the meantime (412).
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `MEETING_OVER` (409), `NOT_CHANGEABLE` (409), `TIME_SLOT_TAKEN` (409), `NOT_OFFERED` (409), `MEETING_MISMATCH` (409), `TIME_SLOT_NOT_BOOKED` (409), `HOLD_EXPIRED` (409), `HOLD_RELEASED` (409), `MEETING_CHANGED` (412), `VERSION_MISMATCH` (412).
         */
        patch: operations["Meetings_patch"];
        trace?: never;
    };
    "/bookme/meetings/{id}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move Meeting
         * @description Move a meeting in one step: BookMe takes the new time slot and frees the old one, or changes nothing.
         *
         *     The meeting keeps its id, and its calendar entry keeps its `UID`. The rules of a reservation apply, but the
         *     meeting's own time does not conflict with its new time.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `MEETING_OVER` (409), `TIME_SLOT_TAKEN` (409), `NOT_OFFERED` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410), `MEETING_CHANGED` (412), `VERSION_MISMATCH` (412), `TOO_MANY_HOLDS` (429).
         */
        post: operations["Meetings_move"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/meetings/{id}/ical": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generate Calendar File
         * @description Get the meeting as an iCalendar file (RFC 5545).
         *
         *     The file of a cancelled meeting removes the meeting from a calendar.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Meetings_generateICal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/room-vacancies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Vacant Rooms
         * @description List the rooms at a location that can be booked and are free during a time slot, by name.
         *
         *     The booking of the time slot does not count as a conflict. So a room that this booking holds is listed too.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["Rooms_vacancies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/working-hours": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Working Hours
         * @description Get who works when on one local day, and where: the hours of each employee's week within opening hours.
         *
         *     Nobody works on a closing day. Entered times, such as `ExtraOpen` and `Busy`, are in `GET /bookme/time-slots`.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["WorkingHours_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/meetings/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Invitations To
         * @description List the invitation mails of a meeting with their status, oldest first. For staff.
         *
         *     The mails of a cancelled meeting are listed too.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Invitations_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config/customer-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Customer Types
         * @description List the customer types, by name.
         */
        get: operations["CustomerTypes_list"];
        put?: never;
        /**
         * Create Customer Type
         * @description Add a customer type.
         *
         *     Refused with the `reason` `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["CustomerTypes_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config/customer-types/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Customer Type
         * @description Get one customer type.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["CustomerTypes_get"];
        put?: never;
        post?: never;
        /**
         * Remove Customer Type
         * @description Delete a customer type that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["CustomerTypes_delete"];
        options?: never;
        head?: never;
        /**
         * Change Customer Type
         * @description Change a customer type by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["CustomerTypes_patch"];
        trace?: never;
    };
    "/config/employees": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Employees
         * @description List all employees, by name.
         */
        get: operations["Employees_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config/employees/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Employee
         * @description Get one employee.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Employees_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Rooms
         * @description List all rooms, by location and name.
         */
        get: operations["Rooms_all"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/config/rooms/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Room
         * @description Get one room.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Rooms_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/organization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Organization
         * @description Get the organisation's settings.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Organization_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Organization
         * @description Change the settings by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     After a change of the time zone or a longer `maxTimeFromBookingToMeeting`, BookMe reads all external calendars again
         *     at once. Until then, employees and rooms with external calendars are not offered at times that BookMe has not read
         *     yet.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `VERSION_MISMATCH` (412).
         */
        patch: operations["Organization_patch"];
        trace?: never;
    };
    "/bookme/config/closing-days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Days
         * @description List the days on which the organisation is closed.
         */
        get: operations["ClosingDays_list"];
        put?: never;
        /**
         * Add Closing Day
         * @description Add a closing day. Meetings that are already booked on this day stay.
         *
         *     Refused with the `reason` `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["ClosingDays_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/closing-days/holidays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add Holidays
         * @description Add a country's public holidays as closing days.
         *
         *     The answer has the new closing days. Existing closing days stay as they are. A repeat with the same
         *     `Idempotency-Key` returns those new days that are still closing days.
         *
         *     Refused with the `reason` `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["ClosingDays_addHolidays"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/closing-days/{date}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Closing Day
         * @description Remove a closing day.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        delete: operations["ClosingDays_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/advisor-priority-levels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Priority Levels
         * @description Get the order in which BookMe chooses between free employees. Employees without a level come last.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["AdvisorPriorityLevels_get"];
        /**
         * Set Priority Levels
         * @description Replace the priority levels. BookMe chooses employees of the first level first.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `VERSION_MISMATCH` (412).
         */
        put: operations["AdvisorPriorityLevels_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/allowed-options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Allowed Options
         * @description List, for each topic, the customer types, meeting types and locations with which an employee can be booked.
         */
        get: operations["AllowedOptions_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/time-zones": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Time Zones
         * @description List the IANA time zones, by name.
         */
        get: operations["TimeZones_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/employees": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Employees
         * @description List the employees by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["Employees_listSettings"];
        put?: never;
        /**
         * Create Employee
         * @description Add an employee.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Employees_createSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/employees/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Employee
         * @description Get one employee.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Employees_getSettings"];
        put?: never;
        post?: never;
        /**
         * Remove Employee
         * @description Delete an employee that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["Employees_deleteSettings"];
        options?: never;
        head?: never;
        /**
         * Change Employee
         * @description Change an employee by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     After a change of the mail address, an employee with external calendars is not offered until BookMe has read the calendars
         *     again. BookMe starts to read them at once. The address decides which events the employee has declined.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["Employees_patchSettings"];
        trace?: never;
    };
    "/bookme/config/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Rooms
         * @description List the rooms by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["Rooms_listSettings"];
        put?: never;
        /**
         * Create Room
         * @description Add a room.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Rooms_createSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/rooms/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Room
         * @description Get one room.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Rooms_getSettings"];
        put?: never;
        post?: never;
        /**
         * Remove Room
         * @description Delete a room that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["Rooms_deleteSettings"];
        options?: never;
        head?: never;
        /**
         * Change Room
         * @description Change a room by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     After a change of the mail address, a room with external calendars is not offered until BookMe has read the calendars
         *     again. BookMe starts to read them at once. The address decides which events the room has declined.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["Rooms_patchSettings"];
        trace?: never;
    };
    "/bookme/config/locations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Locations
         * @description List the locations by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["Locations_listSettings"];
        put?: never;
        /**
         * Create Location
         * @description Add a location.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Locations_createSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/locations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Location
         * @description Get one location.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Locations_getSettings"];
        put?: never;
        post?: never;
        /**
         * Remove Location
         * @description Delete a location that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["Locations_deleteSettings"];
        options?: never;
        head?: never;
        /**
         * Change Location
         * @description Change a location by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["Locations_patchSettings"];
        trace?: never;
    };
    "/bookme/config/competence-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Competence Groups
         * @description List the competence groups by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["CompetenceGroups_listSettings"];
        put?: never;
        /**
         * Create Competence Group
         * @description Add a competence group.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["CompetenceGroups_createSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/competence-groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Competence Group
         * @description Get one competence group.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["CompetenceGroups_getSettings"];
        put?: never;
        post?: never;
        /**
         * Remove Competence Group
         * @description Delete a competence group that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["CompetenceGroups_deleteSettings"];
        options?: never;
        head?: never;
        /**
         * Change Competence Group
         * @description Change a competence group by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["CompetenceGroups_patchSettings"];
        trace?: never;
    };
    "/bookme/config/service-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Service Groups
         * @description List the service groups by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["ServiceGroups_listSettings"];
        put?: never;
        /**
         * Create Service Group
         * @description Add a service group.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["ServiceGroups_createSettings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/service-groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Service Group
         * @description Get one service group.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["ServiceGroups_getSettings"];
        put?: never;
        post?: never;
        /**
         * Remove Service Group
         * @description Delete a service group that no other resource uses.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IN_USE` (409), `VERSION_MISMATCH` (412).
         */
        delete: operations["ServiceGroups_deleteSettings"];
        options?: never;
        head?: never;
        /**
         * Change Service Group
         * @description Change a service group by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `VERSION_MISMATCH` (412).
         */
        patch: operations["ServiceGroups_patchSettings"];
        trace?: never;
    };
    "/bookme/config/calendars": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Calendars
         * @description List the calendars by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Calendars_list"];
        put?: never;
        /**
         * Create Calendar
         * @description Add a calendar. BookMe reads a feed at once.
         *
         *     If the reading fails, `failure` says why, and BookMe reads the feed again later.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `ALREADY_EXISTS` (409), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Calendars_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/calendars/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Calendar
         * @description Get one calendar, with the number of its future busy times, the time of its last reading, and the cause of a failure.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Calendars_get"];
        put?: never;
        post?: never;
        /**
         * Remove Calendar
         * @description Delete a calendar, and all busy times that came from the calendar.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `VERSION_MISMATCH` (412).
         */
        delete: operations["Calendars_delete"];
        options?: never;
        head?: never;
        /**
         * Change Calendar
         * @description Change a calendar by JSON Patch (RFC 6902). BookMe applies all operations or none.
         *
         *     If the calendar is a feed, BookMe reads it before the answer.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `VERSION_MISMATCH` (412).
         */
        patch: operations["Calendars_patch"];
        trace?: never;
    };
    "/bookme/config/calendars/{id}/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh Calendar
         * @description Read a feed now.
         *
         *     If the reading fails, `failure` says why, and the busy times of the previous reading stay.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Calendars_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/calendars/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Import File
         * @description Import an iCalendar file (RFC 5545). Its busy times replace all previous busy times of the calendar.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        put: operations["Calendars_putFile"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/feeds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Feeds
         * @description List the feeds by id, in pages. The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Feeds_list"];
        put?: never;
        /**
         * Create Feed
         * @description Create a calendar feed. Only this answer has its secret address.
         *
         *     A repeat with the same `Idempotency-Key` returns the same feed with the same address.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Feeds_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/config/feeds/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Feed
         * @description Get one feed, without its address.
         *
         *     Refused with the `reason` `NOT_FOUND` (404).
         */
        get: operations["Feeds_get"];
        put?: never;
        post?: never;
        /**
         * Remove Feed
         * @description Revoke a feed. Its address then answers 404.
         *
         *     Refused with the `reason` `NOT_FOUND` (404), `VERSION_MISMATCH` (412).
         */
        delete: operations["Feeds_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/feeds/{secret}.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Feed
         * @description Get an employee's meetings as a calendar (RFC 5545). Everybody who has the address can read it.
         *
         *     The feed has the meetings from 30 days ago on. Cancelled meetings have `STATUS:CANCELLED`. A `FreeBusy` feed only
         *     has the times at which the employee is busy.
         */
        get: operations["Feeds_read"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Events
         * @description List the events of the client's bookings, in pages, after the `cursor`. Staff get the events of all clients.
         *
         *     No event is repeated or skipped. Keep the last `cursor`, and send it again to get the events published since then.
         *     While there are more events now, the header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     If the database was restored and does not have the events before the cursor any more, the answer is 410
         *     `CURSOR_LOST`. If the event at the cursor was deleted because it was older than the retention period, the answer is
         *     410 `CURSOR_EXPIRED`. In both cases read the log from its beginning. Events keep their ids.
         *
         *     Refused with the `reason` `CURSOR_LOST` (410), `CURSOR_EXPIRED` (410).
         */
        get: operations["Events_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Own Webhooks
         * @description List the client's webhooks by id. Staff get all webhooks.
         *
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         */
        get: operations["Webhooks_list"];
        put?: never;
        /**
         * Create Webhook
         * @description Register an address to which BookMe posts events from now on. Only this answer shows the secret.
         *
         *     A repeat with the same `Idempotency-Key` returns the same webhook, with the secret that the webhook has at that
         *     time.
         *
         *     Refused with the `reason` `IDEMPOTENCY_KEY_REUSED` (409), `TOO_MANY_WEBHOOKS` (409), `GONE` (410).
         */
        post: operations["Webhooks_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Webhook
         * @description Get one webhook of this client. Staff can get every webhook.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["Webhooks_get"];
        put?: never;
        post?: never;
        /**
         * Remove Own Webhook
         * @description Delete a webhook and its deliveries. Pending deliveries are not sent.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        delete: operations["Webhooks_delete"];
        options?: never;
        head?: never;
        /**
         * Change Own Webhook
         * @description Change a webhook by JSON Patch (RFC 6902). Pending deliveries go to the new address.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        patch: operations["Webhooks_patch"];
        trace?: never;
    };
    "/bookme/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate Secret
         * @description Create a new secret. Only this answer shows the secret.
         *
         *     During the grace period both secrets sign, so that receivers can switch. `gracePeriod` may be sent in the query or
         *     in the body. A repeat with the same `Idempotency-Key` creates no other secret. It returns the webhook's secret at
         *     that time.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `IDEMPOTENCY_KEY_REUSED` (409), `TOO_MANY_SECRETS` (409), `GONE` (410).
         */
        post: operations["Webhooks_rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Own Deliveries
         * @description List the deliveries of a webhook, newest first.
         *
         *     The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["Webhooks_listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/webhooks/{id}/deliveries/{delivery}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Delivery
         * @description Get one delivery, with its event and every attempt.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404).
         */
        get: operations["Webhooks_getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookme/webhooks/{id}/deliveries/{delivery}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redeliver
         * @description Deliver an event again, whatever the status of its delivery.
         *
         *     A pending delivery is sent at once. A delivery that has ended starts again, with all retries.
         *
         *     Refused with the `reason` `NOT_YOURS` (403), `NOT_FOUND` (404), `IDEMPOTENCY_KEY_REUSED` (409), `GONE` (410).
         */
        post: operations["Webhooks_redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live
         * @description Check that the process answers.
         */
        get: operations["Health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description Check that the process can serve requests.
         *
         *     The answer is 200 if the database can be reached and accepts changes, the workflow engine can be reached, and the
         *     process was not told to stop. Otherwise the answer is 503.
         */
        get: operations["Health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description Get the Prometheus metrics of the API: the sums over all its processes on this machine.
         */
        get: operations["Metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A priority level. BookMe chooses its employees before the employees of the next level. */
        AdvisorPriorityLevel: {
            /** @description Capacity in which the employee takes the meeting. */
            capacity: components["schemas"]["Capacity"];
            /** @description Limits a `ServiceGroup` level to the groups with this label. */
            label?: string | null;
        };
        /** @description The options with which a topic can be booked, according to the configuration of the employees. */
        AllowedOptions: {
            /**
             * Format: uuid
             * @description The topic.
             */
            topicId: string;
            /** @description The customer types that the topic is open to. An empty list means all. */
            customerTypes: string[];
            /** @description Meeting types that at least one employee takes for the topic. */
            meetingTypes: components["schemas"]["MeetingType"][];
            /** @description Locations where at least one employee takes physical meetings on the topic. */
            locations: string[];
        };
        /** @description One attempt to deliver an event. */
        Attempt: {
            /** @description Number of the attempt. */
            number: number;
            /**
             * Format: date-time
             * @description When the attempt ended.
             */
            at: string;
            /** @description Duration of the attempt, in milliseconds. */
            milliseconds: number;
            /** @description HTTP status of the receiver's answer. */
            responseStatus?: number;
            /** @description Beginning of the text of the receiver's answer. */
            response?: string;
            /** @description Why there was no answer. */
            failure?: string;
        };
        /** @description A time slot that can be reserved now. Ids that do not apply are empty strings, as in the contract. */
        AvailableTimeslot: {
            /**
             * Format: date-time
             * @description Start of the time slot.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the time slot.
             */
            endDate: string;
            /** @description Type of the meeting. */
            meetingType: components["schemas"]["MeetingType"];
            /** @description The free room. Empty if the meeting needs no room. */
            roomId: string;
            /**
             * Format: uuid
             * @description The employee who is free.
             */
            employeeId: string;
            /** @description Topic of the search. Empty if the search had no topic. */
            meetingTopicId: string;
            /** @description The service group through which the employee takes the meeting. Send it back when you reserve. */
            serviceGroup?: string;
        };
        /** @description The request is malformed or contradicts itself; `errors` says where. */
        BadRequestError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 400;
            /** @enum {string} */
            code?: "BAD_REQUEST";
        };
        /**
         * @description Party that booked a meeting. The values are those of `BookedBy` in the API contract.
         * @enum {string}
         */
        BookedBy: "employee" | "customer";
        /** @description An external calendar of an employee or a room: either a feed with a `url`, or an uploaded file. */
        CalendarSettings: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /**
             * Format: uuid
             * @description The employee of the calendar. Send either `employeeId` or `roomId`. The owner cannot be changed later.
             */
            employeeId?: string | null;
            /**
             * Format: uuid
             * @description The room of the calendar. Send either `employeeId` or `roomId`. The owner cannot be changed later.
             */
            roomId?: string | null;
            /** @description Name of the calendar. */
            name: string;
            /** @description Address of the feed. BookMe reads the feed at once, and then at intervals. */
            url?: string | null;
            /**
             * @description Number of busy times in the future.
             * @default 0
             */
            readonly busyTimes?: number;
            /**
             * Format: date-time
             * @description When BookMe last read the calendar.
             */
            readonly importedAt?: string | null;
            /**
             * Format: date-time
             * @description Time of the last reading, if that reading failed.
             */
            readonly failedAt?: string | null;
            /** @description Why the last reading failed. The busy times of the previous reading stay. */
            readonly failure?: string | null;
        };
        /**
         * @description Party that ended a booking or cancelled a meeting, as published in events.
         *
         *     `CLIENT` is the client that owns the booking or the meeting. `STAFF` is another client, with the scope
         *     `bookme.staff`. `OPERATOR` is an operator of BookMe. `SYSTEM` is BookMe itself, because of a failure.
         * @enum {string}
         */
        CancelledBy: "client" | "staff" | "operator" | "system";
        /** @description A cancelled meeting. Its time slot is free. */
        CancelledMeeting: {
            /**
             * Format: uuid
             * @description The meeting's id.
             */
            id: string;
            /**
             * Format: date-time
             * @description When the meeting was cancelled.
             */
            dateCancelled: string;
            /** @description Party that cancelled the meeting: `client` (the client that owns it), `staff` (another client, with the scope `bookme.staff`), `operator` (an operator of BookMe) or `system` (BookMe, after a failure). Absent if not known. */
            cancelledBy?: components["schemas"]["CancelledBy"];
            /** @description Reason of the cancellation, if there is one. */
            reason?: string;
            /** @description Number of changes of the meeting, including the cancellation. */
            sequence: number;
        };
        /**
         * @description Capacity in which an employee takes a meeting.
         * @enum {string}
         */
        Capacity: "Explicit" | "Local" | "ServiceGroup";
        /** @description A day on which the organisation is closed. */
        ClosingDay: {
            /**
             * Format: date
             * @description Local date of the closing day.
             */
            date: string;
            /**
             * @description Why the organisation is closed.
             * @default
             */
            name?: string;
        };
        /** @description The time slots of a search as ranges of starts. They are the same as those of `/bookme/time-slots/available`. */
        CompactAvailability: {
            /** @description IANA time zone of the organisation. */
            timeZone: string;
            /** @description Duration of each time slot. */
            meetingDuration: string;
            /** @description Time between two start numbers. */
            slotInterval: string;
            /** @description Employees to whom `starts` refers by their place in this list. */
            employees: string[];
            /** @description Days on which something is offered, sorted by time. */
            days: components["schemas"]["CompactDay"][];
        };
        /**
         * @description Time slots of one local day. Start number n is n times `slotInterval` after `firstStart`.
         *
         *     If the clocks change between two starts of a day, the day is in the list more than once, each time with its own
         *     `firstStart`.
         */
        CompactDay: {
            /**
             * Format: date
             * @description The date in the organisation's time zone.
             */
            date: string;
            /**
             * Format: date-time
             * @description Start number 0: the first one that is offered.
             */
            firstStart: string;
            /** @description Time slots of this day. */
            offers: components["schemas"]["CompactOffer"][];
        };
        /** @description Starts at which employees can have each of these meetings. */
        CompactOffer: {
            /** @description Each of these meetings is offered at each of the starts. */
            meetings: components["schemas"]["OfferedMeeting"][];
            /** @description By the place of the employee in `employees`, from 0: ranges of start numbers, each with its first and its last number. Every number of a range is a time slot. */
            starts: {
                [key: string]: number[][];
            };
        };
        /**
         * @description A group of employees who take the same topics and customer types.
         *
         *     Members take the topics and customer types of the group and of the groups above it. An empty list of topics or
         *     customer types means all.
         */
        CompetenceGroupSettings: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The group's name. */
            name: string;
            /**
             * Format: uuid
             * @description The group above this group. There may be five levels of groups.
             */
            parentId?: string | null;
            /**
             * @description Topics that the members take.
             * @default []
             */
            topics?: string[];
            /**
             * @description Customer types that the members take.
             * @default []
             */
            customerTypes?: string[];
            /**
             * @description Employees in the group.
             * @default []
             */
            members?: string[];
        };
        /** @description The current state does not allow the request. */
        ConflictError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 409;
            /** @enum {string} */
            code?: "CONFLICT";
        };
        /** @description The body is too large. */
        ContentTooLargeError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 413;
            /** @enum {string} */
            code?: "CONTENT_TOO_LARGE";
        };
        /** @description A customer type to add. */
        CreateCustomerTypeRequest: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The name that employees use. */
            name: string;
        };
        /** @description A calendar feed to create, with the meetings of one employee. */
        CreateFeed: {
            /**
             * Format: uuid
             * @description The employee of the meetings in the feed.
             */
            employeeId: string;
            /** @description Name of the calendar in calendar programs. */
            name: string;
            /**
             * @description `Meetings`: the meetings with their details. `FreeBusy`: only the times at which the employee is busy.
             * @default Meetings
             */
            content?: components["schemas"]["FeedContent"];
        };
        /** @description A meeting to create in a time slot that is `Booked`. */
        CreateMeetingRequest: {
            /** @description Who books the meeting, in any letter case. */
            bookedBy: components["schemas"]["BookedBy"];
            /**
             * Format: uuid
             * @description Type of the customer. Also accepted as `customerCategoryId`.
             */
            customerTypeId: string;
            /**
             * Format: uuid
             * @description The time slot of the meeting. It must be `Booked`.
             */
            timeSlotId: string;
            /** @description How the customer and the employee meet, in any letter case. */
            type: components["schemas"]["MeetingType"];
            /**
             * Format: uuid
             * @description Topic of the meeting. Also accepted as `themeId`.
             */
            topicId: string;
            /**
             * Format: uuid
             * @description The employee of the time slot.
             */
            employeeId: string;
            /** @description The client's own name for the customer. */
            customerId: string;
            /**
             * Format: uuid
             * @description Room of the meeting. Without it, the meeting has the room of the time slot. If the time slot has no room, BookMe holds this room now.
             */
            roomId?: string | null;
            /** @description Title of the meeting. Without it, the title is the name of the topic. */
            title?: string | null;
            /** @description Description of the meeting. */
            description?: string | null;
            /** @description The other employees who take part. Without the list, all employees who are held with the time slot take part. BookMe now holds the employees in the list who are not held yet, all of them or none. BookMe releases held employees who are not in the list. */
            additionalEmployees?: string[] | null;
            /** @description Id of the meeting in Salesforce. */
            salesforceId?: string | null;
        };
        /** @description A busy time to enter. */
        CreateTimeSlotRequest: {
            /**
             * Format: date-time
             * @description Start of the busy time.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the busy time, at most 366 days after `startDate`.
             */
            endDate: string;
            /** @description Any status except `Reserved` and `Booked`. `ExtraOpen` and `AvailableForWork` add time for online and telephone meetings. `WorkingFromElsewhere` excludes physical meetings. Every other status blocks the time. */
            status: components["schemas"]["TimeSlotStatus"];
            /**
             * Format: uuid
             * @description The employee of the busy time.
             */
            employeeId: string;
            /**
             * Format: uuid
             * @description A room that is taken at the same time.
             */
            roomId?: string | null;
            /** @description Free text of the client, stored with the time slot and returned with it. */
            serviceGroup?: string | null;
            /**
             * @description true: enter the busy time even if it overlaps bookings. The bookings do not change.
             * @default false
             */
            ignoreTimeSlotConflicts?: boolean;
        };
        /** @description A topic to add. A topic without customer types is open to every customer type. */
        CreateTopicRequest: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The name that customers see. */
            name: string;
            /** @description The organisation's own name for the topic. */
            uniqueTopicId: string;
            /**
             * Format: uuid
             * @description The topic above this topic.
             */
            parentId?: string | null;
            /** @description Position of the topic in the list. */
            order?: number | null;
            /**
             * @description Whether customers can book meetings on the topic themselves.
             * @default true
             */
            isCustomerBookable?: boolean;
            /**
             * @description The customer types that the topic is open to. An empty list means all.
             * @default []
             */
            customerTypes?: string[];
        };
        /** @description A webhook to register: the address for events, and the types of events. */
        CreateWebhook: {
            /** @description Address to which BookMe posts events: https, at a public address. */
            url: string;
            /**
             * @description Only events of these types. An empty list means all types.
             * @default []
             */
            eventTypes?: components["schemas"]["EventKind"][];
            /** @description Purpose of the webhook. */
            description?: string | null;
            /**
             * @description true: send the events of every client, not only of the webhook's own client. For staff.
             * @default false
             */
            everyClient?: boolean;
        };
        /** @description A kind of customer. */
        CustomerType: {
            /**
             * Format: uuid
             * @description Id of the customer type: the `customerTypeId` of meetings.
             */
            id: string;
            /** @description The name that employees use. */
            name: string;
        };
        /** @description Number of start times on one local day at which a meeting is offered. */
        DayCount: {
            /**
             * Format: date
             * @description The date in the organisation's time zone.
             */
            date: string;
            /** @description Start times at which a meeting of any type is offered. */
            timeSlots: number;
            /** @description Start times at which a meeting of this type is offered. */
            byType: {
                [key: string]: number;
            };
        };
        /** @description The result of a search as counts of each local day, for a view of a month. */
        DayCounts: {
            /** @description IANA time zone of the organisation. */
            timeZone: string;
            /** @description Duration of the counted time slots. */
            meetingDuration: string;
            /** @description Days of the search that can have time slots, sorted, also those without any. */
            days: components["schemas"]["DayCount"][];
        };
        /**
         * @description A day of the week, in the organisation's local time.
         * @enum {string}
         */
        DayOfWeek: "Monday" | "Tuesday" | "Wednesday" | "Thursday" | "Friday" | "Saturday" | "Sunday";
        /** @description The delivery of one event to one webhook. */
        Delivery: {
            /**
             * Format: uuid
             * @description Id of the delivery. BookMe creates it.
             */
            id: string;
            /** @description Id of the event, the same as in the header `webhook-id`. */
            eventId: string;
            /** @description Type of the event. */
            type: string;
            /** @description Status of the delivery. BookMe does not try a `Failed` delivery again automatically. */
            status: components["schemas"]["DeliveryStatus"];
            /** @description Number of attempts. */
            attempts: number;
            /**
             * Format: date-time
             * @description Time of the next attempt.
             */
            nextAttemptAt?: string;
            /**
             * Format: date-time
             * @description When the receiver accepted the event.
             */
            deliveredAt?: string;
            /** @description The last attempt. */
            lastAttempt?: components["schemas"]["Attempt"];
            /**
             * Format: date-time
             * @description When the event was published.
             */
            dateCreated: string;
        };
        /** @description A delivery with its event and every attempt. */
        DeliveryInFull: {
            /**
             * Format: uuid
             * @description Id of the delivery. BookMe creates it.
             */
            id: string;
            /** @description Id of the event, the same as in the header `webhook-id`. */
            eventId: string;
            /** @description Type of the event. */
            type: string;
            /** @description Status of the delivery. BookMe does not try a `Failed` delivery again automatically. */
            status: components["schemas"]["DeliveryStatus"];
            /** @description Number of attempts. */
            attempts: number;
            /**
             * Format: date-time
             * @description Time of the next attempt.
             */
            nextAttemptAt?: string;
            /**
             * Format: date-time
             * @description When the receiver accepted the event.
             */
            deliveredAt?: string;
            /** @description The last attempt. */
            lastAttempt?: components["schemas"]["Attempt"];
            /**
             * Format: date-time
             * @description When the event was published.
             */
            dateCreated: string;
            /** @description The event that is sent. */
            event: components["schemas"]["Event"];
            /** @description All attempts, the first one first. */
            allAttempts: components["schemas"]["Attempt"][];
        };
        /**
         * @description Status of the delivery of one event to one webhook.
         * @enum {string}
         */
        DeliveryStatus: "Pending" | "Delivered" | "Failed";
        /** @description An employee who meets customers. */
        Employee: {
            /**
             * Format: uuid
             * @description Id of the employee: the `employeeId` of time slots and meetings.
             */
            id: string;
            /** @description The name that customers see. */
            displayName: string;
            /** @description The given name. */
            firstName: string;
            /** @description The family name. */
            lastName: string;
            /** @description The employee's mail address. */
            email: string;
            /** @description The employee's initials. */
            initials: string;
            /** @description The id of the employee's home location. */
            location?: string;
            /** @description The employee's id in another system. */
            externalId?: string;
        };
        /** @description The working hours of one employee on the day. */
        EmployeeHours: {
            /**
             * Format: uuid
             * @description The employee.
             */
            employeeId: string;
            /** @description Sorted by start. Empty on a day off. */
            workingHours: components["schemas"]["WorkingHours"][];
        };
        /**
         * @description The configuration of an employee.
         *
         *     An employee without topics takes every topic. An employee without customer types takes every customer type.
         */
        EmployeeSettings: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The name that customers see. */
            displayName: string;
            /**
             * @description The given name.
             * @default
             */
            firstName?: string;
            /**
             * @description The family name.
             * @default
             */
            lastName?: string;
            /**
             * Format: email
             * @description The employee's mail address.
             */
            email: string;
            /** @description The employee's initials. */
            initials: string;
            /** @description The id of the home location. */
            location?: string | null;
            /** @description The employee's id in another system. */
            externalId?: string | null;
            /**
             * @description Whether meetings with the employee can be booked.
             * @default true
             */
            canBeBooked?: boolean;
            /**
             * @description true: the employee is offered only if the request names the employee.
             * @default false
             */
            isOnlyExplicitlyAvailable?: boolean;
            /** @description Daily cap of the meeting time. Null means that the employee has no own cap. */
            maxMeetingTimePerDay?: string | null;
            /**
             * @description Topics that the employee takes.
             * @default []
             */
            topics?: string[];
            /**
             * @description Customer types that the employee takes.
             * @default []
             */
            customerTypes?: string[];
            /**
             * @description Working spans of the week. A day with breaks has several spans. A day without a span is free. Spans must not overlap.
             * @default []
             */
            workdays?: components["schemas"]["WorkdaySettings"][];
        };
        /** @description A published event. Its `id` is the same in the log and in every webhook, where it is the header `webhook-id`. */
        Event: {
            /** @description Id of the event. An event with an id that you already know is a repeat. */
            id: string;
            /** @description Type of the event. */
            type: string;
            /**
             * Format: date-time
             * @description When the event happened.
             */
            timestamp: string;
            /** @description The booking that the event is about. */
            data: components["schemas"]["EventData"];
        };
        /** @description The booking that an event is about. Some event types have additional members. */
        EventData: {
            /** @description The client that owns the booking. */
            clientId: string;
            /** @description The client's own name for the booking. */
            reservationToken: string;
            /**
             * Format: uuid
             * @description The time slot of the event.
             */
            timeSlotId: string;
            /**
             * Format: uuid
             * @description The meeting, if there is one.
             */
            meetingId?: string;
            /**
             * Format: uuid
             * @description The employee of the time slot.
             */
            employeeId?: string;
            /** @description Start of the time slot. */
            start?: string;
            /** @description `booking.expired`: the deadline that passed. */
            expiredAt?: string;
            /** @description `booking.released`, `booking.expired`: the cause. */
            cause?: string;
            /** @description `meeting.cancelled`, `booking.released`: `client` (the client that owns the booking), `staff` (another client, with the scope `bookme.staff`), `operator` (an operator of BookMe) or `system` (BookMe, after a failure). Events from before version 0.3 do not have it. */
            cancelledBy?: components["schemas"]["CancelledBy"];
            /** @description `meeting.cancelled`, `booking.released`: the reason that they gave, as free text. */
            reason?: string;
            /** @description `meeting.changed`: the changed fields, joined by commas. */
            changed?: string;
            /** @description `meeting.moved`: start of the meeting before the move. */
            previousStart?: string;
            /**
             * Format: uuid
             * @description `meeting.moved`: time slot of the meeting before the move.
             */
            previousTimeSlotId?: string;
            /** @description `meeting.reminder`: time from the reminder to the meeting, such as `P1D`. */
            before?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description Published event types.
         * @enum {string}
         */
        EventKind: "booking.reserved" | "booking.booked" | "booking.extended" | "booking.expired" | "booking.released" | "meeting.created" | "meeting.changed" | "meeting.moved" | "meeting.cancelled" | "meeting.reminder";
        /** @description A page of the event log, and the cursor at its end. */
        Events: {
            /** @description Events in the order of publication. */
            events: components["schemas"]["Event"][];
            /** @description End of this page. Send this cursor, now or later, to get the events after this page. */
            cursor: string;
        };
        /** @description A calendar feed. Only the answer that creates the feed shows its address. */
        Feed: {
            /**
             * Format: uuid
             * @description Id of the feed. BookMe creates it.
             */
            id: string;
            /**
             * Format: uuid
             * @description The employee of the meetings in the feed.
             */
            employeeId: string;
            /** @description Name of the calendar in calendar programs. */
            name: string;
            /**
             * @description `Meetings`: the meetings with their details. `FreeBusy`: only the times at which the employee is busy.
             * @default Meetings
             */
            content: components["schemas"]["FeedContent"];
            /**
             * Format: date-time
             * @description When the feed was created.
             */
            dateCreated: string;
        };
        /**
         * @description Content of a feed: meetings with all details, or only busy times.
         * @enum {string}
         */
        FeedContent: "Meetings" | "FreeBusy";
        /**
         * @description A new feed with its address. Keep the address, because BookMe does not show it again.
         *
         *     Everybody who has the address can read the feed.
         */
        FeedWithUrl: {
            /**
             * Format: uuid
             * @description Id of the feed. BookMe creates it.
             */
            id: string;
            /**
             * Format: uuid
             * @description The employee of the meetings in the feed.
             */
            employeeId: string;
            /** @description Name of the calendar in calendar programs. */
            name: string;
            /**
             * @description `Meetings`: the meetings with their details. `FreeBusy`: only the times at which the employee is busy.
             * @default Meetings
             */
            content: components["schemas"]["FeedContent"];
            /**
             * Format: date-time
             * @description When the feed was created.
             */
            dateCreated: string;
            /** @description Address to which calendar programs subscribe. */
            url: string;
        };
        /** @description One error in the request. */
        FieldError: {
            /** @description JSON Pointer (RFC 6901) to the field. An empty string means the whole. */
            pointer: string;
            /** @description The part of the request: `body`, `query`, `path` or `header`. */
            in: string;
            /** @description The correction of the field that is needed, as a sentence. */
            message: string;
        };
        /** @description The access token lacks a scope, or the resource belongs to another client. */
        ForbiddenError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 403;
            /** @enum {string} */
            code?: "FORBIDDEN";
        };
        /** @description A free time slot that can be reserved instead. */
        FreeTimeSlot: {
            /** @description Start of the time slot. */
            startDate: string;
            /** @description End of the time slot. */
            endDate: string;
            /** @description The employee who is free at that time. */
            employeeId: string;
        };
        /** @description The resource of the request existed, and does not exist any more. */
        GoneError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 410;
            /** @enum {string} */
            code?: "GONE";
        };
        /** @description A time slot that is held until its deadline, and what the client said when it reserved the time slot. */
        HeldTimeSlot: {
            /**
             * Format: uuid
             * @description The time slot's id.
             */
            id: string;
            /**
             * Format: date-time
             * @description Start of the time slot.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the time slot.
             */
            endDate: string;
            /** @description `Reserved`, then `Booked`, for the time slot of a booking. Busy times have the other statuses. */
            status: components["schemas"]["TimeSlotStatus"];
            /**
             * Format: uuid
             * @description The employee of the time slot. Absent only for busy times from a room's calendar.
             */
            employeeId?: string;
            /**
             * Format: uuid
             * @description Room of the time slot, if it has one.
             */
            roomId?: string;
            /** @description Free text of the client, stored with the time slot. */
            serviceGroup?: string;
            /**
             * Format: date-time
             * @description When the time slot was reserved or entered.
             */
            dateCreated: string;
            /**
             * Format: date-time
             * @description When the time slot was last changed.
             */
            dateModified: string;
            /**
             * Format: date-time
             * @description Deadline of the next step: to mark the time slot `Booked`, or to create the meeting.
             */
            holdExpiresAt?: string;
            /** @description true if the hold was extended. It cannot be extended again. */
            holdExtended?: boolean;
            /** @description The other employees who are held with the time slot, if there are any. */
            additionalEmployees?: string[];
            /**
             * Format: uuid
             * @description For the time slot of an additional employee: the main time slot. Change the main time slot instead.
             */
            companionOf?: string;
            /** @description Time until `holdExpiresAt` when the list was read, in whole seconds. */
            timeLeft: string;
            /** @description Token of the reservation. */
            token: string;
            /** @description The `customerId` of the reservation, if it had one. */
            customerId?: string;
            /**
             * Format: uuid
             * @description The meeting that the time slot is reserved to move.
             */
            existingMeetingId?: string;
            /** @description The client that holds the time slot. */
            clientId: string;
        };
        /** @description A bug in BookMe prevented the answer. */
        InternalServerError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 500;
            /** @enum {string} */
            code?: "INTERNAL_SERVER_ERROR";
        };
        /** @description One invitation mail: its recipient, the state of the meeting in it, and its delivery status. */
        Invitation: {
            /** @description `Message-ID` of the mail. Every attempt sends the same id. */
            messageId: string;
            /** @description Version of the meeting in the mail: the number of earlier changes of the meeting. */
            sequence: number;
            /** @description `REQUEST`: the mail adds or updates the calendar entry. `CANCEL`: the mail removes the calendar entry of this recipient. */
            method: components["schemas"]["Method"];
            /**
             * Format: uuid
             * @description The employee who receives the mail.
             */
            employeeId?: string;
            /**
             * Format: uuid
             * @description The room that receives the mail.
             */
            roomId?: string;
            /** @description Mail address of the recipient. */
            recipient: string;
            /** @description Status of the mail. BookMe tries a `Pending` mail again. */
            status: components["schemas"]["InvitationStatus"];
            /** @description Number of attempts to send the mail. */
            attempts: number;
            /** @description Why the last attempt failed, in the words of the mail server or of BookMe. */
            failure?: string;
            /**
             * Format: date-time
             * @description When the invitation was created.
             */
            dateCreated: string;
            /**
             * Format: date-time
             * @description When the mail server accepted the mail.
             */
            dateSent?: string;
        };
        /**
         * @description Status of one email. A superseded email is about an outdated state of the meeting, and is not sent.
         * @enum {string}
         */
        InvitationStatus: "Pending" | "Sent" | "Failed" | "Superseded";
        JsonValue: unknown;
        /** @description The answer of a process that is alive. */
        Liveness: {
            /**
             * @description Always `up`.
             * @default up
             * @constant
             */
            status: "up";
        };
        /** @description The configuration of a location. */
        LocationSettings: {
            /** @description Id of the location: letters, digits, dots, dashes and underscores. */
            id: string;
            /** @description The name that customers see. */
            displayName: string;
            /**
             * @description Whether a physical meeting here needs a room.
             * @default false
             */
            requireAvailableRoom?: boolean;
            /**
             * @description Whether BookMe offers a free room for a physical meeting that needs no room.
             * @default true
             */
            addRoomsToBookedMeetings?: boolean;
        };
        /** @description A meeting between a customer and an employee. */
        Meeting: {
            /**
             * Format: uuid
             * @description The meeting's id.
             */
            id: string;
            /**
             * @description `Cancelled` if the meeting does not take place.
             * @default Planned
             */
            status: components["schemas"]["MeetingState"];
            /**
             * Format: uuid
             * @description The time slot of the meeting. A cancelled meeting has none: its time is free.
             */
            timeSlotId?: string;
            /**
             * Format: date-time
             * @description Start of the meeting.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the meeting.
             */
            endDate: string;
            /** @description How the customer and the employee meet. */
            type: components["schemas"]["MeetingType"];
            /**
             * Format: uuid
             * @description Topic of the meeting.
             */
            topicId: string;
            /**
             * Format: uuid
             * @description Type of the customer.
             */
            customerTypeId: string;
            /**
             * Format: uuid
             * @description The employee who meets the customer.
             */
            employeeId: string;
            /** @description The client's own name for the customer. */
            customerId: string;
            /** @description Who booked the meeting. */
            bookedBy: components["schemas"]["BookedBy"];
            /**
             * Format: uuid
             * @description Room of the meeting, if it has one.
             */
            roomId?: string;
            /** @description Title of the meeting. */
            title?: string;
            /** @description Description of the meeting. */
            description?: string;
            /** @description Address of an online meeting. */
            videoLink?: string;
            /**
             * @description The other employees who take part.
             * @default []
             */
            additionalEmployees: string[];
            /** @description Id of the meeting in Salesforce. */
            salesforceId?: string;
            /**
             * @description Version of the meeting: the number of its changes. The `ETag` names the same version.
             * @default 0
             */
            sequence: number;
            /**
             * Format: date-time
             * @description When the meeting was created.
             */
            dateCreated: string;
            /**
             * Format: date-time
             * @description When the meeting was last changed or cancelled.
             */
            dateModified: string;
            /**
             * Format: date-time
             * @description When the meeting was cancelled.
             */
            dateCancelled?: string;
            /** @description Party that cancelled the meeting: `client` (the client that owns it), `staff` (another client, with the scope `bookme.staff`), `operator` (an operator of BookMe) or `system` (BookMe, after a failure). Absent if not known. */
            cancelledBy?: components["schemas"]["CancelledBy"];
            /** @description Reason of the cancellation, if there is one. */
            reason?: string;
        };
        /** @description Texts that replace those of the meeting in its calendar file. */
        MeetingICalRequest: {
            /** @description Replaces the meeting's title. */
            title?: string | null;
            /** @description Replaces the meeting's description. */
            description?: string | null;
            /** @description Replaces the room's name and place. */
            location?: string | null;
        };
        /**
         * @description Sort order of a list of meetings: by last change or by start, then by id. `-` is the reverse order.
         * @enum {string}
         */
        MeetingOrder: "dateModified" | "-dateModified" | "startDate" | "-startDate";
        /**
         * @description Whether a meeting takes place, as the API shows it.
         * @enum {string}
         */
        MeetingState: "Planned" | "Cancelled";
        /**
         * @description Type of a meeting: the place or the medium. The values are those of `MeetingType` in the API contract.
         * @enum {string}
         */
        MeetingType: "physical" | "online" | "telephone" | "offsite";
        /**
         * @description Request of a calendar file to its reader (RFC 5546 section 1.4).
         * @enum {string}
         */
        Method: "PUBLISH" | "REQUEST" | "CANCEL";
        /** @description The time, employee and room to which a meeting is moved. Omitted fields stay as they are. */
        MoveMeeting: {
            /**
             * Format: date-time
             * @description The new start.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description The new end. Without it, the duration of the meeting stays the same.
             */
            endDate?: string | null;
            /**
             * Format: uuid
             * @description The new employee.
             */
            employeeId?: string | null;
            /**
             * Format: uuid
             * @description The new room. Null means no room.
             */
            roomId?: string | null;
            /** @description The service group through which the time slot was offered. */
            serviceGroup?: string | null;
        };
        /** @description A location of the organisation. */
        NamedLocation: {
            /** @description The id of the location. */
            id: string;
            /** @description The name of the location. */
            displayName: string;
        };
        /** @description The country and the years whose public holidays become closing days. */
        NationalHolidays: {
            /** @description Country code (ISO 3166-1 alpha-2). */
            country: string;
            /** @description Subdivision of the country (ISO 3166-2). */
            subdivision?: string | null;
            /** @description Years of the holidays. */
            years: number[];
        };
        /** @description Something that the request names does not exist. */
        NotFoundError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 404;
            /** @enum {string} */
            code?: "NOT_FOUND";
        };
        /** @description A kind of meeting that is offered: its type, its room and its service group. */
        OfferedMeeting: {
            /** @description Type of the meeting. */
            meetingType: components["schemas"]["MeetingType"];
            /**
             * Format: uuid
             * @description The free room. Absent if the meeting needs no room.
             */
            roomId?: string;
            /**
             * Format: uuid
             * @description The service group through which the employees take the meeting. Send it back when you reserve.
             */
            serviceGroup?: string;
        };
        /** @description Settings that apply to every search. Times of day are local to `timeZone`. */
        OrganizationSettings: {
            /** @description The organisation's name. */
            name: string;
            /**
             * Format: email
             * @description Mail address of the organisation, the sender of invitations.
             */
            email: string;
            /** @description IANA time zone of the organisation. */
            timeZone: string;
            /** @description Meetings start at this time or later. Null means midnight at the start of the day. */
            openingTime?: string;
            /** @description Meetings end at this time or earlier. Null means midnight at the end of the day. */
            closingTime?: string;
            /** @description Daily cap of the meeting time of one employee. Null means that the organisation sets no cap. */
            maxMeetingTimePerDay?: string;
            /**
             * @description Longest time from a booking to the start of its meeting.
             * @default 180.00:00:00
             */
            maxTimeFromBookingToMeeting: string;
            /**
             * @description Time that stays free before and after each meeting of an employee.
             * @default 00:00:00
             */
            bufferBetweenMeetings: string;
            /**
             * @description Minimum notice that customers give, counted in the employee's working time.
             * @default 00:00:00
             */
            workingTimeBuffer: string;
            /**
             * @description Interval between the start times of time slots.
             * @default 00:30:00
             */
            slotInterval: string;
            /**
             * @description Duration of a meeting, if the search does not give one.
             * @default PT1H
             */
            defaultDuration: string;
            /**
             * @description Period that a search covers, if the search does not give one.
             * @default P7D
             */
            defaultLookForwardTime: string;
            /**
             * @description Longest period that one search can cover.
             * @default P31D
             */
            maxLookForwardTime: string;
            /** @description Title in the calendar file of a meeting that has no title. */
            calendarTitle?: string;
            /** @description Description in the calendar file of a meeting that has no description. */
            calendarDescription?: string;
        };
        /**
         * @description Kind of an operation of a JSON Patch.
         * @enum {string}
         */
        PatchOp: "add" | "remove" | "replace" | "move" | "copy" | "test";
        /** @description One operation of a JSON Patch. Other members are ignored (RFC 6902 section 4). */
        PatchOperation: {
            /** @description The kind of operation. */
            op: components["schemas"]["PatchOp"];
            /** @description The member to change, as a JSON Pointer (RFC 6901). */
            path: string;
            /** @description The value of `add`, `replace` and `test`. */
            value?: unknown;
            /** @description The source of `move` and `copy`, as a JSON Pointer. */
            from?: string | null;
        };
        /** @description The resource was changed in the meantime. */
        PreconditionFailedError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 412;
            /** @enum {string} */
            code?: "PRECONDITION_FAILED";
        };
        /**
         * @description An error: `application/problem+json` (RFC 9457) with the contract's `code` and `message`.
         *
         *     Programs decide by `code` and `reason`.
         */
        Problem: {
            /** @description The address of a page that explains the problem. Open it with a browser. */
            type: string;
            /** @description The status in words. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description The problem and what to do, for people. */
            detail: string;
            /** @description The path of the request. */
            instance: string;
            /** @description The kind of problem, for programs. */
            code: string;
            /** @description The same as `detail`. */
            message: string;
            /** @description Why a request was refused, for programs. */
            reason?: components["schemas"]["Reason"];
            /** @description 400, 404: the wrong fields, at most 100. */
            errors?: components["schemas"]["FieldError"][];
            /** @description NOT_FOUND, NOT_YOURS, IN_USE, ALREADY_EXISTS: the kind of the resource. */
            kind?: string;
            /** @description NOT_FOUND: the id that does not exist. IN_USE: the id of the resource that is in use. */
            id?: string;
            /** @description TIME_SLOT_TAKEN: the part that is not free, `employee` or `room`. */
            blockedBy?: string;
            /** @description TIME_SLOT_TAKEN, NOT_OFFERED: the room that is not available. */
            roomId?: string;
            /** @description TIME_SLOT_TAKEN, NOT_OFFERED: the additional employee who cannot take part. */
            employeeId?: string;
            /** @description TIME_SLOT_TAKEN: the deadline of the other hold. */
            heldUntil?: string;
            /** @description TIME_SLOT_TAKEN: the next free time slots. */
            nextTimeSlots?: components["schemas"]["FreeTimeSlot"][];
            /** @description NOT_OFFERED: the rule that refuses the time slot. */
            rule?: string;
            /** @description HOLD_EXPIRED: when the hold expired. */
            expiredAt?: string;
            /** @description HOLD_ALREADY_EXTENDED: the deadline of the hold. */
            holdExpiresAt?: string;
            /** @description HOLD_RELEASED: how the hold ended. */
            how?: string;
            /** @description GONE: how the resource of the request ended. */
            why?: string;
            /** @description TIME_SLOT_ALREADY_BOOKED: the time slot of this token. */
            timeSlotId?: string;
            /** @description MEETING_EXISTS, MEETING_OVER, HOLD_RELEASED: the meeting. */
            meetingId?: string;
            /** @description MEETING_EXISTS: the first field that differs. */
            differs?: string;
            /** @description MEETING_MISMATCH, NOT_CHANGEABLE: the field. */
            field?: string;
            /** @description TOO_MANY_…: the maximum number. */
            limit?: number;
            /** @description IN_USE: the kind of the resource that uses it. */
            usedBy?: string;
            /** @description MEETING_CHANGED: the `ETag` that the meeting has now. */
            etag?: string;
            /** @description TIME_SLOT_NOT_BOOKED: the status of the time slot. */
            timeSlotStatus?: string;
            /** @description NOT_OFFERED, CLOSED: the local date of the closing day. */
            closingDay?: string;
            /** @description NOT_OFFERED, OUTSIDE_OPENING_HOURS: the local opening time. */
            opens?: string;
            /** @description NOT_OFFERED, OUTSIDE_OPENING_HOURS: the local closing time. */
            closes?: string;
            /** @description NOT_OFFERED, TOO_SOON: the first start after the notice. */
            earliestStart?: string;
            /** @description NOT_OFFERED, DAILY_CAP_REACHED: the local date. */
            date?: string;
            /** @description NOT_OFFERED, DAILY_CAP_REACHED: the daily cap, in minutes. */
            capMinutes?: number;
            /** @description NOT_OFFERED, DAILY_CAP_REACHED: the meeting time that day, in minutes. */
            usedMinutes?: number;
            /** @description NOT_OFFERED, DAILY_CAP_REACHED: the part of the wanted time slot that day, in minutes. */
            wantedMinutes?: number;
            /** @description NOT_OFFERED, WITHIN_BUFFER: the buffer between meetings, in minutes. */
            bufferMinutes?: number;
            /** @description Id of the request. Name it when you report a problem. */
            requestId?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description State of the database and of the workflow engine. The process needs both. */
        Readiness: {
            /** @description Whether the process can serve requests. `stopping`: it still does, and stops soon. */
            status: components["schemas"]["ReadinessStatus"];
            /** @description `up`, or `read-only` or `down` with the reason. */
            database: string;
            /** @description `up`, or `down` with the reason. */
            engine: string;
        };
        /**
         * @description Answers of the readiness probe.
         * @enum {string}
         */
        ReadinessStatus: "ready" | "not ready" | "stopping";
        /**
         * @description Reason of a refusal. The values are published, because clients branch on them.
         * @enum {string}
         */
        Reason: "NOT_FOUND" | "NOT_YOURS" | "GONE" | "CURSOR_LOST" | "CURSOR_EXPIRED" | "TOO_MANY_HOLDS" | "TOO_MANY_END_USER_HOLDS" | "TOO_MANY_RENEWALS" | "TOO_MANY_CHANGES" | "TIME_SLOT_TAKEN" | "NOT_OFFERED" | "HOLD_EXPIRED" | "HOLD_RELEASED" | "HOLD_ALREADY_EXTENDED" | "HOLD_NOT_EXTENDABLE" | "TIME_SLOT_NOT_BOOKED" | "TIME_SLOT_ALREADY_BOOKED" | "MEETING_EXISTS" | "MEETING_MISMATCH" | "MEETING_CHANGED" | "VERSION_MISMATCH" | "MEETING_OVER" | "NOT_CHANGEABLE" | "TOKEN_MISMATCH" | "IDEMPOTENCY_KEY_REUSED" | "IN_USE" | "ALREADY_EXISTS" | "TOO_MANY_SECRETS" | "TOO_MANY_WEBHOOKS";
        /** @description The body did not arrive in time. */
        RequestTimeoutError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 408;
            /** @enum {string} */
            code?: "REQUEST_TIMEOUT";
        };
        /** @description A hold to create. The token is the idempotency key of the booking: it names one booking of this client. */
        Reservation: {
            /** @description The time slot to hold. */
            timeSlot: components["schemas"]["ReserveTimeSlotRequest"];
            /** @description The client's own name for this booking. Each booking has its own token. */
            token: string;
            /**
             * Format: uuid
             * @description The meeting to move to the reserved time slot.
             */
            existingMeetingId?: string | null;
            /** @description Type of the meeting, if it is known. A time slot that is not offered for this type is then refused. */
            meetingType?: components["schemas"]["MeetingType"] | null;
            /**
             * Format: uuid
             * @description Topic of the meeting, if it is known. Also accepted as `topic`, `theme`, `themeId`.
             */
            topicId?: string | null;
            /**
             * Format: uuid
             * @description Type of the customer, if it is known. Also accepted as `customerCategoryId`.
             */
            customerTypeId?: string | null;
            /** @description The client's own name for the customer, if it is known. Operators then find the hold by its customer, also after it has expired. Events do not have it. */
            customerId?: string | null;
        };
        /** @description The time slot to reserve. */
        ReserveTimeSlotRequest: {
            /**
             * Format: date-time
             * @description Start of the time slot.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the time slot, at most 24 hours after `startDate`.
             */
            endDate: string;
            /**
             * @description `Reserved`, in any letter case.
             * @constant
             */
            status: "Reserved";
            /**
             * Format: uuid
             * @description The employee. Without it, BookMe chooses the best employee who is free.
             */
            employeeId?: string | null;
            /**
             * Format: uuid
             * @description A room to hold too. A physical meeting may need a room.
             */
            roomId?: string | null;
            /** @description The `serviceGroup` that search returned. Stored with the time slot and returned with it. */
            serviceGroup?: string | null;
            /** @description The other employees who take part. BookMe holds the time of all of them, or reserves nothing. */
            additionalEmployees?: string[] | null;
            /** @description Only false is accepted, because a reservation never ignores conflicts. */
            ignoreTimeSlotConflicts?: boolean | null;
        };
        /** @description A room for physical meetings. */
        Room: {
            /**
             * Format: uuid
             * @description Id of the room: the `roomId` of time slots and meetings.
             */
            id: string;
            /** @description The room's name. */
            name: string;
            /** @description The room's mail address. */
            email: string;
            /** @description The id of the room's location. */
            location: string;
            /** @description Whether meetings can take place in the room. */
            canBeBooked: boolean;
        };
        /** @description The configuration of a room. */
        RoomSettings: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The room's name. */
            name: string;
            /**
             * @description The room's mail address. An empty string means none.
             * @default
             */
            email?: string;
            /** @description The id of the room's location. */
            location: string;
            /**
             * @description Whether meetings can take place in the room.
             * @default true
             */
            canBeBooked?: boolean;
        };
        /** @description Options for the rotation of a secret. */
        RotateSecretRequest: {
            /** @description Time for which the old secret also signs: one day by default, 30 days at most. Use zero if the secret has leaked. */
            gracePeriod?: string | null;
        };
        /**
         * @description Rule that refuses a time slot. Published in the facts of `NotOffered`.
         * @enum {string}
         */
        Rule: "IN_THE_PAST" | "TOO_FAR_AHEAD" | "IMPOSSIBLE_DURATION" | "OFF_GRID" | "NOT_BOOKABLE" | "NOT_QUALIFIED" | "OUTSIDE_WORKING_HOURS" | "MEETING_TYPE_NOT_OFFERED" | "NOT_AT_LOCATION" | "WORKING_FROM_ELSEWHERE" | "NOT_SERVED" | "CLOSED" | "OUTSIDE_OPENING_HOURS" | "TOO_SOON" | "DAILY_CAP_REACHED" | "ROOM_REQUIRED" | "ROOM_NOT_BOOKABLE" | "EMPLOYEE_TAKEN" | "WITHIN_BUFFER" | "ROOM_TAKEN";
        /** @description The result of one rule for the time slot. */
        RuleExplained: {
            /** @description Name of the rule, the same as in a refused reservation. */
            rule: components["schemas"]["Rule"];
            /** @description Whether the rule allows the time slot. */
            passed: boolean;
            /** @description Why the rule refuses the time slot, as text. */
            why?: string;
            /** @description Whether staff can override this rule. */
            overridable: boolean;
            /** @description Data that the rule used: hours, closing day, cap, `heldUntil`. */
            facts: {
                [key: string]: components["schemas"]["JsonValue"];
            };
        };
        /** @description A group of employees who serve locations other than their own. */
        ServiceGroupSettings: {
            /**
             * Format: uuid
             * @description Id of the record. BookMe creates the id if the request does not give one.
             */
            id?: string;
            /** @description The group's name. */
            name: string;
            /** @description A priority level can select groups by this label. */
            label?: string | null;
            /**
             * @description The meetings for which the group serves.
             * @default {
             *       "topics": [],
             *       "customerTypes": [],
             *       "customerLocations": []
             *     }
             */
            trigger?: components["schemas"]["Trigger"];
            /**
             * @description The locations and meeting types that the group serves.
             * @default {
             *       "locations": [],
             *       "meetingTypes": []
             *     }
             */
            serviceLevel?: components["schemas"]["ServiceLevel"];
            /**
             * @description Employees in the group.
             * @default []
             */
            members?: string[];
            /** @description Daily cap of the meeting time of each member. Null means that the group sets no cap. */
            maxMeetingTimePerDay?: string | null;
        };
        /** @description Locations and meeting types that a service group serves. An empty list means none. */
        ServiceLevel: {
            /**
             * @description Locations where the group holds physical meetings.
             * @default []
             */
            locations?: string[];
            /**
             * @description Types of meetings that the group takes.
             * @default []
             */
            meetingTypes?: components["schemas"]["MeetingType"][];
        };
        /** @description A part that the request needs cannot be reached or is too busy, so the outcome is not known. */
        ServiceUnavailableError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 503;
            /** @enum {string} */
            code?: "SERVICE_UNAVAILABLE";
        };
        /** @description The result of every rule for one time slot, in the order in which the rules are applied. */
        SlotExplained: {
            /** @description Whether search offers the time slot to customers. */
            offered: boolean;
            /** @description The meeting type that comes closest to an offer. */
            meetingType?: components["schemas"]["MeetingType"];
            /**
             * Format: uuid
             * @description The service group through which the employee takes the meeting. Absent for a local employee.
             */
            serviceGroup?: string;
            /** @description Result of each rule. */
            rules: components["schemas"]["RuleExplained"][];
        };
        /** @description A time slot of an employee, with or without a room. A busy time from a room's calendar has only the room. */
        TimeSlot: {
            /**
             * Format: uuid
             * @description The time slot's id.
             */
            id: string;
            /**
             * Format: date-time
             * @description Start of the time slot.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the time slot.
             */
            endDate: string;
            /** @description `Reserved`, then `Booked`, for the time slot of a booking. Busy times have the other statuses. */
            status: components["schemas"]["TimeSlotStatus"];
            /**
             * Format: uuid
             * @description The employee of the time slot. Absent only for busy times from a room's calendar.
             */
            employeeId?: string;
            /**
             * Format: uuid
             * @description Room of the time slot, if it has one.
             */
            roomId?: string;
            /** @description Free text of the client, stored with the time slot. */
            serviceGroup?: string;
            /**
             * Format: date-time
             * @description When the time slot was reserved or entered.
             */
            dateCreated: string;
            /**
             * Format: date-time
             * @description When the time slot was last changed.
             */
            dateModified: string;
            /**
             * Format: date-time
             * @description Deadline of the next step: to mark the time slot `Booked`, or to create the meeting.
             */
            holdExpiresAt?: string;
            /** @description true if the hold was extended. It cannot be extended again. */
            holdExtended?: boolean;
            /** @description The other employees who are held with the time slot, if there are any. */
            additionalEmployees?: string[];
            /**
             * Format: uuid
             * @description For the time slot of an additional employee: the main time slot. Change the main time slot instead.
             */
            companionOf?: string;
        };
        /**
         * @description The contract's `TimeSlotStatus`.
         * @enum {string}
         */
        TimeSlotStatus: "Reserved" | "Booked" | "Busy" | "ExtraOpen" | "WorkingFromElsewhere" | "AvailableForWork" | "BusyAppointmentInstance" | "BusyAppointmentOccurence" | "BusyEventInstance" | "BusyEventOccurence" | "PreProcessing" | "PostProcessing" | "TravelTime";
        /** @description An IANA time zone. */
        TimeZone: {
            /** @description Name of the time zone. */
            id: string;
            /** @description Present offset of the time zone from UTC, such as `+01:00`. */
            utcOffset: string;
        };
        /** @description The client has sent too many requests, or holds too many time slots. */
        TooManyRequestsError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 429;
            /** @enum {string} */
            code?: "TOO_MANY_REQUESTS";
        };
        /** @description The topic of a meeting. A topic without customer types is open to every customer type. */
        Topic: {
            /**
             * Format: uuid
             * @description Id of the topic: the `topicId` of meetings.
             */
            id: string;
            /** @description The name that customers see. */
            name: string;
            /** @description The organisation's own name for the topic. */
            uniqueTopicId: string;
            /**
             * Format: uuid
             * @description The topic above this topic.
             */
            parentId?: string;
            /** @description Position of the topic in the list. */
            order?: number;
            /** @description Whether customers can book meetings on the topic themselves. */
            isCustomerBookable: boolean;
            /** @description The customer types that the topic is open to. An empty list means all. */
            customerTypes: string[];
        };
        /** @description The meetings for which a service group serves. An empty list means any value. */
        Trigger: {
            /**
             * @description Topics of the meetings.
             * @default []
             */
            topics?: string[];
            /**
             * @description Customer types of the meetings.
             * @default []
             */
            customerTypes?: string[];
            /**
             * @description Locations of the customers.
             * @default []
             */
            customerLocations?: string[];
        };
        /** @description The access token is missing or not valid. */
        UnauthorizedError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 401;
            /** @enum {string} */
            code?: "UNAUTHORIZED";
        };
        /** @description The body has another media type or coding than this request takes; `Accept` or `Accept-Encoding` names it. */
        UnsupportedMediaTypeError: components["schemas"]["Problem"] & {
            /** @enum {integer} */
            status?: 415;
            /** @enum {string} */
            code?: "UNSUPPORTED_MEDIA_TYPE";
        };
        /** @description A webhook. Only the answer that creates a secret shows the secret. */
        Webhook: {
            /** @description Address to which BookMe posts events: https, at a public address. */
            url: string;
            /**
             * @description Only events of these types. An empty list means all types.
             * @default []
             */
            eventTypes: components["schemas"]["EventKind"][];
            /** @description Purpose of the webhook. */
            description?: string;
            /**
             * @description true: send the events of every client, not only of the webhook's own client. For staff.
             * @default false
             */
            everyClient: boolean;
            /**
             * Format: uuid
             * @description Id of the webhook. BookMe creates it.
             */
            readonly id: string;
            /** @description The client that owns the webhook. */
            readonly clientId: string;
            /**
             * Format: date-time
             * @description Until this time, the webhook gets the events of every client. A request of its client with the scope `bookme.staff` extends this time.
             */
            readonly everyClientUntil?: string;
            /**
             * Format: date-time
             * @description After a rotation, former secrets also sign until this time. If there are several, this is the latest time.
             */
            readonly previousSecretUntil?: string;
            /**
             * @description `Paused` after several failed attempts in a row. Deliveries then wait until one attempt succeeds.
             * @default Active
             */
            readonly state: components["schemas"]["WebhookState"];
            /**
             * Format: date-time
             * @description Time of the first failed attempt after the last successful attempt.
             */
            readonly failingSince?: string;
            /**
             * Format: date-time
             * @description When BookMe tries a paused webhook again, if a delivery is due then.
             */
            readonly pausedUntil?: string;
            /**
             * Format: date-time
             * @description When the webhook was created.
             */
            readonly dateCreated: string;
            /**
             * Format: date-time
             * @description When the webhook was last changed.
             */
            readonly dateModified: string;
        };
        /**
         * @description State of a webhook: events are delivered as they happen, or delivery is paused.
         * @enum {string}
         */
        WebhookState: "Active" | "Paused";
        /** @description A webhook with its new secret. Keep the secret, because BookMe does not show it again. */
        WebhookWithSecret: {
            /** @description Address to which BookMe posts events: https, at a public address. */
            url: string;
            /**
             * @description Only events of these types. An empty list means all types.
             * @default []
             */
            eventTypes: components["schemas"]["EventKind"][];
            /** @description Purpose of the webhook. */
            description?: string;
            /**
             * @description true: send the events of every client, not only of the webhook's own client. For staff.
             * @default false
             */
            everyClient: boolean;
            /**
             * Format: uuid
             * @description Id of the webhook. BookMe creates it.
             */
            readonly id: string;
            /** @description The client that owns the webhook. */
            readonly clientId: string;
            /**
             * Format: date-time
             * @description Until this time, the webhook gets the events of every client. A request of its client with the scope `bookme.staff` extends this time.
             */
            readonly everyClientUntil?: string;
            /**
             * Format: date-time
             * @description After a rotation, former secrets also sign until this time. If there are several, this is the latest time.
             */
            readonly previousSecretUntil?: string;
            /**
             * @description `Paused` after several failed attempts in a row. Deliveries then wait until one attempt succeeds.
             * @default Active
             */
            readonly state: components["schemas"]["WebhookState"];
            /**
             * Format: date-time
             * @description Time of the first failed attempt after the last successful attempt.
             */
            readonly failingSince?: string;
            /**
             * Format: date-time
             * @description When BookMe tries a paused webhook again, if a delivery is due then.
             */
            readonly pausedUntil?: string;
            /**
             * Format: date-time
             * @description When the webhook was created.
             */
            readonly dateCreated: string;
            /**
             * Format: date-time
             * @description When the webhook was last changed.
             */
            readonly dateModified: string;
            /** @description Secret with which receivers verify signatures: `whsec_…`. */
            secret: string;
        };
        /** @description A span of working time on one weekday. Working time over midnight needs a span on each of the two days. */
        WorkdaySettings: {
            /** @description Weekday of the span. */
            dayOfWeek: components["schemas"]["DayOfWeek"];
            /**
             * @description Whether the employee works in this span. A span with `false` is not stored.
             * @default true
             */
            isAvailable?: boolean;
            /** @description Start of the span, in the organisation's time zone. */
            from: string;
            /** @description End of the span. 00:00:00 is midnight at the end of the day. */
            to: string;
            /** @description Id of the location where the employee is in this span. */
            location: string;
            /** @description Types of meetings that the employee takes in this span. */
            meetingTypes: components["schemas"]["MeetingType"][];
        };
        /** @description One local day of the organisation, and the working hours of its employees. */
        WorkingDay: {
            /**
             * Format: date
             * @description The date in the organisation's time zone.
             */
            date: string;
            /** @description IANA time zone of the organisation. */
            timeZone: string;
            /**
             * Format: date-time
             * @description Start of the local day.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the local day. A day has 23 to 25 hours.
             */
            endDate: string;
            /** @description Whether the day is a closing day. Nobody has working hours then. */
            isClosed: boolean;
            /** @description The locations of the organisation, by name. */
            locations: components["schemas"]["NamedLocation"][];
            /** @description The employees, by id, also those with a day off. */
            employees: components["schemas"]["EmployeeHours"][];
        };
        /** @description A part of a day in which an employee works without a break at one location. */
        WorkingHours: {
            /**
             * Format: date-time
             * @description Start of the working time.
             */
            startDate: string;
            /**
             * Format: date-time
             * @description End of the working time.
             */
            endDate: string;
            /** @description The id of the location. */
            location: string;
            /** @description Types of meetings that the employee takes then. */
            meetingTypes: components["schemas"]["MeetingType"][];
        };
    };
    responses: {
        /**
         * @description The access token lacks a scope, or the resource belongs to another client.
         *
         *     `reason` is one of
         *
         *     - `NOT_YOURS`: The time slot, meeting or webhook belongs to another client.
         */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ForbiddenError"];
                "application/json": components["schemas"]["ForbiddenError"];
            };
        };
        /**
         * @description Something that the request names does not exist.
         *
         *     `reason` is one of
         *
         *     - `NOT_FOUND`: Something that the request names does not exist; `kind` and `id` say what, and `errors` says where.
         */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["NotFoundError"];
                "application/json": components["schemas"]["NotFoundError"];
            };
        };
        /**
         * @description The current state does not allow the request.
         *
         *     `reason` is one of
         *
         *     - `TIME_SLOT_TAKEN`: The employee, the room (`blockedBy`, `roomId`) or an additional employee (`employeeId`) is taken at that time; `heldUntil` is the deadline, if a hold takes it, and `nextTimeSlots` are free instead.
         *     - `NOT_OFFERED`: Search does not offer this time slot, or not for such a meeting, possibly because of an additional employee (`employeeId`); `rule` says why.
         *     - `HOLD_EXPIRED`: The deadline of the hold has passed (`expiredAt`).
         *     - `HOLD_RELEASED`: The hold was released, replaced or ended by an operator, or its meeting was moved (`meetingId`); `how` says which.
         *     - `HOLD_ALREADY_EXTENDED`: The hold was extended before; `holdExpiresAt` is its deadline.
         *     - `HOLD_NOT_EXTENDABLE`: The hold cannot be extended; `message` says why.
         *     - `TIME_SLOT_NOT_BOOKED`: The time slot is only `Reserved` (`timeSlotStatus`).
         *     - `TIME_SLOT_ALREADY_BOOKED`: The time slot under this token (`timeSlotId`) is `Booked` and cannot be replaced any more.
         *     - `MEETING_EXISTS`: The time slot has the meeting `meetingId`; `differs` is the first field that differs.
         *     - `MEETING_MISMATCH`: The meeting does not fit its time slot; `field` says where.
         *     - `MEETING_OVER`: The meeting has begun, so its time, people and room cannot be changed.
         *     - `NOT_CHANGEABLE`: This field of a meeting can never be changed; `field` says which.
         *     - `TOKEN_MISMATCH`: The `reservationToken` is not the one that the time slot was reserved with.
         *     - `IDEMPOTENCY_KEY_REUSED`: The `Idempotency-Key` was used for another request.
         *     - `IN_USE`: Another resource uses the one to delete, or a calendar has the time slot; `usedBy` says which.
         *     - `ALREADY_EXISTS`: Another resource has that name or id.
         *     - `TOO_MANY_SECRETS`: The maximum number of former secrets of the webhook still sign (`limit`).
         *     - `TOO_MANY_WEBHOOKS`: The client has the maximum number of webhooks (`limit`).
         */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ConflictError"];
                "application/json": components["schemas"]["ConflictError"];
            };
        };
        /**
         * @description The resource of the request existed, and does not exist any more.
         *
         *     `reason` is one of
         *
         *     - `GONE`: The request was carried out before under its `Idempotency-Key`, and its resource (`kind`, `id`) does not exist any more; `why` says how the resource ended.
         *     - `CURSOR_LOST`: The database was restored to an earlier moment, and does not have the events up to the cursor.
         *     - `CURSOR_EXPIRED`: The event at the cursor was deleted because it was older than the retention period.
         */
        Gone: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["GoneError"];
                "application/json": components["schemas"]["GoneError"];
            };
        };
        /**
         * @description The resource was changed in the meantime.
         *
         *     `reason` is one of
         *
         *     - `MEETING_CHANGED`: The meeting has another version than `If-Match` names; `etag` is the current version.
         *     - `VERSION_MISMATCH`: The resource has a version that `If-Match` or `If-None-Match` excludes; `etag` is the current version.
         */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["PreconditionFailedError"];
                "application/json": components["schemas"]["PreconditionFailedError"];
            };
        };
        /**
         * @description The client has sent too many requests, or holds too many time slots.
         *
         *     `reason` is one of
         *
         *     - `TOO_MANY_HOLDS`: The client holds the maximum number of time slots (`limit`).
         *     - `TOO_MANY_END_USER_HOLDS`: The end user in `BookMe-End-User` holds the maximum number of time slots (`limit`).
         *     - `TOO_MANY_RENEWALS`: The end user in `BookMe-End-User` has held the same time as often as allowed within a day (`limit`).
         *     - `TOO_MANY_CHANGES`: The time slot under this token was replaced too often.
         */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["TooManyRequestsError"];
                "application/json": components["schemas"]["TooManyRequestsError"];
            };
        };
        /** @description The request is malformed or contradicts itself; `errors` says where. */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BadRequestError"];
                "application/json": components["schemas"]["BadRequestError"];
            };
        };
        /** @description The access token is missing or not valid. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnauthorizedError"];
                "application/json": components["schemas"]["UnauthorizedError"];
            };
        };
        /** @description The body did not arrive in time. */
        RequestTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["RequestTimeoutError"];
                "application/json": components["schemas"]["RequestTimeoutError"];
            };
        };
        /** @description The body is too large. */
        ContentTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ContentTooLargeError"];
                "application/json": components["schemas"]["ContentTooLargeError"];
            };
        };
        /** @description The body has another media type or coding than this request takes; `Accept` or `Accept-Encoding` names it. */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                Accept: components["headers"]["Accept"];
                "Accept-Encoding": components["headers"]["Accept-Encoding"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnsupportedMediaTypeError"];
                "application/json": components["schemas"]["UnsupportedMediaTypeError"];
            };
        };
        /** @description A bug in BookMe prevented the answer. */
        InternalServerError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["InternalServerError"];
                "application/json": components["schemas"]["InternalServerError"];
            };
        };
        /** @description A part that the request needs cannot be reached or is too busy, so the outcome is not known. */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ServiceUnavailableError"];
                "application/json": components["schemas"]["ServiceUnavailableError"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The media type that the body must have (RFC 9110 section 15.5.16). */
        Accept: string;
        /** @description The content coding that the body must have (RFC 9110 section 15.5.16). */
        "Accept-Encoding": string;
        /** @description The id of the request: the id that the client sent, or a new one. Name it when you report a problem. */
        "X-Request-Id": string;
        /** @description The version of the resource (RFC 9110 section 8.8.3). Send it back as `If-Match` or `If-None-Match`. */
        ETag: string;
        /** @description When the resource was last changed (RFC 9110 section 8.8.2). */
        "Last-Modified": string;
        /** @description The next page, if there is one: `<…>; rel="next"` (RFC 8288). */
        Link: string;
        /** @description How many requests the client has left (`r`), and in how many seconds it has more (`t`). */
        RateLimit: string;
        /** @description The limit of the client: requests (`q`) in a window of seconds (`w`). */
        "RateLimit-Policy": string;
        /** @description The number of seconds after which to send the request again. */
        "Retry-After": string;
        /** @description What is wrong with the access token, or which scope it lacks (RFC 6750 section 3). */
        "WWW-Authenticate": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Topics_list: {
        parameters: {
            query: {
                /** @description true: only topics that customers can book themselves. */
                isCustomer: boolean;
                /** @description Only topics that are open to this customer type. Also accepted as `customerCategoryId`. */
                customerTypeId?: string;
                /**
                 * @deprecated
                 * @description The same as `customerTypeId`.
                 */
                customerCategoryId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topic"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Topics_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTopicRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topic"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Topics_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The topic's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topic"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Topics_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The topic's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Topics_patch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The topic's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Topic"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_explain: {
        parameters: {
            query: {
                /** @description The employee of the time slot. */
                employeeId: string;
                /** @description Start of the time slot. */
                startDate: string;
                /** @description End of the time slot, at most 24 hours after `startDate`. */
                endDate: string;
                /** @description Room of the time slot. */
                roomId?: string;
                /** @description Types of the meeting. An empty list means any type. */
                meetingTypes?: components["schemas"]["MeetingType"][];
                /** @description Topic of the meeting. */
                topic?: string;
                /** @description Type of the customer. */
                customerTypeId?: string;
                /** @description Location of the meeting. It takes precedence over `customerLocation`. */
                meetingLocation?: string;
                /** @description Location of the customer. */
                customerLocation?: string;
                /** @description The service group through which the employee takes the meeting. */
                serviceGroup?: string;
                /** @description Explain as if these meetings did not exist. */
                ignoreMeetingIds?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SlotExplained"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_listStored: {
        parameters: {
            query?: {
                /** @description Only time slots of these employees. An empty list means no filter. */
                employeeIds?: string[];
                /** @description Only time slots in these rooms. An empty list means no filter. */
                roomIds?: string[];
                /** @description Only time slots with one of these statuses. An empty list means no filter. */
                statuses?: components["schemas"]["TimeSlotStatus"][];
                /** @description Only time slots that end after this time. */
                from?: string;
                /** @description Only time slots that start before this time. */
                to?: string;
                /** @description Maximum number of time slots in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTimeSlotRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_list: {
        parameters: {
            query: {
                /** @description true: all of `explicitEmployeeIds` must be free at the same time. false: one of them is enough. */
                requireEmployeeParticipation: boolean;
                /** @description Only these employees. An empty list means any employee. */
                explicitEmployeeIds?: string[];
                /** @description Start of the search period. Without it, the search starts now. */
                startDate?: string;
                /** @description Length of the search period, from `startDate`. */
                lookForwardTime?: string;
                /** @description Duration of the meeting. The default is one hour, unless the organisation configures another one. */
                meetingDuration?: string;
                /** @description Topic of the meeting. Also accepted as `topicId`, `theme`, `themeId`. */
                topic?: string;
                /** @description Type of the customer. Also accepted as `customerCategoryId`. */
                customerTypeId?: string;
                /** @description Types of the meeting. An empty list means any type. */
                meetingTypes?: components["schemas"]["MeetingType"][];
                /** @description Location of the customer. The meeting takes place there, unless `meetingLocation` is given. */
                customerLocation?: string;
                /** @description Location of the meeting. It takes precedence over `customerLocation`. */
                meetingLocation?: string;
                /** @description Search as if these meetings did not exist. */
                ignoreMeetingIds?: string[];
                /** @description true: offer physical meetings only where a room is free. */
                requireRoom?: boolean;
                /** @description Only meetings in one of these rooms. */
                specificRooms?: string[];
                /** @description Whether the rules for customers apply. */
                isCustomerInitiated?: boolean;
                /** @description true: search without the minimum notice. */
                ignoreMinimumTimeBeforeBooking?: boolean;
                /** @description true: one time slot for each start and meeting type. */
                getBestTimeSlots?: boolean;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                topicId?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                theme?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                themeId?: string;
                /**
                 * @deprecated
                 * @description The same as `customerTypeId`.
                 */
                customerCategoryId?: string;
                /** @description Maximum number of time slots in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AvailableTimeslot"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_listCompact: {
        parameters: {
            query: {
                /** @description true: all of `explicitEmployeeIds` must be free at the same time. false: one of them is enough. */
                requireEmployeeParticipation: boolean;
                /** @description Only these employees. An empty list means any employee. */
                explicitEmployeeIds?: string[];
                /** @description Start of the search period. Without it, the search starts now. */
                startDate?: string;
                /** @description Length of the search period, from `startDate`. */
                lookForwardTime?: string;
                /** @description Duration of the meeting. The default is one hour, unless the organisation configures another one. */
                meetingDuration?: string;
                /** @description Topic of the meeting. Also accepted as `topicId`, `theme`, `themeId`. */
                topic?: string;
                /** @description Type of the customer. Also accepted as `customerCategoryId`. */
                customerTypeId?: string;
                /** @description Types of the meeting. An empty list means any type. */
                meetingTypes?: components["schemas"]["MeetingType"][];
                /** @description Location of the customer. The meeting takes place there, unless `meetingLocation` is given. */
                customerLocation?: string;
                /** @description Location of the meeting. It takes precedence over `customerLocation`. */
                meetingLocation?: string;
                /** @description Search as if these meetings did not exist. */
                ignoreMeetingIds?: string[];
                /** @description true: offer physical meetings only where a room is free. */
                requireRoom?: boolean;
                /** @description Only meetings in one of these rooms. */
                specificRooms?: string[];
                /** @description Whether the rules for customers apply. */
                isCustomerInitiated?: boolean;
                /** @description true: search without the minimum notice. */
                ignoreMinimumTimeBeforeBooking?: boolean;
                /** @description true: one time slot for each start and meeting type. */
                getBestTimeSlots?: boolean;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                topicId?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                theme?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                themeId?: string;
                /**
                 * @deprecated
                 * @description The same as `customerTypeId`.
                 */
                customerCategoryId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompactAvailability"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_countDays: {
        parameters: {
            query: {
                /** @description true: all of `explicitEmployeeIds` must be free at the same time. false: one of them is enough. */
                requireEmployeeParticipation: boolean;
                /** @description Only these employees. An empty list means any employee. */
                explicitEmployeeIds?: string[];
                /** @description Start of the search period. Without it, the search starts now. */
                startDate?: string;
                /** @description Length of the search period, from `startDate`. */
                lookForwardTime?: string;
                /** @description Duration of the meeting. The default is one hour, unless the organisation configures another one. */
                meetingDuration?: string;
                /** @description Topic of the meeting. Also accepted as `topicId`, `theme`, `themeId`. */
                topic?: string;
                /** @description Type of the customer. Also accepted as `customerCategoryId`. */
                customerTypeId?: string;
                /** @description Types of the meeting. An empty list means any type. */
                meetingTypes?: components["schemas"]["MeetingType"][];
                /** @description Location of the customer. The meeting takes place there, unless `meetingLocation` is given. */
                customerLocation?: string;
                /** @description Location of the meeting. It takes precedence over `customerLocation`. */
                meetingLocation?: string;
                /** @description Search as if these meetings did not exist. */
                ignoreMeetingIds?: string[];
                /** @description true: offer physical meetings only where a room is free. */
                requireRoom?: boolean;
                /** @description Only meetings in one of these rooms. */
                specificRooms?: string[];
                /** @description Whether the rules for customers apply. */
                isCustomerInitiated?: boolean;
                /** @description true: search without the minimum notice. */
                ignoreMinimumTimeBeforeBooking?: boolean;
                /** @description true: one time slot for each start and meeting type. */
                getBestTimeSlots?: boolean;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                topicId?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                theme?: string;
                /**
                 * @deprecated
                 * @description The same as `topic`.
                 */
                themeId?: string;
                /**
                 * @deprecated
                 * @description The same as `customerTypeId`.
                 */
                customerCategoryId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DayCounts"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_reserve: {
        parameters: {
            query?: never;
            header?: {
                /** @description The client's own name for the end user of the reservation, such as an account id. BookMe limits how many holds one end user has at once, and how often one end user holds the same time. BookMe stores only a keyed digest of the name. */
                "BookMe-End-User"?: string;
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reservation"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_listHeld: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
                /** @description Only the hold with this token. */
                token?: string;
                /** @description Only holds whose reservation had this `customerId`. */
                customerId?: string;
                /** @description Only holds with this status: `Reserved` or `Booked`, in any letter case. */
                status?: components["schemas"]["TimeSlotStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldTimeSlot"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The time slot's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The time slot's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_patch: {
        parameters: {
            query?: {
                /** @description Token of the reservation. If it is given, it must match. */
                reservationToken?: string;
            };
            header?: never;
            path: {
                /** @description The time slot's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeSlots_extend: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The time slot's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeSlot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_list: {
        parameters: {
            query?: {
                /** @description Only the meeting of this time slot. */
                timeSlotId?: string;
                /** @description Only meetings in which this employee takes part, also as additional employee. */
                employeeId?: string;
                /** @description Only meetings of this customer, in the client's own name. */
                customerId?: string;
                /** @description Only meetings on this topic. */
                topicId?: string;
                /** @description Only meetings of one of these types. An empty list means no filter. */
                type?: components["schemas"]["MeetingType"][];
                /** @description Only meetings with one of these statuses. Without it, only `Planned` ones. */
                status?: components["schemas"]["MeetingState"][];
                /** @description Only meetings that end after this time. */
                from?: string;
                /** @description Only meetings that start before this time. */
                to?: string;
                /** @description Last changed or cancelled at or after this. */
                startDateModified?: string;
                /** @description Last changed or cancelled before this. */
                endDateModified?: string;
                /** @description Order by last change (`dateModified`) or by start (`startDate`); with `-`, the last first. */
                sort?: components["schemas"]["MeetingOrder"];
                /** @description The most meetings in one answer; 10,000 without it. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateMeetingRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_update: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"] | components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_delete: {
        parameters: {
            query?: {
                /** @description Reason of the cancellation, stored with the meeting. */
                reason?: string;
            };
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelledMeeting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_patch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_move: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoveMeeting"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Meeting"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Meetings_generateICal: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["MeetingICalRequest"];
            };
        };
        responses: {
            /** @description The calendar file. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_vacancies: {
        parameters: {
            query: {
                /** @description The id of the location. */
                location: string;
                /** @description A time slot of this client. The listed rooms are free during the whole time slot. */
                timeSlotId: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    WorkingHours_get: {
        parameters: {
            query?: {
                /** @description The date in the organisation's time zone. The default is today. */
                date?: string;
                /** @description Only these employees. An empty list means all employees. */
                employeeIds?: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkingDay"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Invitations_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The meeting's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CustomerTypes_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerType"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CustomerTypes_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCustomerTypeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerType"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CustomerTypes_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The customer type's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerType"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CustomerTypes_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The customer type's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CustomerTypes_patch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The customer type's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerType"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_all: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Employee"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The employee's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Employee"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_all: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The room's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Organization_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Organization_patch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrganizationSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ClosingDays_list: {
        parameters: {
            query?: {
                /** @description Only closing days on or after this date. */
                from?: string;
                /** @description Only closing days on or before this date. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosingDay"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ClosingDays_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClosingDay"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosingDay"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ClosingDays_addHolidays: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NationalHolidays"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClosingDay"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ClosingDays_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The local date, such as 2026-12-24. */
                date: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    AdvisorPriorityLevels_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdvisorPriorityLevel"][];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    AdvisorPriorityLevels_put: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdvisorPriorityLevel"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdvisorPriorityLevel"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    AllowedOptions_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AllowedOptions"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    TimeZones_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimeZone"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_listSettings: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmployeeSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_createSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmployeeSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmployeeSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The employee's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmployeeSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_deleteSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The employee's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Employees_patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The employee's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EmployeeSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_listSettings: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_createSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The room's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_deleteSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The room's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Rooms_patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The room's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoomSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Locations_listSettings: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Locations_createSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LocationSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Locations_getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The location's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Locations_deleteSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The location's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Locations_patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The location's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CompetenceGroups_listSettings: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompetenceGroupSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CompetenceGroups_createSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompetenceGroupSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompetenceGroupSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CompetenceGroups_getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The competence group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompetenceGroupSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CompetenceGroups_deleteSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The competence group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    CompetenceGroups_patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The competence group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompetenceGroupSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ServiceGroups_listSettings: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceGroupSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ServiceGroups_createSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServiceGroupSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceGroupSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ServiceGroups_getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The service group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceGroupSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ServiceGroups_deleteSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The service group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    ServiceGroups_patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The service group's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceGroupSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_list: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
                /** @description Only calendars of this employee. */
                employeeId?: string;
                /** @description Only calendars of this room. */
                roomId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalendarSettings"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The calendar's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The calendar's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_patch: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The calendar's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_refresh: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The calendar's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Calendars_putFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The calendar's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/calendar": string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalendarSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Feeds_list: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
                /** @description Only feeds of this employee. */
                employeeId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feed"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Feeds_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateFeed"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeedWithUrl"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Feeds_get: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. If the resource still has it, the answer is 304. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The feed's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feed"];
                };
            };
            /** @description The client has this version (`If-None-Match`). */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Feeds_delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the resource must have. If it has another one, the answer is 412 and nothing changes. */
                "If-Match"?: string;
                /** @description An `ETag` that the resource must not have. If it has this one, the answer is 412 and nothing changes. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The feed's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Feeds_read: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the reader has. */
                "If-None-Match"?: string;
                /** @description The `Last-Modified` that the reader has. */
                "If-Modified-Since"?: string;
            };
            path: {
                /** @description The secret part of the feed's address. */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The feed. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    "Last-Modified": components["headers"]["Last-Modified"];
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
            /** @description The reader has this version. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    "Last-Modified": components["headers"]["Last-Modified"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Events_list: {
        parameters: {
            query?: {
                /** @description Only events of these types. */
                types?: components["schemas"]["EventKind"][];
                /** @description Maximum number of events in one answer. */
                limit?: number;
                /** @description The `cursor` of the previous page. Without a cursor, the list starts at the first event. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_list: {
        parameters: {
            query?: {
                /** @description Maximum number of entries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhook"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatchOperation"][];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_rotateSecret: {
        parameters: {
            query?: {
                /** @description Time for which the old secret also signs: one day by default, 30 days at most. Use zero if the secret has leaked. */
                gracePeriod?: string;
            };
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateSecretRequest"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_listDeliveries: {
        parameters: {
            query?: {
                /** @description Only deliveries with this status. */
                status?: components["schemas"]["DeliveryStatus"];
                /** @description Maximum number of deliveries in one answer. */
                limit?: number;
                /** @description The cursor from the `Link` header of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The webhook's id. */
                id: string;
                /** @description The delivery's id. */
                delivery: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryInFull"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Webhooks_redeliver: {
        parameters: {
            query?: never;
            header?: {
                /** @description Within a day, a repeat of this request with the same key gets the same outcome. Another request with the same key is answered 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The webhook's id. */
                id: string;
                /** @description The delivery's id. */
                delivery: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    Health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
        };
    };
    Health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description The database or the workflow engine cannot be used, or the process is stopping. The answer says which. */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    Metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics in the text format of Prometheus. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
}
