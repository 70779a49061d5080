"""The example of a schema in the OpenAPI document."""

from pydantic import ConfigDict, JsonValue

__all__ = ["example"]


def example(**values: JsonValue) -> ConfigDict:
    """Return the configuration of a model with this example."""
    return ConfigDict(json_schema_extra={"examples": [values]})
