"""The REST service: `create_app` makes it, from `Settings`."""

from typing import TYPE_CHECKING

from inknet.lazy import lazy_getattr

if TYPE_CHECKING:
    from inknet.service.app import create_app
    from inknet.service.settings import Settings

__all__ = ["Settings", "create_app"]

#: So the recognizer's own process loads nothing of HTTP.
__getattr__ = lazy_getattr(__name__, {"Settings": "inknet.service.settings", "create_app": "inknet.service.app"})
