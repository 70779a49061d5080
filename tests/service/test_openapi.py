import pytest

from inknet.service.schemas import Problem
from tests.service.conftest import Client


def test_every_status_is_documented_with_an_example(client: Client) -> None:
    document = client("GET", "/openapi.json").json()
    predict = document["paths"]["/predict"]["post"]
    assert set(predict["responses"]) == {"200", "400", "408", "413", "415", "422", "503"}
    assert {"image/png", "image/webp", "multipart/form-data"} <= set(predict["requestBody"]["content"])
    for path in ("/model", "/health/ready"):
        assert set(document["paths"][path]["get"]["responses"]) == {"200", "503"}
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status in {"200", "304"}:
                    continue
                (media_type, content), *more = response["content"].items()
                assert (media_type, more) == ("application/problem+json", [])
                assert content["schema"]["required"] == ["type", "title", "status", "detail", "instance"]
                for example in content["examples"].values():
                    assert Problem.model_validate(example["value"]).status == int(status)


@pytest.mark.parametrize("name", ["PredictionAnswer", "ModelInfo", "NetworkNumbers"])
def test_answers_have_examples_with_every_field(client: Client, name: str) -> None:
    schema = client("GET", "/openapi.json").json()["components"]["schemas"][name]
    assert set(schema["examples"][0]) == set(schema["required"])
