"""AWS Lambda: the service behind API Gateway. The handler is ``inknet.service.aws.handler``; needs the extra ``aws``.

Importing this module starts the service, so nothing else imports it.
"""

from mangum import Mangum
from threadpoolctl import threadpool_limits

from inknet.digits import Recognizer
from inknet.service.app import create_app
from inknet.service.observability.logs import configure_logging
from inknet.service.settings import Settings

__all__ = ["handler"]

# A container imports this module once and then handles one event at a time, so the app's lifespan is replaced by code
# at import: Mangum would run the lifespan for every event. If the model cannot be loaded, Lambda reports a failed
# start, and a gradual deployment is rolled back.
_settings = Settings()
configure_logging(_settings.log_level, _settings.log_format)
threadpool_limits(limits=1, user_api="blas")

handler = Mangum(create_app(_settings, Recognizer.load(_settings.model)), lifespan="off")
