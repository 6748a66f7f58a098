"""Recognises texts of pydantic and FastAPI in answers. Clients must see our messages only."""

import re
from typing import Final

OF_PYDANTIC: Final = re.compile(
    r"[Ii]nput should|Field required|Value error|Assertion failed|(String|List|Value|Tuple|Set|Data|Keys?) should"
    r"|Extra inputs|[Uu]nable to parse|JSON decode error|pydantic"
)
