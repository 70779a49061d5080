"""The network as estimators of scikit-learn: for its pipelines, searches and cross-validation."""

try:
    import sklearn as _sklearn  # noqa: F401 - to say what to do where it is missing
except ImportError:
    raise ImportError("inknet.sklearn needs scikit-learn: pip install 'inknet[sklearn]'") from None

from inknet.sklearn.classifier import NetworkClassifier
from inknet.sklearn.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
