"""Demo data: the invented organisation Nordhavn Bank. Its people do not exist, and its mail domain is reserved."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from domain.meetings import MeetingType
from storage.tables.organisation import (
    CustomerTypeRow,
    EmployeeCustomerTypeRow,
    EmployeeRow,
    EmployeeTopicRow,
    LocationRow,
    OrganisationRow,
    RoomRow,
    TopicCustomerTypeRow,
    TopicRow,
    WorkdayRow,
)

NAMESPACE: Final = UUID("6f0d9f54-3c5e-5a0e-9a3e-6e6f72646876")
DOMAIN: Final = "nordhavn.example.com"

CITY, HARBOUR, ODENSE, AALBORG = "copenhagen-city", "aarhus-harbour", "odense-centre", "aalborg-east"
LOCATIONS: Final = (
    {"id": CITY, "display_name": "København City", "require_available_room": True},
    {"id": HARBOUR, "display_name": "Aarhus Havn", "require_available_room": True},
    {"id": ODENSE, "display_name": "Odense Centrum", "require_available_room": False},
    {"id": AALBORG, "display_name": "Aalborg Øst", "require_available_room": False},
)

PRIVATE, BUSINESS, WEALTH = "Private", "Business", "Private Banking"
CUSTOMER_TYPES: Final = (PRIVATE, BUSINESS, WEALTH)

HOME, INVEST, PENSION, COMPANY, REVIEW = "home-loan", "investment", "pension", "company-loan", "credit-review"
TOPICS: Final = (
    {"unique_topic_id": HOME, "name": "Buying a home", "order": 1},
    {"unique_topic_id": INVEST, "name": "Savings and investment", "order": 2},
    {"unique_topic_id": PENSION, "name": "Pension", "order": 3},
    {"unique_topic_id": COMPANY, "name": "Financing your company", "order": 4},
    {"unique_topic_id": REVIEW, "name": "Credit review", "order": 5, "is_customer_bookable": False},
)
TOPIC_CUSTOMER_TYPES: Final = ((COMPANY, BUSINESS),)

ROOMS: Final = (
    ("Øresund", CITY, True),
    ("Nyhavn", CITY, True),
    ("Kastellet", CITY, True),
    ("Direktionen", CITY, False),
    ("Bugten", HARBOUR, True),
    ("Molen", HARBOUR, True),
    ("Samsø", HARBOUR, True),
    ("Åen", ODENSE, True),
    ("Eventyret", ODENSE, True),
    ("Limfjorden", AALBORG, True),
)

ANY: Final = (MeetingType.PHYSICAL, MeetingType.ONLINE, MeetingType.TELEPHONE)
REMOTE: Final = (MeetingType.ONLINE, MeetingType.TELEPHONE)
VISITS: Final = (*ANY, MeetingType.OFFSITE)


@dataclass(frozen=True)
class Days:
    """Weekdays ("135": Monday, Wednesday, Friday) with the same working hours, meeting types and location.

    `starts` and `ends` are local times (`hh:mm`). Without `location`, the location of the person applies.
    """

    weekdays: str
    starts: str
    ends: str
    types: tuple[MeetingType, ...] = ANY
    location: str | None = None


@dataclass(frozen=True)
class DemoPerson:
    first_name: str
    last_name: str
    location: str
    week: tuple[Days, ...]
    topics: tuple[str, ...] = ()
    customer_types: tuple[str, ...] = ()
    can_be_booked: bool = True
    is_only_explicitly_available: bool = False


OFFICE: Final = (Days("1234", "09:00", "16:00"), Days("5", "09:00", "15:00"))
LATE_THURSDAY: Final = (Days("123", "09:30", "16:00"), Days("4", "10:00", "18:00"), Days("5", "09:30", "14:00"))

PEOPLE: Final = (
    DemoPerson("Freja", "Lindqvist", CITY, OFFICE),
    DemoPerson("Magnus", "Østergaard", CITY, LATE_THURSDAY, (HOME, INVEST)),
    DemoPerson("Sigrid", "Bjørnstad", CITY, OFFICE, (INVEST, PENSION), (WEALTH,)),
    DemoPerson("Aksel", "Højlund", CITY, (Days("1234", "08:00", "16:00", VISITS),), (COMPANY, REVIEW), (BUSINESS,)),
    DemoPerson("Liv", "Thorsen", CITY, (Days("12345", "08:00", "12:00"),), (HOME,), (PRIVATE,)),
    DemoPerson("Emil", "Søndergaard", HARBOUR, OFFICE, (HOME, PENSION)),
    DemoPerson("Ingrid", "Kjeldsen", HARBOUR, (Days("1245", "09:00", "16:00"), Days("3", "09:00", "16:00", ANY, CITY))),
    DemoPerson("Oskar", "Vestergård", HARBOUR, LATE_THURSDAY, (COMPANY,), (BUSINESS,)),
    DemoPerson("Astrid", "Møller", ODENSE, OFFICE, (HOME, INVEST, PENSION), (PRIVATE, WEALTH)),
    DemoPerson("Nils", "Hedegaard", ODENSE, (Days("123", "10:00", "17:00"), Days("45", "10:00", "16:00", REMOTE))),
    DemoPerson("Solveig", "Dahl", AALBORG, (Days("12345", "12:00", "20:00", REMOTE),), (INVEST, PENSION)),
    DemoPerson("Rasmus", "Nygaard", AALBORG, OFFICE, (HOME, COMPANY), (PRIVATE, BUSINESS)),
    DemoPerson("Karin", "Falkenberg", CITY, OFFICE, (INVEST,), (WEALTH,), is_only_explicitly_available=True),
    DemoPerson("Torben", "Ravn", HARBOUR, OFFICE, (REVIEW,), can_be_booked=False),
)


async def seed(session: AsyncSession) -> None:
    """Add the demo data that is missing. Existing rows stay as they are, with all their changes."""
    organisation = {"id": 1, "name": "Nordhavn Bank", "email": f"booking@{DOMAIN}", "time_zone": "Europe/Copenhagen"}
    await _add(session, OrganisationRow, [organisation])
    await _add(session, LocationRow, LOCATIONS)
    await _add(session, RoomRow, map(_room, ROOMS))
    await _add(session, CustomerTypeRow, ({"id": identity(name), "name": name} for name in CUSTOMER_TYPES))
    new_topics = await _add(session, TopicRow, map(_topic, TOPICS))
    new_people = await _add(session, EmployeeRow, map(_employee, PEOPLE))
    await _add_links(session, new_topics, [person for person in PEOPLE if _person_id(person) in new_people])


async def _add_links(session: AsyncSession, new_topics: set[Any], new_people: list[DemoPerson]) -> None:
    """Add workdays and links for new topics and employees only, so that a link that a user removed stays removed."""
    topics = await _ids(session, TopicRow.unique_topic_id, TopicRow.id)
    types = await _ids(session, CustomerTypeRow.name, CustomerTypeRow.id)
    restrictions = [(topics[topic], types[kind]) for topic, kind in TOPIC_CUSTOMER_TYPES if topics[topic] in new_topics]
    await _add(session, WorkdayRow, (day for person in new_people for day in _workdays(person)))
    await _add(session, TopicCustomerTypeRow, ({"topic_id": a, "customer_type_id": b} for a, b in restrictions))
    await _add(session, EmployeeTopicRow, _links(new_people, "topics", "topic_id", topics))
    await _add(session, EmployeeCustomerTypeRow, _links(new_people, "customer_types", "customer_type_id", types))


async def _add(session: AsyncSession, table: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> set[Any]:
    """Insert the rows that are missing. Return the ids (first primary key column) of the inserted rows."""
    complete = [table(**row).model_dump() for row in rows]
    if not complete:
        return set()
    key = sa.inspect(table).primary_key[0]
    added = await session.execute(insert(table).values(complete).on_conflict_do_nothing().returning(key))
    return set(added.scalars())


async def _ids(session: AsyncSession, name: Any, key: Any) -> dict[str, UUID]:  # noqa: ANN401 - columns of SQLModel are typed as their values
    found = await session.execute(sa.select(name, key))
    return {row[0]: row[1] for row in found}


def identity(name: str) -> UUID:
    """Return the id for a name. The same name has the same id on every machine."""
    return uuid5(NAMESPACE, name)


def _person_id(person: DemoPerson) -> UUID:
    return identity(f"{person.first_name} {person.last_name}")


def _mail(name: str) -> str:
    """Return the mail address for a name, with Danish letters replaced by ASCII letters."""
    spelled = name.lower().replace("ø", "oe").replace("å", "aa").replace("æ", "ae").replace(" ", ".")
    return f"{unicodedata.normalize('NFKD', spelled).encode('ascii', 'ignore').decode()}@{DOMAIN}"


def _room(room: tuple[str, str, bool]) -> dict[str, Any]:
    name, location, can_be_booked = room
    fixed = {"id": identity(f"{location}/{name}"), "email": _mail(f"room {name}")}
    return fixed | {"name": name, "location": location, "can_be_booked": can_be_booked}


def _topic(topic: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": identity(topic["unique_topic_id"]), **topic}


def _employee(person: DemoPerson) -> dict[str, Any]:
    name = f"{person.first_name} {person.last_name}"
    return {
        "id": _person_id(person),
        "display_name": name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": _mail(name),
        "initials": (person.first_name[0] + person.last_name[:2]).upper(),
        "location": person.location,
        "can_be_booked": person.can_be_booked,
        "is_only_explicitly_available": person.is_only_explicitly_available,
    }


def _workdays(person: DemoPerson) -> Iterable[dict[str, Any]]:
    for days in person.week:
        for weekday in days.weekdays:
            yield {
                "employee_id": _person_id(person),
                "weekday": int(weekday),
                "starts": time.fromisoformat(days.starts),
                "ends": time.fromisoformat(days.ends),
                "location": days.location or person.location,
                "meeting_types": [str(kind) for kind in days.types],
            }


def _links(people: Iterable[DemoPerson], skill: str, column: str, ids: Mapping[str, UUID]) -> Iterable[dict[str, Any]]:
    for person in people:
        for name in getattr(person, skill):
            yield {"employee_id": _person_id(person), column: ids[name]}
