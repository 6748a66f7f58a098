"""Client of BookMe, the booking service: hold a time slot, confirm it, create the meeting.

`BookMe` is the client, `AsyncBookMe` the same for asyncio. `models` has the data of the API, `operations` one function
for each of its operations, which `BookMe.request` sends, and `errors` all errors.
"""

from bookme_client import errors, models, operations
from bookme_client._async.client import AsyncBookMe
from bookme_client._async.hold import AsyncHold
from bookme_client._async.meeting import AsyncMeeting
from bookme_client._async.pages import AsyncEventLog, AsyncPages
from bookme_client._sync.client import BookMe
from bookme_client._sync.hold import Hold
from bookme_client._sync.meeting import Meeting
from bookme_client._sync.pages import EventLog, Pages
from bookme_client._version import __version__
from bookme_client.errors import ApiError, BookMeError, NoAnswer, TokenRefused, WebhookNotVerified
from bookme_client.operation import Operation
from bookme_client.webhooks import verify_webhook

__all__ = [
    "ApiError",
    "AsyncBookMe",
    "AsyncEventLog",
    "AsyncHold",
    "AsyncMeeting",
    "AsyncPages",
    "BookMe",
    "BookMeError",
    "EventLog",
    "Hold",
    "Meeting",
    "NoAnswer",
    "Operation",
    "Pages",
    "TokenRefused",
    "WebhookNotVerified",
    "__version__",
    "errors",
    "models",
    "operations",
    "verify_webhook",
]
