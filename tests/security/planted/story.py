"""A booking and everything around it, in which every text that can be given is a planted one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from config.ports import LOOPBACK, free_port
from tests.integration.api.support import EVERY_SCOPE, FREJA, INGRID, answered, ok
from tests.security.planted.stage import PlantedStack
from tests.security.planted.texts import Markers
from tests.support.clients import ApiClient, Json, reservation
from workflows.common.runs import REFRESH_CALENDARS_SCHEDULE

CONFIG: Final = "/bookme/config"
EVENT: Final = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:1\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@dataclass
class Scenario:
    stage: PlantedStack
    client: ApiClient
    staff: ApiClient
    booked: Json
    content: Json
    meeting: Json
    later: Json
    """A time slot that is free."""

    @classmethod
    async def begun(cls, stage: PlantedStack) -> Self:
        """Up to the meeting. Nobody has been told of it yet."""
        client, staff = await stage.authorised("demo"), await stage.authorised("staff", EVERY_SCOPE)
        await configure(stage, staff)
        await subscribe(stage, client)
        markers = stage.markers
        offered = await client.search(
            explicitEmployeeIds=f"{FREJA},{INGRID}", requireEmployeeParticipation="true", meetingTypes="online"
        )
        held = await reserved(client, offered[0], markers)
        token = markers("reservation token")
        booked = await answered(lambda: client.book(held["id"], reservationToken=token))
        content = await client.meeting(booked) | said(markers, "title", "description", "customerId", "salesforceId")
        key = {"Idempotency-Key": markers("Idempotency-Key of the meeting")}
        meeting = await answered(lambda: client.post("/bookme/meetings", content, **key))
        return cls(stage, client, staff, booked, content, meeting, offered[-1])

    async def told(self) -> None:
        """The first mails and the first events have gone out, at the second try."""
        await self.until("SELECT status FROM invitation", lambda statuses: sorted(statuses) == ["Failed", "Sent"])
        await self.until("SELECT status FROM webhook_delivery", lambda statuses: "Delivered" in statuses)
        assert {mail.message["Subject"] for mail in self.stage.post.taken} == {self.stage.markers("title")}
        assert len({request.id for request in self.stage.receiver.received}) < len(self.stage.receiver.received)

    async def finish(self) -> None:
        """Changed, shown, moved and cancelled."""
        path, markers = f"/bookme/meetings/{self.meeting['id']}", self.stage.markers
        texts = said(markers, "title", "description", "salesforceId", which="another ")
        texts["videoLink"] = f"https://video.example.com/{markers('another videoLink')}"
        patch = [{"op": "replace", "path": f"/{name}", "value": text} for name, text in texts.items()]
        await answered(lambda: self.ask("PATCH", path, json=patch))
        shown = said(markers, "title", "description", "location", which="shown ")
        assert markers("shown title") in (await self.ask("POST", f"{path}/ical", json=shown)).text
        await answered(lambda: self.ask("POST", f"{path}/move", json={"startDate": self.later["startDate"]}))
        await answered(lambda: self.ask("DELETE", path, params={"reason": markers("reason to cancel")}))
        ok(await self.staff.get(f"{path}/invitations"))
        over = "SELECT count(*) FILTER (WHERE status = 'Pending') = 0 AND count(*) > 2 AS status FROM invitation"
        await self.until(over, lambda statuses: statuses == [True])

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:  # noqa: ANN401 - httpx's
        headers = self.client.headers | (headers or {})
        return await self.client.http.request(method, path, headers=headers, **options)

    async def until(self, sql: str, is_so: Callable[[list[Any]], bool]) -> None:
        async def looks_so() -> bool:
            rows = await self.stage.topology.query(sql)
            return is_so([row["status"] for row in rows])

        await self.stage.topology.until(looks_so)


def said(markers: Markers, *names: str, which: str = "") -> Json:
    return {name: markers(f"{which}{name}") for name in names}


async def reserved(client: ApiClient, slot: Json, markers: Markers) -> Json:
    body = reservation(slot, markers("reservation token")) | said(markers, "customerId")
    others = [each for each in (FREJA, INGRID) if each != slot["employeeId"]]
    body["timeSlot"] |= {"additionalEmployees": others, "serviceGroup": markers("service group")}
    names = {"Idempotency-Key": markers("Idempotency-Key"), "BookMe-End-User": markers("end user")}
    return await answered(lambda: client.post("/bookme/time-slots/reserve", body, **names))


async def configure(stage: PlantedStack, staff: ApiClient) -> None:
    """People, the calendars that they have elsewhere and cannot be read, and a feed of ours."""
    await name_people(stage, staff)
    await connect_calendars(stage, staff)
    feed = ok(await staff.post(f"{CONFIG}/feeds", {"employeeId": FREJA, "name": stage.markers("name of a feed")}))
    stage.markers.tell("address of a feed", feed["url"].rpartition("/")[2].removesuffix(".ics"))
    assert (await stage.http.get(feed["url"])).status_code == 200
    assert (await stage.http.head(feed["url"])).status_code == 200


async def name_people(stage: PlantedStack, staff: ApiClient) -> None:
    """The mail server knows one of them, and says of the other that it does not."""
    for employee, known_as in ((FREJA, "Freja"), (INGRID, "Ingrid")):
        address = f"{stage.markers(f'mail address of {known_as}')}@nordhavn.example.com"
        names = ("displayName", "firstName", "lastName", "initials", "externalId")
        texts = said(stage.markers, *names, which=f"{known_as}'s ") | {"email": address}
        patch = [{"op": "add", "path": f"/{name}", "value": text} for name, text in texts.items()]
        ok(await staff.http.patch(f"{CONFIG}/employees/{employee}", json=patch, headers=staff.headers))
    stage.post.of_recipients[address] = [f"550 5.1.1 {address} is unknown"]


async def connect_calendars(stage: PlantedStack, staff: ApiClient) -> None:
    """One whose content is wrong, and one that is not there. The API reads them, and then a worker does."""
    markers, secret = stage.markers, stage.markers("address of a calendar elsewhere")
    stage.feed.body = EVENT.format(f"SUMMARY:{markers('event elsewhere')}\r\nDTSTART:{markers('no date')}\r\n").encode()
    user = f"user:{markers('password in an address')}@"
    for url in (stage.feed.url, f"http://{LOOPBACK}:{free_port()}/"):
        address = url.replace("//", f"//{user}") + f"?key={secret}"
        calendar = {"employeeId": FREJA, "name": markers("name of a calendar"), "url": address}
        assert ok(await staff.post(f"{CONFIG}/calendars", calendar))["failure"]
    client = await stage.topology.engine()
    await client.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE).trigger()


async def subscribe(stage: PlantedStack, client: ApiClient) -> None:
    """One receiver that takes its events at the second try, and says much about it, and one that is not there."""
    markers, secret = stage.markers, stage.markers("address of a webhook")
    stage.receiver.answers = ["500 Down"]
    stage.receiver.body = json.dumps({"of": markers("answer of a receiver")}).encode()
    for where in (stage.receiver.url, f"http://{LOOPBACK}:{free_port()}"):
        hook = {"url": f"{where}/{secret}?key={secret}", "description": markers("description of a webhook")}
        made = ok(await client.post("/bookme/webhooks", hook))
        markers.tell(f"secret of {where}", made["secret"])
        rotated = ok(await client.post(f"/bookme/webhooks/{made['id']}/rotate-secret", {}))
        markers.tell(f"other secret of {where}", rotated["secret"])
