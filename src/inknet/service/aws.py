"""AWS Lambda: the same service behind API Gateway; the runtime is given ``inknet.service.aws.handler``.

To import this module is to start the service, so nothing else does. It needs the extra ``aws``.
"""

from mangum import Mangum
from threadpoolctl import threadpool_limits

from inknet.digits import Recognizer
from inknet.service.app import create_app
from inknet.service.observability.logs import configure_logging
from inknet.service.settings import Settings

__all__ = ["handler"]

# A container imports this once and then answers one event at a time, so here is what a server's lifespan does: Mangum
# would begin and end a lifespan at every event. A model that cannot be loaded is an error of the start, which Lambda
# reports as such, and a deployment by degrees is then taken back.
_settings = Settings()
configure_logging(_settings.log_level, _settings.log_format)
threadpool_limits(limits=1, user_api="blas")

handler = Mangum(create_app(_settings, Recognizer.load(_settings.model)), lifespan="off")
