CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE organisation (
    id integer PRIMARY KEY,
    name varchar NOT NULL,
    email varchar NOT NULL,
    time_zone varchar NOT NULL,
    slot_interval interval NOT NULL,
    default_duration interval NOT NULL,
    default_look_forward interval NOT NULL,
    max_look_forward interval NOT NULL,
    max_time_from_booking_to_meeting interval NOT NULL,
    buffer_between_meetings interval NOT NULL,
    working_time_buffer interval NOT NULL,
    opens time,
    closes time,
    max_meeting_time_per_day interval,
    priority_levels jsonb NOT NULL,
    calendar_title varchar,
    calendar_description varchar,
    CONSTRAINT organisation_is_one CHECK (id = 1)
);

CREATE TABLE location (
    id varchar PRIMARY KEY,
    display_name varchar NOT NULL,
    require_available_room boolean NOT NULL,
    add_rooms_to_booked_meetings boolean NOT NULL
);

CREATE TABLE topic (
    id uuid PRIMARY KEY,
    unique_topic_id varchar NOT NULL CONSTRAINT topic_unique_topic_id_is_unique UNIQUE,
    name varchar NOT NULL,
    parent_id uuid REFERENCES topic,
    "order" integer,
    is_customer_bookable boolean NOT NULL
);

CREATE TABLE customer_type (
    id uuid PRIMARY KEY,
    name varchar NOT NULL CONSTRAINT customer_type_name_is_unique UNIQUE
);

CREATE TABLE topic_customer_type (
    topic_id uuid REFERENCES topic ON DELETE CASCADE,
    customer_type_id uuid REFERENCES customer_type,
    PRIMARY KEY (topic_id, customer_type_id)
);

CREATE TABLE employee (
    id uuid PRIMARY KEY,
    display_name varchar NOT NULL,
    first_name varchar NOT NULL,
    last_name varchar NOT NULL,
    email varchar NOT NULL,
    initials varchar NOT NULL,
    location varchar REFERENCES location,
    external_id varchar,
    can_be_booked boolean NOT NULL,
    is_only_explicitly_available boolean NOT NULL,
    max_meeting_time_per_day interval
);

CREATE TABLE workday (
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    weekday integer,
    starts time,
    ends time NOT NULL,
    location varchar NOT NULL REFERENCES location,
    meeting_types text[] NOT NULL,
    PRIMARY KEY (employee_id, weekday, starts),
    CONSTRAINT workday_weekday_is_iso CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT workday_is_not_overnight CHECK (starts < ends OR ends = '00:00'),
    CONSTRAINT working_spans_of_a_weekday_do_not_overlap EXCLUDE USING gist (
        employee_id WITH =,
        weekday WITH =,
        numrange(
            extract(epoch FROM starts), CASE ends WHEN '00:00' THEN 86400 ELSE extract(epoch FROM ends) END
        ) WITH &&
    )
);

CREATE TABLE employee_topic (
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    topic_id uuid REFERENCES topic,
    PRIMARY KEY (employee_id, topic_id)
);

CREATE TABLE employee_customer_type (
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    customer_type_id uuid REFERENCES customer_type,
    PRIMARY KEY (employee_id, customer_type_id)
);

CREATE TABLE room (
    id uuid PRIMARY KEY,
    name varchar NOT NULL,
    email varchar NOT NULL,
    location varchar NOT NULL REFERENCES location,
    can_be_booked boolean NOT NULL
);

CREATE TABLE closing_day (
    day date PRIMARY KEY,
    name varchar NOT NULL
);

CREATE TABLE competence_group (
    id uuid PRIMARY KEY,
    name varchar NOT NULL CONSTRAINT competence_group_name_is_unique UNIQUE,
    parent_id uuid REFERENCES competence_group
);

CREATE TABLE competence_group_topic (
    group_id uuid REFERENCES competence_group ON DELETE CASCADE,
    topic_id uuid REFERENCES topic,
    PRIMARY KEY (group_id, topic_id)
);

CREATE TABLE competence_group_customer_type (
    group_id uuid REFERENCES competence_group ON DELETE CASCADE,
    customer_type_id uuid REFERENCES customer_type,
    PRIMARY KEY (group_id, customer_type_id)
);

CREATE TABLE competence_group_member (
    group_id uuid REFERENCES competence_group ON DELETE CASCADE,
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    PRIMARY KEY (group_id, employee_id)
);

CREATE TABLE service_group (
    id uuid PRIMARY KEY,
    name varchar NOT NULL CONSTRAINT service_group_name_is_unique UNIQUE,
    label varchar,
    meeting_types text[] NOT NULL,
    max_meeting_time_per_day interval
);

CREATE TABLE service_group_topic (
    group_id uuid REFERENCES service_group ON DELETE CASCADE,
    topic_id uuid REFERENCES topic,
    PRIMARY KEY (group_id, topic_id)
);

CREATE TABLE service_group_customer_type (
    group_id uuid REFERENCES service_group ON DELETE CASCADE,
    customer_type_id uuid REFERENCES customer_type,
    PRIMARY KEY (group_id, customer_type_id)
);

CREATE TABLE service_group_customer_location (
    group_id uuid REFERENCES service_group ON DELETE CASCADE,
    location_id varchar REFERENCES location,
    PRIMARY KEY (group_id, location_id)
);

CREATE TABLE service_group_location (
    group_id uuid REFERENCES service_group ON DELETE CASCADE,
    location_id varchar REFERENCES location,
    PRIMARY KEY (group_id, location_id)
);

CREATE TABLE service_group_member (
    group_id uuid REFERENCES service_group ON DELETE CASCADE,
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    PRIMARY KEY (group_id, employee_id)
);

CREATE TABLE calendar (
    id uuid PRIMARY KEY,
    employee_id uuid REFERENCES employee ON DELETE CASCADE,
    name varchar NOT NULL,
    url varchar,
    content varchar,
    busy_times integer NOT NULL,
    imported_at timestamptz,
    failed_at timestamptz,
    failure varchar,
    room_id uuid REFERENCES room ON DELETE CASCADE,
    CONSTRAINT calendar_has_one_owner CHECK (num_nonnulls(employee_id, room_id) = 1)
);
CREATE INDEX calendar_by_employee ON calendar (employee_id);
CREATE INDEX calendar_by_room ON calendar (room_id);

CREATE TABLE time_slot (
    id uuid PRIMARY KEY,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    status text NOT NULL,
    employee_id uuid REFERENCES employee,
    room_id uuid REFERENCES room,
    service_group varchar,
    booking_key uuid NOT NULL,
    version integer NOT NULL,
    hold_expires_at timestamptz,
    client_id varchar,
    reservation_token varchar,
    asked_at timestamptz,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    calendar_id uuid REFERENCES calendar ON DELETE CASCADE,
    companion_of uuid REFERENCES time_slot ON DELETE CASCADE,
    additional_employees uuid[] NOT NULL DEFAULT '{}',
    existing_meeting_id uuid,
    CONSTRAINT time_slot_ends_after_it_starts CHECK (start_at < end_at),
    CONSTRAINT time_slot_status_is_known CHECK (status IN (
        'Reserved', 'Booked', 'Busy', 'ExtraOpen', 'WorkingFromElsewhere', 'AvailableForWork',
        'BusyAppointmentInstance', 'BusyAppointmentOccurence', 'BusyEventInstance', 'BusyEventOccurence',
        'PreProcessing', 'PostProcessing', 'TravelTime'
    )),
    CONSTRAINT time_slot_hold_has_an_owner CHECK (
        hold_expires_at IS NULL
        OR (client_id IS NOT NULL AND (reservation_token IS NOT NULL OR companion_of IS NOT NULL))
    ),
    CONSTRAINT time_slot_has_an_employee_or_a_rooms_calendar CHECK (
        employee_id IS NOT NULL OR (room_id IS NOT NULL AND calendar_id IS NOT NULL)
    ),
    CONSTRAINT no_two_bookings_of_one_employee_overlap EXCLUDE USING gist (
        employee_id WITH =, booking_key WITH <>, tstzrange(start_at, end_at) WITH &&
    ) WHERE (status IN ('Booked', 'PostProcessing', 'PreProcessing', 'Reserved', 'TravelTime')),
    CONSTRAINT no_two_bookings_of_one_room_overlap EXCLUDE USING gist (
        room_id WITH =, booking_key WITH <>, tstzrange(start_at, end_at) WITH &&
    ) WHERE (status IN ('Booked', 'PostProcessing', 'PreProcessing', 'Reserved', 'TravelTime'))
);
CREATE INDEX hold_to_move_a_meeting ON time_slot (existing_meeting_id)
    WHERE existing_meeting_id IS NOT NULL AND hold_expires_at IS NOT NULL;
CREATE UNIQUE INDEX one_hold_per_token ON time_slot (client_id, reservation_token) WHERE hold_expires_at IS NOT NULL;
CREATE INDEX time_slot_by_calendar_id ON time_slot (calendar_id);
CREATE INDEX time_slot_by_companion_of ON time_slot (companion_of);
CREATE INDEX time_slot_by_employee ON time_slot (employee_id, end_at);
CREATE INDEX time_slot_by_end ON time_slot (end_at);
CREATE INDEX time_slot_by_room ON time_slot (room_id, end_at);

CREATE TABLE meeting (
    id uuid PRIMARY KEY,
    time_slot_id uuid REFERENCES time_slot CONSTRAINT meeting_time_slot_id_is_unique UNIQUE,
    client_id varchar NOT NULL,
    booked_by varchar NOT NULL,
    type varchar NOT NULL,
    topic_id uuid NOT NULL REFERENCES topic,
    customer_type_id uuid NOT NULL REFERENCES customer_type,
    employee_id uuid NOT NULL REFERENCES employee,
    room_id uuid REFERENCES room,
    customer_id varchar NOT NULL,
    title varchar,
    description varchar,
    video_link varchar,
    additional_employees uuid[] NOT NULL,
    salesforce_id varchar,
    sequence integer NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    cancelled_at timestamptz,
    cancel_reason varchar,
    run_opened_at timestamptz,
    CONSTRAINT meeting_has_its_time_slot_or_is_cancelled CHECK ((time_slot_id IS NULL) = (cancelled_at IS NOT NULL))
);
CREATE INDEX meeting_by_additional_employee ON meeting USING gin (additional_employees);
CREATE INDEX meeting_by_employee ON meeting (employee_id, end_at);
CREATE INDEX meeting_by_modified_at ON meeting (modified_at, id);
CREATE INDEX meeting_without_a_run ON meeting (start_at, id) WHERE run_opened_at IS NULL AND cancelled_at IS NULL;

CREATE TABLE booking_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind varchar NOT NULL,
    client_id varchar NOT NULL,
    reservation_token varchar NOT NULL,
    time_slot_id uuid NOT NULL,
    meeting_id uuid,
    facts jsonb NOT NULL,
    booking_key uuid NOT NULL,
    position bigint CONSTRAINT booking_event_position_is_unique UNIQUE,
    public_id uuid NOT NULL DEFAULT gen_random_uuid()
);
CREATE INDEX booking_event_by_client_position ON booking_event (client_id, position);
CREATE INDEX booking_event_by_meeting ON booking_event (meeting_id, id);
CREATE INDEX booking_event_by_time_slot ON booking_event (time_slot_id, id);
CREATE INDEX booking_event_unpublished ON booking_event (id) WHERE position IS NULL;

CREATE TABLE refused_step (
    step_id uuid PRIMARY KEY,
    reason varchar NOT NULL,
    message varchar NOT NULL,
    facts jsonb NOT NULL,
    refused_at timestamptz NOT NULL
);

CREATE TABLE end_user_hold (
    time_slot_id uuid PRIMARY KEY,
    end_user varchar NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    employees uuid[] NOT NULL,
    room_id uuid,
    at timestamptz NOT NULL
);
CREATE INDEX end_user_hold_by_at ON end_user_hold (at);
CREATE INDEX end_user_hold_by_end_user ON end_user_hold (end_user, at);

CREATE TABLE digest_key (
    id integer PRIMARY KEY,
    key bytea NOT NULL,
    CONSTRAINT digest_key_is_one CHECK (id = 1)
);

CREATE TABLE idempotency_key (
    key varchar PRIMARY KEY,
    fingerprint varchar NOT NULL,
    used_at timestamptz NOT NULL,
    made jsonb,
    refused jsonb,
    CONSTRAINT idempotency_key_has_one_outcome CHECK (made IS NULL OR refused IS NULL)
);
CREATE INDEX idempotency_key_by_used_at ON idempotency_key (used_at);

CREATE TABLE feed (
    id uuid PRIMARY KEY,
    employee_id uuid NOT NULL REFERENCES employee ON DELETE CASCADE,
    name varchar NOT NULL,
    content varchar NOT NULL,
    secret_hash bytea NOT NULL CONSTRAINT feed_secret_hash_is_unique UNIQUE,
    content_hash bytea,
    changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    version bytea
);
CREATE INDEX feed_by_employee_id ON feed (employee_id);

CREATE TABLE invitation (
    message_id varchar PRIMARY KEY,
    meeting_id uuid NOT NULL REFERENCES meeting ON DELETE CASCADE,
    sequence integer NOT NULL,
    method varchar NOT NULL,
    employee_id uuid,
    room_id uuid,
    recipient varchar NOT NULL,
    status varchar NOT NULL,
    attempts integer NOT NULL,
    failure varchar,
    claimed_until timestamptz,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX invitation_by_meeting_id ON invitation (meeting_id);

CREATE TABLE webhook (
    id uuid PRIMARY KEY,
    client_id varchar NOT NULL,
    url varchar NOT NULL,
    description varchar,
    event_types text[] NOT NULL,
    every_client boolean NOT NULL,
    secret varchar NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    former_secrets jsonb NOT NULL,
    every_client_until timestamptz,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    paused_until timestamptz
);
CREATE INDEX webhook_by_client_id ON webhook (client_id);

CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhook ON DELETE CASCADE,
    event_id bigint NOT NULL REFERENCES booking_event ON DELETE CASCADE,
    position bigint NOT NULL,
    booking_key uuid NOT NULL,
    status varchar NOT NULL,
    attempts integer NOT NULL,
    retries integer NOT NULL,
    next_attempt_at timestamptz,
    handed_over_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL,
    asked_again_at timestamptz,
    CONSTRAINT webhook_delivery_webhook_id_event_id_is_unique UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_delivery_by_event_id ON webhook_delivery (event_id);
CREATE INDEX webhook_delivery_by_webhook_position ON webhook_delivery (webhook_id, position);
CREATE INDEX webhook_delivery_not_handed_over ON webhook_delivery (position)
    WHERE status = 'Pending' AND handed_over_at IS NULL;
CREATE INDEX webhook_delivery_pending ON webhook_delivery (webhook_id, booking_key, position)
    WHERE status = 'Pending';
CREATE INDEX webhook_delivery_pending_by_position ON webhook_delivery (webhook_id, position) WHERE status = 'Pending';

CREATE TABLE webhook_attempt (
    delivery_id uuid REFERENCES webhook_delivery ON DELETE CASCADE,
    number integer,
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    response_status integer,
    response varchar,
    failure varchar,
    PRIMARY KEY (delivery_id, number)
);
