"""Our OpenAPI document, by the published contract: the same operations under the same ids, with the same parameters."""

from typing import Final

from tests.integration.api.contract.contract_client import CONTRACT, parameters
from tests.integration.api.support import ENDPOINTS, Endpoint
from tests.support.clients import Json
from tests.support.documented_answers import document

OURS_BELOW: Final = ("/bookme/config/", "/bookme/events", "/bookme/webhooks")
OURS_ALONE: Final = {
    ("GET", "/bookme/time-slots"),
    ("GET", "/bookme/time-slots/available/compact"),
    ("GET", "/bookme/time-slots/available/days"),
    ("GET", "/bookme/time-slots/held"),
    ("POST", "/bookme/time-slots/{id}/extend"),
    ("DELETE", "/bookme/time-slots/{id}"),
    ("PATCH", "/bookme/meetings/{id}"),
    ("POST", "/bookme/meetings/{id}/move"),
    ("GET", "/bookme/meetings/{id}/invitations"),
    ("GET", "/bookme/working-hours"),
    ("DELETE", "/bookme/meeting-topics/{id}"),
    ("DELETE", "/config/customer-types/{id}"),
}


def is_ours_alone(endpoint: Endpoint) -> bool:
    ours = endpoint.path.startswith(OURS_BELOW) or endpoint.path.endswith("/explain")
    return ours or (endpoint.method, endpoint.path) in OURS_ALONE


def test_each_endpoint_is_a_published_one() -> None:
    paths = document()["paths"]
    for endpoint in ENDPOINTS:
        if is_ours_alone(endpoint):
            continue
        published = CONTRACT["paths"][endpoint.path][endpoint.method.lower()]
        ours = paths[endpoint.path][endpoint.method.lower()]
        assert ours["operationId"] == published["operationId"]
        check_parameters(published, ours)


def test_each_published_schema_has_its_name() -> None:
    ours = document()["components"]["schemas"]
    for name, published in CONTRACT["components"]["schemas"].items():
        assert published.get("properties", {}).keys() <= members_of(name, ours), name
        assert published.get("enum") == ours[name].get("enum")


def members_of(name: str, schemas: Json) -> set[str]:
    """The members of this schema, and of those that it is made of."""
    schema = schemas[name]
    parts = [part["$ref"].rsplit("/", 1)[1] for part in schema.get("allOf", ()) if "$ref" in part]
    return set(schema.get("properties", {})).union(*(members_of(part, schemas) for part in parts))


def check_parameters(published: Json, ours: Json) -> None:
    """Every published parameter is understood, and none that is not published is required."""
    known = {(each["in"], each["name"]): each for each in ours.get("parameters", ())}
    named = parameters(published)
    for parameter in named:
        mine = known[parameter["in"], parameter["name"]]
        assert bool(mine.get("required")) == bool(parameter.get("required"))
        assert mine["schema"].get("type") == parameter["schema"]["type"]
    required = {key for key, each in known.items() if each.get("required")}
    assert required <= {(each["in"], each["name"]) for each in named}
