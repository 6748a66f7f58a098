import logging
import sys

from config.telemetry import KeyValueFormatter


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
