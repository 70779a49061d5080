"""The network as estimators of scikit-learn: for its pipelines, searches and cross-validation."""

from inknet.extras import import_extra

import_extra("sklearn", "inknet.sklearn")

from inknet.sklearn.classifier import NetworkClassifier
from inknet.sklearn.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
