"""An old client reads what a newer BookMe answers."""

import json
from typing import Any

import httpx
import pytest
from bookme_client import ApiError, Operation, errors, models, operations
from bookme_client.errors import error_of
from pydantic import ValidationError

from api.http.refusals import STATUSES
from domain.errors import Reason

PROBLEM = {
    "type": "about:blank", "title": "Conflict", "status": 409, "detail": "No.", "instance": "/bookme/meetings",
    "code": "CONFLICT", "message": "No.", "requestId": "abc",
}  # fmt: skip


def refused(status: int, **members: Any) -> ApiError:  # noqa: ANN401 - JSON
    headers = {"X-Request-Id": "abc"}
    return error_of(httpx.Response(status, json=PROBLEM | {"status": status} | members, headers=headers))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_read(reason: Reason) -> None:
    error = refused(STATUSES.get(reason, 409), reason=reason.value)
    assert (error.reason, error.status, error.request_id) == (reason.value, STATUSES.get(reason, 409), "abc")


def test_a_reason_that_is_not_known_is_an_error_of_its_status() -> None:
    error = refused(409, reason="MOON_IS_FULL", moon={"phase": 1}, nextTimeSlots=None)
    assert type(error) is errors.Conflict
    assert (error.reason, error.next_time_slots) == ("MOON_IS_FULL", [])
    assert error.problem.model_extra == {"moon": {"phase": 1}}
    assert str(error) == "No. (409, MOON_IS_FULL, request abc)"


@pytest.mark.parametrize(("status", "kind"), [(502, errors.ServerError), (418, ApiError), (413, ApiError)])
def test_an_answer_of_a_gateway_is_an_error_too(status: int, kind: type[ApiError]) -> None:
    request = httpx.Request("GET", "http://bookme.test/config/rooms")
    error = error_of(httpx.Response(status, html="<h1>Sorry</h1>", request=request))
    assert type(error) is kind
    assert str(status) in str(error)
    assert error.reason is None


def test_members_and_values_that_are_not_known_are_kept() -> None:
    (example,) = (
        {"startDate": "2026-11-30T09:30:00Z", "endDate": "2026-11-30T10:30:00Z", "meetingType": "hologram",
         "roomId": "", "employeeId": "d9d29487-b17e-5f87-8232-b6c2b537a265", "meetingTopicId": "", "glow": 3},
    )  # fmt: skip
    operation = operations.time_slots_list(require_employee_participation=False)
    (slot,) = operation.read(json.dumps([example]).encode())
    assert (slot.meeting_type.value, slot.model_extra) == ("hologram", {"glow": 3})
    assert slot.meeting_type == models.MeetingType("hologram") != models.MeetingType.ONLINE
    assert json.loads(slot.model_dump_json(by_alias=True, exclude_unset=True)) == example


@pytest.mark.parametrize("hostile", ["", ".", ".."])
def test_an_id_cannot_lead_to_another_path(hostile: str) -> None:
    with pytest.raises(ValueError, match="id must not be"):
        operations.meetings_delete(hostile)
    assert operations.meetings_delete("../../x?y#z").path == "/bookme/meetings/..%2F..%2Fx%3Fy%23z"


@pytest.mark.parametrize("answer", ['{"customerId": "Ida Holm", "id": 5}', '[{"customerId": "Ida Holm", "id": 5}]'])
def test_an_answer_that_cannot_be_read_is_not_repeated_in_the_error(answer: str) -> None:
    operation: Operation[Any] = operations.meetings_list() if answer.startswith("[") else operations.meetings_get("x")
    with pytest.raises(ValidationError) as refused:
        operation.read(answer.encode())
    assert "id" in str(refused.value)
    assert "Ida Holm" not in str(refused.value)
