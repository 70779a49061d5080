"""MNIST's test images, sent as PNG files to a server, get the answers of `inknet evaluate`."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from inknet import Recognizer
from inknet.digits import load_mnist
from inknet.digits.evaluation import evaluate
from tests.service.conftest import encode, running_server


@pytest.mark.slow
def test_ten_thousand_pngs() -> None:
    rows, labels = load_mnist("test")
    images = np.rint(rows * 255).astype(np.uint8).reshape(-1, 28, 28)

    def post(some: range) -> list[list[float]]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        answers = []
        for place in some:
            connection.request(
                "POST", "/predict", encode(Image.fromarray(images[place])), {"Content-Type": "image/png"}
            )
            response = connection.getresponse()
            body = json.loads(response.read())
            assert response.status == 200, body
            answers.append(body["probabilities"])
        connection.close()
        return answers

    halves = [range(5000), range(5000, 10_000)]
    with running_server(INKNET_LOG_LEVEL="warning") as server, ThreadPoolExecutor(2) as pool:
        answers = np.concatenate(list(pool.map(post, halves)))
    evaluation = evaluate(Recognizer.load(), rows, labels)
    # Only the last bits depend on how many rows are multiplied at once.
    assert np.abs(answers - evaluation.probabilities).max() < 1e-4
    accuracy = float((answers.argmax(axis=1) == labels).mean())
    assert abs(accuracy - evaluation.accuracy) <= 0.0005
