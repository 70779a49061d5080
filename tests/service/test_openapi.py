from inknet.service.problems import Problem
from tests.service.conftest import Client


def test_every_status_is_documented_with_an_example(client: Client) -> None:
    document = client("GET", "/openapi.json").json()
    predict = document["paths"]["/predict"]["post"]
    assert set(predict["responses"]) == {"200", "400", "408", "413", "415", "422", "503"}
    assert {"image/png", "image/webp", "application/octet-stream", "application/json", "multipart/form-data"} <= set(
        predict["requestBody"]["content"]
    )
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


def test_every_response_has_a_complete_example(client: Client) -> None:
    document = client("GET", "/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for media_type, content in operation["responses"]["200"]["content"].items():
                if media_type != "application/json":
                    assert content["example"], path
                    continue
                schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                assert set(schema.get("required", schema["properties"])) <= set(schema["examples"][0]), path


def test_every_body_has_an_example(client: Client) -> None:
    document = client("GET", "/openapi.json").json()
    (example,) = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "examples"
    ]
    assert client("POST", "/predict", json=example).status_code == 200
    for path in ("/v2/models/digits/infer", "/v2/models/digits/versions/{version}/infer"):
        schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        (example,) = schema["examples"]
        answer = client("POST", "/v2/models/digits/infer", json=example)
        assert answer.status_code == 200
        assert [output["name"] for output in answer.json()["outputs"]] == ["digit"]
