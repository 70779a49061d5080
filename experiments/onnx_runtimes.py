"""Run exported ONNX files on old and new versions of ONNX Runtime, each in an environment of its own.

Usage: python -m experiments.onnx_runtimes 1.15.0 1.16.3 1.18.1 1.20.1 1.32.0

Prints a row per version: the largest difference from inknet's outputs on 1,000 images of MNIST's test set, or the
reason why the file was refused, for a plain network and the shipped model with their lowest operator sets, and for the
shipped model with the newest one.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
from onnx.defs import onnx_opset_version

from inknet import Network, Recognizer
from inknet.digits import load_mnist
from inknet.exchange import save_onnx

#: Run by the Python of each environment, beside the files.
PROGRAM = """
import sys, numpy, onnxruntime
onnxruntime.set_default_logger_severity(4)
for name in sys.argv[1:]:
    data = numpy.load(f"{name}.npz")
    try:
        session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
        outputs = session.run(None, {"inputs": data["inputs"]})[0]
        print(f"{numpy.abs(outputs - data['outputs']).max():.0e}")
    except Exception as error:
        print("refused:", " ".join(str(error).split()).rpartition("&) ")[2])
"""


def main() -> None:
    images = load_mnist("test")[0][:1000]
    recognizer, plain = Recognizer.load(), Network([784, 100, 10], hidden="tanh", seed=1)
    newest = onnx_opset_version()
    files = {
        "plain": (plain, plain.predict(images), None),
        "shipped": (recognizer.network, recognizer.predict(images), None),
        f"shipped, operator set {newest}": (recognizer.network, recognizer.predict(images), newest),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, (network, outputs, opset) in files.items():
            save_onnx(folder / f"{file}.onnx", network, opset=opset)
            np.savez(folder / f"{file}.npz", inputs=images, outputs=outputs)
        print(f"| ONNX Runtime | {' | '.join(files)} |")
        for version in sys.argv[1:]:
            python = folder / version / "bin/python"
            venv.create(python.parent.parent, with_pip=True)
            # Before 1.19 it was built for numpy 1.
            numpy = "numpy<2" if tuple(map(int, version.split("."))) < (1, 19) else "numpy"
            install = [str(python), "-m", "pip", "install", "--quiet", f"onnxruntime=={version}", numpy]
            subprocess.run(install, check=True)
            run = [str(python), "-c", PROGRAM, *files]
            lines = subprocess.run(run, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
            print(f"| {version} | {' | '.join(lines)} |", flush=True)


if __name__ == "__main__":
    main()
