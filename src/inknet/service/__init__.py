"""The REST service: `create_app` builds it from `Settings`."""

from typing import TYPE_CHECKING

from inknet.lazy import lazy_getattr

if TYPE_CHECKING:
    from inknet.service.app import create_app
    from inknet.service.settings import Settings

__all__ = ["Settings", "create_app"]

#: Lazy, so that the recognizer process does not load FastAPI.
__getattr__ = lazy_getattr(__name__, {"Settings": "inknet.service.settings", "create_app": "inknet.service.app"})
