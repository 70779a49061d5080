"""Exchange of networks with other tools: ONNX, safetensors, JSON, scikit-learn, PyTorch.

Their libraries are imported only when they are needed.
"""

from inknet.exchange.json_file import load_json, save_json
from inknet.exchange.onnx_file import save_onnx
from inknet.exchange.safetensors_file import load_safetensors, save_safetensors
from inknet.exchange.scikit_learn import from_sklearn
from inknet.exchange.state_dict import from_state_dict

__all__ = [
    "from_sklearn",
    "from_state_dict",
    "load_json",
    "load_safetensors",
    "save_json",
    "save_onnx",
    "save_safetensors",
]
