import json
import logging
import sys
from datetime import datetime
from uuid import UUID

import pytest

from config.settings import Settings
from config.telemetry import AddRequestId, JsonFormatter, KeyValueFormatter, configure_logging
from domain.request_context import REQUEST_ID


def test_a_record_is_one_line_of_key_value_pairs() -> None:
    record = logging.makeLogRecord(
        {
            "name": "api.app",
            "levelname": "INFO",
            "msg": "took %s",
            "args": ("a while",),
            "request": "4f1c",
            "why": "a=b\nc",
        }
    )
    line = KeyValueFormatter().format(record)
    assert line.endswith('level=INFO logger=api.app message="took a while" request=4f1c why="a=b\\nc"')
    assert line.startswith("time=20")


def test_an_exception_stays_on_the_line() -> None:
    try:
        int("x")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    line = KeyValueFormatter().format(record)
    assert "\n" not in line
    assert 'exception="Traceback' in line


class TestJson:
    def line(self, **members: object) -> dict[str, object]:
        text = JsonFormatter().format(logging.makeLogRecord({"name": "api.app", "levelname": "INFO", **members}))
        assert "\n" not in text
        assert text.isascii()
        found: dict[str, object] = json.loads(text)
        return found

    def test_a_record_is_one_object(self) -> None:
        line = self.line(msg="took %s", args=("ä\nwhile",), status=200, ms=1.5, id=UUID(int=1))
        assert datetime.fromisoformat(str(line.pop("time"))).tzinfo
        assert line == {
            "level": "INFO",
            "logger": "api.app",
            "message": "took ä\nwhile",
            "status": 200,
            "ms": 1.5,
            "id": "00000000-0000-0000-0000-000000000001",
        }

    def test_an_exception_is_a_member(self) -> None:
        try:
            int("x")
        except ValueError:
            line = self.line(msg="failed", exc_info=sys.exc_info())
        assert str(line["exception"]).startswith("Traceback")


class TestRequestIds:
    @pytest.fixture
    def record(self) -> logging.LogRecord:
        record = logging.makeLogRecord({"msg": "a step"})
        token = REQUEST_ID.set("4f1c")
        AddRequestId().filter(record)
        REQUEST_ID.reset(token)
        return record

    def test_a_record_names_the_request_that_caused_it(self, record: logging.LogRecord) -> None:
        assert KeyValueFormatter().format(record).endswith("request=4f1c")

    def test_a_record_without_a_request_names_none(self) -> None:
        record = logging.makeLogRecord({"msg": "a sweep"})
        assert AddRequestId().filter(record)
        assert "request" not in KeyValueFormatter().format(record)

    def test_a_record_keeps_the_request_that_it_names(self) -> None:
        record = logging.makeLogRecord({"msg": "a bug", "request": "9a9a"})
        token = REQUEST_ID.set("4f1c")
        AddRequestId().filter(record)
        REQUEST_ID.reset(token)
        assert vars(record)["request"] == "9a9a"


@pytest.mark.parametrize(("log_format", "formatter"), [("text", KeyValueFormatter), ("json", JsonFormatter)])
def test_a_setting_chooses_the_format(
    log_format: str, formatter: type[logging.Formatter], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    configure_logging(Settings.model_validate({"log_format": log_format}))
    try:
        assert [type(each.formatter) for each in root.handlers] == [formatter]
    finally:
        root.setLevel(level)
