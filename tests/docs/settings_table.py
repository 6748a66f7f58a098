"""The rows of docs/operations/settings.md, as `python -m tests.docs.settings_table` prints it."""

import json

from pydantic import SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from config.settings import Settings


def rows() -> list[str]:
    """One Markdown row a setting."""
    fields = Settings.model_fields.items()
    return [f"| `BOOKME_{name.upper()}` | {default(field)} | {field.description} |" for name, field in fields]


def default(field: FieldInfo) -> str:
    """As it would be written in the environment."""
    value = field.default
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return f"`{value.get_secret_value()}`"
    plain = TypeAdapter(type(value)).dump_python(value, mode="json")
    return f"`{plain if isinstance(plain, str) else json.dumps(plain)}`"


if __name__ == "__main__":
    print("\n".join(rows()))  # noqa: T201 - its purpose
