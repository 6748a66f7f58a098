"""The version of this package."""

from importlib.metadata import version
from typing import Final

import httpx

__version__: Final = version("bookme-client")
USER_AGENT: Final = f"bookme-client/{__version__} httpx/{httpx.__version__}"
